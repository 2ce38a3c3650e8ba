#!/usr/bin/perl
# SPDX-License-Identifier: BSD-2-Clause
#
# scripts/campaign and scripts/junit, with scripts instead of QEMU and ssh: cells in parallel, on another machine, resumed,
# failed, merged.
use strict;
use warnings;
use File::Temp qw(tempdir);
use Test::More tests => 28;

my $dir = tempdir(CLEANUP => 1);
# Without SHELL, because a CI may set none.
delete @ENV{qw(SHELL SMP MACHINE MEM ARGS QEMU_ARGS HOSTS JOBS ROUNDS KERNEL TABLE LIST SEED CELLS)};
@ENV{qw(BUILD QEMU FIRMWARE HOTPLUG_SECONDS SEED JOBS)} = ("$dir/build", "$dir/qemu", "$dir/fw", 3, 5, 2);
mkdir "$dir/build";
put('fw', '');
put('build/payload.elf', 'an image');
put('build/other.elf', 'another');
my $cells = '4-(edu|soft|slow)';

sub put { my ($name, $text) = @_; open my $f, '>', "$dir/$name" or die "$name: $!"; print $f $text; close $f; chmod 0755, "$dir/$name" }
sub slurp { my ($name) = @_; open my $f, '<', "$dir/$name" or return ''; local $/; return <$f> // '' }
sub count { my ($re, $text) = @_; return scalar(() = $text =~ /$re/mg) }

# A QEMU that writes down where and with what arguments it ran, and then does what the test says.
sub qemu_does { my ($does) = @_; put('qemu', qq(#!/bin/sh\necho "\$HOME \$*" >>$dir/ran\n$does\n)) }
my $fine = q(echo imsicle; echo 'totals: cycles 3 edges 50 moves 7 audits 1 lost 0 late 0'; echo VERDICT: PASS);
sub campaign { my ($env) = @_; local @ENV{keys %$env} = values %$env; my $said = `$env->{before}scripts/campaign 2>&1`; return ($? >> 8, $said) }

# --- all well ---------------------------------------------------------------------------------------------------------
qemu_does($fine);
my ($code, $said) = campaign({CELLS => $cells, before => ''});
is($code, 0, 'cells that pass') or diag $said;
like($said, qr/^1\.\.3$/m, 'one plan');
is(count('^ok \d - hotplug-suite/4-', $said), 3, 'a line of TAP for each');
like($said, qr/^# all +ok +150 +21 +9 +0 +0$/m, 'and their sums');
is(count('test=churn seconds=1 ', slurp('ran')), 3, 'each ran once, for its part of the time');
is(count('-kernel b/payload.elf ', slurp('ran')), 3, 'with the images that were copied');

($code, $said) = campaign({CELLS => $cells, before => ''});
is($code, 0, 'again');
like($said, qr/ 3 done before/, 'nothing is left to do');
is(count('.', slurp('ran') =~ s/.+/./gr), 3, 'and nothing ran');
like($said, qr/^# all +ok +150 +21 +9 +0 +0$/m, 'the table is the same');

($code, $said) = campaign({CELLS => $cells, ROUNDS => 2, before => ''});
my %seeds = map { $_ => 1 } slurp('ran') =~ /seed=(\d+)/g;
is(scalar keys %seeds, 6, 'another round has other seeds');
($code, $said) = campaign({CELLS => $cells, KERNEL => "$dir/build/other.elf", before => ''});
unlike($said, qr/ 3 done before/, 'another image is another campaign');

# --- interrupted ------------------------------------------------------------------------------------------------------
unlink "$dir/ran";
qemu_does("[ -e $dir/go ] || case \"\$*\" in *devices=slow*) touch $dir/stuck; exec sleep 20 ;; esac; $fine");
my $pid = fork // die "fork: $!";
if (!$pid) {
    setpgrp;
    @ENV{qw(CELLS SEED JOBS)} = ($cells, 77, 1);
    open STDOUT, '>', '/dev/null';
    open STDERR, '>&', \*STDOUT;
    exec 'scripts/campaign' or die;
}
for (1 .. 200) { last if -e "$dir/stuck"; select undef, undef, undef, 0.05 }
kill -2, $pid; # as Control-C does
waitpid $pid, 0;
isnt($?, 0, 'interrupted');
put('go', '');
($code, $said) = campaign({CELLS => $cells, SEED => 77, JOBS => 1, before => ''});
is($code, 0, 'and gone on with') or diag $said;
like($said, qr/ 2 done before/, 'what was done is kept');
is(count('^ok', $said), 3, 'and all are there at the end');

# --- failures ---------------------------------------------------------------------------------------------------------
qemu_does("case \"\$*\" in *devices=soft*) echo imsicle; echo 'FAIL: it is lost'; exit 1 ;; esac; $fine");
($code, $said) = campaign({CELLS => $cells, SEED => 200, before => "scripts/junit $dir/out.xml "});
is($code, 1, 'a cell that fails');
is(count('^not ok \d - hotplug-suite/4-soft-', $said), 1, 'is named');
like($said, qr/^# all +FAIL +100 /m, 'and is in the table');
like($said, qr/^#.*FAIL: it is lost/m, 'with its last lines');
my $xml = slurp('out.xml');
is(count('<testcase', $xml), 3, 'JUnit has a case for each');
is(count('<failure', $xml), 1, 'and the failure');
like($xml, qr/it is lost/, 'with its last lines');

($code, $said) = campaign({CELLS => 'nothing', before => ''});
ok($code && $said =~ /no cell's name matches/, 'no cells') or diag $said;

# --- on another machine -----------------------------------------------------------------------------------------------
mkdir "$dir/there";
put('ssh', "#!/bin/sh\nwhile case \$1 in -[lop]) shift ;; -*) ;; *) false ;; esac; do shift; done\n"
        . "[ \$1 = far ] || { echo \"no host \$1\" >&2; exit 255; }\nshift\n[ \"\$1\" != -- ] || shift\ncd $dir/there && HOME=$dir/there exec sh -c \"\$*\"\n");
qemu_does($fine);
unlink "$dir/ran";
my %far = (CELLS => $cells, SEED => 300, SSH => "$dir/ssh", RSYNC_RSH => "$dir/ssh", before => '');
($code, $said) = campaign({%far, HOSTS => 'nowhere'});
is($code, 1, 'a machine that cannot be reached') or diag $said;
($code, $said) = campaign({%far, HOSTS => 'far'});
is($code, 0, 'on another machine') or diag $said;
is(count("^$dir/there ", slurp('ran')), 3, 'each cell ran there');
is_deeply([map { s{.*/}{}r } glob "$dir/there/imsicle-*/{b/*,tests/*/*,scripts/*}"], ['log', 'qemu'],
    'and nothing stays there but the logs');
