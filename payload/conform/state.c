/* SPDX-License-Identifier: BSD-2-Clause */
#include "payload/conform/state.h"
#include "aplic/regs.h"
#include "csr.h"

#define EIDELIVERY  0x70u
#define EITHRESHOLD 0x72u
#define EIP0        0x80u
#define EIE0        0xc0u

static unsigned words(const struct conform_file *f)
{
    return f->n_ids / 64 + 1;
}

void conform_file_reset(const struct conform_file *f)
{
    csr_ireg_write(EIDELIVERY, 0);
    csr_ireg_write(EITHRESHOLD, 0);
    for (unsigned w = 0; w < words(f); w++) {
        csr_ireg_write(EIE0 + 2 * w, 0);
        csr_ireg_write(EIP0 + 2 * w, 0);
    }
}

static void save_file(const struct conform_file *f, struct conform_state *s)
{
    for (unsigned w = 0; w < words(f); w++) {
        s->eip[w] = csr_ireg_read(EIP0 + 2 * w);
        s->eie[w] = csr_ireg_read(EIE0 + 2 * w);
    }
    s->eidelivery = csr_ireg_read(EIDELIVERY);
    s->eithreshold = csr_ireg_read(EITHRESHOLD);
    s->sie_external = csr_sie_external(0);
    csr_sie_external(s->sie_external);
}

static void restore_file(const struct conform_file *f, const struct conform_state *s)
{
    conform_file_reset(f);
    for (unsigned w = 0; w < words(f); w++) {
        csr_ireg_write(EIP0 + 2 * w, s->eip[w]);
        csr_ireg_write(EIE0 + 2 * w, s->eie[w]);
    }
    csr_ireg_write(EITHRESHOLD, s->eithreshold);
    csr_ireg_write(EIDELIVERY, s->eidelivery);
    csr_sie_external(s->sie_external);
}

static uint32_t idc(const struct conform_domain *d, unsigned reg)
{
    return mmio_read32(d->mmio + IDC(d->index) + reg);
}

/* Make the sources that the checks use inactive again. An inactive source is not pending, not enabled and has no target. */
static void quiet(const struct conform_domain *d)
{
    for (unsigned i = 0; i < 2; i++)
        if (d->source[i])
            mmio_write32(d->mmio + SOURCECFG + 4 * d->source[i], 0);
}

void conform_save(const struct conform *c, struct conform_state *s)
{
    const struct conform_domain *d = c->domain;

    if (c->file) {
        save_file(c->file, s);
        conform_file_reset(c->file);
    }
    if (!d)
        return;
    s->domaincfg = mmio_read32(d->mmio + DOMAINCFG);
    mmio_write32(d->mmio + DOMAINCFG,
                 d->direct ? 0 : DOMAINCFG_DM); /* nothing is delivered unless a check wants it */
    if (d->direct) {
        s->idelivery = idc(d, IDELIVERY);
        s->ithreshold = idc(d, ITHRESHOLD);
        s->sie_external = csr_sie_external(0);
        csr_sie_external(s->sie_external);
    }
}

void conform_restore(const struct conform *c, const struct conform_state *s)
{
    const struct conform_domain *d = c->domain;

    if (d) {
        quiet(d);
        mmio_write32(d->mmio + DOMAINCFG, s->domaincfg);
        if (d->direct) {
            mmio_write32(d->mmio + IDC(d->index) + IFORCE, 0);
            mmio_write32(d->mmio + IDC(d->index) + ITHRESHOLD, s->ithreshold);
            mmio_write32(d->mmio + IDC(d->index) + IDELIVERY, s->idelivery);
            csr_sie_external(s->sie_external);
        }
    }
    if (c->file)
        restore_file(c->file, s);
}
