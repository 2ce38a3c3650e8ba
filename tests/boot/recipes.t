#!/usr/bin/perl
# SPDX-License-Identifier: BSD-2-Clause
#
# Runs each recipe of docs/booting.md as it is written there: the ```sh blocks after the first one, each below a heading.
# From the environment: QEMU FIRMWARE BUILD.
# Needs: all flash-image
use strict;
use warnings;
use Test::More;

my $build = $ENV{BUILD} ||= 'build';
delete @ENV{grep { !length($ENV{$_} // '') } qw(QEMU FIRMWARE)};
open my $in, '<', 'docs/booting.md' or die "docs/booting.md: $!\n";
my $text = do { local $/; <$in> };
my ($first, @recipes);
while ($text =~ /^## ([^\n]+)\n|^```sh\n(.*?)^```\n/gms) {
    if (defined $1) { push @recipes, {name => $1} }
    elsif (!@recipes) { $first = $2 }
    else { $recipes[-1]{sh} .= $2 }
}
@recipes = grep { $_->{sh} } @recipes;
die "docs/booting.md: no recipes\n" if !$first || @recipes < 8;
plan tests => scalar @recipes;

mkdir "$build/log";
for my $r (@recipes) {
    (my $log = "$build/log/boot-" . lc($r->{name}) . '.log') =~ s/[ ,-]+/-/g;
    my $pid = fork // die "fork: $!";
    if (!$pid) {
        open STDIN, '<', '/dev/null';
        open STDOUT, '>', $log or die "$log: $!";
        open STDERR, '>&', \*STDOUT;
        exec qw(timeout -s KILL 240 sh -euc), "$first\n$r->{sh}" or die;
    }
    waitpid $pid, 0;
    my $code = $? >> 8 || $?;
    open my $c, '<:raw', $log or die "$log: $!\n";
    (my $console = do { local $/; <$c> }) =~ s/\r\n?/\n/g;
    my @bad;
    push @bad, "exit code $code" if $code;
    push @bad, 'no banner' if $console !~ /^imsicle .* harts, booted on /m;
    push @bad, 'it does not end with VERDICT: PASS' if $console !~ /^VERDICT: PASS\s*\z/m;
    ok(!@bad, $r->{name}) or diag join(', ', @bad), ": $log:\n", join "\n", (split /\n/, $console)[-15 .. -1];
}
