#!/usr/bin/perl
# SPDX-License-Identifier: BSD-2-Clause
#
# The Rust crate: it is what bindings/rust/generate makes of the headers, it agrees with C on every size, alignment, offset and
# value, on the host and on RV64, its functions are those of the archive, and a kernel in Rust boots. From the environment: BUILD,
# CROSS, RUSTC, QEMU, FIRMWARE.
# Needs: stage BUILD/rust/libcore.rlib
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../../bindings";
use File::Temp qw(tempdir);
use Headers;
use Test::More;

my $build = $ENV{BUILD} || 'build';
my $cross = $ENV{CROSS} || 'riscv64-unknown-elf-';
my $rustc = $ENV{RUSTC} || '/usr/bin/rustc';
my $cargo = $rustc =~ s/rustc$/cargo/r;
my $prefix = "$build/stage";
my $crate = "$prefix/share/aia/rust";
my $dir = tempdir(CLEANUP => 1);
my $riscv = "--target riscv64imac-unknown-none-elf -C panic=abort -L $build/rust --extern core=$build/rust/libcore.rlib";
my @c = ('-std=c11 -ffreestanding -w', "-I$prefix/include");

sub slurp { my ($f) = @_; open my $in, '<:raw', $f or die "$f: $!\n"; local $/; return <$in> }
sub put { my ($f, $text) = @_; open my $out, '>', "$dir/$f" or die "$f: $!\n"; print $out $text; close $out or die; return "$dir/$f" }
sub quiet { my $text = `@_ 2>&1`; return ($? == 0, $text) }
sub good { my ($what, @cmd) = @_; my ($good, $text) = quiet(@cmd); ok($good, $what) or diag $text; return $good }

# --- what the headers make --------------------------------------------------------------------------------------------
mkdir "$dir/src";
system('bindings/rust/generate', "$dir/src") == 0 or BAIL_OUT('bindings/rust/generate fails');
for my $f (qw(sys.rs names.rs)) {
    ok(slurp("$dir/src/$f") eq slurp("bindings/rust/src/$f"), "$f is up to date") or diag 'run bindings/rust/generate';
}
my ($version) = slurp('include/aia/version.h') =~ /^#define AIA_VERSION "([^"]+)"/m;
like(slurp("$crate/Cargo.toml"), qr/^version = "\Q$version\E"$/m, 'the version is that of the headers');

# --- the crate, as a user builds it -----------------------------------------------------------------------------------
system('cp', '-r', $crate, "$dir/crate") == 0 or die;
good('cargo builds the installed crate without a warning',
    "RUSTC=$rustc RUSTFLAGS='-D warnings' CARGO_TARGET_DIR=$dir/target $cargo build --offline --quiet --manifest-path $dir/crate/Cargo.toml");
good('for RV64', "$rustc $riscv --edition 2021 -O -D warnings --crate-type rlib --crate-name libaia $crate/src/lib.rs -o $dir/liblibaia.rlib");
mkdir "$dir/host";
good('for the host', "$rustc --edition 2021 -O --crate-type rlib --crate-name libaia $crate/src/lib.rs -o $dir/host/liblibaia.rlib");

# --- numbers ----------------------------------------------------------------------------------------------------------
# A table of them by each compiler, as the bytes of a section. The questions about the library's words of time are the same on
# both machines.
my $headers = Headers::parse("$prefix/include/aia");
my @questions = Headers::questions($headers);
cmp_ok(scalar @questions, '>', 500, 'sizes, alignments, offsets and values');
my $includes = join '', map { m{/(aia/(?!begin|end)\w+\.h)$} ? "#include <$1>\n" : () } sort glob "$prefix/include/aia/*.h";
my $in_c = put('table.c', "${includes}__attribute__((section(\".table\"), used)) const unsigned long long table[] = {\n"
    . join('', map { "(unsigned long long)($_->[3]),\n" } @questions) . "};\n");
my %keyword = map { $_ => 1 } qw(type fn match move ref use in mod where);
my $rust = join '', map {
    my ($what, $name, $field) = @$_;
    $field = "r#$field" if $keyword{$field};
    $what eq 'value' ? "    $name as i64,\n" : $what eq 'size' || $what eq 'enum' ? "    size_of::<$name>() as i64,\n"
        : $what eq 'align' ? "    align_of::<$name>() as i64,\n" : "    $what!($name, $field),\n";
} @questions;
# Older compilers find an offset in a constant with unstable features only.
my $in_rust = put('table.rs', <<'RUST' . 'pub static TABLE: [i64; ' . @questions . "] = [\n$rust];\n");
#![no_std]
#![allow(stable_features)]
#![feature(const_ptr_offset_from, const_refs_to_cell)]
use core::mem::{align_of, size_of, MaybeUninit};
use core::ptr::addr_of;
use libaia::sys::*;
const fn pointee<T>(_: *const T) -> i64 { size_of::<T>() as i64 }
macro_rules! offset { ($t:ident, $f:ident) => {{
    let u = MaybeUninit::<$t>::uninit();
    unsafe { (addr_of!((*u.as_ptr()).$f) as *const u8).offset_from(u.as_ptr() as *const u8) as i64 }
}} }
macro_rules! bytes { ($t:ident, $f:ident) => {{
    let u = MaybeUninit::<$t>::uninit();
    unsafe { pointee(addr_of!((*u.as_ptr()).$f)) }
}} }
#[no_mangle]
#[used]
#[link_section = ".table"]
RUST

sub table {
    my ($objcopy, @compile) = @_;
    unlink "$dir/table.o", "$dir/table.bin";
    my ($good, $text) = quiet("@compile && $objcopy -O binary -j .table $dir/table.o $dir/table.bin");
    diag $text if !$good;
    return $good ? [unpack 'q<*', slurp("$dir/table.bin")] : [];
}

for (['RV64', "${cross}objcopy", "${cross}gcc -march=rv64imac -mabi=lp64", "$riscv --extern libaia=$dir/liblibaia.rlib"],
     ['the host', 'objcopy', 'gcc', "-C panic=abort --extern libaia=$dir/host/liblibaia.rlib"]) {
    my ($where, $objcopy, $gcc, $flags) = @$_;
    my $is = table($objcopy, "$gcc @c -c $in_c -o $dir/table.o");
    my $has = table($objcopy, "RUSTC_BOOTSTRAP=1 $rustc $flags --edition 2021 -A warnings --crate-type lib --emit obj $in_rust -o $dir/table.o");
    is(scalar @$is, scalar @questions, "C has a number for each on $where");
    is_deeply([map { ($has->[$_] // 'none') eq $is->[$_] ? () : "@{$questions[$_]}[0 .. 2]: $is->[$_], " . ($has->[$_] // 'none') } 0 .. $#$is],
        [], "Rust has the same numbers on $where");
}

# Another AIA_MAX_HARTS: the same in both languages again.
my $wide = table("${cross}objcopy", "${cross}gcc -march=rv64imac -mabi=lp64 -DAIA_MAX_HARTS=512 @c -c $in_c -o $dir/table.o");
mkdir "$dir/wide";
good('built for 512 harts', "AIA_MAX_HARTS=512 $rustc $riscv --edition 2021 -O --crate-type rlib --crate-name libaia $crate/src/lib.rs -o $dir/wide/liblibaia.rlib");
is_deeply(table("${cross}objcopy", "RUSTC_BOOTSTRAP=1 $rustc $riscv --extern libaia=$dir/wide/liblibaia.rlib --edition 2021 -A warnings --crate-type lib --emit obj $in_rust -o $dir/table.o"),
    $wide, 'and the numbers are those of C with -DAIA_MAX_HARTS=512');
my ($good) = quiet("AIA_MAX_HARTS=many $rustc $riscv --edition 2021 --crate-type rlib --crate-name libaia $crate/src/lib.rs -o $dir/wide/many.rlib");
ok(!$good, 'AIA_MAX_HARTS=many does not compile');

# --- functions --------------------------------------------------------------------------------------------------------
my @functions = grep { !/^aia_port_/ } map { $_->{name} } @{$headers->{functions}};
my $all = put('all.rs', "#![no_std]\n#![no_main]\nuse libaia::sys::*;\n#[panic_handler]\nfn panic(_: &core::panic::PanicInfo) -> ! { loop {} }\n"
    . "struct Names([*const (); " . @functions . "]);\nunsafe impl Sync for Names {}\n#[no_mangle]\nstatic NAMES: Names = Names([\n"
    . join('', map { "    $_ as *const (),\n" } @functions) . "]);\n#[no_mangle]\nextern \"C\" fn _start() -> *const () { &NAMES as *const Names as *const () }\n");
my $compiled = good('a program that names each function compiles',
    "$rustc $riscv --extern libaia=$dir/liblibaia.rlib --edition 2021 -A warnings --crate-type bin --emit obj -O $all -o $dir/all.o");
my @named = grep { /^(?:aia|aplic)_/ } map { / U (\S+)$/ ? $1 : () } split /\n/, $compiled ? `${cross}nm $dir/all.o` : '';
is_deeply([sort @named], [sort @functions], 'and asks for them by the names of C');
my %archived = map { / [TR] (\S+)$/ ? ($1 => 1) : () } split /\n/, `${cross}nm $prefix/lib/*.a`;
is_deeply([grep { !$archived{$_} } @named], [], 'which the installed archives have');

# --- a kernel ---------------------------------------------------------------------------------------------------------
my $linked = good('the kernel links', "$rustc $riscv --extern libaia=$dir/liblibaia.rlib --edition 2021 -D warnings -O --crate-type bin --emit obj "
    . "$crate/demo/kernel.rs -o $dir/kernel.o && ${cross}ld -m elf64lriscv --gc-sections -T $prefix/share/doc/aia/examples/minikernel/kernel.ld "
    . "$dir/kernel.o $dir/liblibaia.rlib $prefix/lib/libaia.a $build/rust/libcore.rlib -o $dir/kernel.elf");
my $qemu = $ENV{QEMU} || 'qemu-system-riscv64';
my $firmware = $ENV{FIRMWARE} ? "-bios $ENV{FIRMWARE}" : '';
my $boot = "timeout -s KILL 300 $qemu -M virt,aia=aplic-imsic -smp 1 -nographic -no-reboot $firmware -kernel";
my ($passed, $said) = quiet("$boot $dir/kernel.elf </dev/null");
ok($linked && $passed && $said =~ /^rust: 4 runs, ok: PASS\r?$/m, 'boots, and takes its interrupts') or diag $said;
# The same kernel with a crate for another number of harts: an error by name.
($good, my $text) = quiet("$rustc $riscv --extern libaia=$dir/wide/liblibaia.rlib --edition 2021 -O --crate-type bin --emit obj "
    . "$crate/demo/kernel.rs -o $dir/wide.o && ${cross}ld -m elf64lriscv --gc-sections -T $prefix/share/doc/aia/examples/minikernel/kernel.ld "
    . "$dir/wide.o $dir/wide/liblibaia.rlib $prefix/lib/libaia.a $build/rust/libcore.rlib -o $dir/wide.elf");
diag $text if !$good;
($passed, $said) = quiet("$boot $dir/wide.elf </dev/null");
ok(!$passed && $said =~ /^FAIL: .*AIA_MAX_HARTS/m, 'a crate for 512 harts with a library for 128: the answer names the macro') or diag $said;
done_testing;
