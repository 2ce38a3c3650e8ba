/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test=live: the cost of the two ways to make a new vector live on its hart (design section 5, step 1). Run it
 * deterministically: one instruction, of any hart, is one nanosecond.
 *   kept enabled   every identity is enabled from the start; an allocation does nothing
 *   asked          a call asks the hart to set the bit in its own eie, and waits
 */
#include "imsic/file.h"
#include "payload/kernel/console.h"
#include "payload/kernel/work.h"
#include "payload/bench/bench.h"
#include "payload/report/check.h"
#include "payload/jobs.h"
#include "payload/load/load.h"
#include "csr.h"

#define N 100

static _Atomic int spin;

static void busy(void *arg)
{
    (void)arg;
    while (atomic_load_explicit(&spin, memory_order_relaxed))
        hart_pause();
}

static void enable(void *arg)
{
    imsic_file_set_enabled(*(unsigned *)arg);
}

enum way { KEPT_ENABLED, ASKED };

/* Instructions per move of device 0 between the running hart and `other`, over N moves. */
static unsigned long moves(unsigned other, enum way way)
{
    struct aia_irq *irq = load_devices[0].irq;
    unsigned long start = csr_read(instret);

    for (unsigned i = 0; i < N; i++) {
        unsigned to = irq->vec.hart == other ? hart_index() : other;
        if (way == ASKED) {
            unsigned id = irq->vec.id;
            if (aia_call(&aia, to, enable, &id))
                check(false, "hart %u does not answer", to);
        }
        must_move(irq, to);
    }
    return (csr_read(instret) - start) / N;
}

static void compare(unsigned other, const char *state)
{
    unsigned long kept = moves(other, KEPT_ENABLED), asked = moves(other, ASKED);

    print("other hart %s: a move takes %lu instructions, kept enabled; %lu, asked\n", state, kept, asked);
    check(kept < asked, "keeping identities enabled is the cheaper way with the other hart %s", state);
}

int job_live(void)
{
    unsigned other = hart_from(hart_index() + 1);

    if (!has_harts(2))
        return EXIT_MACHINE;
    if (!bench_counts())
        return untested("this job needs exact counts: make run ICOUNT=1");
    if (!load_init(1))
        return EXIT_MACHINE;
    compare(other, "idle");
    atomic_store(&spin, 1);
    check(!hart_run(other, busy, NULL), "hart %u spins", other);
    compare(other, "busy");
    atomic_store(&spin, 0);
    check(!hart_join(other, UINT64_MAX / 2), "hart %u stops", other);
    return verdict();
}
