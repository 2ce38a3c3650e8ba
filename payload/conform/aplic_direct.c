/* SPDX-License-Identifier: BSD-2-Clause */
/* The rules of AdvPLIC.adoc for a domain that delivers directly, at this hart's IDC structure. */
#include "payload/conform/domain.h"
#include "csr.h"

static uint32_t idc_read(const struct conform *c, unsigned reg)
{
    return reg_read(c, IDC(c->domain->index) + reg);
}

static void idc_write(const struct conform *c, unsigned reg, uint32_t v)
{
    reg_write(c, IDC(c->domain->index) + reg, v);
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

static uint32_t top_of(unsigned source, unsigned priority)
{
    return source << CLAIMI_SOURCE_SHIFT | priority;
}

/* Enable the source in this mode, with this hart as its target. */
static void start(const struct conform *c, unsigned s, enum aplic_mode m, unsigned priority)
{
    mode(c, s, m);
    reg_write(c, TARGET + 4 * s, c->domain->index << TARGET_INDEX_SHIFT | priority);
    reg_write(c, SETIENUM, s);
}

static void clean(const struct conform *c)
{
    domain_enable(c, false);
    idc_write(c, IDELIVERY, 0);
    idc_write(c, IFORCE, 0);
    idc_write(c, ITHRESHOLD, 0);
}

static void target_priority(struct conform *c)
{
    unsigned s = c->domain->source[0], bits = 0;

    mode(c, s, APLIC_DETACHED);
    for (unsigned p = 1; p < 256; p++) {
        reg_write(c, TARGET + 4 * s, c->domain->index << TARGET_INDEX_SHIFT | p);
        bits |= reg_read(c, TARGET + 4 * s) & 0xff;
    }
    expect(c, bits && !(bits & (bits + 1)), "priorities have the bits %#x", bits);
    reg_write(c, TARGET + 4 * s, c->domain->index << TARGET_INDEX_SHIFT);
    uint32_t r = reg_read(c, TARGET + 4 * s);
    expect(c, (r & 0xff) == 1, "priority 0 reads %#x, not 1", (unsigned)(r & 0xff));
    expect(c, r >> TARGET_INDEX_SHIFT == c->domain->index, "the hart index reads %u", (unsigned)(r >> 18));
}

static void target_reserved(struct conform *c)
{
    unsigned s = c->domain->source[0];

    mode(c, s, APLIC_DETACHED);
    reg_write(c, TARGET + 4 * s, c->domain->index << TARGET_INDEX_SHIFT | 0x3ff01);
    uint32_t r = reg_read(c, TARGET + 4 * s);
    expect(c, !(r & 0x3ff00), "bits 17:8 are reserved; the register reads %#x", (unsigned)r);
}

static void idelivery(struct conform *c)
{
    for (unsigned v = 0; v < 3; v++) {
        idc_write(c, IDELIVERY, v % 2);
        uint32_t r = idc_read(c, IDELIVERY);
        expect(c, r == v % 2, "writing %u, the register reads %#x", v % 2, (unsigned)r);
    }
    idc_write(c, IDELIVERY, 0xfffffffe);
    uint32_t r = idc_read(c, IDELIVERY);
    expect(c, r <= 1, "writing 0xfffffffe, the register reads %#x", (unsigned)r);
}

static void ithreshold(struct conform *c)
{
    unsigned s = c->domain->source[0];

    clean(c);
    mode(c, s, APLIC_DETACHED);
    reg_write(c, TARGET + 4 * s, c->domain->index << TARGET_INDEX_SHIFT | 0xff);
    uint32_t most = reg_read(c, TARGET + 4 * s) & 0xff;
    for (uint32_t v = 0; v <= most; v++) {
        idc_write(c, ITHRESHOLD, v);
        expect(c, idc_read(c, ITHRESHOLD) == v, "writing %u, the register reads %#x", (unsigned)v,
               (unsigned)idc_read(c, ITHRESHOLD));
    }
    idc_write(c, ITHRESHOLD, 0xffffffff);
    expect(c, idc_read(c, ITHRESHOLD) <= most, "ithreshold has more bits than priorities: it reads %#x",
           (unsigned)idc_read(c, ITHRESHOLD));
}

static void topi_order(struct conform *c)
{
    unsigned low = c->domain->source[1], high = c->domain->source[0]; /* numbers: low < high */

    clean(c);
    expect(c, !idc_read(c, TOPI), "nothing is pending, and topi reads %#x", (unsigned)idc_read(c, TOPI));
    start(c, low, APLIC_DETACHED, 5);
    start(c, high, APLIC_DETACHED, 3);
    reg_write(c, SETIPNUM, low);
    expect(c, idc_read(c, TOPI) == top_of(low, 5), "topi reads %#x", (unsigned)idc_read(c, TOPI));
    reg_write(c, SETIPNUM, high);
    expect(c, idc_read(c, TOPI) == top_of(high, 3), "of priorities 5 and 3, topi reads %#x",
           (unsigned)idc_read(c, TOPI));
    reg_write(c, TARGET + 4 * high, c->domain->index << TARGET_INDEX_SHIFT | 5);
    expect(c, idc_read(c, TOPI) == top_of(low, 5), "of equal priorities, topi reads %#x",
           (unsigned)idc_read(c, TOPI));
    reg_write(c, CLRIENUM, low);
    expect(c, idc_read(c, TOPI) == top_of(high, 5), "with the first source disabled, topi reads %#x",
           (unsigned)idc_read(c, TOPI));
    idc_write(c, TOPI, 0);
    expect(c, idc_read(c, TOPI) == top_of(high, 5) && PENDING(c, high), "a write to topi has an effect");
}

static void topi_threshold(struct conform *c)
{
    unsigned s = c->domain->source[0];

    clean(c);
    start(c, s, APLIC_DETACHED, 2);
    reg_write(c, SETIPNUM, s);
    idc_write(c, ITHRESHOLD, 2);
    expect(c, !idc_read(c, TOPI), "priority 2, threshold 2: topi reads %#x", (unsigned)idc_read(c, TOPI));
    expect(c, !idc_read(c, CLAIMI), "priority 2, threshold 2: claimi is not zero");
    idc_write(c, ITHRESHOLD, 3);
    expect(c, idc_read(c, TOPI) == top_of(s, 2), "priority 2, threshold 3: topi reads %#x",
           (unsigned)idc_read(c, TOPI));
}

static void claimi(struct conform *c)
{
    unsigned s = c->domain->source[0];

    clean(c);
    start(c, s, APLIC_DETACHED, 1);
    reg_write(c, SETIPNUM, s);
    idc_write(c, CLAIMI, 0xffffffff);
    expect(c, PENDING(c, s), "a write to claimi has an effect");
    uint32_t v = idc_read(c, CLAIMI);
    expect(c, v == top_of(s, 1), "claimi reads %#x", (unsigned)v);
    expect(c, !PENDING(c, s), "the source was claimed, and is still pending");
    v = idc_read(c, CLAIMI);
    expect(c, !v, "the source was claimed, and claimi reads %#x", (unsigned)v);
}

static void iforce(struct conform *c)
{
    clean(c);
    idc_write(c, IFORCE, 1);
    expect(c, idc_read(c, IFORCE) == 1, "iforce cannot be set");
    expect(c, eventually(c, is_silent), "with iforce set, and IE and idelivery 0, sip.SEIP is 1");
    domain_enable(c, true);
    expect(c, eventually(c, is_silent), "with iforce set, and idelivery 0, sip.SEIP is 1");
    idc_write(c, IDELIVERY, 1);
    expect(c, eventually(c, signals), "with iforce set, sip.SEIP is 0");
    uint32_t v = idc_read(c, CLAIMI);
    expect(c, !v, "only iforce interrupts, and claimi reads %#x", (unsigned)v);
    expect(c, !idc_read(c, IFORCE), "a claim that returns zero does not clear iforce");
    expect(c, eventually(c, is_silent), "iforce is cleared, and sip.SEIP is 1");
}

static void seip(struct conform *c)
{
    unsigned s = c->domain->source[0];

    clean(c);
    start(c, s, APLIC_DETACHED, 1);
    reg_write(c, SETIPNUM, s);
    expect(c, idc_read(c, TOPI) == top_of(s, 1), "topi is affected by IE or idelivery");
    expect(c, eventually(c, is_silent), "IE and idelivery 0, sip.SEIP is 1");
    domain_enable(c, true);
    idc_write(c, IDELIVERY, 1);
    expect(c, eventually(c, signals), "pending, enabled, delivered, and sip.SEIP is 0");
    idc_write(c, IDELIVERY, 0);
    expect(c, eventually(c, is_silent), "idelivery 0, sip.SEIP is 1");
    idc_write(c, IDELIVERY, 1);
    domain_enable(c, false);
    expect(c, eventually(c, is_silent), "IE 0, sip.SEIP is 1");
    domain_enable(c, true);
    (void)idc_read(c, CLAIMI);
    expect(c, eventually(c, is_silent), "the source was claimed, and sip.SEIP is 1");
}

/* "always just a copy of the rectified input value" */
static void level_copy(struct conform *c)
{
    unsigned s = c->domain->source[0];

    clean(c);
    start(c, s, APLIC_LEVEL_LOW, 1);
    expect(c, PENDING(c, s), "the input is up, and the source is not pending");
    reg_write(c, CLRIPNUM, s);
    write_bit(c, IN_CLRIP, s);
    expect(c, PENDING(c, s), "the input is up, and a write clears the pending bit");
}

static void level_claim(struct conform *c)
{
    unsigned s = c->domain->source[0];

    clean(c);
    start(c, s, APLIC_LEVEL_LOW, 1);
    uint32_t v = idc_read(c, CLAIMI);
    expect(c, v == top_of(s, 1), "the input is up, and claimi reads %#x", (unsigned)v);
    expect(c, PENDING(c, s), "the input is up, and a claim clears the pending bit");
}

static void genmsi_zero(struct conform *c)
{
    reg_write(c, GENMSI, 1);
    uint32_t r = reg_read(c, GENMSI);
    expect(c, !r, "the register reads %#x", (unsigned)r);
}

#define TGT    "AdvPLIC.adoc, \"Active source, direct delivery mode\""
#define REG(x) "AdvPLIC.adoc, \"" x "\""

const struct conform_check conform_aplic_direct[] = {
    {"aplic.target-priority", "priorities are 1 to 2^IPRIOLEN - 1; 0 sets 1", TGT, target_priority},
    {"aplic.target-direct-reserved", "bits 17:8 read zero", TGT, target_reserved},
    {"aplic.idelivery", "holds 0 and 1 and nothing else", REG("Interrupt delivery enable"), idelivery},
    {"aplic.ithreshold", "holds every priority and no more", REG("Interrupt enable threshold"), ithreshold},
    {"aplic.topi", "topi has the lowest priority number, then source", REG("Top interrupt"), topi_order},
    {"aplic.topi-threshold", "topi has only sources below the threshold", REG("Interrupt enable threshold"),
     topi_threshold},
    {"aplic.claimi", "claimi reads as topi, and claims", REG("Claim top interrupt"), claimi},
    {"aplic.iforce", "interrupts without a source, until a claim of zero", REG("Interrupt force"), iforce},
    {"aplic.seip", "sip.SEIP if IE, idelivery and topi", REG("Interrupt delivery and handling"), seip},
    {"aplic.level-direct", "a level's pending bit is its input", BITS, level_copy},
    {"aplic.level-claim", "a claim does not clear a level's pending bit", BITS, level_claim},
    {"aplic.genmsi-direct", "genmsi is read-only zero", REG("Generate MSI"), genmsi_zero},
    {NULL, NULL, NULL, NULL},
};
