/* SPDX-License-Identifier: BSD-2-Clause */
/* A hart's S-level interrupt file as its hart sees it (IMSIC.adoc; model.h names the sections). */
#include "model.h"
#include "csr.h"

#define EIDELIVERY  0x70u
#define EITHRESHOLD 0x72u
#define EIP0        0x80u
#define EIE0        0xc0u

static uint64_t implemented(const struct m_file *f, unsigned w)
{
    uint64_t bits = w ? ~0ull : ~1ull;

    return w == f->n_ids / 64 && f->n_ids % 64 != 63 ? bits & ((2ull << f->n_ids % 64) - 1) : bits;
}

void m_file_set(struct m_file *f, uint32_t id)
{
    if (id >= 1 && id <= f->n_ids)
        f->eip[id / 64] |= 1ull << id % 64;
    else
        f->ignored++;
}

unsigned m_file_top(const struct m_file *f)
{
    for (unsigned w = 0; w <= f->n_ids / 64; w++) {
        uint64_t both = f->eip[w] & f->eie[w];
        if (both) {
            unsigned id = w * 64 + (unsigned)__builtin_ctzll(both);
            return f->eithreshold == 0 || id < f->eithreshold ? id : 0;
        }
    }
    return 0;
}

bool m_file_asserted(const struct m_file *f)
{
    return f->eidelivery == 1 && m_file_top(f) != 0 && !f->hidden;
}

bool m_pending(unsigned hart, unsigned id)
{
    return m.hart[hart].file.eip[id / 64] >> id % 64 & 1;
}

/* The value that a read-modify-write of a register writes. */
static uint64_t modify(enum model_csr_op op, uint64_t old, uint64_t v)
{
    switch (op) {
    case MODEL_CSR_WRITE:
        return v;
    case MODEL_CSR_SET:
        return old | v;
    case MODEL_CSR_CLEAR:
        return old & ~v;
    default:
        return old;
    }
}

/* With XLEN 64 the odd-numbered registers do not exist. With XLEN 32 each register is one half of a word here. */
static uint64_t *array_word(struct m_file *f, unsigned reg)
{
    unsigned k = (reg - EIP0) % 64;

    if ((CSR_XLEN == 64 && k % 2) || k / 2 > f->n_ids / 64)
        m_die("hart %u: illegal instruction: sireg with siselect %#x", m.here, reg);
    return reg >= EIE0 ? &f->eie[k / 2] : &f->eip[k / 2];
}

unsigned long model_csr_ireg(enum model_csr_op op, unsigned reg, unsigned long v)
{
    struct m_hart *h = &m.hart[m.here];
    struct m_file *f = &h->file;

    m_event(M_CSR, (void *)(uintptr_t)reg, op, v);
    if (h->irqs_on)
        m_die("hart %u: siselect and sireg with interrupts on", m.here);
    if (reg < EIDELIVERY || reg > 0xff)
        m_die("hart %u: siselect %#x is not a register of an interrupt file", m.here, reg);
    if (f->looked)
        f->hidden = f->looked = false;
    if (reg >= EIP0) {
        uint64_t *word = array_word(f, reg);
        if (reg < EIE0)
            m_fabric_poll(h);
        unsigned shift = CSR_XLEN == 32 ? reg % 2 * 32 : 0;
        uint64_t half = CSR_XLEN == 32 ? UINT32_MAX : UINT64_MAX, old = *word >> shift & half;
        *word = (*word & ~(half << shift)) | (modify(op, old, v) & half)
                                                 << shift; /* on RV32 a long has 32 bits */
        *word &= implemented(f, (reg - EIP0) % 64 / 2);
        return old;
    }
    uint64_t old = reg == EIDELIVERY ? f->eidelivery : reg == EITHRESHOLD ? f->eithreshold : 0;
    uint64_t want = modify(op, old, v);
    if (reg == EIDELIVERY && want <= 1) /* WARL; neither a PLIC nor an APLIC delivers through this file */
        f->eidelivery = want;
    if (reg == EITHRESHOLD) {
        if (want > f->n_ids) /* WLRL */
            m_die("hart %u: eithreshold %#lx", m.here, (unsigned long)want);
        f->eithreshold = want;
    }
    return old;
}

unsigned long csr_stopei(void)
{
    m_event(M_CSR, NULL, MODEL_CSR_READ, 0);
    unsigned id = m_file_top(&m.hart[m.here].file);
    return (unsigned long)id << 16 | id;
}

unsigned long csr_sip(void)
{
    struct m_file *f = &m.hart[m.here].file;

    f->looked = f->hidden;
    return m_file_asserted(f) ? SIE_SEIE : 0;
}

unsigned long model_csr_claim(void)
{
    struct m_hart *h = &m.hart[m.here];

    m_event(M_CSR, NULL, MODEL_CSR_WRITE, 0);
    if (h->irqs_on)
        m_die("hart %u: claims with interrupts on", m.here);
    unsigned id = m_file_top(&h->file);
    if (id) {
        h->file.eip[id / 64] &= ~(1ull << id % 64);
        h->claim_unfenced = true;
    }
    return (unsigned long)id << 16 | id;
}
