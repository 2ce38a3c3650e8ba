/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Replaces arch/riscv/mmio.h in host tests: the same functions, and every access and fence goes to the model that the test
 * links.
 */
#ifndef MMIO_H
#define MMIO_H

#include <stdbool.h>
#include <stdint.h>

enum model_fence { MODEL_FENCE_RW_O, MODEL_FENCE_IO_W, MODEL_FENCE_IO_RWIO, MODEL_FENCE_ALL };

uint64_t model_mmio_read(uintptr_t a, unsigned size);
void model_mmio_write(uintptr_t a, uint64_t v, unsigned size);
bool model_mmio_cas128(uintptr_t a, uint64_t expected[2], const uint64_t desired[2]);
void model_fence(int kind);

static inline uint8_t mmio_read8(uintptr_t a)
{
    return (uint8_t)model_mmio_read(a, 1);
}

static inline uint16_t mmio_read16(uintptr_t a)
{
    return (uint16_t)model_mmio_read(a, 2);
}

static inline uint32_t mmio_read32(uintptr_t a)
{
    return (uint32_t)model_mmio_read(a, 4);
}

static inline uint64_t mmio_read64(uintptr_t a)
{
    return model_mmio_read(a, 8);
}

static inline void mmio_write8(uintptr_t a, uint8_t v)
{
    model_mmio_write(a, v, 1);
}

static inline void mmio_write16(uintptr_t a, uint16_t v)
{
    model_mmio_write(a, v, 2);
}

static inline void mmio_write32(uintptr_t a, uint32_t v)
{
    model_mmio_write(a, v, 4);
}

static inline void mmio_write64(uintptr_t a, uint64_t v)
{
    model_mmio_write(a, v, 8);
}

static inline bool mmio_cas128(uintptr_t a, uint64_t expected[2], const uint64_t desired[2])
{
    return model_mmio_cas128(a, expected, desired);
}

static inline void fence_rw_o(void)
{
    model_fence(MODEL_FENCE_RW_O);
}

static inline void fence_io_w(void)
{
    model_fence(MODEL_FENCE_IO_W);
}

static inline void fence_io_rwio(void)
{
    model_fence(MODEL_FENCE_IO_RWIO);
}

static inline void fence_all(void)
{
    model_fence(MODEL_FENCE_ALL);
}

#endif
