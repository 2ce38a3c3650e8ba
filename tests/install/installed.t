#!/usr/bin/perl
# SPDX-License-Identifier: BSD-2-Clause
#
# What `make install' puts into a prefix: headers that compile alone, an archive that defines and needs the names that it should
# and no others, a pkg-config file. From the environment: BUILD, CROSS.
# Needs: stage rv32
use strict;
use warnings;
use File::Basename qw(basename);
use File::Temp qw(tempdir);
use Test::More tests => 36;

my $build = $ENV{BUILD} || 'build';
my $cross = $ENV{CROSS} || 'riscv64-unknown-elf-';
my $prefix = "$build/stage";
my $lib = "$prefix/lib/libaia.a";
my $dir = tempdir(CLEANUP => 1);
my @prefixes = qw(aia_ aplic_);
my $ours = join '|', @prefixes;
# The one symbol that the library may need besides aia_port_*.
my %libc = map { $_ => 1 } qw(memcpy memset);

sub slurp { my ($f) = @_; open my $in, '<', $f or die "$f: $!\n"; local $/; return <$in> }
sub lines { my (@cmd) = @_; open my $in, '-|', @cmd or die "$cmd[0]: $!\n"; my @l = <$in>; close $in or die "@cmd failed\n"; chomp @l; return @l }
sub quiet { my $text = `@_ 2>&1`; return ($? == 0, $text) }

# --- what is there ----------------------------------------------------------------------------------------------------
my @headers = sort glob "$prefix/include/aia/*.h";
cmp_ok(scalar @headers, '>=', 9, 'headers');
is_deeply([map { basename $_ } glob "include/aia/*.h"], [map { basename $_ } @headers], 'each public header is installed');
my @here = sort map { s{^\Q$prefix\E/}{}r } lines('find', $prefix, '-type', 'f');
my @there = sort map { s{^\Q$build\E/destdir/usr/}{}r } lines('find', "$build/destdir", '-type', 'f');
is_deeply(\@there, \@here, 'DESTDIR and PREFIX=/usr: the same files below both');

# --- the headers, each by itself --------------------------------------------------------------------------------------
my $target = '-march=rv64imac -mabi=lp64 -ffreestanding -fsyntax-only -Wall -Wextra -Wconversion -Werror';
my @clang = qw(--target=riscv64-unknown-elf);
my %compilers = (
    'gcc, C11' => "${cross}gcc -std=c11 -Wpedantic -Wshadow -xc", 'gcc, C++17' => "${cross}g++ -std=c++17 -xc++",
    'clang, C11' => "clang @clang -std=c11 -Wshadow -xc", 'clang, C++17' => "clang @clang -std=c++17 -xc++",
);
for my $c (sort keys %compilers) {
    my @bad;
    for my $h (grep { !m{/(?:begin|end)\.h$} } @headers) {
        my $name = 'aia/' . basename $h;
        open my $out, '>', "$dir/alone" or die;
        print $out "#include <$name>\n#include <$name>\nextern int alone;\n"; # twice: guarded
        close $out;
        my ($good, $text) = quiet($compilers{$c}, $target, "-I$prefix/include", "$dir/alone");
        push @bad, "$name: $text" if !$good;
    }
    ok(!@bad, "$c: each header compiles alone") or diag @bad;
}

# Fields of the configuration without a comment on their line or above it.
my ($fields) = slurp("$prefix/include/aia/config.h") =~ /^struct aia_config \{\n(.*?)^\};/ms;
my @lines = grep { /\S/ } split /\n/, $fields;
is_deeply([map { $lines[$_] =~ /^ {4}\w.*;(?!.*\*\/)/ && $lines[$_ - 1] !~ /^ *\/?\*.*\*\/$|^ *\*\/$/ ? $lines[$_] : () } 0 .. $#lines],
    [], 'each field of the configuration has its comment');

# --- what they refer to -----------------------------------------------------------------------------------------------
# A name of a file, or a path of the sources, must be installed. <...> is of the compiler, *.adoc of the specification.
my $doc = "$prefix/share/doc/aia";
my @texts = (@headers, glob("$doc/*.md"), grep { -f } glob "$doc/examples/*/*");
cmp_ok(scalar(grep { m{^\Q$doc\E/} } @texts), '>=', 10, 'documents and examples');
my @astray;
for my $f (@texts) {
    my $text = slurp($f) =~ s/<[\w\/.]+>//gr;
    my ($here) = $f =~ m{(.*)/};
    while ($text =~ m{((?:[\w-]+/)*[\w-]+\.(?:md|[chS]|t|ld|pl|dts|mk)\b|\b(?:docs|tests|examples|scripts|lib|imsic|aplic|iommu|payload|platform|models|arch)/[\w-]+(?:[./][\w-]+)*)}g) {
        my $name = $1;
        push @astray, "$f: $name" if !grep { -e "$_/$name" } $here, $prefix, "$prefix/include", "$prefix/include/aia", $doc, "$doc/examples", "$prefix/share/aia/rust";
    }
}
is_deeply(\@astray, [], 'what headers, documents and examples name is installed');
my %sections = map { $_ => 1 } slurp("$doc/design.md") =~ /^## (\d+)\./mg;
is_deeply([map { my $f = $_; map { $sections{$_} ? () : "$f: $_" } slurp($f) =~ /design(?:\.md)?,? section[\s*]+(\d+)/g } @texts], [],
    'and each section of the design is there');

# --- names ------------------------------------------------------------------------------------------------------------
my (%global, %given, %taken, @data);
for (lines("${cross}nm", $lib)) {
    my ($type, $name) = /([A-Za-z]) (\S+)$/ or next;
    $global{$name} = 1 if $type =~ /[A-Z]/ && $type ne 'U';
    $taken{$name} = 1 if $type eq 'U';
    push @data, "$type $name" if $type =~ /^[BbDdSsGgCc]$/ && $name !~ /^\./;
}
delete @taken{keys %global};
$given{$_} = 1 for grep { !/^aia__/ } keys %global; # aia__: the names that only the library itself uses
is_deeply([grep { !/^(?:$ours)/ } sort keys %given], [], "nothing leaves the library but @prefixes");
is_deeply([grep { !/^aia_port_/ && !$libc{$_} } sort keys %taken], [], 'and it asks for nothing but aia_port_*, memcpy, memset');
is_deeply(\@data, [], 'it has no data of its own');
is_deeply([grep { / TLS | \.t(?:data|bss)/ } lines("${cross}readelf", '-sSW', $lib)], [], 'and no thread-local storage');

my %declared;
for my $h (@headers) {
    my $text = slurp($h);
    $text =~ s{/\*.*?\*/}{}gs;
    $text =~ s{^static inline.*?^\}}{}gms;
    $declared{$1} = 1 while $text =~ /^\w[\w \t*]*?\b((?:$ours)\w+)\(/gm;
}
my %port = map { $_ => 1 } grep { /^aia_port_/ } keys %declared;
delete @declared{keys %port};
my @of_fdt = grep { /^aia_fdt_/ } keys %declared;
delete @declared{@of_fdt};
cmp_ok(scalar keys %declared, '>', 40, 'the headers declare functions');
is_deeply([sort keys %given], [sort keys %declared], 'what they declare is what leaves');
is_deeply([sort grep { /^aia_port_/ } keys %taken], [sort keys %port], 'port.h declares what the library asks for, and no more');

# --- libaia-fdt: on libfdt, and on the functions that libfdt itself needs ----------------------------------------------
my $fdt = "$prefix/lib/libaia-fdt.a";
my (%fdt_given, %fdt_taken, @fdt_data);
for (lines("${cross}nm", $fdt)) {
    my ($type, $name) = /([A-Za-z]) (\S+)$/ or next;
    $fdt_given{$name} = 1 if $type =~ /[A-Z]/ && $type ne 'U';
    $fdt_taken{$name} = 1 if $type eq 'U';
    push @fdt_data, "$type $name" if $type =~ /^[BbDdGgCc]$/;
}
my %of_libfdt = map { $_ => 1 } qw(memchr memcmp memcpy memmove memset strchr strcmp strlen strncmp);
is_deeply([sort grep { !/^aia_fdt__/ } keys %fdt_given], [sort @of_fdt], 'libaia-fdt: what fdt.h declares is what leaves it');
is_deeply([sort grep { !$fdt_given{$_} && !/^fdt_/ && !$of_libfdt{$_} } keys %fdt_taken], [], 'and it asks for nothing but libfdt and string.h');
is_deeply(\@fdt_data, [], 'and it has no data');
ok(!-e "$prefix/include/libfdt.h" && !grep({ slurp($_) =~ /#\s*include\s*[<"]libfdt/ } @headers), 'its header needs no libfdt');
is((lines(qw(env), "PKG_CONFIG_LIBDIR=$prefix/lib/pkgconfig", qw(pkg-config --libs-only-l aia-fdt)))[0] =~ s/\s+$//r, '-laia-fdt -laia',
    'pkg-config has both, in the order of a link');

# --- RV32 -------------------------------------------------------------------------------------------------------------
for my $c (qw(rv32 rv32-clang)) {
    my $l = "$build/$c/libaia.a";
    ok(-e $l && (grep { /Class: +ELF32/ } lines("${cross}readelf", '-h', $l)), "$c: is for RV32");
    my @names = lines("${cross}nm", $l);
    my %own = map { / [A-TV-Z] (\S+)$/ ? ($1 => 1) : () } @names;
    my @asks = sort map { / U (\S+)$/ && !$own{$1} && !/ U aia_port_/ && !$libc{$1} ? $1 : () } @names;
    is_deeply(\@asks, [], "$c: no atomic access is wider than the machine's");
}

# --- the link ---------------------------------------------------------------------------------------------------------
$ENV{PKG_CONFIG_LIBDIR} = "$prefix/lib/pkgconfig";
my ($version) = slurp('include/aia/version.h') =~ /^#define AIA_VERSION "([^"]+)"/m;
like($version, qr/^\d+\.\d+\.\d+$/, 'a semantic version');
like(slurp('CHANGELOG.md'), qr/^## (?:\Q$version\E\b)/m, 'which CHANGELOG.md knows');
is((lines(qw(pkg-config --modversion aia)))[0], $version, 'pkg-config says it');

my ($arch, $abi) = map { s/\s+$//r } map { lines('pkg-config', "--variable=$_", 'aia') } qw(march mabi);
my ($has) = map { /Tag_RISCV_arch: "([^"]*)"/ } lines("${cross}readelf", '-A', $lib);
open my $nothing, '>', "$dir/nothing.c" or die;
close $nothing;
system("${cross}gcc -march=$arch -mabi=$abi -c $dir/nothing.c -o $dir/nothing.o") if $arch;
my ($same) = $arch ? map { /Tag_RISCV_arch: "([^"]*)"/ } lines("${cross}readelf", '-A', "$dir/nothing.o") : ();
is($same, $has, "its march ($arch, $abi) is the archive's");

open my $out, '>', "$dir/one.c" or die;
print $out "#include <aia/error.h>\nvoid _start(void) { (void)aia_strerror(*(volatile int *)4096); }\n";
close $out;
my ($good, $text) = quiet("${cross}gcc -march=rv64imac -mabi=lp64 -mcmodel=medany -nostdlib -Wl,--gc-sections",
    "$dir/one.c -o $dir/one", '$(pkg-config --cflags --libs aia)');
ok($good, 'a program of one call links, without a port') or diag $text;
my @kept = $good ? map { / [Tt] (\S+)$/ ? $1 : () } lines("${cross}nm", "$dir/one") : ();
is_deeply([sort grep { /^(?:$ours)/ } @kept], ['aia_strerror'], 'and holds nothing else of the library');

# --- the examples -----------------------------------------------------------------------------------------------------
my $code = 0;
for (map { slurp("examples/minikernel/$_") } qw(start.S kernel.c)) {
    s{/\*.*?\*/|//[^\n]*}{}gs;
    $code += () = /^.*\S.*$/mg;
}
cmp_ok($code, '<', 150, "the mini kernel has $code lines of code");

# A lock that does not fit is an error of the compiler that names the number to set. ports/kernel.c has such a lock.
my $port = "${cross}gcc -march=rv64imac_zicsr -mabi=lp64 -mcmodel=medany -ffreestanding -fsyntax-only -I$prefix/include -I$doc/examples/ports";
($good, $text) = quiet("$port $doc/examples/ports/kernel.c");
ok(!$good && $text =~ /static assertion failed: "[^"]*AIA_LOCK_WORDS"/, 'a lock that is too large') or diag $text;
($good, $text) = quiet("$port -DAIA_LOCK_WORDS=4 $doc/examples/ports/kernel.c");
ok($good, 'and one that fits') or diag $text;
