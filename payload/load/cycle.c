/* SPDX-License-Identifier: BSD-2-Clause */
#include "payload/load/cycle.h"
#include "payload/kernel/console.h"
#include "payload/kernel/hang.h"
#include "payload/kernel/hart.h"
#include "payload/kernel/hotplug.h"
#include "payload/kernel/panic.h"
#include "payload/kernel/time.h"
#include "payload/report/check.h"
#include <string.h>

static bool succeeded(unsigned hart, const char *what, struct hotplug_error e)
{
    if (e.step)
        print("hart %u %s: %s: %s\n", hart, what, e.step, e.why);
    if (hotplug_not_here(hart, e))
        machine_exit(untested("the firmware's hart_stop is not here"));
    if (e.step)
        hang_end_without(hart);
    return !e.step;
}

bool cycle_down(unsigned hart)
{
    return succeeded(hart, "offline", hotplug_offline(hart));
}

bool cycle_down_irqs_off(unsigned hart)
{
    return succeeded(hart, "offline, interrupts off", hotplug_offline_irqs_off(hart));
}

bool cycle_up(unsigned hart)
{
    return succeeded(hart, "online", hotplug_online(hart));
}

static void look_here(void *arg)
{
    struct cycle_books *b = arg;

    aia_timer(&aia); /* reclaims what has drained, which is not a difference to report */
    b->timers += time_wake() != TIME_NEVER;
}

struct cycle_books cycle_books(void)
{
    struct cycle_books b;

    memset(&b, 0, sizeof(b));
    for (unsigned h = 0; h < hart_count(); h++)
        if (hart_is_online(h))
            (void)hang_call(h, look_here, &b);
    aia_vector_stats(&aia, &b.vectors);
    for (unsigned h = 0; h < hart_count(); h++) {
        b.calls += atomic_load(&aia.config.harts[h].call.state) != 0;
        if (irq_by_message())
            b.retiring += atomic_load(&aia.imsic.files[h].n_retiring);
        b.jobs += atomic_load(&harts[h].job) != 0 && hart_is_online(h) && h != hart_index();
        if (hart_is_online(h))
            b.ipis += atomic_load(&aia.config.harts[h].ipis) != 0;
    }
    return b;
}

bool cycle_same(const struct cycle_books *before)
{
    struct cycle_books now = cycle_books();
    bool same = !memcmp(&now, before, sizeof(now));

    for (unsigned s = 0; s < IMSIC_N_STATES && !same; s++)
        print("vectors in state %u: %u before, %u now\n", s, before->vectors.n[s], now.vectors.n[s]);
    if (!same)
        print("calls %u, %u; jobs %u, %u; retiring %u, %u; IPIs %u, %u; timers %u, %u\n", before->calls,
              now.calls, before->jobs, now.jobs, before->retiring, now.retiring, before->ipis, now.ipis,
              before->timers, now.timers);
    return same;
}

uint64_t cycle_late(void)
{
    uint64_t n = 0;

    for (unsigned h = 0; h < hart_count(); h++)
        n += aia.config.harts[h].late;
    return n;
}

uint64_t cycle_swept(void)
{
    uint64_t n = 0;

    for (unsigned h = 0; h < hart_count(); h++)
        n += aia.config.harts[h].swept;
    return n;
}

uint64_t cycle_unowned(void)
{
    uint64_t n = 0;

    for (unsigned h = 0; h < hart_count(); h++)
        n += aia.config.harts[h].unowned;
    return n;
}
