/* SPDX-License-Identifier: BSD-2-Clause */
/* The rules of AdvPLIC.adoc for the pending and enable bits of sources, in either delivery mode. Nothing is delivered. */
#include "payload/conform/domain.h"

/* ---- pending and enable bits, by bit and by number: each write changes only its source ---- */

static void set_and_clear(struct conform *c, unsigned read, unsigned set, unsigned clear, bool by_number)
{
    unsigned s = c->domain->source[0], other = c->domain->source[1];

    mode(c, s, APLIC_DETACHED);
    mode(c, other, APLIC_DETACHED);
    if (by_number)
        reg_write(c, set, s);
    else
        write_bit(c, set, s);
    expect(c, bit_of(c, read, s), "the bit is not set");
    expect(c, !bit_of(c, read, other), "the bit of source %u is set too", other);
    if (by_number)
        reg_write(c, clear, other);
    else
        write_bit(c, clear, other);
    expect(c, bit_of(c, read, s), "clearing the bit of source %u clears the bit", other);
    if (by_number)
        reg_write(c, clear, s);
    else
        write_bit(c, clear, s);
    expect(c, !bit_of(c, read, s), "the bit is not cleared");
}

static void setip_in_clrip(struct conform *c)
{
    set_and_clear(c, SETIP, SETIP, IN_CLRIP, false);
}

static void setipnum_clripnum(struct conform *c)
{
    set_and_clear(c, SETIP, SETIPNUM, CLRIPNUM, true);
}

static void setie_clrie(struct conform *c)
{
    set_and_clear(c, SETIE, SETIE, CLRIE, false);
}

static void setienum_clrienum(struct conform *c)
{
    set_and_clear(c, SETIE, SETIENUM, CLRIENUM, true);
}

static void setipnum_le(struct conform *c)
{
    set_and_clear(c, SETIP, SETIPNUM_LE, CLRIPNUM, true);
}

static void setipnum_be(struct conform *c)
{
    unsigned s = c->domain->source[0];

    mode(c, s, APLIC_DETACHED);
    reg_write(c, SETIPNUM_BE, s);
    expect(c, !PENDING(c, s) || __builtin_bswap32(s) == s,
           "the number in little-endian order makes the source pending");
    reg_write(c, SETIPNUM_BE, __builtin_bswap32(s));
    if (!PENDING(c, s))
        open_choice(c, "writes are ignored, which is allowed where BE is read-only zero");
}

static void numbers_ignored(struct conform *c)
{
    static const unsigned regs[] = {SETIPNUM, SETIPNUM_LE, SETIENUM};
    unsigned s = c->domain->source[0], n = c->domain->n_sources;
    const uint32_t bad[] = {
        0, n + 1, 1024 + s, 0x10000 + s, 0x80000000u + s, 0xffffffff, c->domain->source[1]};

    mode(c, s, APLIC_DETACHED);
    for (unsigned r = 0; r < 3; r++)
        for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
            uint64_t v;
            expect(c, try_store(c->domain->mmio + regs[r], 4, bad[i]), "writing %#x to %#x traps",
                   (unsigned)bad[i], regs[r]);
            (void)try_load(c->domain->mmio + regs[r], 4, &v);
            expect(c, !PENDING(c, s) && !ENABLED(c, s), "writing %#x to %#x changes source %u",
                   (unsigned)bad[i], regs[r], s);
            unsigned o = c->domain->source[1]; /* inactive */
            expect(c, !PENDING(c, o) && !ENABLED(c, o), "inactive source %u is pending or enabled", o);
        }
}

static void reads_zero(struct conform *c)
{
    static const unsigned regs[] = {SETIPNUM, CLRIPNUM, SETIENUM, CLRIENUM, SETIPNUM_LE, SETIPNUM_BE};
    unsigned s = c->domain->source[0];

    mode(c, s, APLIC_DETACHED);
    reg_write(c, SETIPNUM, s);
    reg_write(c, SETIENUM, s);
    for (unsigned i = 0; i < sizeof(regs) / sizeof(regs[0]); i++) {
        uint32_t r = reg_read(c, regs[i]);
        expect(c, !r, "offset %#x reads %#x", regs[i], (unsigned)r);
    }
    for (unsigned w = 0; w < 32; w++) {
        uint32_t r = reg_read(c, CLRIE + 4 * w);
        expect(c, !r, "clrie[%u] reads %#x", w, (unsigned)r);
    }
}

/* ---- the rectified input ---- */

static void rectified(struct conform *c)
{
    static const struct {
        enum aplic_mode mode;
        bool up; /* with the wire down */
    } modes[] = {{APLIC_DETACHED, false},   {APLIC_EDGE_RISE, false}, {APLIC_EDGE_FALL, true},
                 {APLIC_LEVEL_HIGH, false}, {APLIC_LEVEL_LOW, true},  {APLIC_INACTIVE, false}};
    unsigned s = c->domain->source[0];

    for (unsigned i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
        mode(c, s, modes[i].mode);
        if (reg_read(c, SOURCECFG + 4 * s) == modes[i].mode)
            expect(c, INPUT(c, s) == modes[i].up, "mode %u, wire down: in_clrip reads %u", modes[i].mode,
                   !modes[i].up);
    }
    mode(c, s, APLIC_DETACHED);
    reg_write(c, SETIPNUM, s);
    expect(c, !INPUT(c, s), "a detached source's input reads 1 while it is pending");
}

static void edge_by_software(struct conform *c)
{
    unsigned s = c->domain->source[0];

    for (unsigned m = APLIC_EDGE_RISE; m <= APLIC_EDGE_FALL; m++) {
        mode(c, s, APLIC_INACTIVE);
        mode(c, s, (enum aplic_mode)m);
        reg_write(c, CLRIPNUM, s);
        expect(c, !PENDING(c, s), "mode %u: clripnum does not clear the pending bit", m);
        reg_write(c, SETIPNUM, s);
        expect(c, PENDING(c, s), "mode %u: setipnum does not set the pending bit", m);
        write_bit(c, IN_CLRIP, s);
        expect(c, !PENDING(c, s), "mode %u: in_clrip does not clear the pending bit", m);
        write_bit(c, SETIP, s);
        expect(c, PENDING(c, s), "mode %u: setip does not set the pending bit", m);
    }
}

/* A level that is not asserted is never pending: no write makes it pending, and it is not pending because it was asserted before. */
static void level_down(struct conform *c)
{
    unsigned s = c->domain->source[0];

    mode(c, s, APLIC_LEVEL_HIGH);
    expect(c, !PENDING(c, s), "the source is pending from the start");
    reg_write(c, SETIPNUM, s);
    expect(c, !PENDING(c, s), "setipnum makes the source pending");
    write_bit(c, SETIP, s);
    expect(c, !PENDING(c, s), "setip makes the source pending");
    reg_write(c, SETIPNUM_LE, s);
    expect(c, !PENDING(c, s), "setipnum_le makes the source pending");
}

static void level_falls(struct conform *c)
{
    unsigned s = c->domain->source[0];

    mode(c, s, APLIC_LEVEL_LOW);
    reg_write(c, SETIPNUM, s);
    expect(c, PENDING(c, s), "the input is asserted, and the source is not pending after setipnum");
    mode(c, s, APLIC_LEVEL_HIGH);
    expect(c, !PENDING(c, s), "the rectified input went down, and the source stays pending");
    mode(c, s, APLIC_INACTIVE);
    mode(c, s, APLIC_DETACHED);
    reg_write(c, SETIPNUM, s);
    mode(c, s, APLIC_LEVEL_HIGH);
    expect(c, !PENDING(c, s),
           "a source that was pending when detached is pending as a level whose input is down");
}

#define REG(x) "AdvPLIC.adoc, \"" x "\""

const struct conform_check conform_aplic_bits[] = {
    {"aplic.setip-in_clrip", "pending bits are set and cleared by bit", BITS, setip_in_clrip},
    {"aplic.setipnum-clripnum", "pending bits are set and cleared by number", BITS, setipnum_clripnum},
    {"aplic.setipnum_le", "acts as setipnum", REG("Set interrupt-pending bit by number, little-endian"),
     setipnum_le},
    {"aplic.setipnum_be", "acts with the bytes reversed, or is ignored",
     REG("Set interrupt-pending bit by number, big-endian"), setipnum_be},
    {"aplic.setie-clrie", "enable bits are set and cleared by bit", REG("Set interrupt-enable bits"),
     setie_clrie},
    {"aplic.setienum-clrienum", "enable bits are set and cleared by number",
     REG("Set interrupt-enable bit by number"), setienum_clrienum},
    {"aplic.numbers-ignored", "numbers that name no active source are ignored",
     REG("Set interrupt-pending bit by number"), numbers_ignored},
    {"aplic.reads-zero", "by-number registers and clrie read zero", REG("Clear interrupt-enable bits"),
     reads_zero},
    {"aplic.in_clrip-rectified", "in_clrip reads rectified inputs",
     REG("Rectified inputs, clear interrupt-pending bits"), rectified},
    {"aplic.edge-software", "an edge source is set and cleared by writes", BITS, edge_by_software},
    {"aplic.level-down", "a level that is down is never made pending", BITS, level_down},
    {"aplic.level-falls", "a level is not pending after it falls", BITS, level_falls},
    {NULL, NULL, NULL, NULL},
};
