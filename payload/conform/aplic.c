/* SPDX-License-Identifier: BSD-2-Clause */
/* The rules of AdvPLIC.adoc for a domain and the configuration of its sources, in either delivery mode. Nothing is delivered. */
#include "payload/conform/domain.h"

bool conform_find_sources(struct conform_domain *d)
{
    const struct conform on = {.domain = d}, *c = &on;
    uint32_t before = reg_read(c, DOMAINCFG);
    unsigned n = 0;

    for (unsigned i = 1; i <= d->n_sources; i++)
        if (is_active(c, i))
            return false; /* in use: the checks would disturb the source's owner */
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
        expect(c, r >> 24 == 0x80, "writing %#x, the register reads %#x: bits 31:24 are not 0x80",
               (unsigned)values[i], (unsigned)r);
        expect(c, !(r & 0x00fffefau), "writing %#x, the register reads %#x: reserved bits are set",
               (unsigned)values[i], (unsigned)r);
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

    expect(c, zero || one, "DM reads neither of the two values written");
    expect(c, c->domain->direct ? zero : one, "DM does not have the mode that the device tree says");
    open_choice(c, zero && one ? "both delivery modes" : zero ? "only direct delivery" : "only MSI delivery");
}

static void domaincfg_be(struct conform *c)
{
    reg_write(c, DOMAINCFG, 0x01000001); /* "(x<<24)|x": the same in either order */
    bool big = reg_read(c, DOMAINCFG) >> 31 == 0;
    reg_write(c, DOMAINCFG, 0);
    uint32_t r = reg_read(c, DOMAINCFG);

    expect(c, r >> 24 == 0x80 && !(r & 1), "after 0 was written, the register reads %#x", (unsigned)r);
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
        expect(c, r <= 1 || (r >= 4 && r <= 7), "writing %u, the register reads %#x", modes[i], (unsigned)r);
    }
    expect(c, !(missing & 1), "the source cannot be made inactive");
    if (missing)
        open_choice(c, "modes that the source does not have, a bit each: %#x", missing);
}

static void sourcecfg_reserved_modes(struct conform *c)
{
    unsigned s = c->domain->source[0];

    for (unsigned m = 2; m <= 3; m++) {
        mode(c, s, APLIC_DETACHED);
        reg_write(c, SOURCECFG + 4 * s, m);
        uint32_t r = reg_read(c, SOURCECFG + 4 * s);
        expect(c, r <= 1 || (r >= 4 && r <= 7), "SM is WARL; writing the reserved %u, the register reads %#x",
               m, (unsigned)r);
    }
}

static void sourcecfg_reserved_bits(struct conform *c)
{
    unsigned s = c->domain->source[0];

    reg_write(c, SOURCECFG + 4 * s, 0xfffffbf8u | APLIC_DETACHED);
    uint32_t r = reg_read(c, SOURCECFG + 4 * s);
    expect(c, !(r & ~7u), "the register reads %#x", (unsigned)r);
}

static void sourcecfg_leaf(struct conform *c)
{
    unsigned s = c->domain->source[0];

    mode(c, s, APLIC_DETACHED);
    reg_write(c, SOURCECFG + 4 * s, 0x400u | APLIC_DETACHED);
    uint32_t r = reg_read(c, SOURCECFG + 4 * s);
    expect(c, !r, "after a write with D set, the register reads %#x", (unsigned)r);
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
    expect(c, !PENDING(c, s), "made inactive, the source is pending");
    expect(c, !ENABLED(c, s), "made inactive, the source is enabled");
    uint32_t r = reg_read(c, TARGET + 4 * s);
    expect(c, !r, "made inactive, its target reads %#x", (unsigned)r);
}

static void inactive_read_only(struct conform *c)
{
    unsigned s = c->domain->source[0];

    reg_write(c, SETIPNUM, s);
    write_bit(c, SETIP, s);
    expect(c, !PENDING(c, s), "an inactive source can be made pending");
    reg_write(c, SETIENUM, s);
    write_bit(c, SETIE, s);
    expect(c, !ENABLED(c, s), "an inactive source can be enabled");
    reg_write(c, TARGET + 4 * s, 1);
    uint32_t r = reg_read(c, TARGET + 4 * s);
    expect(c, !r, "the target of an inactive source was written, and reads %#x", (unsigned)r);
    mode(c, s, APLIC_DETACHED);
    expect(c, !PENDING(c, s) && !ENABLED(c, s), "made active, the source is pending or enabled");
}

static void unimplemented(struct conform *c)
{
    unsigned s = c->domain->n_sources + 1;

    if (s > APLIC_MAX_SOURCES) {
        left_out(c, "all 1023 sources are implemented");
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

/* ---- the control region ---- */

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
        bool good = try_load(a, 4, &v);
        expect(c, good && !v, "offset %#x was written, and reads %#lx", offsets[i], (unsigned long)v);
    }
}

static void access_forms(struct conform *c)
{
    /* 8 bytes at an aligned address: an access that is not aligned may become two accesses of 4 bytes, which are legal. */
    static const struct {
        unsigned reg, offset, size;
    } forms[] = {{SETIPNUM, 0, 1}, {SETIPNUM, 0, 2}, {SETIPNUM_LE, 0, 8}, {SETIPNUM, 1, 4}, {SETIPNUM, 2, 4}};
    unsigned s = c->domain->source[0], quiet = 0, n = sizeof(forms) / sizeof(forms[0]);

    mode(c, s, APLIC_DETACHED);
    for (unsigned i = 0; i < n; i++) {
        quiet += try_store(c->domain->mmio + forms[i].reg + forms[i].offset, forms[i].size,
                           forms[i].offset ? (uint64_t)s << 8 * (4 - forms[i].offset) | s : s);
        expect(c, !PENDING(c, s), "a write of %u bytes at offset %#x has an effect", forms[i].size,
               forms[i].reg + forms[i].offset);
        reg_write(c, CLRIPNUM, s);
    }
    if (quiet)
        open_choice(c, "%u of %u forms of access are ignored without a fault, which is allowed", quiet, n);
}

#define REG(x) "AdvPLIC.adoc, \"" x "\""
#define DOMAIN REG("Domain configuration")
#define SOURCE REG("Source configurations")
#define REGION REG("Memory-mapped control region for an interrupt domain")

const struct conform_check conform_aplic[] = {
    {"aplic.domaincfg-fixed", "bits 31:24 read 0x80, reserved bits 0", DOMAIN, domaincfg_fixed},
    {"aplic.domaincfg-ie", "IE can be set and cleared", DOMAIN, domaincfg_ie},
    {"aplic.domaincfg-dm", "DM has one delivery mode or both", DOMAIN, domaincfg_dm},
    {"aplic.domaincfg-be", "BE is WARL", DOMAIN, domaincfg_be},
    {"aplic.sourcecfg-modes", "the modes that a source has", SOURCE, sourcecfg_modes},
    {"aplic.sourcecfg-reserved-modes", "SM never reads 2 or 3", SOURCE, sourcecfg_reserved_modes},
    {"aplic.sourcecfg-reserved-bits", "bits other than SM read zero", SOURCE, sourcecfg_reserved_bits},
    {"aplic.sourcecfg-leaf", "a leaf domain cannot delegate", SOURCE, sourcecfg_leaf},
    {"aplic.inactive-zero", "an inactive source's pending, enable, target are zero", SOURCE, inactive_zero},
    {"aplic.inactive-read-only", "and they are read-only", SOURCE, inactive_read_only},
    {"aplic.unimplemented", "bits of absent sources are read-only zero", SOURCE, unimplemented},
    {"aplic.reserved-bytes", "reserved bytes are read-only zero", REGION, reserved_bytes},
    {"aplic.access", "other forms of access fault or are ignored", REGION, access_forms},
    {NULL, NULL, NULL, NULL},
};
