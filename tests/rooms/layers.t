#!/usr/bin/perl
# SPDX-License-Identifier: BSD-2-Clause
#
# The payload's rooms are layers: a file includes headers of its own room and of the rooms above it in README.md's table.
# payload/jobs.h names the jobs for the files that are a job, or that start one.
use strict;
use warnings;

sub lines { open my $in, '<', $_[0] or die "$_[0]: $!\n"; return <$in> }

my (@rooms, %rank, %files, @wrong);
for (lines('README.md')) { push @rooms, $1 if m{^\| `(\w+)/` \|} }
@rank{@rooms} = 0 .. $#rooms;
for my $path (glob 'payload/*/*.[chS]') {
    my ($room) = $path =~ m{^payload/(\w+)/};
    $files{$room}++;
    for (lines($path)) {
        my ($header) = /^#include "payload\/(.*)"/ or next;
        my ($other) = $header =~ m{^(\w+)/};
        my $least = defined $other ? $rank{$other} // @rooms : $rank{conform} + 1;
        push @wrong, "$path includes payload/$header" if ($rank{$room} // -1) < $least;
    }
}

print "1..2\n";
my $same = "@{[sort @rooms]}" eq "@{[sort keys %files]}";
print $same ? '' : 'not ', "ok 1 - README.md's table has the payload's rooms: @{[sort keys %files]}\n";
print "# $_\n" for @wrong;
print @wrong ? 'not ' : '', "ok 2 - no file includes a header of a room below its own\n";
exit !($same && !@wrong);
