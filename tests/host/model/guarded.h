/* SPDX-License-Identifier: BSD-2-Clause */
/* Replaces arch/riscv/guarded.h in host tests: the same functions, and every access goes to the model. */
#ifndef GUARDED_H
#define GUARDED_H

#include "csr.h"
#include "mmio.h"

#define GUARDED_SLOT   8
#define GUARDED_LENGTH 4

extern const char guarded_first[], guarded_end[]; /* defined by a test that has a trap guard */

static inline uint64_t guarded_load(uintptr_t a, unsigned size)
{
    return model_mmio_read(a, size);
}

static inline void guarded_store(uintptr_t a, unsigned size, uint64_t v)
{
    model_mmio_write(a, v, size);
}

static inline unsigned long guarded_ireg_read(unsigned reg)
{
    return csr_ireg_read(reg);
}

static inline void guarded_ireg_write(unsigned reg, unsigned long v)
{
    csr_ireg_write(reg, v);
}

#endif
