#!/usr/bin/perl
# SPDX-License-Identifier: BSD-2-Clause
#
# make discover DTB=FILE: what it prints of trees, compiled and not, its exit code, and that a payload prints the same.
# Needs: all BUILD/host/discover
use strict;
use warnings;
use File::Temp qw(tempdir);
use Test::More tests => 18;

my $dir = tempdir(CLEANUP => 1);
my $build = $ENV{BUILD} || 'build';
my $qemu = $ENV{QEMU} || 'qemu-system-riscv64';
delete @ENV{qw(MAKEFLAGS MAKELEVEL MFLAGS ARGS)};

sub discover {
    my ($dtb) = @_;
    my $said = `make -s B='$build' discover DTB='$dtb' 2>&1`;
    return ($? >> 8, $said);
}

discover('dts/good/plain.dts'); # builds what discover needs
my ($code, $said) = discover('dts/good/plain.dts');
is($code, 0, 'a source') or diag $said;
like($said, qr/^hart 1: id 1, sstc, ssaia, interrupt file 0x28001000, 0 guest files$/m, 'its harts');
like($said, qr/^finisher: 0x100000\n\z/m, 'all of it');
unlike($said, qr/^not used: /m, 'all of it is used');

($code, my $again) = discover("$build/dts/good/plain.dtb");
is($code, 0, 'the same, compiled') or diag $again;
is($again, $said, 'says the same');

($code, $said) = discover('dts/good/pci-reg-missing.dts');
is($code, 0, 'a part that is not sound') or diag $said;
like($said, qr{^not used: /soc/pci\@30000000: reg: missing$}m, 'is named');
like($said, qr{^pci: none: /soc/pci\@30000000: reg: missing$}m, 'where it would be');

($code, $said) = discover('dts/bad/cpu-twice.dts');
is($code, 2, 'a tree that is refused') or diag $said;
like($said, qr{^device tree: /cpus/cpu\@1: reg: a second hart 0$}m, 'with the line of the payload');

open my $f, '>', "$dir/rubbish" or die;
print $f 'no tree';
close $f;
($code, $said) = discover("$dir/rubbish");
ok($code == 2 && $said =~ m{^device tree: /: the device tree is damaged: }m, 'no tree at all') or diag $said;
($code, $said) = discover("$dir/absent");
ok($code == 2 && $said =~ m{^\Q$dir\E/absent: No such file}m, 'no file') or diag $said;
($code, $said) = discover('');
ok($code == 2 && $said =~ /make discover DTB=FILE/, 'no DTB=') or diag $said;

# QEMU's tree on the host, and the same tree as the firmware passes it on. Lines that depend on the boot are not compared.
sub lines { return join '', grep { !/^(bootargs|memory|reserved): / } map { s/, online$//r } $_[0] =~ /^((?:model|timebase|memory|hart|imsic|aplic|pci|iommu|uart|rtc|virtio|not used|finisher).*\n)/mg }

for my $machine ('virt,aia=aplic-imsic,iommu-sys=on', 'virt,aia=aplic') {
    system("$qemu -M $machine,dumpdtb=$dir/dtb -smp 3 -m 256M -display none -bios none 2>/dev/null");
    ($code, $said) = discover("$dir/dtb");
    my $there = `$qemu -M $machine -smp 3 -m 256M -icount shift=0,sleep=off -nographic -no-reboot -bios '$ENV{FIRMWARE}' -kernel $build/payload.elf -append test=discover </dev/null 2>&1`;
    $there =~ tr/\r//d;
    $there =~ s/\n+/\n/g;
    is($code, 0, "$machine: QEMU's tree") or diag $said;
    is(lines($there =~ s/.*?^(?=model: )//msr), lines($said), 'and what the payload says there');
}
