/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An APLIC interrupt domain for host tests, after AdvPLIC.adoc: the registers of its control region, the pending bits'
 * rules ("Precise effects on interrupt-pending bits"), MSIs that travel for as long as they like, and interrupt
 * delivery straight to harts. Where the text leaves a choice the test makes it; where implementations are known to
 * differ from the text, the test can ask for that (AM_...).
 *
 * What is not an aligned 32-bit access to a register that exists fails the test, and so does a target that names a
 * vector before its slot is in order (model.h, "fences").
 */
#ifndef APLIC_MODEL_H
#define APLIC_MODEL_H

#include "model.h"

#define AM_MAX_SOURCES 1023
#define AM_BASE(i)     (0x0d000000u + 0x8000u * (i))

/* Choices, and known deviations. */
#define AM_CFG_PENDS \
    1u /* a write to sourcecfg makes a source pending whose line is up (the text: may or may not) */
#define AM_SETIP_ANY  2u /* MSI mode: setip(num) makes a level pending whose line is down (QEMU before 9.0) */
#define AM_RAW_INPUTS 4u /* in_clrip reads wires (QEMU before 9.0) */
#define AM_LEVEL_LATCHED \
    8u /* a level's pending bit stays when its line falls, until forwarded or claimed (QEMU) */
#define AM_NO_MSI          16u  /* DM is read-only zero */
#define AM_NO_DIRECT       32u  /* DM is read-only one */
#define AM_MACHINE         128u /* a machine-level domain: it has mmsiaddrcfg and the like */
#define AM_BIG_ENDIAN_BOOT 64u  /* BE is one after reset */
/* A hart's write to in_clrip, clripnum or setipnum_le fails the test: it does not what it should everywhere (QEMU before 10.0) */
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

/* An MSI that has left the source, or the genmsi register, and not arrived. */
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
    unsigned first_hart, n_harts; /* its hart indexes 0 .. n_harts - 1 are harts first_hart and up */
    /*
     * MSIs to one hart arrive in order after `lag` accesses. M_NEVER: only ahead of an extempore one for that hart,
     * which comes when the hart looks for it; or m_settle().
     */
    uint32_t lag;
    struct am_msi way[M_QUEUE];
    unsigned n_way;
    uint32_t genmsi;
    uint64_t busy_until; /* m.step; M_DEAD: for ever */
    uint32_t busy_steps;
    bool dead;        /* Busy does not end */
    unsigned ignored; /* writes to genmsi while Busy */
    unsigned extempore;
};

/* A domain at AM_BASE(i), i the number of chips so far, of harts first .. first + n - 1; what is unspecified is junk. */
void am_init(struct am *d, unsigned n_sources, unsigned how, unsigned first, unsigned n);

/* The wire of a source goes high or low. */
void am_wire(struct am *d, unsigned source, bool high);

uint32_t am_read(struct am *d, unsigned offset);
void am_write(struct am *d, unsigned offset, uint32_t v);

#endif
