/* SPDX-License-Identifier: BSD-2-Clause */
#include "payload/load/raisers.h"
#include "payload/kernel/console.h"
#include "payload/kernel/hang.h"
#include "payload/kernel/pulse.h"
#include "payload/kernel/time.h"
#include "payload/load/hangs.h"

#define JOIN_MS 5000

static struct random randoms[MACHINE_MAX_HARTS];
static _Atomic int quit[MACHINE_MAX_HARTS];
static unsigned leader[MACHINE_MAX_HARTS]; /* the hart that started this one */
static bool (*step)(struct random *r);

void raisers_init(uint64_t seed, bool (*fn)(struct random *r))
{
    struct random r = {seed};

    step = fn;
    for (unsigned h = 0; h < hart_count(); h++)
        randoms[h].state = random_next(&r);
}

static void raise_loop(void *arg)
{
    unsigned h = hart_index();
    struct hart_wait w = hart_wait_begin(TIME_NEVER);

    (void)arg;
    while (!atomic_load_explicit(&quit[h], memory_order_relaxed)) {
        pulse_step(PULSE_WORKS);
        hang_watch(leader[h]);
        hangs_if_asked();
        if (!step(&randoms[h]))
            (void)hart_wait_more(&w);
    }
}

static bool succeeded(unsigned hart, int error)
{
    if (error)
        print("hart %u, raising: %s\n", hart, hart_strerror(error));
    return !error;
}

bool raisers_start(unsigned hart)
{
    atomic_store(&quit[hart], 0);
    leader[hart] = hart_index();
    return succeeded(hart, hart_run(hart, raise_loop, NULL));
}

bool raisers_stop(unsigned hart)
{
    atomic_store(&quit[hart], 1);
    return succeeded(hart, hang_join(hart, time_from_ms(JOIN_MS)));
}

bool raisers_start_all(void)
{
    bool good = true;

    for (unsigned h = 0; h < hart_count(); h++)
        if (h != hart_index() && hart_is_online(h))
            good &= raisers_start(h);
    return good;
}

bool raisers_stop_all(void)
{
    bool good = true;

    for (unsigned h = 0; h < hart_count(); h++)
        atomic_store(&quit[h], 1);
    for (unsigned h = 0; h < hart_count(); h++)
        if (h != hart_index() && hart_is_online(h))
            good &= raisers_stop(h);
    return good;
}
