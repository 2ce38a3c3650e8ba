#!/usr/bin/perl
# SPDX-License-Identifier: BSD-2-Clause
#
# tests/mutants/list without a run: each stanza is complete, its killer exists, and docs/verification.md says of each mutant what
# the list says. tests/mutants/run checks that the killer fails.
use strict;
use warnings;
use Test::More tests => 4;

sub text { local (@ARGV, $/) = @_; return join '', <> }

my (%mutant, @odd);
for my $stanza (split /\n\n+/, text('tests/mutants/list')) {
    my @lines = grep { !/^#/ } split /\n/, $stanza;
    next unless @lines;
    my ($name) = $lines[0] =~ /^mutant: (\S+)$/;
    push @odd, $lines[0] and next unless $name && !$mutant{$name};
    $mutant{$name} = {map { /^(what|killer|file): *(.*\S)$/ } @lines};
    push @odd, $name if grep { !$mutant{$name}{$_} } qw(what killer file);
    push @odd, $name unless grep { /^sed: / } @lines;
    push @odd, map { "$name: $_" } grep { !/^(mutant|what|killer|file|sed): / } @lines;
    push @odd, map { "$name: no $_" } grep { !-e } map { /^file: *(\S+)/ } @lines;
}
is("@odd", '', 'each mutant has a name of its own, and is whole');

my $scenarios = join '', map { text($_) } glob 'tests/explore/*.c';
my $rows = text('tests/qemu/table');

sub is_there {
    my ($killer) = @_;
    return $rows =~ /^test: \Q$1\E$/m if $killer =~ /^row (\S+)$/;
    return -e "tests/host/$killer.c" if $killer =~ /^test_/;
    return index($scenarios, qq("$killer)) >= 0;
}
is(join(', ', map { "$_: $mutant{$_}{killer}" } grep { !is_there($mutant{$_}{killer}) } sort keys %mutant),
    '', 'each killer is a host test, a scenario of the explorer or a row');

# The messages of the explorer, as patterns.
my @messages;
while ($scenarios =~ /\bm_die\(\s*("(?:[^"\\]|\\.)*"(?:\s*"(?:[^"\\]|\\.)*")*)|\breturn ("[^"]*");/g) {
    my $format = ($1 // $2) =~ s/"\s*"//gr =~ s/^"|"$//gr;
    push @messages, join '.*', map { quotemeta } split /%[udcs]/, $format, -1;
}

# Lines of the table, as tests/mutants/markdown writes them: what, `mutant`, killer (how).
my @doc = text('docs/verification.md') =~ /^(\|.*\| `[a-z0-9-]+` \|.*)$/mg;
my @stale = grep {
    my ($what, $name, $killer, $how) = /^\| (.*) \| `([^`]+)` \| (.*?)(?: \((.*)\))? \|$/;
    my $m = $mutant{$name // ''};
    my $is = $m && $what eq $m->{what} && index($killer, $m->{killer}) == 0;
    !$is || ($how && ($killer =~ /^test_/ ? text("tests/host/$killer.c") !~ /\b\Q$how\E\b/ : !grep { $how =~ /^$_$/ } @messages));
} @doc;
cmp_ok(scalar @doc, '>=', 40, 'docs/verification.md has its table');
is(join("\n", @stale), '', 'each of its lines says what the list says, and names a test function or a message that exists');
