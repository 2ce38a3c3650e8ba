# SPDX-License-Identifier: BSD-2-Clause
#
# The declarations of the public headers, for bindings and for tests that go through all of them.
#
#   my $h = Headers::parse('include/aia');
#
# $h->{constants}  [{name, value, text, chosen, file}]: macros that are a number or an expression of other constants, `text';
#                  `chosen' if the embedder may define another
# $h->{layout}     the text of the macro AIA_LAYOUT
# $h->{enums}      [{name, members => [[NAME, VALUE]...], file}]: `name' is '' for an enum without one; VALUE is a number
# $h->{structs}    [{name, fields => [[NAME, TYPE]...], align, file}]: `fields' is undef for a struct that is only declared
# $h->{typedefs}   [{name, type, file}]
# $h->{functions}  [{name, type, file}]; inline functions are in $h->{inlines}
#
# A TYPE is ['base', NAME], ['pointer', TYPE], ['array', TYPE, LENGTH], ['function', RESULT, [[NAME, TYPE]...]], or
# ['const' or 'atomic', TYPE]. The NAME of a base type has no qualifiers; it may begin with `struct' or `enum'. A header with a
# declaration that is not understood ends the program with a line that quotes it.
package Headers;
use strict;
use warnings;
use File::Basename qw(basename);

my (@t, $at, $file, $h); # the tokens of the file, the place of the next, the file, the result

sub slurp { my ($f) = @_; open my $in, '<', $f or die "$f: $!\n"; local $/; return <$in> }
sub peek { return $t[$at + ($_[0] // 0)] // '' }
sub take { return $t[$at++] // '' }
sub bad { die "$file: not understood: " . join(' ', @t[($at > 8 ? $at - 8 : 0) .. ($at + 3 > $#t ? $#t : $at + 3)]) . "\n" }
sub want { my ($what) = @_; take() eq $what or do { $at--; bad() } }
sub got { my ($what) = @_; return peek() eq $what && ++$at }

# The text between an opening bracket, which has been taken, and its closing bracket.
sub inside {
    my ($open, $close) = @_;
    my ($depth, @in) = (1);
    while ($at < @t) {
        my $x = take();
        $depth += $x eq $open;
        $depth -= $x eq $close;
        return join ' ', @in if !$depth;
        push @in, $x;
    }
    bad();
}

# A base type with its qualifiers, such as `const struct aia *' up to the star.
sub specifier {
    my ($const, $atomic, @words) = ('', '');
    while (1) {
        if (got('const')) { $const = 1 }
        elsif (got('_Atomic')) { $atomic = 1 }
        elsif (peek() =~ /^(?:struct|enum)$/ && !@words) { push @words, take(), take() }
        elsif (peek() =~ /^(?:unsigned|long|int|char|void|bool|short)$/) { push @words, take() }
        elsif (!@words && peek() =~ /^[a-z]\w*$/) { push @words, take() }
        else { last }
    }
    @words or bad();
    my $type = ['base', "@words"];
    $type = ['atomic', $type] if $atomic;
    return $const ? ['const', $type] : $type;
}

# A declarator: returns its name, which may be '', and a function that makes its type from the base.
sub declarator {
    my $inner = sub { $_[0] };
    my ($name, $wrap, @stars) = ('', $inner);
    while (got('*')) {
        my $qualifier = '';
        $qualifier = take() while peek() =~ /^(?:const|_Atomic)$/;
        push @stars, $qualifier;
    }
    if (peek() eq '(' && peek(1) eq '*') {
        take();
        ($name, $wrap) = declarator();
        want(')');
    } elsif (peek() =~ /^\w+$/) {
        $name = take();
    }
    my @suffixes;
    while (1) {
        if (got('[')) { push @suffixes, ['array', inside('[', ']')] }
        elsif (got('(')) { push @suffixes, ['function', parameters()] }
        else { last }
    }
    return ($name, sub {
        my ($type) = @_;
        for (@stars) {
            $type = ['pointer', $type];
            $type = [$_ eq 'const' ? 'const' : 'atomic', $type] if $_;
        }
        $type = [$_->[0], $type, $_->[1]] for reverse @suffixes;
        return $wrap->($type);
    });
}

sub parameters {
    my @parameters;
    return take() && take() && [] if peek() eq 'void' && peek(1) eq ')';
    do {
        my $base = specifier();
        my ($name, $make) = declarator();
        push @parameters, [$name, $make->($base)];
    } while got(',');
    want(')');
    return \@parameters;
}

sub fields {
    my @fields;
    until (got('}')) {
        my $base = specifier();
        do {
            my ($name, $make) = declarator();
            $name or bad();
            push @fields, [$name, $make->($base)];
        } while got(',');
        want(';');
    }
    return \@fields;
}

# The value of a constant expression, as C has it.
sub value {
    my ($text) = @_;
    my %known = map { $_->{name} => $_->{value} } @{$h->{constants}};
    $known{$_->[0]} = $_->[1] for map { @{$_->{members}} } @{$h->{enums}};
    $text =~ s/\b([A-Z_]\w*)\b/exists $known{$1} ? "($known{$1})" : bad()/ge;
    $text =~ s/\b((?:0x)?[0-9a-fA-F]+)u?l*\b/$1/gi;
    my $value = $text =~ /^[\s\dxa-fA-F()+*\/<-]+$/ ? eval "use integer; $text" : undef;
    return $value // bad();
}

sub enumeration {
    my ($name) = @_;
    my ($next, @members) = (0);
    until (got('}')) {
        my $member = take();
        if (got('=')) {
            my @expression;
            push @expression, take() while peek() !~ /^[,}]$/;
            $next = value("@expression");
        }
        push @members, [$member, $next++];
        got(',');
    }
    push @{$h->{enums}}, {name => $name, members => \@members, file => $file};
}

sub structure {
    my ($name) = @_;
    my $fields = fields();
    my $align;
    if (got('__attribute__')) {
        want('(');
        ($align) = inside('(', ')') =~ /^\( aligned \( (\d+) \) \)$/ or bad();
    }
    want(';');
    push @{$h->{structs}}, {name => $name, fields => $fields, align => $align, file => $file};
}

sub declaration {
    if (peek() eq 'enum' && (peek(1) eq '{' || peek(2) eq '{')) {
        take();
        my $name = peek() eq '{' ? '' : take();
        take();
        enumeration($name);
        return want(';');
    }
    if (peek() eq 'struct' && peek(2) =~ /^[{;]$/) {
        take();
        my $name = take();
        return structure($name) if take() eq '{';
        return push @{$h->{structs}}, {name => $name, fields => undef, file => $file};
    }
    my $typedef = got('typedef');
    my $inline = got('static') && want('inline');
    my $base = specifier();
    my ($name, $make) = declarator();
    my $type = $make->($base);
    push @{$h->{$typedef ? 'typedefs' : $inline ? 'inlines' : 'functions'}}, {name => $name, type => $type, file => $file};
    $type->[0] eq 'function' or $typedef or bad();
    if ($inline) { want('{'); inside('{', '}') } else { want(';') }
}

# A macro without parameters whose value is made of numbers and constants. The first definition counts: the others are those of
# other configurations.
sub macro {
    my ($name, $text) = @_;
    $text =~ s/^\s+|\s+$//g;
    $h->{layout} = $text if $name eq 'AIA_LAYOUT';
    return if $text !~ /^[\w\s()+*\/-]+$/ || $text !~ /\d/ || grep { $_->{name} eq $name } @{$h->{constants}};
    push @{$h->{constants}}, {name => $name, value => value($text), text => $text, file => $file};
}

sub parse {
    my ($dir) = @_;
    $h = {map { $_ => [] } qw(constants enums structs typedefs functions inlines)};
    my @files = grep { !m{/(?:begin|end)\.h$} } sort glob "$dir/*.h";
    my %text = map { basename($_) => slurp($_) } @files;
    # A header comes after those that it includes.
    my @order;
    my $visit;
    my %seen;
    $visit = sub {
        my ($f) = @_;
        return if $seen{$f}++ || !$text{$f};
        $visit->($_) for $text{$f} =~ m{^#include <aia/(\w+\.h)>}mg;
        push @order, $f;
    };
    $visit->(basename $_) for @files;
    for my $f (@order) {
        $file = "aia/$f";
        my %chosen = map { $_ => 1 } $text{$f} =~ /^#ifndef (\w+)\n#(?:define|if) \S/mg;
        my $c = $text{$f} =~ s{/\*.*?\*/}{ }gsr =~ s{\\\n}{ }gr;
        # Of two branches the second counts, which is RV64's.
        my $lines = '(?:(?!#(?:if|else|endif)).*\n)*';
        $c =~ s/^#if .*\n$lines#else\n($lines)#endif\n/$1/mg;
        @t = (); $at = 0;
        for my $line (split /\n/, $c) {
            if ($line =~ /^#/) {
                macro($1, $2) if $line =~ /^#\s*define\s+(\w+)\s+(\S.*)$/;
                next;
            }
            push @t, $line =~ /\w+|"[^"]*"|\S/g;
        }
        declaration() while $at < @t;
        $_->{file} eq $file and $_->{chosen} = $chosen{$_->{name}} for @{$h->{constants}};
    }
    my %defined = map { $_->{fields} ? ($_->{name} => 1) : () } @{$h->{structs}};
    my %once;
    @{$h->{structs}} = grep { $_->{fields} || (!$defined{$_->{name}} && !$once{$_->{name}}++) } @{$h->{structs}};
    return $h;
}

# What a binding must agree with: [WHAT, NAME, FIELD or '', an expression of C for the number]. WHAT is `value' of a constant,
# `enum', the size of an enum, or `size', `align', and with a field `offset' and `bytes'.
sub questions {
    my ($h) = @_;
    my @q = map { ['value', $_->{name}, '', $_->{name}] } @{$h->{constants}};
    for my $e (@{$h->{enums}}) {
        push @q, map { ['value', $_->[0], '', $_->[0]] } @{$e->{members}};
        push @q, ['enum', $e->{name}, '', "sizeof(enum $e->{name})"] if $e->{name};
    }
    for my $s (grep { $_->{fields} } @{$h->{structs}}) {
        my $n = $s->{name};
        push @q, ['size', $n, '', "sizeof(struct $n)"], ['align', $n, '', "__alignof__(struct $n)"];
        push @q, map { (['offset', $n, $_->[0], "__builtin_offsetof(struct $n, $_->[0])"],
            ['bytes', $n, $_->[0], "sizeof(((struct $n *)0)->$_->[0])"]) } @{$s->{fields}};
    }
    return @q;
}

1;
