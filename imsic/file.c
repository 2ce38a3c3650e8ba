/* SPDX-License-Identifier: BSD-2-Clause */
/* Interrupt files: their registers (IMSIC.adoc, "Indirectly accessed interrupt-file registers"). */
#include <stddef.h>

#include <aia/error.h>

#include "imsic/file.h"

#include "csr.h"
#include "lib/moment.h"
#include "mmio.h"

#define EIDELIVERY  0x70u
#define EITHRESHOLD 0x72u
#define EIP0        0x80u
#define EIE0        0xc0u

#define SETEIPNUM_LE 0u

/*
 * eip and eie as 64-bit words. The registers are XLEN wide and numbered in 32-bit steps: on RV64 the
 * odd ones do not exist and trap, on RV32 both halves do.
 */
#if CSR_XLEN == 64
#define WORD_REG(base, w) ((base) + 2 * (w))

static uint64_t word_read(unsigned base, unsigned w)
{
    return csr_ireg_read(WORD_REG(base, w));
}

static void word_write(unsigned base, unsigned w, uint64_t v)
{
    csr_ireg_write(WORD_REG(base, w), v);
}

static void word_set(unsigned base, unsigned w, uint64_t bits)
{
    csr_ireg_set(WORD_REG(base, w), bits);
}

static void word_clear(unsigned base, unsigned w, uint64_t bits)
{
    csr_ireg_clear(WORD_REG(base, w), bits);
}

#define ID_REG(base, id) WORD_REG(base, (id) / 64)
#define ID_BIT(id)       (1ul << (id) % 64)
#else
static uint64_t word_read(unsigned base, unsigned w)
{
    return csr_ireg_read(base + 2 * w) | (uint64_t)csr_ireg_read(base + 2 * w + 1) << 32;
}

static void word_write(unsigned base, unsigned w, uint64_t v)
{
    csr_ireg_write(base + 2 * w, (unsigned long)v);
    csr_ireg_write(base + 2 * w + 1, (unsigned long)(v >> 32));
}

static void word_set(unsigned base, unsigned w, uint64_t bits)
{
    csr_ireg_set(base + 2 * w, (unsigned long)bits);
    csr_ireg_set(base + 2 * w + 1, (unsigned long)(bits >> 32));
}

static void word_clear(unsigned base, unsigned w, uint64_t bits)
{
    csr_ireg_clear(base + 2 * w, (unsigned long)bits);
    csr_ireg_clear(base + 2 * w + 1, (unsigned long)(bits >> 32));
}

#define ID_REG(base, id) ((base) + (id) / 32)
#define ID_BIT(id)       (1ul << (id) % 32)
#endif

/* Bits of word w that are implemented identities; identity 0 is none. */
static uint64_t implemented(const struct imsic_file *f, unsigned w)
{
    unsigned top = f->n_ids % 64u;
    uint64_t bits = w < f->n_ids / 64u || top == 63 ? ~0ull : (1ull << (top + 1)) - 1;
    return w ? bits : bits & ~1ull;
}

struct aia_message imsic_message(const struct imsic *im, struct imsic_vector v)
{
    return (struct aia_message){.addr = im->files[v.hart].msi_addr, .data = v.id};
}

void imsic_send(const struct imsic *im, struct imsic_vector v)
{
    fence_rw_o(); /* data first, then the interrupt that announces it (IPIs.adoc, last note) */
    mmio_write32(im->files[v.hart].mmio + SETEIPNUM_LE, v.id);
    fence_io_w(); /* before the unlock after which somebody may retire v and prove its drain */
}

void imsic_file_off(struct imsic_file *f)
{
    csr_ireg_write(EIDELIVERY, 0);
    for (unsigned w = 0; w < imsic_file_words(f); w++)
        word_write(EIE0, w, 0);
}

/* What imsic_sync() waits for has to be seen by it, whether it is there already or not. */
static uint64_t clearable(const struct imsic_file *f, unsigned w)
{
    return f->sync_owed && f->sync_owed / 64u == w ? ~(1ull << f->sync_owed % 64) : ~0ull;
}

void imsic_file_clear(struct imsic_file *f)
{
    for (unsigned w = 0; w < imsic_file_words(f); w++)
        word_clear(EIP0, w, clearable(f, w));
}

uint64_t imsic_file_take(const struct imsic_file *f, unsigned w)
{
    uint64_t pending = word_read(EIP0, w);

    word_clear(EIP0, w, pending & clearable(f, w));
    return pending;
}

void imsic_file_on(const struct imsic *im, struct imsic_file *f)
{
    for (unsigned w = 0; w < imsic_file_words(f); w++) {
        word_write(EIE0, w, implemented(f, w));
        f->quarantined[w] = 0;
    }
    imsic_file_clear_enabled(im->sync_id);
    csr_ireg_write(EITHRESHOLD, 0);
    csr_ireg_write(EIDELIVERY, 1);
}

/*
 * What is pending and enabled shows in sip. QEMU before 9.2 evaluates the file at each access to a register, reads too,
 * without a lock against messages: one that comes meanwhile may be pending and not show until the next access, and a hart that
 * went to sleep on that would not wake. stopei is read without it.
 */
#define SHOW_TRIES 8 /* each time another message must come in just then */

static void show_pending(void)
{
    for (unsigned i = 0; i < SHOW_TRIES && csr_stopei() && !(csr_sip() & SIE_SEIE); i++)
        (void)csr_ireg_read(EIDELIVERY);
}

void imsic_file_save(const struct imsic_file *f, struct imsic_saved *saved)
{
    for (unsigned w = 0; w < imsic_file_words(f); w++) {
        saved->eip[w] = word_read(EIP0, w);
        saved->eie[w] = word_read(EIE0, w);
    }
    saved->eithreshold = csr_ireg_read(EITHRESHOLD);
    saved->eidelivery = csr_ireg_read(EIDELIVERY);
    show_pending();
}

void imsic_file_restore(const struct imsic_file *f, const struct imsic_saved *saved)
{
    csr_ireg_write(EIDELIVERY, 0);
    for (unsigned w = 0; w < imsic_file_words(f); w++) {
        word_set(EIP0, w, saved->eip[w]); /* beside what has come since */
        word_write(EIE0, w, saved->eie[w]);
    }
    csr_ireg_write(EITHRESHOLD, saved->eithreshold);
    csr_ireg_write(EIDELIVERY, saved->eidelivery);
    show_pending();
}

bool imsic_file_delivers(void)
{
    return csr_ireg_read(EIDELIVERY) == 1;
}

uint64_t imsic_file_pending(unsigned w)
{
    return word_read(EIP0, w);
}

uint64_t imsic_file_enabled(unsigned w)
{
    return word_read(EIE0, w);
}

void imsic_file_clear_pending(unsigned id)
{
    csr_ireg_clear(ID_REG(EIP0, id), ID_BIT(id));
}

void imsic_file_set_enabled(unsigned id)
{
    csr_ireg_set(ID_REG(EIE0, id), ID_BIT(id));
}

void imsic_file_clear_enabled(unsigned id)
{
    csr_ireg_clear(ID_REG(EIE0, id), ID_BIT(id));
}

/* Wait until sync_id is pending, and clear it. */
static int sync_arrives(const struct imsic *im, uint64_t end)
{
    while (!(imsic_file_pending(im->sync_id / 64u) >> im->sync_id % 64u & 1))
        if (aia_port_time() > end)
            return AIA_ETIMEOUT;
    imsic_file_clear_pending(im->sync_id);
    return AIA_OK;
}

/* Have sync_id sent, by `b` or by ourselves, and wait until it has arrived. */
static int sync_by(const struct imsic *im, struct imsic_file *f, struct aia_barrier *b)
{
    struct imsic_vector self = {.hart = (uint16_t)(f - im->files), .id = im->sync_id};
    struct aia_message m = imsic_message(im, self);
    uint64_t end = later(aia_port_time(), im->wait_limit);
    int error;

    /* The write of a sync that timed out says nothing of what came after it: it has to arrive first. */
    if (f->sync_owed && sync_arrives(im, end))
        return AIA_ETIMEOUT;
    f->sync_owed = 0;
    imsic_file_clear_pending(im->sync_id);
    fence_all(); /* behind the clear, and behind whatever told us that the earlier writes were made */
    if (!b)
        mmio_write32(f->mmio + SETEIPNUM_LE, im->sync_id);
    else if ((error = b->send(b, &m)) != AIA_OK)
        return error;
    error = sync_arrives(im, end);
    f->sync_owed = error ? im->sync_id : 0;
    return error;
}

int imsic_sync(const struct imsic *im, struct imsic_file *f)
{
    return sync_by(im, f, NULL);
}

int imsic_sync_behind(const struct imsic *im, struct imsic_file *f, struct aia_barrier *b)
{
    return sync_by(im, f, b);
}
