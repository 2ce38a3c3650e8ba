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
 * eip and eie as words of 64 bits. The registers have XLEN bits and are numbered in steps of 32 bits. On RV64 the registers with
 * odd numbers do not exist, and trap. On RV32 a word is two registers.
 */
#define WORD_REG(base, w, bit) ((base) + 2 * (w) + (bit) / 32)
#define ID_REG(base, id)       ((base) + (id) / CSR_XLEN * (CSR_XLEN / 32))
#define ID_BIT(id)             (1ul << (id) % CSR_XLEN)

static uint64_t word_read(unsigned base, unsigned w)
{
    uint64_t v = 0;

    for (unsigned bit = 0; bit < 64; bit += CSR_XLEN)
        v |= (uint64_t)csr_ireg_read(WORD_REG(base, w, bit)) << bit;
    return v;
}

static void word_write(unsigned base, unsigned w, uint64_t v)
{
    for (unsigned bit = 0; bit < 64; bit += CSR_XLEN)
        csr_ireg_write(WORD_REG(base, w, bit), (unsigned long)(v >> bit));
}

static void word_set(unsigned base, unsigned w, uint64_t bits)
{
    for (unsigned bit = 0; bit < 64; bit += CSR_XLEN)
        csr_ireg_set(WORD_REG(base, w, bit), (unsigned long)(bits >> bit));
}

static void word_clear(unsigned base, unsigned w, uint64_t bits)
{
    for (unsigned bit = 0; bit < 64; bit += CSR_XLEN)
        csr_ireg_clear(WORD_REG(base, w, bit), (unsigned long)(bits >> bit));
}

/* The bits of word w whose identities the file implements. Identity 0 does not exist. */
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
    fence_rw_o(); /* the data before the interrupt that announces the data (IPIs.adoc, last note) */
    mmio_write32(im->files[v.hart].mmio + SETEIPNUM_LE, v.id);
    fence_io_w(); /* before the unlock, after which another hart may retire v and prove its drain */
}

void imsic_file_off(struct imsic_file *f)
{
    csr_ireg_write(EIDELIVERY, 0);
    for (unsigned w = 0; w < imsic_file_words(f); w++)
        word_write(EIE0, w, 0);
}

/* The bits of word w that may be cleared: all except that of a late sync (sync_owed), for which the next sync waits. */
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
 * Make sip.SEIP show whether an enabled identity is pending. QEMU before 9.2 evaluates the file at each access to a register,
 * also at a read, without a lock against messages. A message that arrives meanwhile may be pending and not show in sip until
 * the next access. A hart that went to sleep then would not wake. A read of stopei does not evaluate the file.
 */
#define SHOW_TRIES 8 /* a further try is needed only if another message arrives during the access */

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
        word_set(EIP0, w, saved->eip[w]); /* bits that were set meanwhile stay set */
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

/* Wait until `id` is pending, and clear its pending bit. AIA_OK or AIA_ETIMEOUT. */
static int arrives(unsigned id, uint64_t end)
{
    while (!(imsic_file_pending(id / 64u) >> id % 64u & 1))
        if (aia_port_time() > end)
            return AIA_ETIMEOUT;
    imsic_file_clear_pending(id);
    return AIA_OK;
}

/* Send `id` to this hart's file, by `b` or, if `b` is NULL, by a write. AIA_OK, or the error of b->send(). */
static int send_self(const struct imsic *im, const struct imsic_file *f, unsigned id, struct aia_barrier *b)
{
    struct imsic_vector self = {.hart = (uint16_t)(f - im->files), .id = (uint16_t)id};
    struct aia_message m = imsic_message(im, self);

    imsic_file_clear_pending(id);
    fence_all(); /* the message comes after the clear, and after the access by which this hart learned of the earlier writes */
    if (b)
        return b->send(b, &m);
    mmio_write32(f->mmio + SETEIPNUM_LE, id);
    return AIA_OK;
}

/* Send sync_id to this hart's file, and wait until it has arrived. */
static int sync_by(const struct imsic *im, struct imsic_file *f, struct aia_barrier *b)
{
    uint64_t end = later(aia_port_time(), im->wait_limit);
    int error;

    /* The late message of a sync that timed out proves nothing about later writes, so that message has to arrive first. */
    if (f->sync_owed && arrives(im->sync_id, end))
        return AIA_ETIMEOUT;
    f->sync_owed = 0;
    if ((error = send_self(im, f, im->sync_id, b)) != AIA_OK)
        return error;
    error = arrives(im->sync_id, end);
    f->sync_owed = error ? im->sync_id : 0;
    return error;
}

int imsic_probe(const struct imsic *im, const struct imsic_file *f, struct aia_barrier *b)
{
    int error = send_self(im, f, im->ipi_id, b);

    return error ? error : arrives(im->ipi_id, later(aia_port_time(), im->wait_limit));
}

int imsic_sync(const struct imsic *im, struct imsic_file *f)
{
    return sync_by(im, f, NULL);
}

int imsic_sync_after(const struct imsic *im, struct imsic_file *f, struct aia_barrier *b)
{
    return sync_by(im, f, b);
}
