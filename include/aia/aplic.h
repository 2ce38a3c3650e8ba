/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * APLIC: one interrupt domain and its sources (AIA, AdvPLIC.adoc).
 *
 * A source is a wire. In MSI delivery mode the domain turns the interrupts of its sources into messages to interrupt files. A
 * struct aplic_source is then a struct aia_msi whose whole message is one register, and the library treats it as any other
 * message. In direct delivery mode the domain is the external interrupt controller of harts without interrupt files
 * (controller.h).
 *
 * This driver handles one domain, of one privilege level. The parent domain decides which sources are delegated to this domain.
 * A source that is not delegated to this domain reads as not implemented ("Interrupt domains").
 *
 * Contexts are those of aia.h.
 */
#ifndef AIA_APLIC_H
#define AIA_APLIC_H

#include <stdbool.h>
#include <stdint.h>

#include <aia/aia.h>

#include <aia/begin.h>

#define APLIC_MAX_SOURCES 1023  /* "Interrupt sources and identities" */
#define APLIC_MAX_INDEX   16383 /* "Hart index numbers" */

/* Source modes: the values of sourcecfg.SM. */
enum aplic_mode {
    APLIC_INACTIVE = 0,
    APLIC_DETACHED = 1, /* no wire: only software makes the source pending */
    APLIC_EDGE_RISE = 4,
    APLIC_EDGE_FALL = 5,
    APLIC_LEVEL_HIGH = 6,
    APLIC_LEVEL_LOW = 7,
};

/*
 * The addresses of the interrupt files of the domain's harts: base | group << group_shift | hart << hart_shift ("Addresses and
 * data for outgoing MSIs"). The hart index in target registers is group << hart_bits | hart. hart_bits is enough to count the harts
 * of a group: 2 for 3 or 4. group_shift has no effect if group_bits is 0.
 */
struct aplic_layout {
    uint64_t base;
    uint8_t hart_shift, hart_bits;   /* LHXS + 12, LHXW */
    uint8_t group_shift, group_bits; /* HHXS + 24, HHXW */
};

struct aplic {
    /* The embedder sets these before aplic_init(), and zeroes the rest. */
    uintptr_t mmio;             /* the control region of the domain */
    uint16_t n_sources;         /* 1 .. APLIC_MAX_SOURCES */
    uint64_t wait_limit;        /* ticks that a wait for genmsi may last */
    struct aplic_layout layout; /* of the files at this domain's level; not used if direct */
    bool direct;                /* direct delivery mode */
    const int16_t
        *index;       /* direct: the hart index of each hart, 0 .. APLIC_MAX_INDEX; -1: not in this domain */
    unsigned n_harts; /* direct: entries of index[], as many as the machine has harts */
    struct aplic_source *_Atomic *sources; /* direct: n_sources + 1 pointers, NULL at first */

    /* The library's. */
    struct aia *aia;
    struct aia_controller controller; /* direct */
    struct aia_barrier barrier;       /* by message: proves the drain of all sources */
    struct aia_lock genmsi;
    bool raw_inputs; /* in_clrip reads the wires, although it should read rectified inputs */
};

/*
 * A wired interrupt. A request names it as any other message: request.msi = &source.msi. The library then puts its own handler
 * before the driver's handler of a level. The driver's handler runs only while the line is up, and runs again for as long as the
 * line stays up, so that it may handle one cause at a time. Edges from before the request are forgotten.
 */
struct aplic_source {
    struct aia_msi msi;
    struct aplic *aplic;
    uint16_t number;
    enum aplic_mode mode;
    aia_handler handler; /* the library's: the driver's handler of a level */
    void *context;       /* the library's: its context */
    aia_moved moved;     /* the library's: the driver's moved() of a level */
    uint32_t up_runs;    /* the library's: successive runs of a level whose line has not been seen down */
    uint8_t priority;    /* direct: 1, the highest, to 255; 1 unless it is changed before the request */
    aia_counter fallen;  /* edges of a level whose line had fallen before the handler ran */
};

/*
 * Take the domain over: make every source inactive, clear every pending and enable bit, and turn delivery on. In MSI delivery mode
 * make the domain known to `aia`, which aia_init() has set up: each hart tests whether the domain's messages reach that hart, in
 * its first aia_hart_online_begin(), or now if the hart is online. Call this once, before the domain's sources are used.
 * Context: thread, while no hart goes online or offline; also with interrupts off while no hart but the running one is online.
 * Returns AIA_OK, or:
 *   AIA_EINVAL    no APLIC answers, a number is out of range, the domain does not have this delivery mode, or `direct` is set
 *                 where harts have interrupt files, or not set where they have none
 *   AIA_EDOMAIN, AIA_ETIMEOUT  as for aia_barrier_add(), which this calls
 */
int aplic_init(struct aplic *a, struct aia *aia);

/*
 * Configure the domain again after a reset, as aplic_init() has done. The reset has made the sources inactive, so call
 * aia_irq_restore() for each interrupt afterwards.
 * Context: any, while no hart goes online or offline and no source moves.
 * Returns AIA_OK, or:
 *   AIA_EINVAL  the domain does not take the configuration
 */
int aplic_restore(struct aplic *a);

/*
 * Initialize a source of the domain. The source is inactive until aia_irq_request(). Call this once for each source.
 * Context: thread.
 * Returns AIA_OK, or:
 *   AIA_EINVAL  the domain has no such source, or the source does not have this mode
 */
int aplic_source_init(struct aplic_source *s, struct aplic *a, unsigned number, enum aplic_mode mode);

/* True if the wire asserts an interrupt now: the rectified input. Context: any. */
bool aplic_asserted(const struct aplic_source *s);

/* The pending bit of the source, and its enable bit. Context: any. */
bool aplic_pending(const struct aplic_source *s);
bool aplic_enabled(const struct aplic_source *s);

/* Set the pending bit, if the mode permits it ("Precise effects on interrupt-pending bits"). Context: any. */
void aplic_raise(const struct aplic_source *s);

/*
 * Check that the domain can send to the interrupt file at `addr`.
 * Context: any.
 * Returns AIA_OK, or:
 *   AIA_EINVAL  no hart index of the domain's layout names this address
 */
int aplic_can_send(const struct aplic *a, uint64_t addr);

/* ---- the state of a domain, for people and for the audit. These functions change nothing. Context: any ---- */

/* The state of a source, from its registers. */
struct aplic_look {
    bool delegated;             /* to a child domain; only that domain knows the rest */
    enum aplic_mode mode;       /* APLIC_INACTIVE: the fields below are not set */
    bool pending, enabled;      /* setip, setie */
    bool input;                 /* in_clrip */
    uint8_t priority;           /* direct */
    struct aia_message message; /* as aia_msi_ops.read_back returns it */
};
void aplic_look(const struct aplic *a, unsigned number, struct aplic_look *look);

/* The state of the domain: domaincfg.IE and domaincfg.DM. */
struct aplic_domain_look {
    bool enabled, by_message;
};
void aplic_look_domain(const struct aplic *a, struct aplic_domain_look *look);

/* Direct: the delivery control of a hart. The hart must be in the domain (index[hart] >= 0). */
struct aplic_hart_look {
    bool delivers, forced;
    uint32_t threshold;   /* 0: none */
    uint16_t top;         /* the source that the hart would claim; 0: none */
    uint8_t top_priority; /* the priority of that source */
};
void aplic_look_hart(const struct aplic *a, unsigned hart, struct aplic_hart_look *look);

/* The number of the source at the end of the chain `msi`; 0: the chain does not end at a source of this domain. */
unsigned aplic_number(const struct aplic *a, const struct aia_msi *msi);

/*
 * Compare the domain with the library's books, and call `found` for each finding. aia_audit() compares the targets of sources.
 * The findings are:
 *   AIA_SOURCE_UNOWNED  a source is enabled and unowned
 *   AIA_OWNED_DISABLED  in MSI delivery mode, an owned source is not enabled
 *   AIA_DELIVERY_OFF    the domain is not enabled; `source` is 0
 * Context: any, with interrupts off, while no interrupt changes.
 * Returns the number of findings.
 */
unsigned aplic_audit(const struct aplic *a, const struct aia *books,
                     void (*found)(void *arg, enum aia_finding finding, unsigned source), void *arg);

/*
 * Compare a->layout with the address registers of the machine-level domain at `machine`, which the caller must be able to read.
 * Context: any.
 * Returns AIA_OK, or:
 *   AIA_EINVAL  the registers differ from the layout
 *   AIA_EAGAIN  the registers are hidden or not implemented ("Machine MSI address configuration"): only a message that is sent
 *               shows whether the layout is right
 */
int aplic_check_layout(const struct aplic *a, uintptr_t machine);

#include <aia/end.h>

#endif
