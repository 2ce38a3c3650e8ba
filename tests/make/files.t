#!/usr/bin/perl
# SPDX-License-Identifier: BSD-2-Clause
#
# Files that no other test runs: the workflow file, the make targets that the pages for developers name, and the rules of
# .editorconfig, checked for each file of the tree.
use strict;
use warnings;
use File::Basename qw(dirname);
use JSON::PP ();
use Test::More;

delete @ENV{grep { /^(?:MAKE.*|MFLAGS|GNUMAKEFLAGS)$/ } keys %ENV};
chdir dirname($0) . '/../..' or die;
sub slurp { my ($name) = @_; open my $f, '<:raw', $name or return ''; local $/; return <$f> // '' }

# --- the workflow -----------------------------------------------------------------------------------------------------
# BaseLoader: every scalar is a string, also the key `on'.
my $file = '.github/workflows/ci.yml';
my $json = `python3 -c 'import json, sys, yaml; json.dump(yaml.load(open(sys.argv[1]), yaml.BaseLoader), sys.stdout)' $file`;
my $flow = eval { JSON::PP->new->decode($json) } // {};
is_deeply([sort keys %$flow], [qw(jobs name on permissions)], "$file is YAML, with the keys of a workflow");
is_deeply([sort keys %{$flow->{on}}], [qw(pull_request push)], 'it runs for pushes and pull requests');
is_deeply($flow->{permissions}, {contents => 'read'}, 'it may read the sources and nothing else');
my @jobs = values %{$flow->{jobs}};
is_deeply([grep { $_->{permissions} || $_->{'runs-on'} !~ /^ubuntu-/ || $_->{container} ne 'debian:12' || $_->{'timeout-minutes'} !~ /^\d+$/ } @jobs], [],
    'each job runs in a bounded time in a container, with no other rights');
my @steps = map { @{$_->{steps}} } @jobs;
is_deeply([map { $_->{uses} // () } @steps], ['actions/checkout@v4'], "and uses GitHub's own action, no other");
is_deeply([grep { (defined $_->{run}) == (defined $_->{uses}) } @steps], [], 'each step is an action or commands');
my @runs = map { $_->{run} // () } @steps;
is($runs[-1], '.ci/run', 'the last step is .ci/run');
ok(-x $runs[-1], 'which can be run');
for (@runs) { is(system('sh', '-n', '-c', $_), 0, 'a shell reads: ' . s/\s.*//sr) }
unlike(slurp($file), qr/\$\{\{|secrets|token/, 'no secret, no token, no expression');

# --- what the pages name ----------------------------------------------------------------------------------------------
my %target = map { $_ => 1 } `make -pq help 2>/dev/null` =~ /^([a-z][\w.-]*):(?!=)/mg;
for my $page (qw(CONTRIBUTING.md SECURITY.md docs/releasing.md README.md)) {
    my %named = map { $_ => 1 } slurp($page) =~ /(?:^ +|`)(?:\w+=\S+ )*make ([a-z][a-z.-]*[a-z])\b(?!=)/mg;
    is_deeply([grep { !$target{$_} } sort keys %named], [], "$page: each make target is one");
    my @paths = slurp($page) =~ m{`((?:docs|tests|scripts|lib|include|arch|\.ci|\.github)/[\w./-]+)`}g;
    is_deeply([grep { !-e } @paths], [], "$page: each file is there");
}

# --- .editorconfig ----------------------------------------------------------------------------------------------------
my (%bad, $files);
for my $name (split /\n/, `git -c safe.directory=* ls-files`) {
    next if $name =~ m{^tests/fuzz/corpus/} || !-f $name;
    my $text = slurp($name);
    $files++;
    push @{$bad{'insert_final_newline'}}, $name if length $text && $text !~ /\n\z/;
    push @{$bad{'end_of_line'}}, $name if $text =~ /\r/;
    push @{$bad{'trim_trailing_whitespace'}}, $name if $text =~ /[ \t]$/m && $name ne 'tests/qemu/table';
    push @{$bad{'indent_style'}}, $name if $text =~ /^ *\t/m && $name !~ /\.(?:mk|dtsi?)$|(?:^|\/)Makefile$/;
    push @{$bad{'charset'}}, $name if !utf8::decode($text);
}
cmp_ok($files, '>', 300, 'files');
is_deeply($bad{$_}, undef, ".editorconfig: $_") for qw(insert_final_newline end_of_line trim_trailing_whitespace indent_style charset);
done_testing;
