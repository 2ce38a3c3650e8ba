# SPDX-License-Identifier: BSD-2-Clause
#
# prove --harness Failures: prove's own harness, which also ends a run with a list of the tests that failed and, for each, the
# command that repeats it: that is AGAIN of the environment, or `make test', with a TEST. With FAILURES=FILE in the environment
# each failure is also a line of that file.
package Failures;
use strict;
use warnings;
use parent 'TAP::Harness';

my %names; # file => names of its tests that failed

sub make_parser {
    my ($self, $job) = @_;
    my ($parser, @rest) = $self->SUPER::make_parser($job);
    my $file = $job->filename;
    $parser->callback(test => sub {
        my ($test) = @_;
        push @{$names{$file}}, $test->description =~ s/^- //r if !$test->is_ok;
    });
    return ($parser, @rest);
}

# A row of tests/qemu/table has a word of its own; every other test is a program that `make test' finds by its path.
sub repeat {
    my ($file, $name) = @_;
    my $make = $ENV{AGAIN} || 'make test';
    return "$make TEST=$1" if $file =~ m{/qemu/\w[^/]*\.t$} && ($name // '') =~ m{^([\w/.-]+): };
    return "$make TEST=" . ($file =~ s{^build/(?:qemu/)?}{}r =~ s{^([^/]+)\.t$}{$1}r);
}

sub summary {
    my ($self, $aggregate, @rest) = @_;
    $self->SUPER::summary($aggregate, @rest);
    my @lines;
    my %bad = map { $_ => 1 } map { $aggregate->$_ } qw(failed parse_errors exit wait);
    for my $file (sort keys %bad) { # a program may be cut short after tests that all passed
        my @failed = @{$names{$file} // []};
        push @lines, map { [$_, repeat($file, $_)] } @failed ? @failed : "$file: ended early, or with an exit code";
    }
    print "Failed:\n", map { "  $_->[0]\n      $_->[1]\n" } @lines if @lines;
    return if !$ENV{FAILURES};
    open my $out, '>>', $ENV{FAILURES} or die "$ENV{FAILURES}: $!\n";
    print $out map { "$_->[0]\n" } @lines;
    close $out or die "$ENV{FAILURES}: $!\n";
}

1;
