/* SPDX-License-Identifier: BSD-2-Clause */
/* The rules of AdvPLIC.adoc for a domain that forwards by MSI. The messages go to this hart's file. */
#include "payload/conform/domain.h"

#define ID_A 21u
#define ID_B 22u

static unsigned wanted;

static bool has_arrived(const struct conform *c)
{
    (void)c;
    return conform_pending(wanted);
}

/* True if an MSI with this identity arrives. Its pending bit is cleared. */
static bool arrives(struct conform *c, unsigned id)
{
    wanted = id;
    bool yes = eventually(c, has_arrived);
    conform_clear(id);
    return yes;
}

static bool not_busy(const struct conform *c)
{
    return !(reg_read(c, GENMSI) & GENMSI_BUSY);
}

static uint32_t to(const struct conform *c, unsigned id)
{
    return c->domain->index << TARGET_INDEX_SHIFT | id;
}

/* True if an MSI with this identity was sent: an extempore MSI arrives after every MSI that was sent before. */
static bool came(struct conform *c, unsigned id)
{
    (void)eventually(c, not_busy);
    reg_write(c, GENMSI, to(c, 63));
    expect(c, arrives(c, 63), "an extempore MSI does not arrive");
    bool yes = conform_pending(id);
    conform_clear(id);
    return yes;
}

static unsigned start(struct conform *c, enum aplic_mode m)
{
    unsigned s = c->domain->source[0];

    domain_enable(c, false);
    mode(c, s, m);
    reg_write(c, TARGET + 4 * s, to(c, ID_A));
    return s;
}

static void target_fields(struct conform *c)
{
    unsigned s = start(c, APLIC_DETACHED), n = c->file->n_ids;

    for (unsigned id = 1; id <= n; id = 2 * id + 1) {
        reg_write(c, TARGET + 4 * s, to(c, id));
        uint32_t r = reg_read(c, TARGET + 4 * s);
        expect(c, r == to(c, id), "writing %#x, the register reads %#x", (unsigned)to(c, id), (unsigned)r);
    }
    reg_write(c, TARGET + 4 * s, to(c, 0));
    expect(c, reg_read(c, TARGET + 4 * s) == to(c, 0), "EIID 0 reads %#x",
           (unsigned)reg_read(c, TARGET + 4 * s));
}

static void target_reserved(struct conform *c)
{
    unsigned s = start(c, APLIC_DETACHED);

    reg_write(c, TARGET + 4 * s, to(c, ID_A) | 0x800);
    uint32_t r = reg_read(c, TARGET + 4 * s);
    expect(c, r == to(c, ID_A), "bit 11 is reserved and reads as zero; writing %#x, the register reads %#x",
           (unsigned)(to(c, ID_A) | 0x800), (unsigned)r);
}

static void genmsi(struct conform *c)
{
    domain_enable(c, false); /* "sent even if domaincfg.IE = 0" */
    expect(c, eventually(c, not_busy), "Busy does not end");
    reg_write(c, GENMSI, to(c, ID_B));
    expect(c, arrives(c, ID_B), "the MSI does not arrive");
    expect(c, eventually(c, not_busy), "Busy does not end after the MSI has arrived");
    uint32_t r = reg_read(c, GENMSI);
    expect(c, r == to(c, ID_B), "genmsi reads %#x, not %#x", (unsigned)r, (unsigned)to(c, ID_B));
}

static void genmsi_reserved(struct conform *c)
{
    domain_enable(c, false);
    (void)eventually(c, not_busy);
    reg_write(c, GENMSI, to(c, ID_B) | 0x2800);
    (void)arrives(c, ID_B);
    (void)eventually(c, not_busy);
    uint32_t r = reg_read(c, GENMSI);
    expect(c, !(r & 0x3f800), "bits 17:13 and 11 are reserved; writing %#x, the register reads %#x",
           (unsigned)(to(c, ID_B) | 0x2800), (unsigned)r);
}

/* "sent only when the source's corresponding pending and enable bits are both one and the IE field is also one" */
static void forward(struct conform *c)
{
    unsigned s = start(c, APLIC_DETACHED);

    reg_write(c, SETIPNUM, s);
    reg_write(c, SETIENUM, s);
    expect(c, !came(c, ID_A) && PENDING(c, s), "an MSI is sent with IE 0");
    domain_enable(c, true);
    expect(c, arrives(c, ID_A), "a source is pending and enabled, IE becomes 1, and no MSI arrives");
    expect(c, !PENDING(c, s), "an MSI was sent, and the source is still pending");
    reg_write(c, CLRIENUM, s);
    reg_write(c, SETIPNUM, s);
    expect(c, !came(c, ID_A) && PENDING(c, s), "an MSI is sent while the source is disabled");
    reg_write(c, SETIENUM, s);
    expect(c, arrives(c, ID_A) && !PENDING(c, s), "the source is enabled while pending, and no MSI arrives");
    reg_write(c, TARGET + 4 * s, to(c, ID_B));
    reg_write(c, SETIPNUM, s);
    expect(c, arrives(c, ID_B), "after a change of the target, no MSI arrives there");
    expect(c, !came(c, ID_A), "after a change of the target, an MSI goes to the old target");
}

static void level_set_cleared(struct conform *c)
{
    unsigned s = start(c, APLIC_LEVEL_LOW); /* the wire is down: asserted */

    reg_write(c, SETIPNUM, s);
    expect(c, PENDING(c, s), "the input is asserted, and setipnum does not set the pending bit");
    reg_write(c, CLRIPNUM, s);
    expect(c, !PENDING(c, s), "clripnum does not clear the pending bit");
    write_bit(c, SETIP, s);
    expect(c, PENDING(c, s), "the input is asserted, and setip does not set the pending bit");
    write_bit(c, IN_CLRIP, s);
    expect(c, !PENDING(c, s), "in_clrip does not clear the pending bit");
}

static void sourcecfg_asserted(struct conform *c)
{
    bool pends[2];

    for (unsigned i = 0; i < 2; i++) {
        unsigned s = start(c, i ? APLIC_EDGE_FALL : APLIC_LEVEL_LOW);
        pends[i] = PENDING(c, s);
        mode(c, s, APLIC_INACTIVE);
    }
    open_choice(c, "a write to sourcecfg while the input is up: a level %s pending, an edge source %s",
                pends[0] ? "becomes" : "does not become", pends[1] ? "does" : "does not");
}

/* "ignores the source until its incoming signal has been de-asserted"; setipnum sends the MSI again. */
static void level_forward(struct conform *c)
{
    unsigned s = start(c, APLIC_LEVEL_LOW);

    reg_write(c, SETIENUM, s);
    domain_enable(c, true);
    reg_write(c, SETIPNUM, s);
    expect(c, arrives(c, ID_A), "the input is asserted, and no MSI arrives");
    expect(c, !PENDING(c, s), "an MSI was sent, and the source is still pending");
    expect(c, !came(c, ID_A), "the input is still asserted, and a second MSI is sent without setipnum");
    for (unsigned i = 0; i < 3; i++) {
        reg_write(c, SETIPNUM, s);
        expect(c, arrives(c, ID_A), "the input is still asserted, and setipnum does not send an MSI again");
    }
    mode(c, s, APLIC_LEVEL_HIGH);
    reg_write(c, SETIPNUM, s);
    expect(c, !came(c, ID_A), "the input is de-asserted, and setipnum sends an MSI");
}

#define SYNC "AdvPLIC.adoc, \"Generate MSI\""
#define TGT  "AdvPLIC.adoc, \"Active source, MSI delivery mode\""
#define FWD  "AdvPLIC.adoc, \"Interrupt forwarding by MSIs\""

const struct conform_check conform_aplic_msi[] = {
    {"aplic.target-msi", "Hart Index and EIID hold this file's values", TGT, target_fields},
    {"aplic.target-msi-reserved", "bit 11 reads zero", TGT, target_reserved},
    {"aplic.genmsi", "genmsi sends, also with IE 0, and Busy ends", SYNC, genmsi},
    {"aplic.genmsi-reserved", "reserved bits read zero", SYNC, genmsi_reserved},
    {"aplic.forward", "a source sends if pending, enabled and IE", FWD, forward},
    {"aplic.level-msi", "an asserted level is set and cleared by writes", BITS, level_set_cleared},
    {"aplic.sourcecfg-asserted", "a write may or may not make the source pending",
     "AdvPLIC.adoc, \"Source configurations\"", sourcecfg_asserted},
    {"aplic.level-forward", "a level sends once, until setipnum or a fall",
     "AdvPLIC.adoc, \"Special consideration for level-sensitive interrupt sources\"", level_forward},
    {NULL, NULL, NULL, NULL},
};
