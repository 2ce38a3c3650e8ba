#!/usr/bin/perl
# SPDX-License-Identifier: BSD-2-Clause
#
# What pages, models and comments cite exists: each file of this tree, each function, and a function in the file that is
# named beside it. The last lines check the checks, on texts that cite what does not exist.
use strict;
use warnings;
use File::Find;
use Test::More tests => 5;

sub slurp { my ($f) = @_; open my $in, '<', $f or die "$f: $!\n"; local $/; return <$in> }
sub comments { return join "\n", $_[0] =~ m{/\*.*?\*/|//[^\n]*}gs }
sub code { return $_[0] =~ s{/\*.*?\*/|//[^\n]*}{}gsr }

my @files;
my @directories = grep { !/^build/ } map { s{/$}{}r } glob '*/';
find({no_chdir => 1, wanted => sub { push @files, $_ if -f && !m{/corpus/} }}, @directories);
my @sources = grep { /\.(?:[chS]|pml)$/ } @files;
my %code = map { $_ => code(slurp($_)) } @sources;
my %is_used; # each word of the code that a parenthesis, a comma or an assignment follows: functions, macros, operations
for (values %code) { $is_used{$_} = 1 for /\b([A-Za-z_]\w*)(?= ?[(=,;)])/g }

# OpenSBI's, the shell's of docs/booting.md, QEMU's, and an installed libaia's.
my %elsewhere =
    map { $_ => 1 } qw(sbi_ipi_process qemu docs/specs/edu.rst lib/libaia.a lib/libaia-fdt.a lib/pkgconfig lib/pkgconfig/aia.pc);
my $directory = join '|', @directories;

sub missing_files {
    my ($text) = @_;
    my @cited = $text =~ m#(?<![\w/.~}-])((?:$directory)/[\w./*{},-]*[\w*}])#g;
    @cited = grep { !$elsewhere{$_} && !m{\b(?!README)[A-Z]{4,}\b} } @cited; # capitals: a placeholder
    return grep { my ($name) = $_; !grep { -e } glob "$name $name.[chS]" } @cited;
}

sub missing_functions {
    my ($text) = @_;
    return map { "$_()" } grep { !$is_used{$_} && !$elsewhere{$_} } $text =~ /(?<![\w.])([a-z_]\w*)\(\)/g;
}

# `name()', `dir/file.c' in a table; dir/file.c, name() in a litmus test; /* name, name: file.c. */ in a model.
sub not_there {
    my ($text) = @_;
    my @pairs;
    push @pairs, [$1, $2] while $text =~ m{`(\w+)\(\)`, `((?:$directory)/[\w/.]+\.[ch])`}g;
    push @pairs, [$2, $1] while $text =~ m{((?:$directory)/[\w/.]+\.[ch]), (\w+)\(\)}g;
    while ($text =~ m{/\* ((?:\w+, )*\w+): (\w+\.c)}g) {
        my ($names, $file) = ($1, $2);
        push @pairs, map { [$_, (grep { -e } glob "{lib,imsic,aplic,iommu}/$file")[0] // $file] } split /, /, $names;
    }
    return map { "$_->[0]() in $_->[1]" } grep { ($code{$_->[1]} // '') !~ /\b\Q$_->[0]\E\(/ } @pairs;
}

my @pages = ((grep { !/^CHANGELOG/ } glob '*.md'), 'dts/README', grep { /\.md$|^models/ } @files);
my %text = ((map { $_ => slurp($_) } @pages), map { $_ => comments(slurp($_)) } grep { !/\.pml$/ } @sources);

sub none {
    my ($name, $check, @where) = @_;
    is(join('', map { my $f = $_; map { "$f: $_\n" } $check->($text{$f}) } @where), '', $name);
}

none('each cited file exists', \&missing_files, sort keys %text);
none('each cited function exists', \&missing_functions, sort keys %text);
none('each cited function is in the file that is named beside it', \&not_there, @pages);

is_deeply([missing_files('`lib/move.c`, lib/moves.c, tests/host/test_{irq,iqr*}, /usr/lib/none')], ['lib/moves.c'],
    'a file that does not exist is found');
my $elsewhere = "/* aia_interrupt, edgy: entry.c. */ lib/move.c, ipi_close()\n";
is_deeply([missing_functions('aia_interrupt(), aia_interupt()'), not_there($elsewhere)],
    ['aia_interupt()', 'ipi_close() in lib/move.c', 'edgy() in lib/entry.c'],
    'and a function that does not exist, or is in another file');
