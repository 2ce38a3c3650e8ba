/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every CSR access of the project. All accesses to hardware are in this header, in mmio.h and in guarded.h. The host tests
 * replace this header by tests/host/model/csr.h, which has the same functions.
 *
 * The library uses the first part (AIA, CSRs.adoc and IMSIC.adoc). The payload also uses the second part, from the privileged
 * architecture.
 */
#ifndef CSR_H
#define CSR_H

#include <stdint.h>

#include "hook.h"

/* CSR numbers, because no released assembler knows all names of the AIA (CSRs.adoc, table of S-level CSRs). */
#define CSR_SISELECT 0x150
#define CSR_SIREG    0x151
#define CSR_STOPEI   0x15c
#define CSR_STIMECMP 0x14d
#define CSR_STOPI    0xdb0

#define CSR_XLEN __riscv_xlen

#define CSR_STR_(x) #x
#define CSR_STR(x)  CSR_STR_(x)

#define csr_read(csr)                                                            \
    ({                                                                           \
        unsigned long csr_v_;                                                    \
        __asm__ __volatile__("csrr %0, " CSR_STR(csr) : "=r"(csr_v_)::"memory"); \
        csr_v_;                                                                  \
    })
#define csr_write(csr, v) \
    __asm__ __volatile__("csrw " CSR_STR(csr) ", %0" ::"rK"((unsigned long)(v)) : "memory")
#define csr_set(csr, v) \
    __asm__ __volatile__("csrs " CSR_STR(csr) ", %0" ::"rK"((unsigned long)(v)) : "memory")
#define csr_clear(csr, v) \
    __asm__ __volatile__("csrc " CSR_STR(csr) ", %0" ::"rK"((unsigned long)(v)) : "memory")
#define csr_swap(csr, v)                                      \
    ({                                                        \
        unsigned long csr_v_;                                 \
        __asm__ __volatile__("csrrw %0, " CSR_STR(csr) ", %1" \
                             : "=r"(csr_v_)                   \
                             : "rK"((unsigned long)(v))       \
                             : "memory");                     \
        csr_v_;                                               \
    })
#define csr_read_clear(csr, v)                                \
    ({                                                        \
        unsigned long csr_v_;                                 \
        __asm__ __volatile__("csrrc %0, " CSR_STR(csr) ", %1" \
                             : "=r"(csr_v_)                   \
                             : "rK"((unsigned long)(v))       \
                             : "memory");                     \
        csr_v_;                                               \
    })

/*
 * Registers of the running hart's own interrupt file. Interrupts are off: an interrupt handler between the accesses to siselect
 * and sireg could write siselect.
 */
static inline unsigned long csr_ireg_read(unsigned reg)
{
    ACCESS_HOOK();
    csr_write(CSR_SISELECT, reg);
    ACCESS_HOOK();
    return csr_read(CSR_SIREG);
}

static inline void csr_ireg_write(unsigned reg, unsigned long v)
{
    ACCESS_HOOK();
    csr_write(CSR_SISELECT, reg);
    ACCESS_HOOK();
    csr_write(CSR_SIREG, v);
}

static inline void csr_ireg_set(unsigned reg, unsigned long bits)
{
    ACCESS_HOOK();
    csr_write(CSR_SISELECT, reg);
    ACCESS_HOOK();
    csr_set(CSR_SIREG, bits);
}

static inline void csr_ireg_clear(unsigned reg, unsigned long bits)
{
    ACCESS_HOOK();
    csr_write(CSR_SISELECT, reg);
    ACCESS_HOOK();
    csr_clear(CSR_SIREG, bits);
}

/*
 * Claim: read stopei and clear the pending bit that it names, in one instruction. Between two instructions an identity of
 * higher priority could become pending; the second instruction would clear and lose it (IMSIC.adoc, "Top external interrupt
 * CSRs").
 */
static inline unsigned long csr_claim_stopei(void)
{
    ACCESS_HOOK();
    return csr_swap(CSR_STOPEI, 0);
}

/* Read stopei without claiming. */
static inline unsigned long csr_stopei(void)
{
    ACCESS_HOOK();
    return csr_read(CSR_STOPEI);
}

static inline unsigned long csr_stopi(void)
{
    ACCESS_HOOK();
    return csr_read(CSR_STOPI);
}

static inline unsigned long csr_sip(void)
{
    ACCESS_HOOK();
    return csr_read(sip);
}

/* Set sie.SEIE to `on`. Returns the earlier value. sstatus.SIE does not change. */
static inline unsigned long csr_sie_external(unsigned long on)
{
    ACCESS_HOOK();
    unsigned long was = csr_read_clear(sie, 1ul << 9);
    if (on)
        csr_set(sie, 1ul << 9);
    return was >> 9 & 1;
}

/* ---- the privileged architecture, for the payload ---- */

#define SSTATUS_SIE  (1ul << 1)
#define SSTATUS_SPIE (1ul << 5)
#define SSTATUS_SPP  (1ul << 8)

#define SIE_SSIE (1ul << 1)
#define SIE_STIE (1ul << 5)
#define SIE_SEIE (1ul << 9)

#define SCAUSE_INTERRUPT (1ul << 63)
#define SCAUSE_S_SOFT    (SCAUSE_INTERRUPT | 1)
#define SCAUSE_S_TIMER   (SCAUSE_INTERRUPT | 5)
#define SCAUSE_S_EXT     (SCAUSE_INTERRUPT | 9)

static inline unsigned long csr_irq_save(void)
{
    ACCESS_HOOK();
    return csr_read_clear(sstatus, SSTATUS_SIE) & SSTATUS_SIE;
}

static inline void csr_irq_restore(unsigned long was)
{
    ACCESS_HOOK();
    csr_set(sstatus, was & SSTATUS_SIE);
}

/* Order earlier writes to page tables before later translations, for all addresses. */
static inline void csr_sfence_vma(void)
{
    __asm__ __volatile__("sfence.vma" ::: "memory");
}

static inline uint64_t csr_time(void)
{
#if CSR_XLEN == 64
    return csr_read(time);
#else
    unsigned long high, low;

    do { /* two reads of 32 bits, as in Unprivileged ISA, "Zicntr" */
        high = csr_read(timeh);
        low = csr_read(time);
    } while (csr_read(timeh) != high);
    return (uint64_t)high << 32 | low;
#endif
}

static inline void hart_wfi(void)
{
    __asm__ __volatile__("wfi" ::: "memory");
}

/* pause (Zihintpause), as a number for older assemblers. Harts without Zihintpause execute it as a fence. */
static inline void hart_pause(void)
{
    __asm__ __volatile__(".4byte 0x0100000f" ::: "memory");
}

#endif
