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

#include <stdint.h>

static inline uint8_t mmio_read8(uintptr_t a)
{
    return *(volatile uint8_t *)a;
}

static inline uint16_t mmio_read16(uintptr_t a)
{
    return *(volatile uint16_t *)a;
}

static inline uint32_t mmio_read32(uintptr_t a)
{
    return *(volatile uint32_t *)a;
}

static inline uint64_t mmio_read64(uintptr_t a)
{
    return *(volatile uint64_t *)a;
}

static inline void mmio_write8(uintptr_t a, uint8_t v)
{
    *(volatile uint8_t *)a = v;
}

static inline void mmio_write16(uintptr_t a, uint16_t v)
{
    *(volatile uint16_t *)a = v;
}

static inline void mmio_write32(uintptr_t a, uint32_t v)
{
    *(volatile uint32_t *)a = v;
}

static inline void mmio_write64(uintptr_t a, uint64_t v)
{
    *(volatile uint64_t *)a = v;
}

/* Memory accesses before, device writes after: data first, then the MSI that announces it (IPIs.adoc). */
static inline void fence_rw_o(void)
{
    __asm__ __volatile__("fence rw, o" ::: "memory");
}

/* Device accesses before, memory writes after: an MMIO write is in global order before a lock is freed. */
static inline void fence_io_w(void)
{
    __asm__ __volatile__("fence io, w" ::: "memory");
}

/*
 * Device accesses before, everything after. Also behind a claim: CSR accesses count as device input and
 * output (Unprivileged ISA, "CSR Access Ordering"), and what the handler reads must not be older than
 * the claim, or an edge between the two is lost.
 */
static inline void fence_io_rwio(void)
{
    __asm__ __volatile__("fence io, iorw" ::: "memory");
}

/* All before, all after. */
static inline void fence_all(void)
{
    __asm__ __volatile__("fence iorw, iorw" ::: "memory");
}

#endif
