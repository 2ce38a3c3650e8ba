#!/usr/bin/perl
# SPDX-License-Identifier: BSD-2-Clause
#
# PLATFORM_DIR: the board that is built is the one that was asked for, whichever was built before it, and however old.
use strict;
use warnings;
use File::Temp qw(tempdir);
use Test::More tests => 4;

delete @ENV{grep { /^(?:MAKE.*|MFLAGS|GNUMAKEFLAGS|B|PLATFORM_DIR)$/ } keys %ENV};
my $dir = tempdir(CLEANUP => 1);
my $object = "$dir/b/obj/board/board.o";
system 'cp', '-r', 'platform/template', "$dir/mine" and die;
utime 1, 1, "$dir/mine/board.c" or die; # a file that somebody unpacked

# is_template(WANT, VARIABLE...): what is built is that one, which alone has a message of its own.
sub is_template {
    my ($want, @of) = @_;
    my $said = `make B=$dir/b @of $object 2>&1`;
    ok($? == 0 && !system('grep', '-q', 'template: fewer', $object) == $want, @of ? "the board of @of" : "platform/generic") or diag $said;
}
is_template(0);
is_template(1, "PLATFORM_DIR=$dir/mine");
is_template(0);
like(`make B=$dir/b PLATFORM_DIR=$dir/b all 2>&1`, qr{PLATFORM_DIR=\Q$dir\E/b: no C files there}, 'a directory that is no board');
