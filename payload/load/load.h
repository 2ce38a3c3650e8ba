/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Load on interrupts, with books: edges are raised as fast as they are handled. Each edge has its own status bit, and
 * each edge is accounted for.
 */
#ifndef PAYLOAD_LOAD_LOAD_H
#define PAYLOAD_LOAD_LOAD_H

#include <stdatomic.h>
#include <stdbool.h>

#include "payload/drivers/edu.h"
#include "payload/load/soft.h"
#include "payload/load/histogram.h"
#include "payload/kernel/irq.h"
#include "payload/kernel/random.h"
#include "payload/load/kinds.h"
#include "payload/drivers/wires.h"

#define LOAD_SOFT    4 /* soft devices: one for each way in which a message can be changed */
#define LOAD_MAX     (8 + LOAD_SOFT)
#define LOAD_BURST   32  /* most edges in a burst: edu has 32 status bits */
#define LOAD_LOST_MS 100 /* an edge whose handler has not run by then is looked for */

struct load_device {
    struct edu edu;
    struct soft *soft;       /* NULL: the device is `edu` */
    _Atomic uint32_t status; /* the soft device's copy of edu's status register */
    struct aia_irq *irq;
    struct aplic_source *wire; /* NULL: the device sends messages */
    char name[16];
    struct aia_lock book; /* for `hart` */
    unsigned hart;        /* where the interrupt is, by load_moved() */
    bool singly;          /* each handler run takes one edge, so a level stays up for the others */
    _Atomic int taken;    /* one hart raises at a time */
    _Atomic int wanted;   /* a hart waits to raise on the device, so load_step() passes the device over */

    /* Written by the raising hart: edge n of the step has status bit first_bit + n, modulo 32, and was raised at at[n]. */
    unsigned next_bit, first_bit;
    uint64_t at[LOAD_BURST];
    _Atomic uint32_t seen;   /* status bits that handler runs have seen since the step began */
    _Atomic uint64_t raised; /* when the single edge of the step was raised; 0: the step is a burst */

    /* The books. The raising hart writes edges, lost and unknown; the handler writes the others. */
    uint64_t edges;             /* edges raised */
    uint64_t lost;              /* of these, edges that no handler run saw */
    uint64_t unknown;           /* of these, edges that a hart that hangs may have */
    _Atomic uint64_t handled;   /* handler runs that saw an edge */
    _Atomic uint64_t coalesced; /* edges seen by such a run beyond its first */
    _Atomic uint64_t empty;     /* runs that saw no edge, because another run had seen it already */
    struct histogram latency;   /* from raising a single edge to its handler, ns */
};

extern struct load_device load_devices[LOAD_MAX];
extern unsigned load_n_devices;

/* Functions of the job that are called for these events; NULL: none. */
extern struct load_watch {
    /* Edge number `edge` of d->edges, raised at the time `when`, is lost. */
    void (*lost)(struct load_device *d, uint64_t edge, uint64_t when);
    void (*empty)(struct load_device *d); /* called by the handler run */
} load_watch;

/*
 * Find at most `max` devices on which edges can be raised at will, and request their interrupts, which may go to any
 * hart. The devices are PCI's edu devices. Where there are none, or with devices=soft, they are soft devices, and a line
 * says so. False: a device does not work, and a line names it.
 */
bool load_init(unsigned max);

/* Only the edu devices; only the soft devices. load_n_devices has their number afterwards. No edu device is no error. */
bool load_init_edu(unsigned max);
bool load_add_soft(unsigned max);

/* The n-th edu device, from 1, for a job that soft devices cannot do. NULL: there are fewer, and a line says so. */
struct pci_device *load_need_edu(unsigned n);

/* Give the n-th edu device to the job alone; it is not in load_devices. False: it is missing or does not work, and a line says so. */
bool load_own_edu(struct edu *e, unsigned n);

/* The device's side: send an edge with this status bit; read the status bits; clear some of them; the device's message. */
void load_raise_bit(struct load_device *d, uint32_t bit);
uint32_t load_status(struct load_device *d);
void load_acknowledge(struct load_device *d, uint32_t bits);
struct aia_msi *load_msi(struct load_device *d);

/* The handler of a device's interrupt; `context` is the struct load_device. */
enum aia_result load_handler(void *context, struct aia_irq *irq);

/* The interrupt's moved(): writes where the interrupt is into d->hart. */
void load_moved(void *context, struct aia_irq *irq);

/* True if d->hart is right for each device. Prints a line for each device where not. Nothing moves. */
bool load_placed(void);

/*
 * Raise a single edge or a burst on a device on which no other hart raises now, and wait for its handler runs. An edge is
 * lost if no run has seen it after LOAD_LOST_MS, nor after every hart has taken its interrupts once more. A lost edge is
 * counted and printed. False: other harts raise on all devices now.
 */
bool load_step(struct random *r);

/* Raise a single edge on this device, and wait for it as load_step() does. False: the edge is lost. */
bool load_raise(struct load_device *d);

/* True if edges = handled + coalesced on every device, and nothing is lost. Prints a line for each device where not. */
bool load_balanced(void);

/*
 * True if the device's interrupt has run on `hart` once more than `before` times. The interrupt of a wire may run twice:
 * some APLICs (QEMU 10) keep a level pending that was claimed and then fell. The second run finds the line fallen and
 * does not reach the device.
 */
bool load_ran_on(const struct load_device *d, unsigned hart, uint64_t before);

void load_print(void);

#endif
