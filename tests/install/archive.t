#!/usr/bin/perl
# SPDX-License-Identifier: BSD-2-Clause
#
# The installed archive, and what a program gets of it: an object for each source file, a section for each function, a plain ld,
# private names that collide with nothing, and as many bytes as embedding.md says. From the environment: BUILD, CROSS.
# Needs: stage
use strict;
use warnings;
use File::Basename qw(basename);
use File::Temp qw(tempdir);
use Test::More;

my $build = $ENV{BUILD} || 'build';
my $cross = $ENV{CROSS} || 'riscv64-unknown-elf-';
my $lib = "$build/stage/lib/libaia.a";
my $dir = tempdir(CLEANUP => 1);
my @cc = ("${cross}gcc", qw(-march=rv64imac -mabi=lp64 -mcmodel=medany -ffreestanding -O2), "-I$build/stage/include");

sub slurp { my ($f) = @_; open my $in, '<', $f or die "$f: $!\n"; local $/; return <$in> }
sub put { my ($f, $text) = @_; open my $out, '>', $f or die "$f: $!\n"; print $out $text; close $out or die }
sub lines { my (@cmd) = @_; open my $in, '-|', @cmd or die "$cmd[0]: $!\n"; my @l = <$in>; close $in or die "@cmd failed\n"; chomp @l; return @l }
sub quiet { my $text = `@_ 2>&1`; return ($? == 0, $text) }

# --- objects and sections ---------------------------------------------------------------------------------------------
my @sources = map { s{/}{-}r =~ s/c$/o/r } map { glob "$_/*.c" } qw(lib imsic aplic iommu);
is_deeply([sort(lines("${cross}ar", 't', $lib))], [sort @sources], 'one object for each source file');

my (@shared, %in, $functions);
for (lines("${cross}readelf", '-sW', $lib)) {
    %in = () if /^File: /;
    my ($type, $section, $name) = /^\s*\d+: \S+\s+\d+ (\S+)\s+\S+\s+\S+\s+(\d+) (\S+)$/ or next;
    next if $type ne 'FUNC';
    $functions++;
    push @shared, "$name, $in{$section}" if $in{$section};
    $in{$section} = $name;
}
cmp_ok($functions, '>', 150, 'functions');
is_deeply(\@shared, [], 'each has a section of its own');
is_deeply([map { /\.gnu\.lto/ ? $_ : () } lines("${cross}readelf", '-SW', $lib)], [], 'and no object needs link-time optimization');

# --- an embedder that has every private name itself -------------------------------------------------------------------
my @private = map { / [A-TV-Z] aia__(\w+)$/ ? $1 : () } lines("${cross}nm", $lib);
cmp_ok(scalar @private, '>', 50, 'private names');
my @port = slurp('include/aia/port.h') =~ /^\w[\w *]*?(aia_port_\w+)\(/mg;
is(scalar @port, scalar(grep { /aia_port_/ } lines('grep', '^\w.*aia_port_\w*(', 'include/aia/port.h')), 'the functions of the port');
# What the linker needs besides the library; none of it runs.
my $stubs = join '', map { "void $_(void) {}\n" } @port, qw(memcpy memset);
put("$dir/port.c", $stubs);
put("$dir/same.c", join('', map { "void $_(void) {}\n" } @private) . "void _start(void) {}\n");
my ($good, $text) = quiet(@cc, "-w -fno-builtin -c $dir/port.c -o $dir/port.o &&", @cc, "-w -fno-builtin -c $dir/same.c -o $dir/same.o &&",
    "${cross}ld -m elf64lriscv $dir/same.o $dir/port.o --whole-archive $lib -o $dir/same");
ok($good, 'a plain ld links all of it with functions that have the same names') or diag $text;

# --- what a program gets ----------------------------------------------------------------------------------------------
# A row of embedding.md: | WHAT | `FUNCTION`, `FUNCTION` | N |. Each row adds functions to the row before.
my ($table) = slurp('docs/embedding.md') =~ /^(\| a kernel that uses \|.*?)\n\n/ms;
my @rows = map { /^\|\s*(.*?)\s*\|\s*(`.*?)\s*\|\s*(\d+)\s*\|$/ ? [$1, $2, $3] : () } split /\n/, $table // '';
cmp_ok(scalar @rows, '>=', 4, 'embedding.md has figures');
my @uses;
for my $row (@rows) {
    my ($what, $functions, $bytes) = @$row;
    push @uses, $functions =~ /(\w+)`/g;
    my $calls = join '', map { "    use = (void *)$_;\n" } @uses;
    put("$dir/uses.c", "#include <aia/aia.h>\n#include <aia/aplic.h>\n#include <aia/iommu.h>\nvoid *volatile use;\nvoid _start(void)\n{\n$calls}\n");
    ($good, $text) = quiet(@cc, "-c $dir/uses.c -o $dir/uses.o &&",
        "${cross}ld -m elf64lriscv --gc-sections -Map=$dir/map $dir/uses.o $dir/port.o $lib -o $dir/uses");
    my $is = 0; # bytes of the archive's sections in the program
    if ($good) {
        for (slurp("$dir/map") =~ /^Linker script and memory map$(.*)/ms ? split(/\n/, $1 =~ s/^( \.\S+)\n/$1/gmr) : ()) {
            $is += hex $1 if /^ \.(?:text|rodata|srodata)\S*\s+0x\w+\s+(0x\w+) \S*libaia\.a/;
        }
    }
    ok($good && abs($is - $bytes) <= 0.05 * $bytes, "$what: $is bytes, and embedding.md says $bytes") or diag $text;
}
done_testing;
