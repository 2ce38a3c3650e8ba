/* SPDX-License-Identifier: BSD-2-Clause */
#include "payload/kernel/work.h"
#include "payload/kernel/hang.h"
#include "payload/kernel/panic.h"
#include "payload/kernel/pulse.h"
#include "payload/kernel/sbi.h"
#include "payload/kernel/time.h"
#include "csr.h"

/* The states of a mailbox: FREE -> FILLING (one poster) -> POSTED -> RUNNING (its hart) -> FREE. */
enum { JOB_FREE, JOB_FILLING, JOB_POSTED, JOB_RUNNING };

#define FIRST_SLEEP_US 5

struct hart_wait hart_wait_begin(uint64_t ticks)
{
    return (struct hart_wait){time_after(ticks), time_from_us(FIRST_SLEEP_US), HART_WAIT_SPINS};
}

/*
 * Interrupts are off from arming until after wfi: a timer interrupt taken between the two would not end the wfi. wfi
 * wakes on a pending interrupt whether interrupts are on or off.
 */
static void sleep_until(uint64_t when)
{
    unsigned long was = csr_irq_save();
    uint64_t before = time_wake();

    time_arm_wake(when < before ? when : before);
    hart_wfi();
    time_arm_wake(before);
    csr_irq_restore(was);
}

bool hart_wait_more(struct hart_wait *w)
{
    const uint64_t longest = time_from_us(HART_WAIT_SLEEP_US);

    if (w->spins) {
        w->spins--;
        hart_pause();
        return true;
    }
    uint64_t now = time_now();
    if (now >= w->deadline)
        return false;
    panic_check();
    uint64_t when = now + w->sleep;
    /* A brief sleep may delay an interrupt, so it does not record its pulse; no other hart needs the record. */
    bool brief = w->sleep < longest;
    if (!brief) {
        PULSE_SET(step, PULSE_WAITS);
        PULSE_SET(step_at, now);
    }
    sleep_until(when < w->deadline ? when : w->deadline);
    if (!brief)
        PULSE_SET(step, PULSE_WORKS);
    w->sleep = w->sleep * 2 < longest ? w->sleep * 2 : longest;
    return true;
}

void hart_sleep_until(uint64_t when)
{
    while (time_now() < when)
        sleep_until(when);
}

int hart_run(unsigned index, void (*fn)(void *), void *arg)
{
    struct hart *h = &harts[index];
    int expected = JOB_FREE;

    if (index >= hart_count() || index == hart_index())
        return HART_EINVAL;
    if (!hart_is_online(index))
        return HART_EOFFLINE;
    if (!atomic_compare_exchange_strong(&h->job, &expected, JOB_FILLING))
        return HART_EBUSY;
    h->fn = fn;
    h->arg = arg;
    atomic_store_explicit(&h->job, JOB_POSTED, memory_order_release);
    hart_kick(index);
    return HART_OK;
}

int hart_join(unsigned index, uint64_t ticks)
{
    struct hart_wait w = hart_wait_begin(ticks);
    struct hart *h = &harts[index];

    while (atomic_load_explicit(&h->job, memory_order_acquire) != JOB_FREE) {
        if (!hart_is_online(index))
            return HART_EOFFLINE;
        if (hang_is(index) || !hart_wait_more(&w))
            return HART_ETIMEOUT;
    }
    return HART_OK;
}

int hart_call(unsigned index, void (*fn)(void *), void *arg, uint64_t ticks)
{
    int error = hart_run(index, fn, arg);

    return error ? error : hart_join(index, ticks);
}

bool hart_poll(void)
{
    struct hart *h = &harts[hart_index()];
    int expected = JOB_POSTED;

    if (!atomic_compare_exchange_strong(&h->job, &expected, JOB_RUNNING))
        return false;
    PULSE_SET(job, h->fn);
    pulse_step(PULSE_WORKS);
    h->fn(h->arg);
    atomic_store_explicit(&h->job, JOB_FREE, memory_order_release);
    return true;
}

static void idle(void)
{
    PULSE_SET(step, PULSE_IDLE);
    hart_wfi();
}

void hart_loop(void)
{
    for (;;) {
        if (hart_poll())
            continue;
        require(hart_stack_ok(hart_index()), "stack overflow");
        /* With interrupts off, a kick between the check and the wfi stays pending and ends the wfi. */
        unsigned long was = csr_irq_save();
        if (atomic_load(&harts[hart_index()].job) != JOB_POSTED)
            idle();
        csr_irq_restore(was);
    }
}
