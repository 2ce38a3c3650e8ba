/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Replaces arch/riscv/csr.h in host tests: the functions of that file which the library uses. Every access goes to the
 * model (m_file.c).
 */
#ifndef CSR_H
#define CSR_H

#include <stdint.h>

/* 32: the model has RV32's registers; some host tests are built a second time with it. */
#ifndef CSR_XLEN
#define CSR_XLEN 64
#endif

enum model_csr_op { MODEL_CSR_READ, MODEL_CSR_WRITE, MODEL_CSR_SET, MODEL_CSR_CLEAR };

unsigned long model_csr_ireg(enum model_csr_op op, unsigned reg, unsigned long v);
unsigned long model_csr_claim(void);

static inline unsigned long csr_ireg_read(unsigned reg)
{
    return model_csr_ireg(MODEL_CSR_READ, reg, 0);
}

static inline void csr_ireg_write(unsigned reg, unsigned long v)
{
    model_csr_ireg(MODEL_CSR_WRITE, reg, v);
}

static inline void csr_ireg_set(unsigned reg, unsigned long bits)
{
    model_csr_ireg(MODEL_CSR_SET, reg, bits);
}

static inline void csr_ireg_clear(unsigned reg, unsigned long bits)
{
    model_csr_ireg(MODEL_CSR_CLEAR, reg, bits);
}

static inline unsigned long csr_claim_stopei(void)
{
    return model_csr_claim();
}

#define SIE_SEIE (1ul << 9)

unsigned long csr_stopei(void);
unsigned long csr_sip(void);
/* For payload/conform; the model of its test implements it. */
unsigned long csr_stopi(void);
unsigned long csr_sie_external(unsigned long on);

/* For payload/kernel/time.c; its test implements it. */
#define CSR_STIMECMP 0x14d
unsigned long csr_irq_save(void);
void csr_irq_restore(unsigned long was);
void model_csr_write(unsigned csr, uint64_t v);
#define csr_write(csr, v) model_csr_write((csr), (v))

/* For the payload's drivers, whose tests implement a clock. */
uint64_t model_time(void);

static inline uint64_t csr_time(void)
{
    return model_time();
}

#endif
