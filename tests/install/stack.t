#!/usr/bin/perl
# SPDX-License-Identifier: BSD-2-Clause
#
# How much stack each public function may use, by gcc's call graph with the frames in it (-fcallgraph-info=su), compiled as for
# `make install'. A call through a pointer may reach every function of the library that the pointer can hold; the functions of
# the embedder that it can hold are not counted, nor those of aia/port.h. docs/embedding.md has a table of the bounds, which no
# function may exceed. From the environment: BUILD; STACK_TABLE=1 prints the rows of a new table, and the way to each bound.
# Needs: stack
use strict;
use warnings;
use Test::More tests => 9;

my $build = $ENV{BUILD} || 'build';

sub slurp { my ($f) = @_; open my $in, '<', $f or die "$f: $!\n"; local $/; return <$in> }

# --- calls through pointers -------------------------------------------------------------------------------------------
# What each kind of pointer can hold, by the text of the call. For a member of a table: every function that the tables of these
# files put there. `own' says that the embedder may put a function of its own there, too, or alone.
my %tables = (
    delivery => [glob 'lib/delivery_*.c'],
    ops      => ['lib/ims.c', glob('aplic/*.c'), glob('iommu/*.c')],
    below    => ['lib/ims.c', glob('aplic/*.c')], # a message below an IOMMU's does not pass through an IOMMU
);
my @pointers = (
    [qr/\bdelivery->(\w+)$/,                                    'delivery'],
    [qr/\bbelow->ops->(?:bus_lock|bus_unlock|bus_sync|reset|park|unpark|restore|write_data)$/, 'own'],
    [qr/\bbelow->ops->(\w+)$/,                                  'below'],
    [qr/\bops->(?:bus_lock|bus_unlock|bus_sync|reset)$/,        'own'],
    [qr/\bops->(\w+)$/,                                         'ops'],
    [qr/^b->send$/,                                             qw(send_extempore)],
    [qr/^s->enter$/,                                            qw(close_hart evacuate_hart force_away hush sweep_hart stop_delivery)],
    [qr/^steps\[n\]\.undo$/,                                    qw(open_hart unhush start_delivery)],
    [qr/^away$/,                                                qw(affinity_move_off affinity_force_off)],
    [qr/^(?:c->)?fn$/,                                          qw(try_here nothing probe_online)], # and the embedder's, for aia_call()
    [qr/^irq->handler$/,                                        qw(level_handler)],    # and the embedder's
    [qr/^(?:irq->)?moved$/,                                     qw(level_moved)],      # and the embedder's
    [qr/^s->(?:handler|moved)$/,                                'own'],
    [qr/\bconfig\.(?:kick|may_enter|fault)$/,                   'own'],
    [qr/^(?:t->)?found$/,                                       'own'],
    [qr/^d->drain$/,                                            'own'],
);
# The embedder's, and memset and memcpy. gcc's own functions have no frame.
my $not_ours = qr/^(?:aia_port_\w+|memset|memcpy|__(?:c[lt]z|popcount)[sd]i2)$/;

my (%frame, %calls, %named, %pointed, @problems);

# The functions that a member of the tables in these files can be.
sub members {
    my ($member, @files) = @_;
    my @found = map { slurp($_) =~ /\.$member = (\w+)[,}]/g } @files;
    push @problems, "no table has .$member" if !@found;
    return grep { $_ ne 'NULL' } @found;
}

# The expression that is called at FILE:LINE:COLUMN.
sub called {
    my ($file, $line, $column) = @_;
    my $text = substr((split /\n/, slurp($file))[$line - 1], $column - 1);
    return $1 if $text =~ /^[^;]*?((?:\w+(?:\[\w+\])?(?:->|\.))+\w+)\(/;
    return $text =~ /^(\w+)\(/ ? $1 : "? $text";
}

sub targets {
    my ($file, $line, $column) = @_;
    my $call = called($file, $line, $column);
    for my $p (@pointers) {
        my ($re, @what) = @$p;
        next if $call !~ $re;
        my $member = $1;
        return map { $_ eq 'own' ? () : $tables{$_} ? members($member, @{$tables{$_}}) : $_ } @what;
    }
    push @problems, "$file:$line: a call through a pointer that this test does not know: $call";
    return;
}

# --- the graph --------------------------------------------------------------------------------------------------------
my @graphs = map { chomp; $_ } `find $build/stack -name '*.ci'`;
cmp_ok(scalar @graphs, '>', 25, scalar(@graphs) . ' call graphs');
for my $g (@graphs) {
    for (split /\n/, slurp($g)) {
        if (/^node: \{ title: "([^"]+)" label: "[^"]*\\n(\d+) bytes \(([^)]+)\)/) {
            my ($title, $bytes, $how) = ($1, $2, $3);
            push @problems, "$title: its frame has no fixed size" if $how ne 'static';
            $frame{$title} = $bytes;
            push @{$named{$title =~ s/.*://r}}, $title;
        } elsif (/^edge: \{ sourcename: "([^"]+)" targetname: "__indirect_call" label: "([^":]+):(\d+):(\d+)"/) {
            push @{$calls{$1}}, ['pointer', $2, $3, $4];
        } elsif (/^edge: \{ sourcename: "([^"]+)" targetname: "([^"]+)"/) {
            push @{$calls{$1}}, ['name', $2];
        }
    }
}

my (%bound, %deepest, @path);

sub bound {
    my ($f) = @_;
    return $bound{$f} if defined $bound{$f};
    if (grep { $_ eq $f } @path) {
        push @problems, join(' -> ', 'recursion: ' . join(' -> ', @path), $f);
        return 0;
    }
    push @path, $f;
    my $most = 0;
    for my $c (@{$calls{$f} || []}) {
        my ($how, @at) = @$c;
        for my $name ($how eq 'pointer' ? targets(@at) : $at[0]) {
            $pointed{$name} = 1 if $how eq 'pointer';
            next if $name =~ $not_ours;
            my @found = defined $frame{$name} ? $name : @{$named{$name} || []};
            push @problems, "$f calls $name, which no call graph has" if !@found;
            for my $t (@found) {
                my $b = bound($t);
                ($most, $deepest{$f}) = ($b, $t) if $b > $most;
            }
        }
    }
    pop @path;
    return $bound{$f} = $frame{$f} + $most;
}

sub way { my ($f) = @_; return "$f($frame{$f})" . ($deepest{$f} ? ' -> ' . way($deepest{$f}) : '') }

my %public;
for my $h (grep { !/fdt/ } glob 'include/aia/*.h') { # libaia-fdt calls libfdt, whose frames are not known here
    my $text = slurp($h) =~ s{/\*.*?\*/}{}gsr;
    $text =~ s{^static inline.*?^\}}{}gms;
    $public{$1} = 1 while $text =~ /^\w[\w \t*]*?\b((?:aia|aplic)_\w+)\(/gm;
}
delete @public{grep { /^aia_port_/ } keys %public};
cmp_ok(scalar keys %public, '>', 40, scalar(keys %public) . ' public functions');
my @public = sort keys %public;
is_deeply([grep { !defined $frame{$_} } @public], [], 'each has a frame in a call graph');
bound($_) for grep { defined $frame{$_} } @public;
is_deeply(\@problems, [], 'each call is understood, and none is recursive') or diag map { "$_\n" } @problems;

# A function that the code puts into a pointer, and that the list above has for no call.
my $code = join '', map { slurp($_) =~ s{/\*.*?\*/|"[^"\n]*"}{}gsr } glob '{lib,imsic,aplic,iommu}/*.c';
is_deeply([grep { my $name = s/.*://r; !$pointed{$name} && $code =~ /[=({,?:] *$name\b(?! *\()/ } sort keys %frame], [],
    'each function that a pointer holds is in the list');

# --- the table --------------------------------------------------------------------------------------------------------
my ($section) = slurp('docs/embedding.md') =~ /^## Stack\n(.*?)^## /ms;
my (%stated, @twice);
for (split /\n/, $section // '') {
    my ($bytes, $functions) = /^\| (\d+) \| (.*) \|$/ or next;
    for my $f ($functions =~ /`(\w+)\(\)`/g) {
        push @twice, $f if defined $stated{$f};
        $stated{$f} = $bytes;
    }
}
is_deeply(\@twice, [], 'the table has each function once');
is_deeply([sort keys %stated], \@public, 'and all of them');
my @over = grep { $stated{$_} && defined $bound{$_} && $bound{$_} > $stated{$_} } @public;
is_deeply(\@over, [], 'none uses more stack than the table says')
    or diag map { "$_: $bound{$_} bytes, not $stated{$_}: " . way($_) . "\n" } @over;
my @loose = grep { $stated{$_} && defined $bound{$_} && $stated{$_} > 2 * $bound{$_} + 128 } @public;
is_deeply(\@loose, [], 'and the table does not say twice as much as there is') or diag map { "$_: $bound{$_} bytes, not $stated{$_}\n" } @loose;

if ($ENV{STACK_TABLE}) { # print the rows afresh
    my %rows; # of each bound, as many as have room in lines of 130 columns
    for my $f (@public) {
        my ($least) = grep { $bound{$f} <= $_ } 64, 128, 192, 256, 384, 512, 768, 1024, 1536, 2048, 4096, 8192;
        my $rows = $rows{$least} //= [''];
        push @$rows, '' if length("| $least | $rows->[-1], `$f()` |") > 130;
        $rows->[-1] .= ($rows->[-1] && ', ') . "`$f()`";
    }
    for my $least (sort { $a <=> $b } keys %rows) { print STDERR map { "| $least | $_ |\n" } @{$rows{$least}} }
    print STDERR map { "$_: $bound{$_}: " . way($_) . "\n" } sort { $bound{$a} <=> $bound{$b} } @public;
}
