/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every MMIO access of the project, and the fences that order them. The host tests put a header of
 * the same name and functions in its place (tests/host/model/mmio.h).
 *
 * The accesses are plain volatile ones, without hidden fences: where order matters, the protocol says
 * so with a fence of its own, named as the instruction is (predecessor, successor).
 */
#ifndef MMIO_H
#define MMIO_H

#include <stdbool.h>
#include <stdint.h>

#include "hook.h"

static inline uint8_t mmio_read8(uintptr_t a)
{
    ACCESS_HOOK();
    return *(volatile uint8_t *)a;
}

static inline uint16_t mmio_read16(uintptr_t a)
{
    ACCESS_HOOK();
    return *(volatile uint16_t *)a;
}

static inline uint32_t mmio_read32(uintptr_t a)
{
    ACCESS_HOOK();
    return *(volatile uint32_t *)a;
}

static inline uint64_t mmio_read64(uintptr_t a)
{
    ACCESS_HOOK();
    return *(volatile uint64_t *)a;
}

static inline void mmio_write8(uintptr_t a, uint8_t v)
{
    ACCESS_HOOK();
    *(volatile uint8_t *)a = v;
}

static inline void mmio_write16(uintptr_t a, uint16_t v)
{
    ACCESS_HOOK();
    *(volatile uint16_t *)a = v;
}

static inline void mmio_write32(uintptr_t a, uint32_t v)
{
    ACCESS_HOOK();
    *(volatile uint32_t *)a = v;
}

/* One store on RV64. On RV32 it is two: nothing there may rely on it being one. */
static inline void mmio_write64(uintptr_t a, uint64_t v)
{
    ACCESS_HOOK();
    *(volatile uint64_t *)a = v;
}

/*
 * Compare and swap 16 aligned bytes in memory as one, by Zacas' amocas.q: in one access a device sees all of the old
 * or all of the new. True: done; false: `expected` is now what was found. Encoded by hand, for assemblers do not know it
 * yet: amocas.q.aqrl a0, a2, (a4), on the register pairs a0:a1 and a2:a3.
 */
static inline bool mmio_cas128(uintptr_t a, uint64_t expected[2], const uint64_t desired[2])
{
    ACCESS_HOOK();
    uint64_t lo = expected[0], hi = expected[1];

    __asm__ __volatile__("mv a0, %0\n mv a1, %1\n mv a2, %2\n mv a3, %3\n mv a4, %4\n"
                         ".4byte 0x2ec7452f\n"
                         "mv %0, a0\n mv %1, a1"
                         : "+r"(lo), "+r"(hi)
                         : "r"(desired[0]), "r"(desired[1]), "r"(a)
                         : "a0", "a1", "a2", "a3", "a4", "memory");
    bool same = lo == expected[0] && hi == expected[1];
    expected[0] = lo;
    expected[1] = hi;
    return same;
}

/* Memory accesses before, device writes after: data first, then the MSI that announces it (IPIs.adoc). */
static inline void fence_rw_o(void)
{
    ACCESS_HOOK();
    __asm__ __volatile__("fence rw, o" ::: "memory");
}

/* Device accesses before, memory writes after: an MMIO write is in global order before a lock is freed. */
static inline void fence_io_w(void)
{
    ACCESS_HOOK();
    __asm__ __volatile__("fence io, w" ::: "memory");
}

/*
 * Device accesses before, everything after. Also behind a claim: CSR accesses count as device input and
 * output (Unprivileged ISA, "CSR Access Ordering"), and what the handler reads must not be older than
 * the claim, or an edge between the two is lost.
 */
static inline void fence_io_rwio(void)
{
    ACCESS_HOOK();
    __asm__ __volatile__("fence io, iorw" ::: "memory");
}

/* All before, all after. */
static inline void fence_all(void)
{
    ACCESS_HOOK();
    __asm__ __volatile__("fence iorw, iorw" ::: "memory");
}

#endif
