/* SPDX-License-Identifier: BSD-2-Clause */
/* The rules of AdvPLIC.adoc for a domain's registers, in either delivery mode. Nothing is delivered. */
#include "payload/conform/domain.h"

bool conform_find_sources(struct conform_domain *d)
{
    const struct conform on = {.domain = d}, *c = &on;
    uint32_t before = reg_read(c, DOMAINCFG);
    unsigned n = 0;

    for (unsigned i = 1; i <= d->n_sources; i++)
        if (is_active(c, i))
            return false; /* somebody's: what the checks do to the domain would be noticed */
    domain_enable(c, false);
    for (unsigned i = d->n_sources; i >= 1 && n < 2; i--) {
        mode(c, i, APLIC_DETACHED);
        bool ours = reg_read(c, SOURCECFG + 4 * i) == APLIC_DETACHED;
        mode(c, i, APLIC_LEVEL_HIGH);
        bool down = reg_read(c, SOURCECFG + 4 * i) == APLIC_LEVEL_HIGH && !INPUT(c, i);
        mode(c, i, APLIC_INACTIVE);
        if (ours && down)
            d->source[n++] = i;
    }
    reg_write(c, DOMAINCFG, before);
    return n == 2;
}

/* ---- domaincfg ---- */

static void domaincfg_fixed(struct conform *c)
{
    uint32_t on = c->domain->direct ? 0 : DOMAINCFG_DM;
    const uint32_t values[] = {0, 0x7ffffefau | on, on};

    for (unsigned i = 0; i < 3; i++) {
        reg_write(c, DOMAINCFG, values[i] & ~1u); /* BE: aplic.domaincfg-be */
        uint32_t r = reg_read(c, DOMAINCFG);
        expect(c, r >> 24 == 0x80, "writing %#x, it reads %#x: bits 31:24 are not 0x80", (unsigned)values[i],
               (unsigned)r);
        expect(c, !(r & 0x00fffefau), "writing %#x, it reads %#x: reserved bits are set", (unsigned)values[i],
               (unsigned)r);
    }
}

static void domaincfg_ie(struct conform *c)
{
    domain_enable(c, true);
    expect(c, reg_read(c, DOMAINCFG) & DOMAINCFG_IE, "IE cannot be set");
    domain_enable(c, false);
    expect(c, !(reg_read(c, DOMAINCFG) & DOMAINCFG_IE), "IE cannot be cleared");
}

static void domaincfg_dm(struct conform *c)
{
    reg_write(c, DOMAINCFG, 0);
    bool zero = !(reg_read(c, DOMAINCFG) & DOMAINCFG_DM);
    reg_write(c, DOMAINCFG, DOMAINCFG_DM);
    bool one = reg_read(c, DOMAINCFG) & DOMAINCFG_DM;

    expect(c, zero || one, "it reads as what was not written");
    expect(c, c->domain->direct ? zero : one, "it does not have the mode that the device tree says");
    open_choice(c, zero && one ? "both delivery modes"
                   : zero      ? "direct delivery alone"
                               : "MSI delivery alone");
}

static void domaincfg_be(struct conform *c)
{
    reg_write(c, DOMAINCFG, 0x01000001); /* "(x<<24)|x": the same in either order */
    bool big = reg_read(c, DOMAINCFG) >> 31 == 0;
    reg_write(c, DOMAINCFG, 0);
    uint32_t r = reg_read(c, DOMAINCFG);

    expect(c, r >> 24 == 0x80 && !(r & 1), "after 0 was written, it reads %#x", (unsigned)r);
    open_choice(c, big ? "BE can be set" : "BE is read-only zero");
}

/* ---- sourcecfg ---- */

static void sourcecfg_modes(struct conform *c)
{
    static const uint8_t modes[] = {0, 1, 4, 5, 6, 7};
    unsigned s = c->domain->source[0], missing = 0;

    for (unsigned i = 0; i < sizeof(modes); i++) {
        mode(c, s, modes[i]);
        uint32_t r = reg_read(c, SOURCECFG + 4 * s);
        if (r != modes[i])
            missing |= 1u << modes[i];
        expect(c, r <= 1 || (r >= 4 && r <= 7), "writing %u, it reads %#x", modes[i], (unsigned)r);
    }
    expect(c, !(missing & 1), "it cannot be made inactive");
    if (missing)
        open_choice(c, "modes that it does not have, a bit each: %#x", missing);
}

static void sourcecfg_reserved_modes(struct conform *c)
{
    unsigned s = c->domain->source[0];

    for (unsigned m = 2; m <= 3; m++) {
        mode(c, s, APLIC_DETACHED);
        reg_write(c, SOURCECFG + 4 * s, m);
        uint32_t r = reg_read(c, SOURCECFG + 4 * s);
        expect(c, r <= 1 || (r >= 4 && r <= 7), "SM is WARL; writing the reserved %u, it reads %#x", m,
               (unsigned)r);
    }
}

static void sourcecfg_reserved_bits(struct conform *c)
{
    unsigned s = c->domain->source[0];

    reg_write(c, SOURCECFG + 4 * s, 0xfffffbf8u | APLIC_DETACHED);
    uint32_t r = reg_read(c, SOURCECFG + 4 * s);
    expect(c, !(r & ~7u), "it reads %#x", (unsigned)r);
}

static void sourcecfg_leaf(struct conform *c)
{
    unsigned s = c->domain->source[0];

    mode(c, s, APLIC_DETACHED);
    reg_write(c, SOURCECFG + 4 * s, 0x400u | APLIC_DETACHED);
    uint32_t r = reg_read(c, SOURCECFG + 4 * s);
    expect(c, !r, "a write with D set leaves it at %#x", (unsigned)r);
}

static void inactive_zero(struct conform *c)
{
    unsigned s = c->domain->source[0];

    mode(c, s, APLIC_DETACHED);
    reg_write(c, TARGET + 4 * s, c->domain->index << TARGET_INDEX_SHIFT | 1);
    reg_write(c, SETIENUM, s);
    reg_write(c, SETIPNUM, s);
    expect(c, PENDING(c, s) && ENABLED(c, s), "a detached source cannot be made pending and enabled");
    mode(c, s, APLIC_INACTIVE);
    expect(c, !PENDING(c, s), "made inactive, it is pending");
    expect(c, !ENABLED(c, s), "made inactive, it is enabled");
    uint32_t r = reg_read(c, TARGET + 4 * s);
    expect(c, !r, "made inactive, its target reads %#x", (unsigned)r);
}

static void inactive_read_only(struct conform *c)
{
    unsigned s = c->domain->source[0];

    reg_write(c, SETIPNUM, s);
    write_bit(c, SETIP, s);
    expect(c, !PENDING(c, s), "it can be made pending");
    reg_write(c, SETIENUM, s);
    write_bit(c, SETIE, s);
    expect(c, !ENABLED(c, s), "it can be enabled");
    reg_write(c, TARGET + 4 * s, 1);
    uint32_t r = reg_read(c, TARGET + 4 * s);
    expect(c, !r, "its target was written, and reads %#x", (unsigned)r);
    mode(c, s, APLIC_DETACHED);
    expect(c, !PENDING(c, s) && !ENABLED(c, s), "made active, it is pending or enabled");
}

static void unimplemented(struct conform *c)
{
    unsigned s = c->domain->n_sources + 1;

    if (s > APLIC_MAX_SOURCES) {
        left_out(c, "all 1023 sources are there");
        return;
    }
    reg_write(c, SOURCECFG + 4 * s, APLIC_DETACHED);
    uint32_t r = reg_read(c, SOURCECFG + 4 * s);
    expect(c, !r, "sourcecfg[%u] reads %#x", s, (unsigned)r);
    reg_write(c, TARGET + 4 * s, 1);
    r = reg_read(c, TARGET + 4 * s);
    expect(c, !r, "target[%u] reads %#x", s, (unsigned)r);
    write_bit(c, SETIP, s);
    write_bit(c, SETIE, s);
    expect(c, !PENDING(c, s) && !ENABLED(c, s) && !INPUT(c, s), "source %u is pending, enabled or up", s);
    reg_write(c, SETIP, 1);
    reg_write(c, SETIE, 1);
    expect(c, !PENDING(c, 0) && !ENABLED(c, 0), "source 0 is pending or enabled");
}

/* ---- pending and enable bits, by bit and by number: each touches its source alone ---- */

static void set_and_clear(struct conform *c, unsigned read, unsigned set, unsigned clear, bool by_number)
{
    unsigned s = c->domain->source[0], other = c->domain->source[1];

    mode(c, s, APLIC_DETACHED);
    mode(c, other, APLIC_DETACHED);
    if (by_number)
        reg_write(c, set, s);
    else
        write_bit(c, set, s);
    expect(c, bit_of(c, read, s), "it is not set");
    expect(c, !bit_of(c, read, other), "source %u is set with it", other);
    if (by_number)
        reg_write(c, clear, other);
    else
        write_bit(c, clear, other);
    expect(c, bit_of(c, read, s), "clearing that of source %u clears it", other);
    if (by_number)
        reg_write(c, clear, s);
    else
        write_bit(c, clear, s);
    expect(c, !bit_of(c, read, s), "it is not cleared");
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
           "the number in little-endian order makes it pending");
    reg_write(c, SETIPNUM_BE, __builtin_bswap32(s));
    if (!PENDING(c, s))
        open_choice(c, "writes are ignored, as where BE is read-only zero they may be");
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
            expect(c, !PENDING(c, s) && !ENABLED(c, s), "writing %#x to %#x acts on source %u",
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

static void reserved_bytes(struct conform *c)
{
    static const unsigned offsets[] = {0x1000, 0x1bbc, 0x1bc0, 0x1bc4, 0x1bc8, 0x1bcc, 0x1c80,
                                       0x1cd8, 0x1ce0, 0x1d80, 0x1e80, 0x1f80, 0x2008, 0x2ffc};

    for (unsigned i = 0; i < sizeof(offsets) / sizeof(offsets[0]); i++) {
        uint64_t v = 0;
        uintptr_t a = c->domain->mmio + offsets[i];
        expect(c, try_load(a, 4, &v), "offset %#x: a read traps", offsets[i]);
        expect(c, !v, "offset %#x reads %#lx", offsets[i], (unsigned long)v);
        expect(c, try_store(a, 4, 0xffffffff), "offset %#x: a write traps", offsets[i]);
        expect(c, try_load(a, 4, &v) && !v, "offset %#x was written, and reads %#lx", offsets[i],
               (unsigned long)v);
    }
}

static void access_forms(struct conform *c)
{
    static const struct {
        unsigned offset, size;
    } forms[] = {{0, 1}, {0, 2}, {0, 8}, {1, 4}, {2, 4}};
    unsigned s = c->domain->source[0], quiet = 0, n = sizeof(forms) / sizeof(forms[0]);

    mode(c, s, APLIC_DETACHED);
    for (unsigned i = 0; i < n; i++) {
        quiet += try_store(c->domain->mmio + SETIPNUM + forms[i].offset, forms[i].size,
                           forms[i].offset ? (uint64_t)s << 8 * (4 - forms[i].offset) | s : s);
        expect(c, !PENDING(c, s), "a write of %u bytes at setipnum + %u acts", forms[i].size,
               forms[i].offset);
        reg_write(c, CLRIPNUM, s);
    }
    if (quiet)
        open_choice(c, "%u of %u forms of access are ignored without a fault, as they may be", quiet, n);
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
        expect(c, !PENDING(c, s), "mode %u: clripnum does not clear it", m);
        reg_write(c, SETIPNUM, s);
        expect(c, PENDING(c, s), "mode %u: setipnum does not set it", m);
        write_bit(c, IN_CLRIP, s);
        expect(c, !PENDING(c, s), "mode %u: in_clrip does not clear it", m);
        write_bit(c, SETIP, s);
        expect(c, PENDING(c, s), "mode %u: setip does not set it", m);
    }
}

/* A level that is not asserted is never pending: by no write, and not for having been asserted. */
static void level_down(struct conform *c)
{
    unsigned s = c->domain->source[0];

    mode(c, s, APLIC_LEVEL_HIGH);
    expect(c, !PENDING(c, s), "it is pending from the start");
    reg_write(c, SETIPNUM, s);
    expect(c, !PENDING(c, s), "setipnum makes it pending");
    write_bit(c, SETIP, s);
    expect(c, !PENDING(c, s), "setip makes it pending");
    reg_write(c, SETIPNUM_LE, s);
    expect(c, !PENDING(c, s), "setipnum_le makes it pending");
}

static void level_falls(struct conform *c)
{
    unsigned s = c->domain->source[0];

    mode(c, s, APLIC_LEVEL_LOW);
    reg_write(c, SETIPNUM, s);
    expect(c, PENDING(c, s), "asserted, setipnum or the level does not make it pending");
    mode(c, s, APLIC_LEVEL_HIGH);
    expect(c, !PENDING(c, s), "its rectified input went down, and it stays pending");
    mode(c, s, APLIC_INACTIVE);
    mode(c, s, APLIC_DETACHED);
    reg_write(c, SETIPNUM, s);
    mode(c, s, APLIC_LEVEL_HIGH);
    expect(c, !PENDING(c, s), "pending when detached, it is so as a level whose input is down");
}

#define REG(x) "AdvPLIC.adoc, \"" x "\""
#define DOMAIN REG("Domain configuration")
#define SOURCE REG("Source configurations")
#define REGION REG("Memory-mapped control region for an interrupt domain")

const struct conform_check conform_aplic[] = {
    {"aplic.domaincfg-fixed", "bits 31:24 read 0x80, reserved ones 0", DOMAIN, domaincfg_fixed},
    {"aplic.domaincfg-ie", "IE can be set and cleared", DOMAIN, domaincfg_ie},
    {"aplic.domaincfg-dm", "one delivery mode or both", DOMAIN, domaincfg_dm},
    {"aplic.domaincfg-be", "BE is WARL", DOMAIN, domaincfg_be},
    {"aplic.sourcecfg-modes", "which modes there are", SOURCE, sourcecfg_modes},
    {"aplic.sourcecfg-reserved-modes", "2 and 3 never read back", SOURCE, sourcecfg_reserved_modes},
    {"aplic.sourcecfg-reserved-bits", "all but SM read zero", SOURCE, sourcecfg_reserved_bits},
    {"aplic.sourcecfg-leaf", "a leaf domain cannot delegate", SOURCE, sourcecfg_leaf},
    {"aplic.inactive-zero", "inactive: pending, enable, target are zero", SOURCE, inactive_zero},
    {"aplic.inactive-read-only", "and read-only", SOURCE, inactive_read_only},
    {"aplic.unimplemented", "what is no source is read-only zero", SOURCE, unimplemented},
    {"aplic.setip-in_clrip", "by bit", BITS, setip_in_clrip},
    {"aplic.setipnum-clripnum", "by number", BITS, setipnum_clripnum},
    {"aplic.setipnum_le", "as setipnum", REG("Set interrupt-pending bit by number, little-endian"),
     setipnum_le},
    {"aplic.setipnum_be", "bytes reversed, or ignored",
     REG("Set interrupt-pending bit by number, big-endian"), setipnum_be},
    {"aplic.setie-clrie", "by bit", REG("Set interrupt-enable bits"), setie_clrie},
    {"aplic.setienum-clrienum", "by number", REG("Set interrupt-enable bit by number"), setienum_clrienum},
    {"aplic.numbers-ignored", "numbers of no active source are ignored",
     REG("Set interrupt-pending bit by number"), numbers_ignored},
    {"aplic.reads-zero", "by-number registers and clrie read zero", REG("Clear interrupt-enable bits"),
     reads_zero},
    {"aplic.reserved-bytes", "read-only zeros", REGION, reserved_bytes},
    {"aplic.access", "other forms of access fault or are ignored", REGION, access_forms},
    {"aplic.in_clrip-rectified", "reads rectified inputs",
     REG("Rectified inputs, clear interrupt-pending bits"), rectified},
    {"aplic.edge-software", "an edge source is set and cleared by writes", BITS, edge_by_software},
    {"aplic.level-down", "a level that is down is never made pending", BITS, level_down},
    {"aplic.level-falls", "and not pending any more when it falls", BITS, level_falls},
    {NULL, NULL, NULL, NULL},
};
