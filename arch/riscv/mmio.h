/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every MMIO access of the project, and the fences that order accesses. The host tests replace this header by
 * tests/host/model/mmio.h, which has the same functions.
 *
 * An access is volatile and contains no fence. Where order matters, the code has a fence. The name of a fence gives its
 * predecessor set and its successor set, as the instruction does.
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

/* One store on RV64, two stores on RV32. Code for RV32 must not rely on one store. */
static inline void mmio_write64(uintptr_t a, uint64_t v)
{
    ACCESS_HOOK();
    *(volatile uint64_t *)a = v;
}

/*
 * Compare and swap 16 aligned bytes in memory by amocas.q (Zacas). A device that reads them in one access sees either all old or
 * all new bytes. True: swapped. False: not equal, and `expected` now has the bytes in memory. The instruction is written as a
 * number, because assemblers do not know it yet: amocas.q.aqrl a0, a2, (a4), with the register pairs a0:a1 and a2:a3.
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

/* Memory accesses before, device writes after: the data before the MSI that announces the data (IPIs.adoc). */
static inline void fence_rw_o(void)
{
    ACCESS_HOOK();
    __asm__ __volatile__("fence rw, o" ::: "memory");
}

/* Device accesses before, memory writes after: an MMIO write before the write that releases a lock. */
static inline void fence_io_w(void)
{
    ACCESS_HOOK();
    __asm__ __volatile__("fence io, w" ::: "memory");
}

/*
 * Device accesses before, all accesses after. This fence also follows a claim: CSR accesses count as device input and output
 * (Unprivileged ISA, "CSR Access Ordering"). The handler's reads have to come after the claim; otherwise an edge between the
 * reads and the claim would be lost.
 */
static inline void fence_io_rwio(void)
{
    ACCESS_HOOK();
    __asm__ __volatile__("fence io, iorw" ::: "memory");
}

/* All accesses before, all accesses after. */
static inline void fence_all(void)
{
    ACCESS_HOOK();
    __asm__ __volatile__("fence iorw, iorw" ::: "memory");
}

#endif
