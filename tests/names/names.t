#!/usr/bin/perl
# SPDX-License-Identifier: BSD-2-Clause
#
# Names in the core (lib, imsic, aplic, iommu, fdt) are unique, so that a name alone says where to look: no two files share a stem,
# except a .c file and its own header; no private header has the name of a public one; and no two files define a function of the
# same name, static functions included. The functions that other files call carry their module's prefix. The last lines check
# the checks, on sources that break a rule.
use strict;
use warnings;
use Test::More tests => 10;

my @modules = qw(lib imsic aplic iommu fdt);
# In lib such a function begins with aia_, or with the stem of a file of lib.
my %prefixes = (imsic => [qw(imsic_)], aplic => [qw(aplic_)], iommu => [qw(iommu_ aia_iommu_)], fdt => [qw(tree_ aia_fdt_)]);

sub slurp { my ($f) = @_; open my $in, '<', $f or die "$f: $!\n"; local $/; return <$in> }
sub stem { return $_[0] =~ m{([^/]+)\.[ch]$} ? $1 : '' }
sub module { return $_[0] =~ m{^([^/]+)/} ? $1 : '' }

# The text without comments and strings; the lines stay.
sub code { return $_[0] =~ s{/\*.*?\*/|"(?:\\.|[^"\\\n])*"}{$& =~ s/[^\n]//gr}gser }

# The functions that a text defines, in pairs: name, 1 if the function is static. A definition begins in the first column.
sub functions {
    my @found;
    my $text = code($_[0]) =~ s/^#(?:.*\\\n)*.*$//gmr =~ s/__attribute__\(\([^()]*(?:\([^()]*\))?\)\)//gr;
    while ($text =~ /^([A-Za-z_][\w \t*\n]*?)\b(\w+)\(([^;{}]*)\)\s*\{/gm) {
        my ($type, $name) = ($1, $2);
        push @found, [$name, scalar $type =~ /\bstatic\b/];
    }
    return @found;
}

sub same_stems {
    my (%places, @wrong);
    for my $f (@_) { $places{stem($f)}{$f =~ s/\.[ch]$//r} = 1 }
    for (sort keys %places) { push @wrong, "$_: @{[sort keys %{$places{$_}}]}" if keys %{$places{$_}} > 1 }
    return @wrong;
}

sub like_public {
    my ($public, @private) = @_;
    my %is_public = map { stem($_) => 1 } @$public;
    return grep { /\.h$/ && $is_public{stem($_)} } @private;
}

sub same_functions {
    my (%texts) = @_;
    my (%files, @wrong);
    for my $f (keys %texts) { $files{$_->[0]}{$f} = 1 for functions($texts{$f}) }
    for (sort keys %files) { push @wrong, "$_(): @{[sort keys %{$files{$_}}]}" if keys %{$files{$_}} > 1 }
    return @wrong;
}

sub without_prefix {
    my (%texts) = @_;
    my @stems = map { stem($_) . '_' } grep { module($_) eq 'lib' } keys %texts;
    my @wrong;
    for my $f (sort keys %texts) {
        my @may = ('aia_', @{$prefixes{module($f)} // \@stems});
        shift @may if $prefixes{module($f)};
        for (functions($texts{$f})) {
            my ($name, $static) = @$_;
            push @wrong, "$f: $name()" if !$static && $f =~ /\.c$/ && !grep { index($name, $_) == 0 } @may;
        }
    }
    return @wrong;
}

sub none { my ($name, @wrong) = @_; ok(!@wrong, $name) or diag map { "$_\n" } @wrong }

my @files = map { glob "$_/*.[ch]" } @modules;
my %texts = map { $_ => slurp($_) } @files, glob 'include/aia/*.h';
cmp_ok(scalar(map { functions($_) } values %texts), '>', 450, 'the functions of the core are found');
none('no two files share a stem', same_stems(@files));
none('no private header has the name of a public one', like_public([glob 'include/aia/*.h'], @files));
none('no two files define a function of the same name', same_functions(%texts));
delete @texts{glob 'include/aia/*.h'};
none('functions that other files call carry a prefix', without_prefix(%texts));

my %broken = (
    'lib/irq.c' => "static int\nfind(int a)\n{\n}\nint move_it(void)\n{\n}\n/* static int gone(void)\n{\n*/\n",
    'lib/move.h' => "static inline __attribute__((format(printf, 1, 2))) int find(const char *f)\n{\n}\n",
    'aplic/move.c' => "int start(void)\n{\n    if (find(1)) {\n    }\n}\nint aplic_two(void (*f)(void),\n              int n)\n{\n}\n",
);
is_deeply([same_stems(keys %broken)], ['move: aplic/move lib/move'], 'a stem in two modules is found');
is_deeply([like_public(['include/aia/move.h'], sort keys %broken)], ['lib/move.h'],
    'and a header with the name of a public one');
is_deeply([same_functions(%broken)], ['find(): lib/irq.c lib/move.h'], 'and a function in two files');
is_deeply([without_prefix(%broken)], ['aplic/move.c: start()'], 'and a function without a prefix');
is_deeply([map { $_->[0] } functions($broken{'aplic/move.c'})], [qw(start aplic_two)], 'a call is not a definition');
