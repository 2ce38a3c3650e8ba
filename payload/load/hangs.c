/* SPDX-License-Identifier: BSD-2-Clause */
#include "payload/load/hangs.h"
#include "payload/kernel/args.h"
#include "payload/kernel/console.h"
#include "payload/kernel/hang.h"
#include "payload/kernel/hart.h"
#include "payload/kernel/pulse.h"
#include "payload/kernel/sbi.h"
#include "payload/kernel/time.h"
#include "payload/load/load.h"
#include "payload/report/check.h"
#include <string.h>

static _Noreturn void spin(void)
{
    (void)hart_irq_save();
    for (;;)
        hart_pause();
}

/* The firmware never returns from this call. No other hart knows that this hart has stopped, so no hart starts it again. */
static _Noreturn void sbi(void)
{
    for (;;)
        (void)sbi_hart_stop();
}

/* Interrupts are off, and the payload's books do not say so: other harts see the same when the firmware keeps the hart. */
static _Noreturn void held(void)
{
    csr_clear(sstatus, SSTATUS_SIE);
    for (;;)
        hart_pause();
}

static _Noreturn void busy(void)
{
    for (;;)
        hart_pause();
}

static __attribute__((naked)) void nowhere(void)
{
    __asm__("1: j 1b");
}

static long start_nowhere(uint64_t hartid, uintptr_t address, uintptr_t opaque)
{
    (void)address;
    return sbi_hart_start(hartid, (uintptr_t)nowhere, opaque);
}

/* A hart that is started from now on never reaches the payload's first instruction. */
static void start(void)
{
    hart_start_call = start_nowhere;
}

static const struct kind {
    const char *name;
    void (*hang)(void);
    bool stands_still; /* the other harts find the hang because the hart makes no progress */
} kinds[] = {{"spin", spin, true},  {"sbi", sbi, true},    {"held", held, true},
             {"busy", busy, false}, {"lead", held, false}, {"start", start, false}};

static const struct kind *kind;
static unsigned victim;
static _Atomic bool asked, begun;
static uint64_t asked_at;

void hangs_init(void)
{
    const char *name = args_get("hang");

    for (size_t i = 0; name && i < sizeof(kinds) / sizeof(kinds[0]); i++)
        if (!strcmp(kinds[i].name, name))
            kind = &kinds[i];
    if (kind && hart_online_count() < 2)
        args_refuse("hang", "it needs a second hart");
    victim = hart_index();
    if (!kind || !strcmp(kind->name, "lead") || !strcmp(kind->name, "start"))
        return;
    for (unsigned h = 0; h < hart_count(); h++)
        if (hart_is_online(h) && h != hart_index())
            victim = h;
}

unsigned hangs_victim(void)
{
    return victim;
}

bool hangs_wanted(uint64_t when)
{
    return kind && !atomic_load(&asked) && hart_is_online(victim) && time_now() >= when;
}

void hangs_turn(uint64_t when)
{
    if (!hangs_wanted(when))
        return;
    print("\nhart %u: hang=%s\n", victim, kind->name);
    asked_at = time_now();
    atomic_store(&asked, true);
    hangs_if_asked();
}

void hangs_note(void)
{
    worked(!kind || atomic_load(&asked), "the load was over before a hart could hang");
}

bool hangs_awaited(uint64_t end)
{
    bool is_asked = atomic_load(&asked), shows = is_asked && atomic_load(&begun) && !kind->stands_still;

    return kind && !shows && time_now() < (is_asked ? asked_at : end) + time_from_ms(HANG_END_MS);
}

void hangs_raise(void)
{
    for (unsigned i = 0; atomic_load(&asked) && hang_first() != HANG_NONE && i < load_n_devices; i++)
        (void)load_raise(&load_devices[i]);
}

void hangs_if_asked(void)
{
    if (!atomic_load_explicit(&asked, memory_order_relaxed) || hart_index() != victim)
        return;
    atomic_store(&begun, true);
    kind->hang();
}
