#!/usr/bin/perl
# SPDX-License-Identifier: BSD-2-Clause
#
# scripts/setup where it can install nothing: it prints what is missing and who can help, and fails. It runs beside a tree that
# lacks everything, with no tools but those that this test names.
use strict;
use warnings;
use File::Temp qw(tempdir);
use Test::More tests => 10;

my $dir = tempdir(CLEANUP => 1);
mkdir "$dir/$_" for qw(bin tree tree/scripts fdt);
system 'cp', 'scripts/setup', "$dir/tree/scripts/" and die;
system 'touch', "$dir/fdt/fdt.c" and die;
for my $tool (qw(sh dirname sed sort head awk cat env)) {
    chomp(my $path = `command -v $tool;`);
    symlink $path, "$dir/bin/$tool" or die "$tool: $!";
}

sub put { my ($name, $text) = @_; open my $f, '>', "$dir/bin/$name" or die "$name: $!"; print $f "#!/bin/sh\n$text\n"; close $f; chmod 0755, "$dir/bin/$name" }

sub refuses {
    my ($name, $re, $arguments, %env) = @_;
    delete local @ENV{qw(QEMU FIRMWARE CROSS CC LIBFDT_SRC GDB)};
    local @ENV{'PATH', keys %env} = ("$dir/bin", values %env);
    my $said = `$dir/tree/scripts/setup $arguments 2>&1`;
    ok($? && $said =~ $re, $name) or diag $said;
    return $said;
}

put('id', 'echo 1000');
my $said = refuses('without apt', qr/not Debian or Ubuntu: install these yourself/, 'run test');
like($said, qr/^setup: missing: .*\briscv64-unknown-elf-gcc .*\bqemu-system-riscv64\b.* opensbi .*\bdtc .*\blibfdt$/m, 'each thing is named');
put('apt-get', "echo \$* >>$dir/apt; exit 100");
SKIP: {
    skip 'not on Debian or Ubuntu', 3 if !grep { /^ID=(?:debian|ubuntu)$/ } do { local @ARGV = '/etc/os-release'; <> };
    refuses('neither root nor sudo', qr{there is no sudo: have root run \S+/scripts/setup run test$}m, 'run test');
    put('id', 'echo 0');
    refuses('apt that fails', qr{^\+ env DEBIAN_FRONTEND=noninteractive apt-get .* update$}m, 'run test');
    # From here on apt fetches indexes, but no packages.
    put('apt-get', "case \$* in *install*) exit 100 ;; esac");
    refuses('one package', qr{^setup: missing: gdb-multiarch\n(?:.*\n)*\+ .* apt-get .* install -y --no-install-recommends gdb-multiarch$}m,
        'gdb', LIBFDT_SRC => "$dir/fdt");
}
refuses('a debugger that is not there', qr/^setup: GDB=none -q: no such program$/m, 'gdb', GDB => 'none -q');
refuses('a QEMU that is not there', qr/^setup: QEMU=none: no such program$/m, 'run', QEMU => 'none');
refuses('a firmware that is not there', qr/^setup: FIRMWARE=none: no such file$/m, 'run', QEMU => 'sh', FIRMWARE => 'none');
refuses('a word that it does not know', qr/^setup: usage: /m, 'rum');
$said = `scripts/setup run 2>&1`;
is($said, '', 'with all there it is silent') or diag $said;
