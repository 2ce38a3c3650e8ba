/* SPDX-License-Identifier: BSD-2-Clause */
#include "payload/load/fire.h"
#include "payload/kernel/console.h"
#include "payload/kernel/hang.h"
#include "payload/kernel/pulse.h"
#include "payload/kernel/time.h"
#include "payload/load/hangs.h"

#define JOIN_MS 8000

struct fire fire;

static struct random randoms[MACHINE_MAX_HARTS];
static _Atomic int quit[MACHINE_MAX_HARTS];
static unsigned leader[MACHINE_MAX_HARTS]; /* the hart that started this one */

void fire_init(uint64_t seed)
{
    struct random r = {seed};

    for (unsigned h = 0; h < hart_count(); h++)
        randoms[h].state = random_next(&r);
}

static struct aia_irq *any_irq(struct random *r)
{
    unsigned n = random_below(r, fire.n_tallies + load_n_devices);

    return n < fire.n_tallies ? fire.tallies[n].irq : load_devices[n - fire.n_tallies].irq;
}

static void move(struct random *r)
{
    struct aia_irq *irq = any_irq(r);
    struct aia_hartset set = aia_hartset_one(random_below(r, hart_count()));

    if (irq->managed)
        return;
    int error = aia_irq_set_affinity(&aia, irq, &set);
    if (error == AIA_ENOHART) {
        atomic_fetch_add(&fire.refused, 1);
    } else if (error) {
        atomic_fetch_add(&fire.failed, 1);
        print("%s: move: %s\n", irq->name, aia_strerror(error));
        if (error == AIA_ETIMEOUT)
            hang_look();
    } else {
        atomic_fetch_add(&fire.moves, 1);
    }
}

static bool raise_on(struct random *r)
{
    unsigned n = random_below(r, fire.n_tallies + (load_n_devices != 0));

    return n < fire.n_tallies ? tally_step(&fire.tallies[n]) : load_step(r);
}

void fire_step(struct random *r)
{
    struct hart_wait w = hart_wait_begin(TIME_NEVER);

    pulse_step(PULSE_WORKS);
    for (unsigned i = 0; i < fire.n_tallies; i++) /* posted edges leave by their time, not by another raise */
        tally_poll(&fire.tallies[i]);
    if (random_below(r, 8) < fire.moves_in_8)
        move(r);
    else if (!raise_on(r))
        (void)hart_wait_more(&w);
}

static void fire_loop(void *arg)
{
    unsigned h = hart_index();

    (void)arg;
    while (!atomic_load_explicit(&quit[h], memory_order_relaxed)) {
        hang_watch(leader[h]);
        hangs_if_asked();
        fire_step(&randoms[h]);
    }
}

static bool succeeded(unsigned hart, int error)
{
    if (error)
        print("hart %u, under load: %s\n", hart, hart_strerror(error));
    return !error;
}

bool fire_start(unsigned hart)
{
    atomic_store(&quit[hart], 0);
    leader[hart] = hart_index();
    return succeeded(hart, hart_run(hart, fire_loop, NULL));
}

bool fire_stop(unsigned hart)
{
    atomic_store(&quit[hart], 1);
    return succeeded(hart, hang_join(hart, time_from_ms(JOIN_MS)));
}

bool fire_start_all(void)
{
    bool good = true;

    for (unsigned h = 0; h < hart_count(); h++)
        if (h != hart_index() && hart_is_online(h))
            good &= fire_start(h);
    return good;
}

bool fire_stop_all(void)
{
    bool good = true;

    for (unsigned h = 0; h < hart_count(); h++)
        atomic_store(&quit[h], 1);
    for (unsigned h = 0; h < hart_count(); h++)
        if (h != hart_index() && hart_is_online(h))
            good &= fire_stop(h);
    return good;
}

static bool placed(const struct aia_irq *irq)
{
    unsigned hart = irq->vec.hart;

    if (!irq->vec.id || hart_is_online(hart))
        return true;
    print("%s: stranded on hart %u, which is offline\n", irq->name, hart);
    return false;
}

bool fire_all_arrive(void)
{
    bool good = true;

    for (unsigned i = 0; i < fire.n_tallies; i++) {
        struct tally *t = &fire.tallies[i];
        uint64_t lost = t->lost;
        (void)tally_step(t); /* false: another hart raises on this device now */
        good &= placed(t->irq) && t->lost == lost;
    }
    for (unsigned i = 0; i < load_n_devices; i++)
        good &= placed(load_devices[i].irq) && load_devices[i].lost == 0;
    return good;
}

struct fire_total fire_total(void)
{
    struct fire_total n = {0};

    for (unsigned i = 0; i < fire.n_tallies; i++) {
        n.edges += fire.tallies[i].edges;
        n.lost += fire.tallies[i].lost;
    }
    for (unsigned i = 0; i < load_n_devices; i++) {
        n.edges += load_devices[i].edges;
        n.lost += load_devices[i].lost;
    }
    return n;
}

bool fire_balanced(void)
{
    bool good = load_balanced();

    for (unsigned i = 0; i < fire.n_tallies; i++)
        good &= tally_balanced(&fire.tallies[i]);
    return good;
}
