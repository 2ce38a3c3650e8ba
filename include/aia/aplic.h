/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * APLIC: one interrupt domain, its sources and what it delivers them with (AIA, AdvPLIC.adoc).
 *
 * A source is a wire. In MSI delivery mode the domain turns its interrupts into messages to interrupt files: a
 * struct aplic_source is then a struct aia_msi whose whole message is one register, and all the library does with
 * messages it does with wires. In direct delivery mode the domain is the external interrupt controller of harts that
 * have no interrupt files (controller.h).
 *
 * Only one level's domain is driven here; which sources it has been delegated is the parent's affair, and a source
 * that it has not reads as not implemented ("Interrupt domains").
 */
#ifndef AIA_APLIC_H
#define AIA_APLIC_H

#include <stdbool.h>
#include <stdint.h>

#include <aia/aia.h>

#include <aia/begin.h>

#define APLIC_MAX_SOURCES 1023  /* "Interrupt sources and identities" */
#define APLIC_MAX_INDEX   16383 /* "Hart index numbers" */

/* Source modes, as sourcecfg's SM field has them. */
enum aplic_mode {
    APLIC_INACTIVE = 0,
    APLIC_DETACHED = 1, /* no wire: only software makes it pending */
    APLIC_EDGE_RISE = 4,
    APLIC_EDGE_FALL = 5,
    APLIC_LEVEL_HIGH = 6,
    APLIC_LEVEL_LOW = 7,
};

/*
 * Where the interrupt files of the domain's harts are: base | group << group_shift | hart << hart_shift
 * ("Addresses and data for outgoing MSIs"). A hart's index in target registers is group << hart_bits | hart.
 */
struct aplic_layout {
    uint64_t base;
    uint8_t hart_shift, hart_bits;   /* LHXS + 12, LHXW */
    uint8_t group_shift, group_bits; /* HHXS + 24, HHXW */
};

struct aplic {
    /* From the embedder, before aplic_init(); the rest zeroed. */
    uintptr_t mmio;             /* the domain's control region */
    uint16_t n_sources;         /* 1 .. APLIC_MAX_SOURCES */
    uint64_t wait_limit;        /* bound of a wait for genmsi, ticks */
    struct aplic_layout layout; /* of the files at this domain's level; of no account if direct */
    bool direct;
    const int16_t *index;                  /* direct: of each hart in the domain, -1: it is not in it */
    unsigned n_harts;                      /* in index[] */
    struct aplic_source *_Atomic *sources; /* direct: n_sources + 1, NULL */

    struct aia_controller controller;
    struct aia_barrier barrier; /* of all its sources */
    struct aia_lock genmsi;
    bool raw_inputs; /* in_clrip reads wires, where it should read rectified inputs */
};

/* A wired interrupt. */
struct aplic_source {
    struct aia_msi msi; /* for aia_irq_request(), through aplic_request() */
    struct aplic *aplic;
    uint16_t number;
    enum aplic_mode mode;
    aia_handler handler; /* the driver's */
    void *context;
    uint8_t
        priority; /* direct: 1, the highest, to 255, as far as the domain tells them apart; 1 unless set */
    aia_counter fallen; /* interrupts of a level whose line had fallen when they came */
};

/*
 * Take the domain over: every source inactive, nothing pending or enabled, delivery on. Any hart, once, before its
 * sources are used. AIA_OK; AIA_EINVAL: no APLIC, a number out of range, or the domain cannot deliver in this way.
 */
int aplic_init(struct aplic *a);

/*
 * The domain has been reset, and not by aplic_init(): configure it again, with delivery to the harts of `online`, which
 * aia_online() returns. The reset has made its sources inactive: call aia_irq_restore() for each interrupt next. Any; no
 * hart comes or goes and no source moves meanwhile. AIA_OK; AIA_EINVAL: the domain does not take the configuration.
 */
int aplic_restore(struct aplic *a, const struct aia_hartset *online);

/*
 * A source of the domain, inactive until aia_irq_request(). AIA_OK; AIA_EINVAL: not a source of this domain, or it does
 * not have this mode. Thread; once for each source.
 */
int aplic_source_init(struct aplic_source *s, struct aplic *a, unsigned number, enum aplic_mode mode);

/*
 * The request for this source's interrupt, to be passed to aia_irq_request(): `r` of the driver with its handler
 * wrapped. The handler of a level runs only while the line is up, and is run again for as long as it stays up; it may
 * handle one cause at a time. Not twice at once for one source, and not while the source's interrupt is freed. If the source
 * has an interrupt, nothing of that changes, and aia_irq_request() says AIA_EBUSY.
 */
struct aia_request aplic_request(struct aplic_source *s, const struct aia_request *r);

/* The rectified input: does the wire assert an interrupt now? Any. */
bool aplic_asserted(const struct aplic_source *s);

/* The pending and the enable bit. Any. */
bool aplic_pending(const struct aplic_source *s);
bool aplic_enabled(const struct aplic_source *s);

/* Set it, as far as the mode lets it be set ("Precise effects on interrupt-pending bits"). Any. */
void aplic_raise(const struct aplic_source *s);

/* Can the domain send to an interrupt file at `addr`? AIA_OK or AIA_EINVAL. */
int aplic_can_send(const struct aplic *a, uint64_t addr);

/* ---- For people and for the audit. Nothing is changed by looking. Any. ---- */

/* What a source's registers say. */
struct aplic_look {
    bool delegated;               /* to a child domain, which alone knows more */
    enum aplic_mode mode;         /* APLIC_INACTIVE: nothing else is known */
    bool pending, enabled, input; /* input: in_clrip */
    uint8_t priority;             /* direct */
    struct aia_message message;   /* where it goes, as read_back() has it */
};
void aplic_look(const struct aplic *a, unsigned number, struct aplic_look *look);

/* domaincfg: IE, DM. */
struct aplic_domain_look {
    bool enabled, by_message;
};
void aplic_look_domain(const struct aplic *a, struct aplic_domain_look *look);

/* Direct: a hart's delivery control, which it must have one of (index[hart] >= 0). */
struct aplic_hart_look {
    bool delivers, forced;
    uint32_t threshold; /* 0: none */
    uint16_t top;       /* the source it would claim; 0: none */
    uint8_t top_priority;
};
void aplic_look_hart(const struct aplic *a, unsigned hart, struct aplic_hart_look *look);

/* The number of the source of this domain that ends the chain; 0: it is none of its. */
unsigned aplic_number(const struct aplic *a, const struct aia_msi *msi);

/*
 * The domain against the books, beyond what aia_audit() sees of its targets: sources that are enabled and nobody's
 * (AIA_SOURCE_UNOWNED), owned ones that cannot send (AIA_OWNED_DISABLED, only by message), delivery off
 * (AIA_DELIVERY_OFF, source 0). Interrupts off, and nothing may change meanwhile. Returns how often `found` was called.
 */
unsigned aplic_audit(const struct aplic *a, const struct aia *books,
                     void (*found)(void *arg, enum aia_finding finding, unsigned source), void *arg);

/*
 * Do the address registers of a machine-level domain at `machine` say what a->layout says? AIA_OK; AIA_EINVAL: they
 * disagree; AIA_EAGAIN: they are hidden or not implemented, and only a message sent tells ("Machine MSI address
 * configuration"). The caller must be able to read that domain.
 */
int aplic_check_layout(const struct aplic *a, uintptr_t machine);

#include <aia/end.h>

#endif
