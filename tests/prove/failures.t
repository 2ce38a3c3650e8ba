#!/usr/bin/perl
# SPDX-License-Identifier: BSD-2-Clause
#
# What tests/prove/run prints of tests that fail: each by name, with the command that repeats it, and how many of how many runs.
use strict;
use warnings;
use File::Temp qw(tempdir);
use Test::More tests => 15;

my $dir = tempdir(CLEANUP => 1);
mkdir "$dir/$_" for qw(build build/qemu build/host);

sub program {
    my ($path, $text) = @_;
    open my $f, '>', "$dir/$path" or die "$path: $!";
    print $f "#!/bin/sh\n$text\n";
    close $f;
    chmod 0755, "$dir/$path";
}

sub run {
    my ($env, @tests) = @_;
    # Into a file: a busy process that is left over would hold a pipe open, and this would wait for it.
    my $status = system("cd $dir && env BUILD=build $env $ENV{PWD}/tests/prove/run @tests >said 2>&1");
    open my $f, '<', "$dir/said" or die "$dir/said: $!";
    local $/;
    return ($status >> 8, scalar <$f>);
}

program('build/qemu/slot.t', "echo 1..2; echo 'ok 1 - slot/good: well'; echo 'not ok 2 - slot/bad: a slot that fails'; exit 1");
program('build/host/test_short', "echo 1..2; echo 'ok 1 - the first'");
program('build/host/test_good', "echo 1..1; echo 'ok 1 - well'");
program('build/host/test_names', "echo 1..2; echo 'not ok 1 - names_of_things'; echo 'ok 2'; exit 1");
program('build/host/test_second', 'echo 1..1; echo run >>runs; if [ $(grep -c run runs) = 2 ]; then echo "not ok 1 - once"; else echo "ok 1 - once"; fi');

my ($code, $said) = run('', 'build/host/test_good');
is($code, 0, 'all good: exit code 0');
like($said, qr/^Result: PASS\n\z/m, 'prove has the last word');

($code, $said) = run('', qw(build/qemu/slot.t build/host/test_short build/host/test_good build/host/test_names));
is($code, 1, 'some bad: exit code 1');
my ($list) = $said =~ /^Failed:\n(.*)\z/ms;
like($list, qr{^  slot/bad: a slot that fails\n      make test TEST=slot/bad$}m, 'a row, by its own name');
like($list, qr{^  build/host/test_short: ended early, or with an exit code\n      make test TEST=host/test_short$}m, 'a test that was cut short');
like($list, qr{^  names_of_things\n      make test TEST=host/test_names$}m, 'one test of a program');
unlike($list, qr{good|well}, 'and nothing else');

($code, $said) = run("AGAIN='make test-qemu PAIR=sid'", qw(build/qemu/slot.t));
like($said, qr{^      make test-qemu PAIR=sid TEST=slot/bad$}m, 'where another target ran the tests: its command');

($code, $said) = run('REPEAT=3 LOAD=1', qw(build/host/test_second build/host/test_good));
is($code, 1, 'one run of three bad: exit code 1');
like($said, qr/^--- run 2 of 3, 1 busy processes/m, 'each run has a headline');
like($said, qr/^3 runs, 1 failed\n +1 once\n\z/m, 'how often, of how many');
is(() = $said =~ /^Result: PASS$/mg, 2, 'the others pass');
# -g 0: in this process group, because another clone may run this test at the same time.
is(`pgrep -g 0 -f '[t]ests/prove/run build/host/test_second' | wc -l` + 0, 0, 'the busy processes are gone');

for my $bad ('REPEAT=0', 'LOAD=x') {
    ($code, $said) = run($bad, 'build/host/test_good');
    ok($code == 2 && $said =~ /^make test: .*\Q$bad\E/m, "$bad is refused by name") or diag $said;
}
