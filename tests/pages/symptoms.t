#!/usr/bin/perl
# SPDX-License-Identifier: BSD-2-Clause
#
# docs/before-s-mode.md says what the absence of each step shows. The rows before-s-mode of tests/qemu/table run the example of a
# machine level without each step of tests/qemu/steps: each row waits for a symptom that the page has, and no step has no row.
use strict;
use warnings;
use Test::More tests => 4;

sub slurp { my ($f) = @_; open my $in, '<', $f or die "$f: $!\n"; local $/; return <$in> }

my ($each) = slurp('tests/qemu/table') =~ /^test: before-s-mode\neach: (.*)$/m;
my %row = map { split ' ', $_, 2 } split /\s*,\s*/, $each;
my @steps = slurp('tests/qemu/steps') =~ /^([\w-]+) +\S/mg;
is_deeply([sort @steps], [sort keys %row, 'machine-widths'], 'each step has its row');

my ($table) = slurp('docs/before-s-mode.md') =~ /^## When a step is missing\n(.*)/ms;
my @symptoms = map { s/\.\.\./0x0/gr } $table =~ /`((?:FAIL|rng|machine level): .*?)`/g;
cmp_ok(scalar @symptoms, '>=', 12, 'the page has symptoms');
is_deeply([grep { my $re = $row{$_}; !grep { /$re/ } @symptoms } sort keys %row], [], 'the page has what each row waits for');
my @functions = slurp('docs/before-s-mode.md') =~ /`(\w+)\(\)` \|$/mg;
my $code = slurp('examples/machine-level/machine.c');
is_deeply([grep { $code !~ /^ +$_\(\);/m } @functions], [], 'the functions that the page names are called');
