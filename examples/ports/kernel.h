/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Stands for the headers of a kernel: a spin lock that a zeroed structure is not, that is larger than two words, and that checks
 * its use.
 */
#ifndef KERNEL_H
#define KERNEL_H

#include <stddef.h>
#include <stdint.h>

struct spinlock {
    uint32_t free;    /* 1: no hart holds the lock */
    uint32_t holder;  /* the hart that holds the lock, plus 1 */
    const char *name; /* for the checker of lock order */
    void *taken_at;
    unsigned long times; /* how often the lock was taken */
};

static inline void spin_check(int good)
{
    if (!good) __builtin_trap(); /* your kernel's panic() */
}

static inline unsigned this_cpu(void) { return (unsigned)(uintptr_t)__builtin_thread_pointer(); }

static inline uint64_t clock_read(void)
{
    uint64_t now;
    __asm__ volatile("rdtime %0" : "=r"(now)::"memory");
    return now;
}

static inline unsigned long irq_save(void)
{
    unsigned long was;
    __asm__ volatile("csrrci %0, sstatus, 2" : "=r"(was)::"memory");
    return was & 2;
}

static inline void irq_restore(unsigned long was)
{
    __asm__ volatile("csrs sstatus, %0" ::"r"(was) : "memory");
}

static inline void spin_init(struct spinlock *l, const char *name)
{
    spin_check(name && *name);
    *l = (struct spinlock){.free = 1, .name = name};
}

static inline void spin_lock(struct spinlock *l)
{
    unsigned long sstatus;
    __asm__ volatile("csrr %0, sstatus" : "=r"(sstatus));
    spin_check(!(sstatus & 2) && l->name && __atomic_load_n(&l->holder, __ATOMIC_RELAXED) != this_cpu() + 1);
    while (!__atomic_exchange_n(&l->free, 0, __ATOMIC_ACQUIRE)) continue;
    __atomic_store_n(&l->holder, this_cpu() + 1, __ATOMIC_RELAXED);
    l->taken_at = __builtin_return_address(0);
    l->times++;
}

static inline void spin_unlock(struct spinlock *l)
{
    spin_check(__atomic_load_n(&l->holder, __ATOMIC_RELAXED) == this_cpu() + 1);
    __atomic_store_n(&l->holder, 0, __ATOMIC_RELAXED);
    __atomic_store_n(&l->free, 1, __ATOMIC_RELEASE);
}

#endif
