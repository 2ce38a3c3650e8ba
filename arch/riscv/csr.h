/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every CSR access of the project, as one-line inlines. Together with mmio.h this is the only place
 * where hardware is touched; the host tests put a header of the same name and functions in its place
 * (tests/host/model/csr.h).
 *
 * The first part is what the library uses (AIA, CSRs.adoc and IMSIC.adoc), the second what the
 * payload needs of the privileged architecture.
 */
#ifndef CSR_H
#define CSR_H

#include <stdint.h>

#include "hook.h"

/* CSR numbers, because no released assembler knows all the AIA names (CSRs.adoc, table of S-level CSRs). */
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
 * Registers of the running hart's own interrupt file. siselect and sireg are a pair: call with
 * interrupts off, for an interrupt between the two that uses the pair itself would move the window.
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
 * Claim: read stopei and clear the pending bit it reports, in one instruction. Two instructions could
 * clear, and lose, a higher-priority identity that came between them (IMSIC.adoc, "Top external
 * interrupt CSRs").
 */
static inline unsigned long csr_claim_stopei(void)
{
    ACCESS_HOOK();
    return csr_swap(CSR_STOPEI, 0);
}

/* For who looks at the file without claiming. */
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

/* Enable external interrupts in sie, or not; how they were. sstatus.SIE is another matter. */
static inline unsigned long csr_sie_external(unsigned long on)
{
    ACCESS_HOOK();
    unsigned long was = csr_read_clear(sie, 1ul << 9);
    if (on)
        csr_set(sie, 1ul << 9);
    return was >> 9 & 1;
}

/* The privileged architecture, for the payload. */

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

/* Page table writes before, translations after; all addresses. */
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

    do { /* Unprivileged ISA, "Zicntr": the halves are read apart */
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

/* Zihintpause, encoded by hand: a FENCE with pred=W, succ=0, which older harts take as a plain fence. */
static inline void hart_pause(void)
{
    __asm__ __volatile__(".4byte 0x0100000f" ::: "memory");
}

#endif
