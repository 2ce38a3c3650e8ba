/* SPDX-License-Identifier: BSD-2-Clause */
/* The rules of IMSIC.adoc for an interrupt file's page, which devices and other harts write to. */
#include "payload/conform/file.h"
#include "csr.h"
#include "mmio.h"

#define LE 0u
#define BE 4u

static unsigned wanted; /* identity, for the predicates */

static bool is_pending(const struct conform *c)
{
    (void)c;
    return conform_pending(wanted);
}

static bool any_pending(const struct conform *c)
{
    unsigned lowest;

    return conform_count_pending(c, &lowest) != 0;
}

static void port(struct conform *c, unsigned id)
{
    wanted = id;
    mmio_write32(c->file->mmio + LE, id);
    expect(c, eventually(c, is_pending), "writing %u makes nothing pending", id);
}

static void seteipnum_le(struct conform *c)
{
    unsigned lowest = 0;

    for (unsigned id = 1; id <= c->file->n_ids; id++) {
        port(c, id);
        /* Count only now and then, because counting is slow. */
        unsigned n = id % 64 == 1 ? conform_count_pending(c, &lowest) : 1;
        expect(c, n == 1, "writing %u makes %u pending, the lowest %u", id, n, lowest);
        conform_clear(id);
    }
}

/*
 * True if an earlier write has made an identity pending. Writes to one file take effect in order: when the write of the
 * marker has arrived, the earlier write has too.
 */
static bool has_effect(struct conform *c)
{
    unsigned marker = c->file->n_ids, lowest;

    port(c, marker);
    conform_clear(marker);
    return conform_count_pending(c, &lowest) != 0;
}

static void seteipnum_ignored(struct conform *c)
{
    const uint32_t bad[] = {0, c->file->n_ids + 1, 2047, 2048, 0x10001, 0x80000001, 0x01000000, 0xffffffff};

    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        if (bad[i] == c->file->n_ids)
            continue; /* legal on the largest possible file */
        mmio_write32(c->file->mmio + LE, bad[i]);
        expect(c, !has_effect(c), "writing %#x makes something pending", (unsigned)bad[i]);
    }
    expect(c, !(csr_ireg_read(EIP0) & 1), "identity 0 is pending");
}

static void seteipnum_be(struct conform *c)
{
    unsigned lowest;

    mmio_write32(c->file->mmio + BE, __builtin_bswap32(5));
    (void)eventually(c, any_pending);
    unsigned n = conform_count_pending(c, &lowest);
    expect(c, !n || (n == 1 && lowest == 5), "writing 5, its bytes reversed, makes %u pending, the lowest %u",
           n, lowest);
    if (!n)
        open_choice(c, "writes are ignored, which is allowed on little-endian systems");
    conform_clear(5);
    mmio_write32(c->file->mmio + BE, 5);
    expect(c, !has_effect(c), "writing 5 in little-endian order makes something pending");
}

static void seteipnum_reads(struct conform *c)
{
    for (unsigned reg = LE; reg <= BE; reg += BE) {
        uint32_t v = mmio_read32(c->file->mmio + reg);
        expect(c, !v, "offset %#x reads %#x", reg, (unsigned)v);
    }
    port(c, 6);
    uint32_t v = mmio_read32(c->file->mmio + LE);
    expect(c, !v, "after a write of 6, offset 0 reads %#x", (unsigned)v);
}

static void disabled_latches(struct conform *c)
{
    port(c, 13);
    conform_top_is(c, 0, "pending, not enabled");
    conform_enable(13);
    conform_top_is(c, 13, "pending, then enabled");
}

static void page_reserved(struct conform *c)
{
    static const unsigned offsets[] = {0x8, 0xc, 0x10, 0x40, 0x100, 0x7fc, 0x800, 0xffc};

    for (unsigned i = 0; i < sizeof(offsets) / sizeof(offsets[0]); i++) {
        uint64_t v = 0;
        uintptr_t a = c->file->mmio + offsets[i];
        expect(c, try_load(a, 4, &v), "offset %#x: a read traps", offsets[i]);
        expect(c, !v, "offset %#x reads %#lx", offsets[i], (unsigned long)v);
        expect(c, try_store(a, 4, 5), "offset %#x: a write traps", offsets[i]);
        expect(c, !has_effect(c), "offset %#x: a write of 5 makes something pending", offsets[i]);
    }
}

static void page_access(struct conform *c)
{
    static const struct {
        unsigned offset, size;
    } forms[] = {{0, 1}, {0, 2}, {0, 8}, {1, 4}, {2, 4}, {0xffe, 2}};
    unsigned quiet = 0, n = sizeof(forms) / sizeof(forms[0]);

    for (unsigned i = 0; i < n; i++) {
        quiet += try_store(c->file->mmio + forms[i].offset, forms[i].size, 5);
        expect(c, !has_effect(c), "a write of %u bytes at offset %u makes something pending", forms[i].size,
               forms[i].offset);
    }
    if (quiet)
        open_choice(c, "%u of %u forms of access are ignored without a fault, which is allowed", quiet, n);
}

#define PAGE "IMSIC.adoc, \"Memory region for an interrupt file\""

const struct conform_check conform_imsic_page[] = {
    {"imsic.seteipnum-le", "a write makes its identity pending, and no other", PAGE, seteipnum_le},
    {"imsic.seteipnum-ignored", "numbers that are no identity are ignored", PAGE, seteipnum_ignored},
    {"imsic.seteipnum-be", "the same with the bytes reversed, or ignored", PAGE, seteipnum_be},
    {"imsic.seteipnum-reads", "reads return zero", PAGE, seteipnum_reads},
    {"imsic.latches-disabled", "a disabled identity becomes pending too", PAGE, disabled_latches},
    {"imsic.page-reserved", "other bytes are read-only zeros", PAGE, page_reserved},
    {"imsic.page-access", "other forms of access fault or are ignored", PAGE, page_access},
    {NULL, NULL, NULL, NULL},
};
