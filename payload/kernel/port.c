/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The eleven functions of aia/port.h. Compiled without frame pointers (mk/payload.mk), because a frame would double the
 * cost of those that the library calls often: hart, time, interrupts, locks. No backtrace needs these frames: nothing
 * here can fail, and a backtrace that comes through this file lacks only the function of aia/port.h itself.
 */
#include "payload/kernel/irq.h"
#include "payload/kernel/hang.h"
#include "payload/kernel/time.h"
#include "payload/kernel/work.h"
#include "csr.h"

unsigned irq_spins = HART_WAIT_SPINS;
_Atomic unsigned irq_lock_waiting;

unsigned aia_port_hart(void)
{
    return hart_index();
}

uint64_t aia_port_time(void)
{
    return time_now();
}

unsigned long aia_port_irq_save(void)
{
    return csr_irq_save();
}

void aia_port_irq_restore(unsigned long was)
{
    csr_irq_restore(was);
}

/*
 * Test and set. The holder has its interrupts off, so it is running on another hart, unless QEMU or a hypervisor has
 * taken that hart off its processor. In that case the sleep in hart_wait_more() lets the holder run.
 */
static __attribute__((noinline)) void wait_for_lock(_Atomic uintptr_t *word)
{
    struct hart_wait w = hart_wait_begin(time_from_ms(HANG_END_MS));

    irq_lock_waiting++;
    w.spins = irq_spins;
    while (atomic_load_explicit(word, memory_order_relaxed) ||
           atomic_exchange_explicit(word, 1, memory_order_acquire)) {
        /* Locks are held for about as long, and an interrupt may wait for this lock. */
        w.sleep = time_from_us(1);
        hang_wait_more(&w);
    }
    irq_lock_waiting--;
}

void aia_port_lock_init(struct aia_lock *lock, const char *name)
{
    (void)name;
    *lock = (struct aia_lock){{0}}; /* the locks of the drivers are in zeroed memory */
}

void aia_port_lock(struct aia_lock *lock)
{
    _Atomic uintptr_t *word = (_Atomic uintptr_t *)&lock->opaque[0];

    ACCESS_HOOK();
    if (atomic_exchange_explicit(word, 1, memory_order_acquire))
        wait_for_lock(word);
}

void aia_port_unlock(struct aia_lock *lock)
{
    ACCESS_HOOK();
    atomic_store_explicit((_Atomic uintptr_t *)&lock->opaque[0], 0, memory_order_release);
}

void aia_port_relax(void)
{
    static _Thread_local struct hart_wait w;
    static _Thread_local uint64_t last;

    if (time_now() - last > time_from_us(2 * HART_WAIT_SLEEP_US)) { /* a new wait, not the last one again */
        w = hart_wait_begin(TIME_NEVER);
        w.spins = irq_spins;
    }
    (void)hart_wait_more(&w);
    last = time_now();
}

void aia_port_timer(uint64_t when)
{
    time_arm_lazy(when);
}

void aia_port_ipi(unsigned n)
{
    irq_take_ipi(n);
}

void aia_port_report(const struct aia_report *report)
{
    if (report->what ==
        AIA_REPORT_CALL_STUCK) /* the caller of aia_call() waits for the hart without a bound */
        hang_look();
    irq_keep_report(report);
}
