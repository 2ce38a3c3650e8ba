/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The functions of aia/port.h that the library calls often: hart, time, interrupts, locks. Compiled without frame
 * pointers (mk/payload.mk), because a frame would double the cost of each. No backtrace needs these frames: nothing
 * here can fail.
 */
#include "payload/kernel/hang.h"
#include "payload/kernel/work.h"
#include "payload/kernel/irq.h"
#include "payload/kernel/time.h"
#include "csr.h"

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
