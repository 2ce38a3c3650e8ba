#!/usr/bin/perl
# SPDX-License-Identifier: BSD-2-Clause
#
# Does tests/qemu/run find failures? A script replaces QEMU and hangs, crashes, falls silent or prints wrong lines; each time the
# result must be `not ok' and exit code 1.
# Needs: BUILD/qemu/turns.so
use strict;
use warnings;
use File::Spec ();
use File::Temp qw(tempdir);
use Test::More tests => 60;

my $dir = tempdir(CLEANUP => 1);
my $run = $0 =~ s/runner\.t$/run/r;
my $turns = File::Spec->rel2abs(($ENV{BUILD} || 'build') . '/qemu/turns.so');
delete @ENV{qw(SMP MACHINE MEM ARGS QEMU_ARGS)};
@ENV{qw(BUILD TABLE FIRMWARE QEMU)} = ($dir, "$dir/table", '/dev/null', "$dir/fake");

sub put {
    my ($name, $text, $mode) = @_;
    open my $f, '>', "$dir/$name" or die "$name: $!";
    print $f $text;
    close $f;
    chmod $mode, "$dir/$name";
}

# The output of `run' for one row, with a QEMU that does this; stderr and exit code too.
sub judge {
    my ($does, $row) = @_;
    put('fake', "#!/bin/sh\n$does\n", 0755);
    put('table', <<"END", 0644);
default: all
machine: virt
smp: 1
mem: 1M
devices: none
args: none
mode: mttcg
timeout: 5
exit: 0
last: ^VERDICT: PASS\$
never: PANIC
repeat: 1
boot: elf
tree: none

test: row
shows: something
$row
END
    my $said = `$run 2>&1`;
    return ($? >> 8, $said);
}

sub passes {
    my ($what, @how) = @_;
    my ($code, $said) = judge(@how);
    ok($code == 0 && $said =~ /^1\.\.1$/m && $said =~ /^ok 1 - row: something$/m, $what) || diag $said;
}

sub fails {
    my ($what, $does, $row, $why) = @_;
    my ($code, $said) = judge($does, $row);
    my $good = $code == 1 && $said =~ /^1\.\.1$/m && $said =~ /^not ok 1 - row: something$/m && $said =~ /^#   $why/m;
    ok($good, $what) || diag $said;
    return $said;
}

my $fine = 'echo imsicle; echo VERDICT: PASS';

passes('a good run', $fine, 'want: ^imsicle$');
passes('carriage returns are line ends', q(printf 'imsicle\r\n 1 s\r 2 s\r\nVERDICT: PASS\r\n'), 'want: ^ 1 s$');
passes('an exit code that is wanted', "$fine; exit 3", 'exit: 3');
fails('an exit code that is not', "$fine; exit 1", 'exit: 0', 'exit code 1, not 0');
fails('0 where a failure is wanted', $fine, 'exit: 3', 'exit code 0, not 3');
fails('truncated output, exit code 0', 'echo imsicle; printf VERD', 'exit: 0', 'the console does not end with');
fails('no output at all', 'exit 0', 'exit: 0', 'the console does not end with');
fails('a verdict that is not the last line', "$fine; echo more", 'exit: 0', 'the console does not end with');
fails('a line that is wanted is not there', $fine, 'want: ^imsickle$', 'the console lacks /\^imsickle\$/');
fails('a line that must not be there', "echo PANIC: hart 1; $fine", 'exit: 0', 'the console has /PANIC/: PANIC: hart 1');
fails('too many of a line', "echo imsicle; $fine", 'count: 1 ^imsicle$', 'the console has .* 2 times, not 1');
fails('killed in the middle', 'echo imsicle; kill -9 $$', 'exit: 0', 'killed$');
fails('a crash', 'echo imsicle; ulimit -c 0; kill -SEGV $$', 'exit: 0', '(killed by signal 11|exit code 139)');
fails('a verdict, then a crash', "$fine; ulimit -c 0; kill -ABRT \$\$", 'exit: 0', '(killed by signal 6|exit code 134)');
fails('no library that makes runs repeat', 'true', 'repeat: 2', 'cannot be set up: .*/qemu/turns.so: not built$');
mkdir "$dir/qemu";
symlink $turns, "$dir/qemu/turns.so";
passes('that library, in runs that must be the same', "case \$LD_PRELOAD in *turns.so*) ;; *) exit 1;; esac; $fine",
    'repeat: 2');
passes('no library in others', "test -z \"\$LD_PRELOAD\" || exit 1; $fine", '');
fails('runs that differ', 'echo imsicle 1; echo $$; echo VERDICT: PASS', 'repeat: 2', 'two runs print different consoles');
passes('firmware that differs', 'echo $$; echo imsicle 1; echo VERDICT: PASS', 'repeat: 2');

my $shy = "[ -e $dir/been ] && { rm $dir/been; $fine; exit; }; touch $dir/been; echo left out; exit 3";
passes('what is not its fault, once', $shy, 'again: ^left');
my $frail = "[ -e $dir/been ] && { rm $dir/been; $fine; exit; }; touch $dir/been; ulimit -c 0; kill -SEGV \$\$";
passes('a crash that is not its fault, once', $frail, 'again: ^QEMU: (killed by signal 11|139)$');
fails('and one that it was not forgiven', $frail, 'again: ^QEMU: killed by signal 6$', '(killed by signal 11|exit code 139)');
unlink "$dir/been";
fails('what is not its fault, always', "$fine; echo left out", 'again: ^left', 'the console does not end with');

# A failure that other software causes and the console explains is a TODO, and no failure; but never a hang, a panic or a lost edge.
sub knows {
    my ($what, $does) = @_;
    my ($code, $said) = judge($does, "timeout: 1\nnever: PANIC\nknown: the firmware's => ^(hart 1: held)\$");
    my $todo = $said =~ /^not ok 1 - row: something # TODO known: the firmware's: hart 1: held$/m;
    ok($code == 0 && $todo && $said =~ /^# row: known: the firmware's: hart 1: held$/m, $what) || diag $said;
    return $said;
}
sub knows_not {
    my ($what, $does) = @_;
    my ($code, $said) = judge($does, "timeout: 1\nnever: none\nknown: the firmware's => ^(hart 1: held)\$");
    ok($code == 1 && $said =~ /^not ok 1 - row: something$/m && $said !~ /TODO/, $what) || diag $said;
}
knows('a failure that is known', 'echo hart 1: held; echo VERDICT: FAIL; exit 1');
knows_not('one that is not', 'echo hart 2: held; echo VERDICT: FAIL; exit 1');
knows_not('a hang is never known', 'echo hart 1: held; exec sleep 100');
knows_not('nor is a panic', 'echo hart 1: held; echo PANIC: hart 2; exit 3');
knows_not('nor a lost edge', 'echo hart 1: held; echo edu0: lost 0x1 of 0x1; echo VERDICT: FAIL; exit 1');
passes('what is known, and does not fail', "echo hart 1: held; $fine", 'known: x => ^hart 1: held');

# Lines for versions of QEMU.
my $versions = "[ \"\$1\" = --version ] && { echo QEMU emulator version 10.0.13; exit; }; $fine";
for (['10.0.13', 1], ['10.0.4', 1], ['9.2', 1], ['10', 1], ['10.0.14', 0], ['10.1', 0]) {
    my ($version, $has) = @$_;
    my ($here, $else) = ($has ? '>=' : '<', $has ? '<' : '>=');
    my ($code, $said) = judge($versions, "exit[qemu$here$version]: 0\nexit[qemu$else$version]: 7\nwant[qemu$else$version]: ^no");
    ok($code == 0 && $said =~ /^ok 1/m, "10.0.13 is $here $version") || diag $said;
}
passes('one of several exit codes', "$fine; exit 1", 'exit: 0 1');

my $begin = time;
my $said = fails('a hang', 'echo imsicle; exec sleep 100', 'timeout: 1', 'no end after 1 s');
cmp_ok(time - $begin, '<', 10, 'a hang is ended');
like($said, qr/to repeat it:\n#     \S*fake -M virt -smp 1 /, 'the command line to repeat it');
like($said, qr/^#     imsicle$/m, 'the last lines of the console');
ok(-s "$dir/log/row.log", 'its log is kept');
fails('a hang after the verdict', "$fine; exec sleep 100", 'timeout: 1', 'no end after 1 s');
my $began = time;
my $left = "echo imsicle; echo 'hart 3 (id 3): left out: not up'";
fails('a hang after a hart was left out', "$left; exec sleep 100", "timeout: 24\nnever: left out:",
    'no end after a hart was left out');
cmp_ok(time - $began, '<', 20, 'it is ended long before its time limit');
fails('a hart that was left out', "$left; $fine", "timeout: 24\nnever: left out:", 'the console has /left out:/');
passes('a hart that may be left out', "$left; sleep 3; $fine", 'timeout: 24');
fails('a hang that prints', 'while :; do echo imsicle; sleep 0.1; done', 'timeout: 1', 'no end after 1 s');

# No QEMU remains when the runner is killed while its QEMU runs.
put('fake', "#!/bin/sh\necho \$\$ >$dir/pid\nexec sleep 100\n", 0755);
my $pid = fork;
if (!$pid) { open STDOUT, '>', '/dev/null'; exec $run }
for (1 .. 100) { last if -s "$dir/pid"; select undef, undef, undef, 0.05 }
kill 'TERM', $pid;
waitpid $pid, 0;
open my $f, '<', "$dir/pid" or die "no QEMU was started: $!";
chomp(my $qemu = <$f>);
for (1 .. 100) { last if !kill 0, $qemu; select undef, undef, undef, 0.05 }
ok(!kill(0, $qemu), 'a runner that is ended takes its QEMU along');

unlink "$dir/fake";
my $gone = `$run 2>&1`;
ok($? >> 8 == 1 && $gone =~ /^not ok 1/m && $gone =~ /exit code 127, not 0/, 'no QEMU') || diag $gone;

passes('devices by name', <<'END' . $fine, 'devices: $edu2 $nvme_on,x=1');
case "$*" in *"-device edu,"*",addr=1 -device edu,"*",addr=2 -device nvme,"*,x=1*) ;; *) exit 1 ;; esac
END

# A table with an error runs no test, and the error is printed.
for (['a key twice', "smp: 1\nsmp: 2", 'smp twice'], ['an unknown key', 'color: red', 'no such key: color'],
    ['an unknown mode', 'mode: fast', 'no mode fast'], ['an unknown device', 'devices: $nvme $edu9', 'no DEV_edu9'],
    ['a line that is none', 'smp 1', "not .key: value'"]) {
    my ($code, $text) = judge($fine, $_->[1]);
    ok($code && $text !~ /^ok/m && $text =~ /$_->[2]/, "a table with $_->[0]") || diag $text;
}

`$run nothing-of-the-kind 2>&1`;
ok($?, 'a test that there is not');

# What make has to build for a row: what it boots, through hop.S or not, and the files of BUILD that its devices name, without
# disk images.
sub needs { my ($row) = @_; judge('', $row); my @n = split /\n/, `$run --needs row`; s{^\Q$dir\E/}{} for @n; return "@n" }
is(needs(''), 'payload.elf', 'needs: the payload');
is(needs("boot: hooks\ndevices: -drive file=BUILD/disk/a-9.img -dtb BUILD/dts/b.dtb,addr=1"), 'dts/b.dtb hooks/payload.elf', 'needs: another build, a tree');
is(needs("boot: $_"), 'payload.bin qemu/hop.bin', "needs: entered through hop.S, $_") for "far", '0x83800000';
