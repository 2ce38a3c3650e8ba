#!/usr/bin/perl
# SPDX-License-Identifier: BSD-2-Clause
#
# The code of docs/embedding.md: its pieces, in their order, are one file that compiles on the installed headers, asks its kernel
# for the functions that the page lists, links with the installed archives and port, and runs on QEMU in the kernel of embedding.c.
# No line of the page is longer than 130 columns. From the environment: BUILD, CROSS, QEMU, FIRMWARE.
# Needs: examples
use strict;
use warnings;
use Cwd qw(abs_path);
use File::Temp qw(tempdir);
use Test::More tests => 13;

my $build = abs_path($ENV{BUILD} || 'build');
my $cross = $ENV{CROSS} || 'riscv64-unknown-elf-';
my $qemu = $ENV{QEMU} || 'qemu-system-riscv64';
my $firmware = $ENV{FIRMWARE} ? "-bios $ENV{FIRMWARE}" : '';
my $examples = "$build/stage/share/doc/aia/examples";
my $dir = tempdir(CLEANUP => 1);
$ENV{PKG_CONFIG_LIBDIR} = "$build/stage/lib/pkgconfig";

sub slurp { my ($f) = @_; open my $in, '<', $f or die "$f: $!\n"; local $/; return <$in> }
sub put { my ($f, $text) = @_; open my $out, '>', "$dir/$f" or die "$f: $!\n"; print $out $text; close $out or die; return "$dir/$f" }
sub quiet { my $text = `@_ 2>&1`; return ($? == 0, $text) }

my $page = slurp('docs/embedding.md');
is_deeply([grep { length > 130 } split /\n/, $page], [], 'no line is longer than 130 columns');
is(scalar(() = $page =~ /^```/mg), 2 * (() = $page =~ /^```c\n.*?^```\n/msg), 'each fenced block is C, and ends');
my $prose = $page =~ s/^```c\n.*?^```\n//msgr;
is_deeply([$prose =~ /^ {4,}.*[;{}]$/mg], [], 'and no C stands outside a fenced block');

# --- the pieces -------------------------------------------------------------------------------------------------------
my ($heading, %has) = '';
while ($page =~ /^## ([^\n]*)|^```c$/mg) {
    if (defined $1) { $heading = $1 }
    else { $has{$heading} = 1 }
}
my @steps = ('Memory', 'The port', 'The first interrupt', 'Wires', 'Moves', 'A hart goes offline, and comes back', 'Suspension');
is_deeply([grep { !$has{$_} } @steps], [], 'each step of the work has code');

# The lines of the page are those of the compiler's messages.
my $code = '';
while ($page =~ /^```c\n(.*?)^```$/msg) {
    my $line = 1 + (substr($page, 0, $-[1]) =~ tr/\n//);
    $code .= "#line $line \"embedding.md\"\n$1";
}
put('page.c', "#include \"embedding.h\"\n$code");
my @use = ('-mabi=lp64 -mcmodel=medany -O2 -ffreestanding -ffunction-sections -Wall -Wextra -Wno-unused-function -Werror',
    "-I$dir -Itests/pages -I$examples/ports", '$(pkg-config --cflags aia-fdt)');
my @cc = ("${cross}gcc --specs=picolibc.specs -march=rv64imac_zicsr", @use);
for my $std (qw(gnu11 gnu17)) {
    my ($good, $text) = quiet(@cc, "-std=$std -c $dir/page.c -o $dir/page.o");
    ok($good, "the code compiles as $std") or diag $text;
}
my ($good, $text) = quiet('clang --target=riscv64-unknown-elf -march=rv64imac', @use, "-fsyntax-only $dir/page.c");
ok($good, 'and by clang') or diag $text;

# --- what it asks for -------------------------------------------------------------------------------------------------
my ($list) = $page =~ /^The C code on this page .*?functions of your kernel:(.*?)\n\n/ms;
my @listed = sort +($list // '') =~ /`(\w+)`/g;
my %aside = map { $_ => 1 } qw(memcpy memset);
my @asked = sort grep { !/^(?:aia|aplic)_/ && !$aside{$_} && !/^port_/ } map { / U (\w+)$/ ? $1 : () } `${cross}nm $dir/page.o`;
is_deeply(\@asked, \@listed, 'it asks its kernel for the functions that the page lists');

# --- it runs ----------------------------------------------------------------------------------------------------------
my $mini = "$examples/minikernel";

sub build_kernel {
    my @flags = @_;
    my @objects;
    for my $source ("$mini/start.S", 'tests/pages/embedding.c', "$examples/ports/bare-metal.c") {
        my ($object) = map { "$dir/$_.o" } $source =~ m{([\w-]+)\.\w$};
        my ($good, $text) = quiet(@cc, @flags, "-c $source -o $object");
        return (0, $text) if !$good;
        push @objects, $object;
    }
    return quiet("${cross}gcc --specs=picolibc.specs -march=rv64imac -mabi=lp64 -nostartfiles -T $mini/kernel.ld -Wl,--gc-sections",
        @objects, '$(pkg-config --libs aia-fdt)', "$build/examples/wired/libfdt.a -o $dir/page.elf");
}

sub boot {
    return quiet("timeout -s KILL 900 $qemu -M virt,aia=aplic-imsic -smp 4 -nographic -no-reboot $firmware",
        "-device edu,addr=1 -kernel $dir/page.elf </dev/null");
}

($good, $text) = build_kernel();
ok($good, 'it links with the installed libraries and port') or diag $text;
($good, $text) = boot();
ok($good && $text =~ /^embedding: PASS\r?$/m, 'and it takes interrupts, moves, goes offline, comes back and suspends') or diag $text;
($good, $text) = build_kernel('-DNO_TREE_NO_HSM');
($good, $text) = boot() if $good;
ok($good && $text =~ /^embedding: PASS\r?$/m, 'so it does without a device tree and without HSM') or diag $text;

# --- the check itself -------------------------------------------------------------------------------------------------
put('page.c', "#include \"embedding.h\"\n" . ($code =~ s/aplic_init\(&domains\[i\], &aia\)/aplic_init(&domains[i])/r));
($good, $text) = quiet(@cc, "-c $dir/page.c -o $dir/page.o");
ok(!$good && $text =~ /^embedding\.md:\d+:.*aplic_init/m, 'a call that the headers do not have is found, with its line') or diag $text;
put('page.c', "#include \"embedding.h\"\n" . ($code =~ s/^    d->hart = irq->vec.id/    d->hart = !irq/mr));
($good, $text) = build_kernel();
($good, $text) = boot() if $good;
ok(!$good && $text =~ /^FAIL: moved/m, 'and a step that is left out, by the run') or diag $text;
