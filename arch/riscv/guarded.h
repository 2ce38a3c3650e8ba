/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Accesses to devices and to the interrupt file that may trap, for code that catches the trap (payload/kernel/trap.h). Each access is
 * one instruction at a known address (guarded.S). So a trap at any other instruction is a trap that the machine reports late. The
 * host tests replace this header by tests/host/model/guarded.h, which has the same functions.
 */
#ifndef GUARDED_H
#define GUARDED_H

#define GUARDED_SLOT   8 /* bytes from one guarded instruction to the next */
#define GUARDED_LENGTH 4 /* bytes of the guarded instruction */

#ifndef __ASSEMBLER__

#include <stdint.h>

/* The first slot, and the end of the last slot. */
extern const char guarded_first[], guarded_end[];

uint64_t guarded_load8(uintptr_t a);
uint64_t guarded_load16(uintptr_t a);
uint64_t guarded_load32(uintptr_t a);
uint64_t guarded_load64(uintptr_t a);
void guarded_store8(uintptr_t a, uint64_t v);
void guarded_store16(uintptr_t a, uint64_t v);
void guarded_store32(uintptr_t a, uint64_t v);
void guarded_store64(uintptr_t a, uint64_t v);
void guarded_select(unsigned long reg);
unsigned long guarded_sireg_read(void);
void guarded_sireg_write(unsigned long v);

/* size: 1, 2, 4 or 8. */
static inline uint64_t guarded_load(uintptr_t a, unsigned size)
{
    return size == 1   ? guarded_load8(a)
           : size == 2 ? guarded_load16(a)
           : size == 4 ? guarded_load32(a)
                       : guarded_load64(a);
}

static inline void guarded_store(uintptr_t a, unsigned size, uint64_t v)
{
    if (size == 1)
        guarded_store8(a, v);
    else if (size == 2)
        guarded_store16(a, v);
    else if (size == 4)
        guarded_store32(a, v);
    else
        guarded_store64(a, v);
}

/* Interrupts are off, as for csr_ireg_read(). */
static inline unsigned long guarded_ireg_read(unsigned reg)
{
    guarded_select(reg);
    return guarded_sireg_read();
}

static inline void guarded_ireg_write(unsigned reg, unsigned long v)
{
    guarded_select(reg);
    guarded_sireg_write(v);
}

#endif
#endif
