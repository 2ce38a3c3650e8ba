#!/usr/bin/perl
# SPDX-License-Identifier: BSD-2-Clause
#
# make host-test, gdb, tags, compile_commands.json and test TEST=: what each builds, and whether the result works. Most run in a
# copy of the sources in which nothing is built. From the environment: BUILD.
# Needs: BUILD/payload.elf BUILD/host/test_vector BUILD/host/test_full_traps
use strict;
use warnings;
use Cwd qw(abs_path);
use File::Basename qw(dirname);
use File::Path qw(make_path);
use File::Temp qw(tempdir);
use JSON::PP ();
use Test::More;

my $top = abs_path(dirname($0) . '/../..');
my $build = abs_path($ENV{BUILD} || "$top/build");
my $tree = abs_path(tempdir(CLEANUP => 1));
my @sources = qw(lib imsic aplic iommu fdt platform payload tests tools);

# The variables that decide how everything is built hold here too, if the make that runs this test was given them.
my $built_by = qr/^(?:CC|CROSS|HOSTCC|MARCH|MABI|SPECS|CFLAGS|HOST_CFLAGS|LIBFDT_SRC|PLATFORM_DIR)=/;
$ENV{MAKEFLAGS} = join ' ', ' --', grep { /$built_by/ } split /(?<!\\) /, $ENV{MAKEFLAGS} // '';
delete @ENV{qw(CMOCKA_MESSAGE_OUTPUT MAKELEVEL GNUMAKEFLAGS MFLAGS B T TEST SMP MACHINE MEM ARGS QEMU_ARGS GDB)};

chdir $top or die;
system 'cp', '-r', qw(Makefile mk include arch dts scripts examples), @sources, $tree and die;
make_path("$tree/build");
symlink "$top/build/dl", "$tree/build/dl" or die;

sub make { my ($where, $arguments) = @_; my $said = `make -C $where --no-print-directory $arguments 2>&1`; return ($? >> 8, $said) }
sub slurp { my ($name) = @_; open my $f, '<', $name or return ''; local $/; return <$f> // '' }
sub lines { my ($command) = @_; chomp(my @l = `$command`); return @l }

# --- help -------------------------------------------------------------------------------------------------------------
my (undef, $help) = make($tree, 'help');
like($help, qr/^make \Q$_\E\b/m, "make help has $_") for 'host-test', 'gdb', 'tags', 'compile_commands.json', 'test';

# --- compile_commands.json ----------------------------------------------------------------------------------------------
my ($code, $said) = make($tree, 'compile_commands.json');
is($code, 0, 'compile_commands.json') or diag $said;
my $entries = eval { JSON::PP->new->decode(slurp("$tree/compile_commands.json")) } // [];
# A test compiles the first of these with the installed headers; the others are compiled and linked by one command.
my %by_hand = map { $_ => 1 } qw(tests/pages/embedding.c tests/qemu/race.c tests/qemu/turns.c);
my @files = grep { !$by_hand{$_} } lines("cd $tree && find @sources -name '*.c'");
is_deeply([sort map { $_->{file} } @$entries], [sort @files], 'has each C file, once');
is_deeply([grep { $_->{directory} ne $tree || $_->{command} !~ / -c \Q$_->{file}\E -o / } @$entries], [], 'with its own command');
my %command = map { $_->{file} => $_->{command} } @$entries;
# A file of the library, the payload, a board, the host tests, the fuzzers; and a check that the library's files have their own flags.
for my $file ('lib/error.c', 'payload/kernel/args.c', 'platform/template/board.c', 'tests/host/test_vector.c', 'tests/fuzz/mutate_machine.c') {
    my $said = `cd $tree && $command{$file} -fsyntax-only 2>&1`;
    is($?, 0, "$file compiles so") or diag $said;
}
my ($flag) = grep { !/-fvisibility=hidden/ || !/--target=riscv64/ } map { $command{$_} } grep { m{^lib/} } keys %command;
is($flag, undef, 'a file of the library has the flags of libaia.a, for the target');
make($tree, 'compile_commands.json CC=no-such-gcc');
like(slurp("$tree/compile_commands.json"), qr/"command": "no-such-gcc .* -c lib\/error\.c /, 'or those of CC=');

# --- tags -------------------------------------------------------------------------------------------------------------
($code, $said) = make($tree, 'tags');
is($code, 0, 'tags') or diag $said;
my %tagged = map { (split /\t/)[1] // '' => 1 } lines("cat $tree/tags");
is_deeply([grep { !$tagged{$_} } lines("cd $tree && ls lib/*.c imsic/*.c include/aia/imsic.h")], [], 'know the sources');

# --- host-test --------------------------------------------------------------------------------------------------------
my @names = map { m{test_(\w+)\.c} } glob "$tree/tests/host/test_*.c";
for my $t ('nonesuch', 'move nonesuch', '') {
    ($code, $said) = make($tree, "host-test T='$t'");
    is($code, 2, "host-test T='$t' is refused") or diag $said;
    my %listed = map { $_ => 1 } split ' ', $said;
    is_deeply([grep { !$listed{$_} } @names], [], 'with the names of all host tests');
    ok(!-e "$tree/build/host", 'and nothing is built');
}

# A command that compiles an object of these: [file, object].
sub compiles { my ($text) = @_; return map { [split ' -o '] } $text =~ /^\S.* -c (\S+ -o \S+)$/mg }
sub tests_in { return sort map { $_->[0] =~ m{^tests/host/test_(\w+)\.c$} } @_ }
for my $t ('move', 'move flow') {
    ($code, $said) = make($tree, "-n V=1 host-test T='$t'");
    is($code, 0, "host-test T='$t'") or diag $said;
    is_deeply([tests_in(compiles($said))], [sort split ' ', $t], 'compiles these tests only');
    is_deeply([grep { $_->[1] !~ m{^build/host/obj/} } compiles($said)], [], 'and what they link');
    unlike($said, qr/dtc |payload\.elf|rv32/, 'and makes nothing else');
}

# Two tests that are already built, then stand-ins: the first fails.
($code, $said) = make($top, "B='$build' host-test T='vector test_full_traps'");
is($code, 0, 'two tests') or diag $said;
is(scalar(() = $said =~ /\[  PASSED  \]/g), 2, 'run') or diag $said;
make_path("$tree/build/host");
for (['move', 'echo ran move; exit 1'], ['flow', 'echo ran flow']) {
    my ($name, $does) = @$_;
    open my $f, '>', "$tree/build/host/test_$name" or die;
    print $f "#!/bin/sh\n$does\n";
    chmod 0755, "$tree/build/host/test_$name";
}
($code, $said) = make($tree, "-o build/host/test_move -o build/host/test_flow host-test T='move flow'");
ok($code && $said =~ /^ran move\nran flow\nhost-test: failed: move$/m, 'the others run after one that fails, which is named') or diag $said;
system 'rm', '-rf', "$tree/build/host";

# --- test TEST= -------------------------------------------------------------------------------------------------------
my %part = (
    board => qr/PLATFORM_DIR=/, rv32 => qr/ XLEN=32 |build\/rv32/, payload => qr/scripts\/symbols build\/payload\.elf/, hooks => qr/HOOKS=1/, trees => qr/^dtc /,
    examples => qr/build\/examples/, explorer => qr/ -o build\/explore\/explore$/, library => qr/ -o build\/obj\/lib\/irq\.o$/,
    hop => qr/ -o build\/qemu\/hop\.elf$/, stage => qr/build\/stage/,
);
# would_build(TEST, PART...): check that make builds these parts for TEST, and no others. Returns the host tests that it compiles.
sub would_build {
    my ($test, @parts) = @_;
    my ($code, $said) = make($tree, "-n V=1 test TEST='$test'");
    my $built = $said =~ s/^mkdir -p build\/log\n.*//msr; # the rest is what runs
    my %is = map { my $p = $_; grep({ /$part{$p}/ } split /\n/, $built) ? ($p => 1) : () } keys %part;
    is_deeply([$code, sort keys %is], [0, sort @parts], "test TEST='$test' builds " . (join(', ', @parts) || 'for the host alone')) or diag substr $said, -3000;
    return tests_in(compiles($built));
}

is_deeply([would_build('host/test_moment')], ['moment'], 'and one test');
is_deeply([would_build('test_moment')], [qw(moment moment)], 'and one test, twice: in 32 bits, too');
would_build('host/test_machine', 'trees');
is_deeply([would_build('minikernel', qw(library stage examples))], [], 'and no test');
is_deeply([would_build('suspend', qw(library payload))], [], 'and no test');
would_build('inject', qw(hooks));
would_build('template', qw(board));
would_build('installed', qw(library stage rv32));
would_build('explore/quick', 'explorer');
would_build('protected', qw(library payload hop trees));
($code, $said) = make($tree, 'test TEST=nonesuch');
ok($code && $said =~ /no test has a name like: nonesuch/, 'a word that is in no name') or diag $said;
ok(!-e "$tree/build/obj" && !-e "$tree/build/host", 'and nothing is built');

# --- gdb --------------------------------------------------------------------------------------------------------------
# gdb(COMMANDS): the terminal's contents until gdb reads the end of the commands.
sub gdb {
    open my $f, '>', "$tree/gdb" or die;
    print $f map { "$_\n" } @_;
    close $f;
    my ($code, $said) = make($top, "B='$build' SMP=3 ARGS=test=discover gdb <$tree/gdb");
    return $said =~ tr/\r//dr;
}
$said = gdb('print $pc', 'break *_start', 'continue', 'info symbol $pc', 'info threads', 'delete', 'continue');
like($said, qr/\$1 = .*0x1000\b/, 'gdb: the machine has not run') or diag $said;
like($said, qr/_start in section /, 'then it is at the first instruction of payload.elf');
is(scalar(() = $said =~ /^[* ] \d+ +Thread /mg), 3, 'SMP= harts');
like($said, qr/^bootargs: test=discover$/m, 'ARGS=, and the console is seen');
$said = gdb('print $pc');
like($said, qr/\$1 = .*0x1000\b/, 'gdb that quits early') or diag $said;
unlike($said, qr/^OpenSBI/m, 'ends the machine, which does not run on');

done_testing;
