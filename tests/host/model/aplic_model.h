/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An APLIC interrupt domain for host tests, after AdvPLIC.adoc: the registers of its control region, the rules of the
 * pending bits ("Precise effects on interrupt-pending bits"), MSIs that take as long as the test says, and direct delivery
 * to harts. Where the specification leaves a choice, the test makes it. Where implementations are known to deviate from the
 * specification, the test can ask for the deviation (AM_...).
 *
 * Only an aligned 32-bit access to a register that exists is allowed; any other access fails the test. So does a target
 * that names a vector whose slot was written without a fence since (model.h, "fences").
 */
#ifndef APLIC_MODEL_H
#define APLIC_MODEL_H

#include "model.h"

#define AM_MAX_SOURCES 1023
#define AM_BASE(i)     (0x0d000000u + 0x8000u * (i))

/* Choices that the specification leaves, and known deviations. */
#define AM_CFG_PENDS \
    1u /* a write to sourcecfg makes a source pending if its line is up (the specification: may or may not) */
#define AM_SETIP_ANY \
    2u /* MSI mode: setip(num) makes a level pending although its line is down (QEMU before 9.0) */
#define AM_RAW_INPUTS 4u /* in_clrip reads the wires, not the rectified inputs (QEMU before 9.0) */
#define AM_LEVEL_LATCHED \
    8u /* a level's pending bit stays set after its line falls, until forwarded or claimed (QEMU) */
#define AM_NO_MSI          16u  /* DM is read-only zero */
#define AM_NO_DIRECT       32u  /* DM is read-only one */
#define AM_MACHINE         128u /* a machine-level domain: it has mmsiaddrcfg and the like */
#define AM_BIG_ENDIAN_BOOT 64u  /* BE is one after reset */
/* A hart's write to in_clrip, clripnum or setipnum_le fails the test: some implementations are wrong (QEMU before 10.0). */
#define AM_SHUN 256u

struct am_source {
    bool absent; /* not implemented, or not delegated to this domain */
    bool wire;
    bool pending, enabled;
    uint32_t mode, target;
    unsigned forwarded; /* MSIs sent, or claims */
};

struct am_idc {
    bool delivery, force;
    uint32_t threshold;
};

/* An MSI that has left the source, or the genmsi register, and has not arrived. */
struct am_msi {
    uint32_t index, id;
    bool extempore;
    uint64_t since;
};

struct am {
    struct m_chip chip;
    unsigned n_sources;
    unsigned how; /* AM_... */
    uint32_t domaincfg;
    uint32_t msiaddrcfg[4];
    struct am_source source[AM_MAX_SOURCES + 1];
    struct am_idc idc[M_MAX_HARTS];
    unsigned first_hart, n_harts; /* hart indexes 0 .. n_harts - 1 are harts first_hart and up */
    /*
     * MSIs to one hart arrive in order after `lag` accesses. With M_NEVER they arrive only before an extempore MSI to that
     * hart, which arrives when the hart looks for it; or by m_settle().
     */
    uint32_t lag;
    struct am_msi way[M_QUEUE];
    unsigned n_way;
    uint32_t genmsi;
    uint64_t busy_until; /* m.step; M_DEAD: without end */
    uint32_t busy_steps;
    bool dead;        /* Busy does not end */
    unsigned ignored; /* writes to genmsi while Busy */
    unsigned extempore;
};

/* Make a domain at AM_BASE(i), where i is the number of chips so far, of harts first .. first + n - 1. Registers whose value
 * is unspecified hold junk. */
void am_init(struct am *d, unsigned n_sources, unsigned how, unsigned first, unsigned n);

/* Set the wire of a source high or low. */
void am_wire(struct am *d, unsigned source, bool high);

uint32_t am_read(struct am *d, unsigned offset);
void am_write(struct am *d, unsigned offset, uint32_t v);

#endif
