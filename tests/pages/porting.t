#!/usr/bin/perl
# SPDX-License-Identifier: BSD-2-Clause
#
# The checklist of docs/porting.md and the rows that run it on a machine without PCI (tests/qemu/table, porting/N-...) name
# the same commands: each step of the page has rows, and each row is a command of its step.
use strict;
use warnings;
use File::Basename qw(dirname);
use Test::More;

my $top = dirname($0) . '/../..';
sub slurp { my ($name) = @_; open my $f, '<', "$top/$name" or die "$name: $!"; local $/; return <$f> }

my ($list) = slurp('docs/porting.md') =~ /^## Checklist\n(.*?)^##/ms;
my %step; # number => text of the step
$step{$1} = $2 while $list =~ /^(\d+)\. (.*?)(?=^\d+\. |\z)/msg;

my %rows; # number of the step => arguments, without devices=soft
for my $stanza (split /\n{2,}/, slurp('tests/qemu/table')) {
    my ($n) = $stanza =~ m{^test: porting/(\d+)-}m or next;
    my ($args) = $stanza =~ /^args: (.*)$/m;
    push @{$rows{$n}}, $args =~ s/ ?devices=soft//r;
}

is_deeply([sort { $a <=> $b } keys %step], [1 .. 10], 'ten steps');
is_deeply([sort { $a <=> $b } keys %rows], [1 .. 10], 'rows of each step');
for my $n (1 .. 8) { # 9 and 10 are about the main job
    is((grep { index($step{$n}, "`$_`") < 0 } @{$rows{$n}})[0], undef, "step $n: its rows are commands of the page");
    my @named = $step{$n} =~ /`(test=[^`]+)`/g;
    @named = grep { !/devices=soft|test=(?:nvme|ahci|virtio|xhci)$/ } @named; # the page says that these are for some machines only
    my %run = map { $_ => 1 } @{$rows{$n}};
    is((grep { !$run{$_} } @named)[0], undef, "step $n: each command is run");
}
done_testing;
