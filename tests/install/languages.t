#!/usr/bin/perl
# SPDX-License-Identifier: BSD-2-Clause
#
# The installed headers as C11 to C23 and C++11 to C++23, by gcc and clang: each alone, and all together. The layout of each public
# structure is the same in all of them. A program in C++ links with the library and calls it. From the environment: BUILD, CROSS.
# Needs: stage
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../../bindings";
use File::Basename qw(basename);
use File::Temp qw(tempdir);
use Headers;
use Test::More;

my $build = $ENV{BUILD} || 'build';
my $cross = $ENV{CROSS} || 'riscv64-unknown-elf-';
my $prefix = "$build/stage";
my $dir = tempdir(CLEANUP => 1);
my $warn = '-Wall -Wextra -pedantic -Werror';
my $target = "-march=rv64imac -mabi=lp64 -mcmodel=medany -ffreestanding -I$prefix/include";
# gcc 12 and clang 14 call C23 c2x, and C++23 c++2b; later ones know these words, too.
my @c = qw(c11 c17 c2x);
my @cxx = qw(c++11 c++14 c++17 c++20 c++2b);
my %compilers = (gcc => ["${cross}gcc", "${cross}g++"], clang => ["clang --target=riscv64-unknown-elf", "clang++ --target=riscv64-unknown-elf"]);

sub put { my ($f, $text) = @_; open my $out, '>', "$dir/$f" or die "$f: $!\n"; print $out $text; close $out or die; return "$dir/$f" }
sub quiet { my $text = `@_ 2>&1`; return ($? == 0, $text) }

my @headers = map { 'aia/' . basename $_ } grep { !m{/(?:begin|end)\.h$} } sort glob "$prefix/include/aia/*.h";
cmp_ok(scalar @headers, '>=', 12, 'headers');
my $all = join '', map { "#include <$_>\n" } @headers;

# --- every standard ---------------------------------------------------------------------------------------------------
my @files;
for my $h (@headers) {
    push @files, put(basename($h) =~ s/\W/_/gr, "#include <$h>\n#include <$h>\nextern int alone;\n");
}
push @files, put('forward', "${all}extern int all;\n"), put('backward', join('', reverse $all =~ /.+\n/g) . "extern int all;\n");
# The inline functions are compiled only where code uses them.
my $uses = put('uses', $all . <<'CODE');
int uses(struct aia *a, const struct aia_config *config, const struct aia_irq *irq);
int uses(struct aia *a, const struct aia_config *config, const struct aia_irq *irq)
{
    struct aia_hartset set = aia_hartset_first(3);
    aia_hartset_add(&set, 5);
    aia_hartset_remove(&set, 0);
    aia_trace(a, AIA_EVENT_SEEN, irq, irq->vec, 1);
    if (irq->flow & AIA_FLOW_STORMED || imsic_slot_state(1) == IMSIC_FREE || imsic_slot_owner(1) == IMSIC_NO_OWNER)
        return AIA_EINVAL;
    return aia_hartset_has(&set, 9) ? AIA_REPORT_CHANGED : aia_init(a, config);
}
CODE
push @files, $uses;
for my $name (sort keys %compilers) {
    for (['c', $compilers{$name}[0], @c], ['c++', $compilers{$name}[1], @cxx]) {
        my ($language, $compiler, @standards) = @$_;
        for my $std (@standards) {
            my ($good, $text) = quiet("$compiler $target $warn -std=$std -fsyntax-only -x$language @files");
            ok($good, "$name -std=$std: each header alone, and all together") or diag $text;
        }
    }
}
# C++23 has a macro _Atomic of its own, which must be the same after the headers.
my $both = put('both.cc', "#include <stdatomic.h>\n${all}_Atomic(int) x;\nint main() { return x.load(); }\n");
my ($good, $text) = quiet("g++ -std=c++2b $warn -I$prefix/include -fsyntax-only $both");
ok($good, 'the macro _Atomic of C++23 is left alone') or diag $text;

# --- the same layout --------------------------------------------------------------------------------------------------
my @questions = Headers::questions(Headers::parse("$prefix/include/aia"));
cmp_ok(scalar @questions, '>', 500, 'sizes, alignments, offsets and values');
my $table = put('table', "$all#ifdef __cplusplus\nextern \"C\"\n#else\nextern\n#endif\n"
    . "__attribute__((section(\".table\"), used)) const unsigned long long table[];\nconst unsigned long long table[] = {\n"
    . join('', map { "(unsigned long long)($_->[3]),\n" } @questions) . "};\n");
my %numbers;
for my $name (sort keys %compilers) {
    for (['c', $compilers{$name}[0], 'c11'], ['c', $compilers{$name}[0], 'c2x'], ['c++', $compilers{$name}[1], 'c++11'],
         ['c++', $compilers{$name}[1], 'c++2b']) {
        my ($language, $compiler, $std) = @$_;
        my ($good, $text) = quiet("$compiler $target -w -std=$std -x$language -c $table -o $dir/table.o && "
            . "${cross}objcopy -O binary -j .table $dir/table.o $dir/table.bin");
        diag $text if !$good;
        open my $in, '<:raw', "$dir/table.bin" or die; local $/;
        $numbers{"$name, $std"} = [unpack 'q<*', <$in>];
        close $in;
        unlink "$dir/table.bin";
    }
}
my $first = $numbers{'gcc, c11'};
is(scalar @$first, scalar @questions, 'a number for each');
for my $other (grep { $_ ne 'gcc, c11' } sort keys %numbers) {
    my @differ = grep { ($numbers{$other}[$_] // 'none') ne $first->[$_] } 0 .. $#questions;
    is_deeply([map { "@{$questions[$_]}[0 .. 2]: $first->[$_], $numbers{$other}[$_]" } @differ], [], "$other: the layout of C11");
}

# --- a program in C++ -------------------------------------------------------------------------------------------------
my $program = put('program.cc', $all . <<'CODE');
static struct aia machine;
static struct aia_hart harts[1];
static struct imsic_file files[1];
static uint32_t slots[64];
static struct aia_irq irqs[8], *irq;
static aia_counter runs[8];
static struct aplic aplic;
static struct aplic_source source;

unsigned aia_port_hart(void) { return 0; }
uint64_t aia_port_time(void) { return 0; }
unsigned long aia_port_irq_save(void) { return 0; }
void aia_port_irq_restore(unsigned long) {}
void aia_port_lock_init(struct aia_lock *, const char *) {}
void aia_port_lock(struct aia_lock *) {}
void aia_port_unlock(struct aia_lock *) {}
void aia_port_relax(void) {}
void aia_port_timer(uint64_t) {}
void aia_port_ipi(unsigned) {}
void aia_port_report(const struct aia_report *) {}
extern "C" void *memcpy(void *to, const void *, decltype(sizeof 0)) { return to; }
extern "C" void *memset(void *to, int, decltype(sizeof 0)) { return to; }

struct uart {
    unsigned n;
    static enum aia_result handler(void *context, struct aia_irq *)
    {
        static_cast<uart *>(context)->n++;
        return AIA_HANDLED;
    }
};
static uart uart0;

extern "C" void _start()
{
    struct aia_config config = {};
    config.n_harts = 1;
    config.harts = harts;
    config.files = files;
    config.irqs = irqs;
    config.n_irqs = 8;
    config.runs = runs;
    files[0].slots = slots;
    if (aia_init(&machine, &config) != AIA_OK || aplic_init(&aplic, &machine) != AIA_OK)
        return;
    aplic_source_init(&source, &aplic, 10, APLIC_LEVEL_HIGH);
    struct aia_request request = {};
    request.handler = uart::handler;
    request.context = &uart0;
    request.msi = &source.msi;
    request.affinity = aia_hartset_first(1);
    aia_irq_request(&machine, &request, &irq);
    aia_interrupt(&machine);
}
CODE
for my $name (sort keys %compilers) {
    my ($good, $text) = quiet("$compilers{$name}[1] $target $warn -std=c++11 -fno-exceptions -fno-rtti -c $program -o $dir/program.o && "
        . "${cross}ld -m elf64lriscv --gc-sections --no-warn-rwx-segments $dir/program.o $prefix/lib/libaia.a -o $dir/program");
    ok($good, "$name: a program in C++11 links with the library") or diag $text;
    my @names = split /\n/, `${cross}nm $dir/program`;
    is(scalar(grep { / T (?:aia_irq_request|aplic_init|aia_port_hart)$/ } @names), 3, 'and the names are those of C');
}
done_testing;
