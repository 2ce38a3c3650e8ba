#!/usr/bin/perl
# SPDX-License-Identifier: BSD-2-Clause
#
# PLATFORM_DIR: make builds the board that was asked for, whichever board was built before, and however old its files are.
use strict;
use warnings;
use File::Temp qw(tempdir);
use Test::More tests => 4;

delete @ENV{grep { /^(?:MAKE.*|MFLAGS|GNUMAKEFLAGS|B|PLATFORM_DIR)$/ } keys %ENV};
my $dir = tempdir(CLEANUP => 1);
my $object = "$dir/b/obj/board/board.o";
system 'cp', '-r', 'platform/template', "$dir/mine" and die;
utime 1, 1, "$dir/mine/board.c" or die; # as old as a file from an archive

# is_template(WANT, VARIABLE...): whether the board that make built is this one, which alone has a message of its own.
sub is_template {
    my ($want, @of) = @_;
    my $said = `make B=$dir/b @of $object 2>&1`;
    ok($? == 0 && !system('grep', '-q', 'template: fewer', $object) == $want, @of ? "the board of @of" : "platform/generic") or diag $said;
}
is_template(0);
is_template(1, "PLATFORM_DIR=$dir/mine");
is_template(0);
like(`make B=$dir/b PLATFORM_DIR=$dir/b all 2>&1`, qr{PLATFORM_DIR=\Q$dir\E/b: no C files there}, 'a directory that is no board');
