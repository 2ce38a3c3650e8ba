#!/usr/bin/perl
# SPDX-License-Identifier: BSD-2-Clause
#
# scripts/bench: what it prints when a job's costs are compared with a BASELINE, and its exit code: costs that are the same, more,
# less, new, gone, and files that are no baseline. A script replaces QEMU and prints what the job would.
use strict;
use warnings;
use File::Temp qw(tempdir);
use JSON::PP ();
use Test::More tests => 24;

my $dir = tempdir(CLEANUP => 1);
delete @ENV{qw(SMP BASELINE TOLERANCE)};
@ENV{qw(BUILD QEMU FIRMWARE SIZE)} = ($dir, "$dir/qemu", 'none', "$dir/size");

sub put { my ($name, $text) = @_; open my $f, '>', "$dir/$name" or die "$name: $!"; print $f $text; close $f; chmod 0755, "$dir/$name" }
sub json { open my $f, '<', "$dir/bench.json" or return {}; local $/; return JSON::PP::decode_json(<$f>) }

# bench(EXIT, TRAP, RATE, environment): run a job that exits with EXIT, takes TRAP instructions for a trap, and makes RATE moves
# a second. Returns the exit code, and what was printed after the table.
sub bench {
    my ($exit, $trap, $rate, %env) = @_;
    my $end = $exit ? 'VERDICT: FAIL' : 'VERDICT: PASS';
    put('qemu', "#!/bin/sh\ncat <<'END'\nimsicle\nbench trap to handler     $trap  35  0  116  <=120\n"
            . "bench a move  895  14  3  900  -\nfigure moves  $rate a second\n$end\nEND\nexit $exit\n");
    local @ENV{keys %env} = values %env;
    my $said = `scripts/bench 2>&1`;
    return ($? >> 8, $said);
}
# against(EXIT, RE, BASELINE's rows or text, bench()'s arguments...)
sub against {
    my ($name, $exit, $re, $was, @how) = @_;
    put('old.json', ref $was ? JSON::PP->new->encode($was) : $was);
    my ($code, $said) = bench(@how, BASELINE => "$dir/old.json");
    ok($code == $exit && $said =~ $re && $said !~ / at \S+ line \d/, $name) or diag "exit code $code\n$said";
}

put('size', "#!/bin/sh\nprintf 'text data bss\\n1000 20 300 1320 528 x\\n'\n");
my ($code, $said) = bench(0, 100, 5000);
is($code, 0, 'no baseline') or diag $said;
like($said, qr/^trap to handler +100 +35 +2\.86 +0 +116 +<=120$/m, 'the table');
my $was = json();
is(scalar @{$was->{rows}}, 9, 'bench.json has each line, and the sizes');

against('the same', 0, qr/^9 the same .* 0 worse/m, $was, 0, 100, 5000);
against('more', 1, qr/^WORSE +trap to handler +100 -> +103 +\+3 \(\+3\.0%\)$/m, $was, 0, 103, 5000);
against('more, but tolerated', 0, qr/^differs +trap to handler .* 0 worse by more than 3%$/ms, $was, 0, 103, 5000, TOLERANCE => 3);
against('more than is tolerated', 1, qr/^WORSE +trap/m, $was, 0, 104, 5000, TOLERANCE => 3);
against('less', 0, qr/^differs +trap to handler +100 -> +90 /m, $was, 0, 90, 5000);
against('a rate that fell', 1, qr/^WORSE +moves +5000 -> +4900 /m, $was, 0, 100, 4900);
against('a rate that rose', 0, qr/^differs +moves /m, $was, 0, 100, 5100);
my ($first, @rest) = @{$was->{rows}};
against('one that is new', 0, qr/^new +trap to handler +100$/m, {rows => \@rest}, 0, 100, 5000);
against('one that is gone', 1, qr/^gone +an older$/m, {rows => [@{$was->{rows}}, {name => 'an older', value => 3}]}, 0, 100, 5000);
against('the job missed a target of its own', 1, qr/ 0 worse/, $was, 1, 100, 5000);

($code, $said) = bench(0, 104, 5000, BASELINE => "$dir/bench.json"); # what the last run wrote
ok($code == 1 && $said =~ /^WORSE +trap to handler +100 -> +104 /m, 'the file that is written again at the end') or diag $said;

against('no JSON', 2, qr/no JSON/, '{"rows": [', 0, 100, 5000);
against('an empty file', 2, qr/no JSON/, '', 0, 100, 5000);
against('JSON, but another program\'s', 2, qr/not written by make bench/, $_, 0, 100, 5000)
    for '[]', '{"rows": 3}', '{"rows": [4]}', '{"rows": [{"name": "trap to handler"}]}', '{"rows": [{"value": "x", "name": "y"}]}';
($code, $said) = bench(0, 100, 5000, BASELINE => "$dir/none");
ok($code == 2 && $said =~ /BASELINE=.*No such file/, 'no such file') or diag $said;
($code, $said) = bench(0, 100, 5000, TOLERANCE => 'much');
ok($code == 2 && $said =~ /TOLERANCE=much/, 'a tolerance that is no number') or diag $said;
put('qemu', "#!/bin/sh\necho imsicle\nexit 3\n");
$said = `scripts/bench 2>&1`;
ok($? >> 8 == 2 && $said =~ /did not end, exit code 3/, 'a job that does not end') or diag $said;
