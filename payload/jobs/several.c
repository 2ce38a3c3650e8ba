/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test=several: harts take themselves or each other offline, in parallel, down to the last hart, whose offline is refused.
 * Also rare cases of firmware and hardware: a hart that is started twice, a start that is refused, wake-ups without an
 * interrupt, an interrupt that comes just before the wait for it, or just before the stop.
 */
#include "payload/report/audit.h"
#include "payload/kernel/work.h"
#include "payload/kernel/hotplug.h"
#include "payload/kernel/machine.h"
#include "payload/kernel/sbi.h"
#include "payload/kernel/symbols.h"
#include "payload/kernel/time.h"
#include "payload/drivers/wires.h"
#include "payload/report/check.h"
#include "payload/load/cycle.h"
#include "payload/jobs.h"
#include "payload/load/load.h"
#include "payload/load/tally.h"
#include "csr.h"

static struct tally one;
static unsigned self;
static unsigned others[MACHINE_MAX_HARTS], n_others; /* the other harts that are online at the start */

static bool edge(void)
{
    return tally_edge(&one);
}

/* ---- harts ---- */

static void offline_self(void *arg)
{
    struct hotplug_error e = hotplug_offline_self();

    *(struct hotplug_error *)arg = e; /* reached only on an error */
}

static struct hotplug_error errors[MACHINE_MAX_HARTS];

static void itself(unsigned hart)
{
    must_move(one.irq, hart);
    check(!hart_run(hart, offline_self, &errors[hart]), "hart %u takes itself offline", hart);
    check(!hart_wait_stopped(hart, time_from_ms(2000)) && !errors[hart].step, "hart %u has stopped", hart);
    check(edge() && one.irq->vec.hart != hart, "its interrupt is on another hart");
    check(cycle_up(hart), "hart %u online", hart);
}

/* All other harts take themselves offline in parallel. No edge is lost, and the last hart cannot go offline. */
static void all_in_parallel(void)
{
    unsigned n = 0, stopped = 0;

    for (unsigned i = 0; i < n_others; i++) {
        errors[others[i]].step = NULL;
        n += !hart_run(others[i], offline_self, &errors[others[i]]);
    }
    for (unsigned i = 0; i < n_others; i++)
        stopped += !hart_wait_stopped(others[i], time_from_ms(3000)) && !errors[others[i]].step;
    check(n == n_others && stopped == n, "%u of %u harts took themselves offline in parallel", stopped, n);
    check(one.irq->vec.hart == self && edge(), "the last hart has all interrupts");
    struct hotplug_error e = hotplug_offline_self();
    check(e.step, "the last is refused: %s", e.step ? e.why : "no error");
    check(edge() && audit_all() == 0, "and the last hart still works");
}

/* In parallel, each of some harts takes another hart offline and online. */
static _Atomic unsigned done, wrong;

static void take_next(void *arg)
{
    unsigned hart = *(unsigned *)arg;

    for (unsigned i = 0; i < 20; i++)
        if (!cycle_down(hart) || !cycle_up(hart))
            atomic_fetch_add(&wrong, 1);
    atomic_fetch_add(&done, 1);
}

static void each_other(void)
{
    static unsigned victims[MACHINE_MAX_HARTS];
    unsigned half = (n_others + 1) / 2 - 1, n = 0;

    /* The lower half and this hart each take one hart of the upper half offline; the upper half stays in hart_loop(). */
    for (unsigned i = 0; i < half; i++) {
        victims[i] = others[half + 1 + i];
        n += !hart_run(others[i], take_next, &victims[i]);
    }
    take_next(&others[half]);
    for (unsigned i = 0; i < half; i++)
        (void)hart_join(others[i], time_from_ms(20000));
    check(done == n + 1 && wrong == 0,
          "%u harts took another hart offline and online 20 times, in parallel; %u errors", n + 1, wrong);
    check(edge() && audit_all() == 0, "nothing is stranded");
}

static void down_to_one(void)
{
    unsigned down = 0;

    for (unsigned i = 0; i < n_others; i++)
        down += cycle_down(others[i]) && edge();
    check(down == n_others, "%u harts offline, one after the other, until one is left", down);
    struct hotplug_error e = hotplug_offline_self();
    check(e.step, "the last is refused: %s", e.step ? e.why : "no error");
    unsigned back = 0;
    for (unsigned i = 0; i < n_others; i++)
        back += cycle_up(others[i]) && edge() && hart_is_online(others[i]);
    check(back == n_others, "%u of %u are online again", back, n_others);
}

/* ---- rare cases of the firmware ---- */

static void started_twice(unsigned hart)
{
    struct cycle_books before = cycle_books();
    long error = sbi_hart_start(machine.aia.harts[hart].hartid, image_start(), 0);

    check(error == SBI_ERR_ALREADY_AVAILABLE, "hart_start of hart %u, which runs: %s", hart,
          sbi_strerror(error));
    check(hart_start(hart, time_from_ms(100)) == HART_EBUSY, "the payload refuses to start it");
    must_move(one.irq, hart);
    check(edge() && cycle_same(&before), "hart %u is not disturbed", hart);
    error = sbi_hart_start(UINT64_MAX, image_start(), 0);
    check(error == SBI_ERR_INVALID_PARAM, "no such hart: %s", sbi_strerror(error));
}

/* ---- waiting ---- */

/* A kick, an IPI or a call comes while the hart is between its last look and its wfi, or in its wfi: the hart wakes each time. */
static void wakes(unsigned hart)
{
    uint64_t worst = 0;
    unsigned good = 0;

    for (unsigned i = 0; i < 2000; i++) {
        uint64_t start = time_now();
        if (i % 8 == 0)
            hart_kick(hart); /* a wake-up without a reason */
        good += tally_edge(&one);
        uint64_t took = time_now() - start;
        worst = took > worst ? took : worst;
    }
    check(good == 2000, "%u of 2000 edges wake hart %u, %lu us at most", good, hart, time_to_us(worst));
}

/* An edge right before the stop: this hart sends until it sees that the other hart is no longer online. */
static void just_before_the_stop(unsigned hart)
{
    unsigned good = 0;
    uint64_t swept = aia.config.harts[hart].swept;

    for (unsigned i = 0; i < 50; i++) {
        must_move(one.irq, hart);
        if (hart_run(hart, offline_self, &errors[hart]))
            break;
        unsigned sent = 0;
        while (hart_is_online(hart) && sent < 100000) { /* so the last edge is close to the stop */
            tally_send(&one);
            sent++;
        }
        good += !hart_wait_stopped(hart, time_from_ms(2000)) && tally_edge(&one);
        good -= !cycle_up(hart);
    }
    check(good == 50, "%u of 50 times an edge just before the stop is not lost; %lu were swept", good,
          aia.config.harts[hart].swept - swept);
    check(tally_balanced(&one), "the books balance");
}

/*
 * An edge after the last interrupt: the device has sent the edge, which is under way until a drain pushes it into the file
 * of a hart that no longer takes interrupts. Only the sweep can find it.
 */
static void after_the_last_interrupt(unsigned hart)
{
    unsigned good = 0;

    one.soft.delay = time_from_ms(10000);
    for (unsigned i = 0; i < 50; i++) {
        uint64_t swept = aia.config.harts[hart].swept;
        must_move(one.irq, hart);
        tally_send(&one);
        bool gone = cycle_down_irqs_off(hart);
        good += gone && aia.config.harts[hart].swept == swept + 1 && wait_for(&one.seen, one.last);
        good -= !cycle_up(hart);
    }
    one.soft.delay = 0;
    check(good == 50, "%u of 50 times an edge after the last interrupt is swept, and handled on another hart",
          good);
    check(tally_balanced(&one), "the books balance");
}

int job_several(void)
{
    self = hart_index();
    unsigned other = hart_from(self + 1);
    if (!has_harts(2))
        return EXIT_MACHINE;
    for (unsigned h = other; h != self; h = hart_from(h + 1))
        others[n_others++] = h;
    struct aia_request r = {.name = "soft", .affinity = aia_hartset_first(hart_count())};
    if (!check(!tally_soft(&one, AIA_MSI_PLAIN, r), "an interrupt"))
        return verdict();
    must_move(one.irq, self);
    struct cycle_books before = cycle_books();
    itself(other);
    must_move(one.irq, other);
    all_in_parallel();
    for (unsigned i = 0; i < n_others; i++)
        check(cycle_up(others[i]), "hart %u online", others[i]);
    each_other();
    down_to_one();
    started_twice(other);
    wakes(other);
    just_before_the_stop(other);
    if (!wires_wanted()) /* a source has no messages that a drain could push */
        after_the_last_interrupt(other);
    must_move(one.irq, self);
    check(cycle_same(&before), "the books are as they were");
    check(cycle_late() == 0 && cycle_unowned() == 0, "no edge is late or unowned");
    return verdict();
}
