/* SPDX-License-Identifier: BSD-2-Clause */
/* The rules of IMSIC.adoc for the registers of a supervisor-level interrupt file, accessed by its own hart. */
#include "payload/conform/file.h"
#include "csr.h"

static unsigned words(const struct conform *c)
{
    return c->file->n_ids / 64 + 1;
}

static unsigned long implemented(const struct conform *c, unsigned w)
{
    unsigned long bits = w ? ~0ul : ~1ul; /* identity 0 does not exist */
    unsigned top = c->file->n_ids % 64;

    return w < c->file->n_ids / 64 || top == 63 ? bits : bits & ((2ul << top) - 1);
}

bool conform_pending(unsigned id)
{
    unsigned long v = csr_ireg_read(EIP0 + id / 64 * 2);

    conform_read("siselect", EIP0 + id / 64 * 2, v);
    return v >> id % 64 & 1;
}

void conform_clear(unsigned id)
{
    csr_ireg_clear(EIP0 + id / 64 * 2, 1ul << id % 64);
}

void conform_enable(unsigned id)
{
    csr_ireg_set(EIE0 + id / 64 * 2, 1ul << id % 64);
}

static void pend(unsigned id)
{
    csr_ireg_set(EIP0 + id / 64 * 2, 1ul << id % 64);
}

unsigned conform_count_pending(const struct conform *c, unsigned *lowest)
{
    unsigned n = 0;

    *lowest = 0;
    for (unsigned id = c->file->n_ids; id >= 1; id--)
        if (conform_pending(id)) {
            *lowest = id;
            n++;
        }
    return n;
}

static bool signals(const struct conform *c)
{
    (void)c;
    return csr_sip() & SIE_SEIE;
}

static bool is_silent(const struct conform *c)
{
    return !signals(c);
}

/* The value of stopei for an identity. */
static unsigned long top_of(unsigned id)
{
    return (unsigned long)id << 16 | id;
}

bool conform_top_is(struct conform *c, unsigned id, const char *when)
{
    unsigned long v = csr_stopei();

    return expect(c, v == top_of(id), "%s: stopei is %#lx, not %#lx", when, v, top_of(id));
}

/* ---- eidelivery, eithreshold ---- */

static void eidelivery_values(struct conform *c)
{
    for (unsigned long v = 0; v < 3; v++) { /* 0, 1, and 0 again */
        csr_ireg_write(EIDELIVERY, v % 2);
        unsigned long r = csr_ireg_read(EIDELIVERY);
        expect(c, r == v % 2, "writing %lu, the register reads %#lx", v % 2, r);
    }
}

static void eidelivery_warl(struct conform *c)
{
    static const unsigned long odd[] = {2, 3, 0x80000000, 0x40000001, 0xffffffff, ~0ul};

    for (unsigned i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
        csr_ireg_write(EIDELIVERY, odd[i]);
        unsigned long r = csr_ireg_read(EIDELIVERY);
        expect(c, r <= 1 || r == 0x40000000, "writing %#lx, the register reads %#lx, which is not legal",
               odd[i], r);
    }
}

static void eidelivery_aplic(struct conform *c)
{
    csr_ireg_write(EIDELIVERY, 0x40000000);
    open_choice(c, csr_ireg_read(EIDELIVERY) == 0x40000000
                       ? "delivery from a PLIC or APLIC is supported"
                       : "delivery from a PLIC or APLIC is not supported");
}

static void eithreshold_values(struct conform *c)
{
    for (unsigned v = 0; v <= c->file->n_ids; v++) {
        csr_ireg_write(EITHRESHOLD, v);
        unsigned long r = csr_ireg_read(EITHRESHOLD);
        if (!expect(c, r == v, "writing %u, the register reads %#lx", v, r))
            return;
    }
}

static void threshold(struct conform *c)
{
    conform_enable(5);
    pend(5);
    conform_top_is(c, 5, "threshold 0");
    csr_ireg_write(EITHRESHOLD, 6);
    conform_top_is(c, 5, "threshold 6");
    csr_ireg_write(EITHRESHOLD, 5);
    conform_top_is(c, 0, "threshold 5");
    csr_ireg_write(EITHRESHOLD, 1);
    conform_top_is(c, 0, "threshold 1");
    conform_enable(3);
    pend(3);
    csr_ireg_write(EITHRESHOLD, 4);
    conform_top_is(c, 3, "threshold 4, 3 pending too");
    csr_ireg_write(EIDELIVERY, 1);
    expect(c, eventually(c, signals), "3 exceeds the threshold and sip.SEIP is 0");
    csr_ireg_write(EITHRESHOLD, 3);
    expect(c, eventually(c, is_silent), "nothing exceeds the threshold and sip.SEIP is 1");
}

/* ---- eip, eie ---- */

static void array_bits(struct conform *c, unsigned base, const char *name)
{
    for (unsigned w = 0; w < words(c); w++) {
        unsigned long want = implemented(c, w), r;
        csr_ireg_write(base + 2 * w, ~0ul);
        r = csr_ireg_read(base + 2 * w);
        expect(c, r == want, "%s%u: all ones reads %#lx, not %#lx", name, 2 * w, r, want);
        csr_ireg_write(base + 2 * w, 0);
        r = csr_ireg_read(base + 2 * w);
        expect(c, !r, "%s%u: zero reads %#lx", name, 2 * w, r);
    }
}

static void eip_bits(struct conform *c)
{
    array_bits(c, EIP0, "eip");
}

static void eie_bits(struct conform *c)
{
    array_bits(c, EIE0, "eie");
}

/* Setting and clearing single bits does not change other bits. */
static void array_single(struct conform *c)
{
    for (unsigned base = EIP0; base <= EIE0; base += EIE0 - EIP0) {
        csr_ireg_write(base, 0x50);
        csr_ireg_set(base, 0x22);
        unsigned long r = csr_ireg_read(base);
        expect(c, r == 0x72, "0x50 with 0x22 set reads %#lx at %#x", r, base);
        csr_ireg_clear(base, 0x12);
        r = csr_ireg_read(base);
        expect(c, r == 0x60, "0x72 with 0x12 cleared reads %#lx at %#x", r, base);
        csr_ireg_write(base, 0);
    }
}

static void odd_registers(struct conform *c)
{
    unsigned long v;

    for (unsigned reg = EIP0 + 1; reg < 0x100; reg += 2) {
        bool readable = try_ireg_read(reg, &v);
        expect(c, !readable, "siselect %#x: a read does not trap, and gives %#lx", reg, v);
        expect(c, !try_ireg_write(reg, 0), "siselect %#x: a write does not trap", reg);
    }
}

static void reserved_registers(struct conform *c)
{
    for (unsigned reg = 0x71; reg < EIP0; reg++) {
        unsigned long v = 0;
        if (reg == EITHRESHOLD)
            continue;
        bool good = expect(c, try_ireg_read(reg, &v), "siselect %#x: a read traps", reg);
        expect(c, !good || !v, "siselect %#x reads %#lx", reg, v);
        expect(c, try_ireg_write(reg, ~0ul), "siselect %#x: a write traps", reg);
        good = good && try_ireg_read(reg, &v);
        expect(c, !good || !v, "siselect %#x reads %#lx when ones were written", reg, v);
    }
}

/* Even registers beyond the last identity. The text does not clearly say whether they are read-only zero or do not exist. */
static void registers_beyond(struct conform *c)
{
    unsigned traps = 0, n = 0;

    for (unsigned base = EIP0; base <= EIE0; base += EIE0 - EIP0)
        for (unsigned w = words(c); w < 32; w++, n++) {
            unsigned long v = 0;
            if (!try_ireg_write(base + 2 * w, ~0ul) || !try_ireg_read(base + 2 * w, &v))
                traps++;
            else
                expect(c, !v, "siselect %#x: ones were written, and the register reads %#lx", base + 2 * w,
                       v);
        }
    if (!n)
        left_out(c, "there are no such registers: the file has 2047 identities");
    else if (traps)
        open_choice(c, "%u of %u registers trap, the others are read-only zeros", traps, n);
}

/* ---- stopei ---- */

static void top_priority(struct conform *c)
{
    static const unsigned ids[] = {40, 9, 33, 2};
    unsigned last = c->file->n_ids;

    conform_top_is(c, 0, "nothing pending");
    pend(last);
    conform_enable(last);
    conform_top_is(c, last, "the last identity");
    for (unsigned i = 0, lowest = last; i < sizeof(ids) / sizeof(ids[0]); i++) {
        pend(ids[i]);
        conform_enable(ids[i]);
        lowest = ids[i] < lowest ? ids[i] : lowest;
        conform_top_is(c, lowest, "several pending");
    }
}

static void top_enabled(struct conform *c)
{
    pend(7);
    conform_enable(8);
    conform_top_is(c, 0, "one pending, another enabled");
    pend(8);
    conform_top_is(c, 8, "7 pending, 8 pending and enabled");
}

static void claim(struct conform *c)
{
    static const unsigned ids[] = {3, 21, 62};
    unsigned lowest;

    for (unsigned i = 0; i < 3; i++) {
        pend(ids[i]);
        conform_enable(ids[i]);
    }
    for (unsigned i = 0; i < 3; i++) {
        unsigned long v = csr_claim_stopei();
        expect(c, v == top_of(ids[i]), "claim %u returns %#lx, not %#lx", i, v, top_of(ids[i]));
        unsigned n = conform_count_pending(c, &lowest);
        expect(c, n == 2 - i && (!n || lowest == ids[i + 1]), "after claim %u, %u are pending, the lowest %u",
               i, n, lowest);
    }
    pend(21);
    csr_ireg_clear(EIE0, 1ul << 21);
    unsigned long v = csr_claim_stopei();
    expect(c, !v && conform_pending(21), "a claim where stopei is zero returns %#lx%s", v,
           conform_pending(21) ? "" : ", and clears what is not enabled");
}

static void top_undelivered(struct conform *c)
{
    conform_enable(4);
    pend(4);
    conform_top_is(c, 4, "eidelivery 0");
    csr_ireg_write(EIDELIVERY, 1);
    conform_top_is(c, 4, "eidelivery 1");
    csr_sie_external(0);
    conform_top_is(c, 4, "sie.SEIE 0");
    csr_ireg_write(EIDELIVERY, 0);
    unsigned long v = csr_claim_stopei();
    expect(c, v == top_of(4) && !conform_pending(4), "a claim with eidelivery 0 returns %#lx", v);
}

/* ---- delivery ---- */

static void seip(struct conform *c)
{
    conform_enable(11);
    csr_ireg_write(EIDELIVERY, 1);
    expect(c, eventually(c, is_silent), "nothing is pending and sip.SEIP is 1");
    pend(11);
    expect(c, eventually(c, signals), "one is pending and enabled and sip.SEIP is 0");
    csr_ireg_write(EIDELIVERY, 0);
    expect(c, eventually(c, is_silent), "eidelivery is 0 and sip.SEIP is 1");
    expect(c, conform_pending(11), "eidelivery 0 has cleared what is pending");
    csr_ireg_write(EIDELIVERY, 1);
    expect(c, eventually(c, signals), "eidelivery is 1 again and sip.SEIP is 0");
    (void)csr_claim_stopei();
    expect(c, eventually(c, is_silent), "the last was claimed and sip.SEIP is 1");
}

/* stopi does not depend on sstatus, in which interrupts are off. */
static void stopi(struct conform *c)
{
    conform_enable(12);
    pend(12);
    csr_ireg_write(EIDELIVERY, 1);
    (void)eventually(c, signals);
    csr_sie_external(1);
    unsigned long v = csr_stopi();
    expect(c, v >> 16 == 9, "an external interrupt is pending and enabled, and stopi is %#lx", v);
    expect(c, !(v & ~0x0fff00fful), "stopi is %#lx: reserved bits are set", v);
    csr_sie_external(0);
    v = csr_stopi();
    expect(c, v >> 16 != 9, "sie.SEIE is 0, and stopi is %#lx", v);
}

#define REGS     "IMSIC.adoc, \"Indirectly accessed interrupt-file registers\""
#define CSRS     "IMSIC.adoc, \"CSRs for external interrupts via an IMSIC\""
#define TOP      "IMSIC.adoc, \"Top external interrupt CSRs\""
#define DELIVERY "IMSIC.adoc, \"External interrupt delivery enable register\""

const struct conform_check conform_imsic[] = {
    {"imsic.eidelivery", "eidelivery holds 0 and 1", DELIVERY, eidelivery_values},
    {"imsic.eidelivery-warl", "after other values, it reads a legal value", DELIVERY, eidelivery_warl},
    {"imsic.eidelivery-aplic", "0x40000000 is optional", DELIVERY, eidelivery_aplic},
    {"imsic.eithreshold", "eithreshold holds 0 to N",
     "IMSIC.adoc, \"External interrupt enable threshold register\"", eithreshold_values},
    {"imsic.threshold", "identities >= eithreshold do not signal, unless it is 0",
     "IMSIC.adoc, \"External interrupt enable threshold register\"", threshold},
    {"imsic.eip", "a bit for each identity, others read-only zeros",
     "IMSIC.adoc, \"External interrupt-pending registers\"", eip_bits},
    {"imsic.eie", "a bit for each identity, others read-only zeros",
     "IMSIC.adoc, \"External interrupt-enable registers\"", eie_bits},
    {"imsic.eip-eie-single", "bits are set and cleared singly", REGS, array_single},
    {"imsic.odd-registers", "odd eip and eie are illegal on RV64", REGS, odd_registers},
    {"imsic.reserved-registers", "0x71, 0x73-0x7f read zero, ignore writes", CSRS, reserved_registers},
    {"imsic.registers-beyond", "even eip and eie beyond N", REGS, registers_beyond},
    {"imsic.stopei-priority", "the lowest pending and enabled identity, twice", TOP, top_priority},
    {"imsic.stopei-enabled", "stopei has only enabled identities", TOP, top_enabled},
    {"imsic.claim", "a claim clears the identity that it returns, no other", TOP, claim},
    {"imsic.stopei-undelivered", "stopei does not depend on eidelivery and sie", TOP, top_undelivered},
    {"imsic.seip", "sip.SEIP follows the file if eidelivery is 1",
     "IMSIC.adoc, \"Interrupt delivery and handling\"", seip},
    {"imsic.stopi", "stopi reports 9 for an external interrupt",
     "MSLevel.adoc, \"Supervisor top interrupt CSR\"", stopi},
    {NULL, NULL, NULL, NULL},
};
