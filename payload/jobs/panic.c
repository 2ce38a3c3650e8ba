/* SPDX-License-Identifier: BSD-2-Clause */
/* test=panic kind=... hart=N: a fault on purpose, on any hart, while the other harts sleep, print, or fault too. */
#include "payload/kernel/console.h"
#include "payload/kernel/work.h"
#include "payload/kernel/panic.h"
#include "payload/kernel/time.h"
#include "payload/jobs.h"
#include <string.h>

/* An address where no machine answers: canonical, far above all memory and devices, 8-byte aligned. */
#define NOWHERE 0x00ffffffffff0000ul

static volatile unsigned sink, no_end = 1;

static void __attribute__((noinline)) fault_load(void)
{
    sink = *(volatile unsigned *)NOWHERE;
}

static void __attribute__((noinline)) fault_store(void)
{
    *(volatile unsigned *)NOWHERE = 1;
}

static void __attribute__((noinline)) fault_illegal(void)
{
    __asm__ __volatile__("unimp");
}

static void __attribute__((noinline)) fault_jump(void)
{
    void (*nowhere)(void) = (void (*)(void))(uintptr_t)sink;

    nowhere();
}

static unsigned __attribute__((noinline)) fault_stack(unsigned depth)
{
    volatile unsigned here[16];

    here[depth % 16] = depth;
    unsigned below = no_end ? fault_stack(depth + 1) : 0;
    return below + here[depth % 16];
}

static void fault_stack_all(void)
{
    sink = fault_stack(0);
}

static void __attribute__((noinline)) fault_assert(void)
{
    require(sink == 1, "sink is %u", sink);
}

/* A write to text, which is read-only. */
static void __attribute__((noinline)) fault_text(void)
{
    *(volatile uint16_t *)(uintptr_t)fault_load = 0;
}

/* A call into data: only text may be executed. */
static void __attribute__((noinline)) fault_exec(void)
{
    static uint16_t ret = 0x8082; /* in data: c.jr ra */
    void (*data)(void) = (void (*)(void))(uintptr_t)&ret;

    data();
    sink = ret; /* makes the above a call, not a jump, so that ra shows its place */
}

static void __attribute__((noinline)) fault_const(void)
{
    *(volatile char *)(uintptr_t) "constant" = 0;
}

/* A write of one word past the end of an array, where the stack guard is. */
static void __attribute__((noinline)) fault_smash(void)
{
    uint64_t array[4];
    volatile uint64_t *at = array;

    for (unsigned i = 0; i < 4 + no_end; i++)
        at[i] = 0x736d617368000000u;
}

static const struct kind {
    const char *name;
    void (*fault)(void);
} kinds[] = {
    {"load", fault_load},       {"store", fault_store},   {"illegal", fault_illegal}, {"jump", fault_jump},
    {"stack", fault_stack_all}, {"assert", fault_assert}, {"text", fault_text},       {"exec", fault_exec},
    {"const", fault_const},     {"smash", fault_smash},
};

static void fault(void *arg)
{
    ((const struct kind *)arg)->fault();
}

/* With `noise` the other harts print whole lines for ever. */
static void noise(void *arg)
{
    for (;;)
        print("hart %u: %s\n", hart_index(), (const char *)arg);
}

static const struct kind *find_kind(void)
{
    const char *name = args_get("kind");
    size_t i = 0;

    while (name && strcmp(kinds[i].name, name) != 0) /* ends: the argument table allows only these names */
        i++;
    return &kinds[i];
}

/* all: every hart faults, as close together as one hart can start them. noise: the other harts print. */
const struct arg job_panic_args[] = {
    ARG_ONE_OF("kind", "what the fault is", "load store illegal jump stack assert text exec const smash"),
    ARG_NUMBER("hart", "which hart faults", 0, MACHINE_MAX_HARTS - 1),
    ARG_FLAG("all", "every hart faults"),
    ARG_FLAG("noise", "the other harts print"),
    ARGS_END,
};

int job_panic(void)
{
    static char text[] = "the quick brown fox jumps over the lazy dog";
    const struct kind *kind = find_kind();
    void *arg = (void *)(uintptr_t)kind;
    unsigned hart = (unsigned)args_u64("hart", hart_boot_index());

    for (unsigned i = 0; i < hart_count(); i++) {
        if (args_get("all"))
            (void)hart_run(i, fault, arg);
        else if (args_get("noise") && i != hart)
            (void)hart_run(i, noise, text);
    }
    if (hart == hart_index())
        fault(arg);
    int error = hart_call(hart, fault, arg, time_from_ms(5000));
    args_refuse("hart", "%s", hart_strerror(error));
}
