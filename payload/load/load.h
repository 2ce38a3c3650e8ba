/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Load on interrupts, with books: devices raised as fast as their edges are handled, each edge numbered
 * by a status bit of its own, and accounted for.
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
#define LOAD_BURST   32  /* edges in a burst at most: edu has 32 status bits */
#define LOAD_LOST_MS 100 /* an edge whose handler has not run by then is looked for */

struct load_device {
    struct edu edu;
    struct soft *soft;       /* NULL: it is the edu */
    _Atomic uint32_t status; /* of the soft one, as edu has it */
    struct aia_irq *irq;
    struct aplic_source *wire; /* NULL: it sends messages */
    char name[16];
    bool singly;        /* each handler run takes one edge: a level stays up for the others */
    _Atomic int taken;  /* one hart raises at a time */
    _Atomic int wanted; /* load_step() passes it over: somebody waits to raise on it */

    /* The raising hart's: edge n of the step has status bit first_bit + n, modulo 32, and was raised at[n]. */
    unsigned next_bit, first_bit;
    uint64_t at[LOAD_BURST];
    _Atomic uint32_t seen;   /* status bits that a handler run saw, since the step began */
    _Atomic uint64_t raised; /* when the single edge of the step was raised; 0: it is a burst */

    /* The books. edges and lost are the raising hart's, the others the handler's. */
    uint64_t edges;             /* raised */
    uint64_t lost;              /* of these, no handler run saw */
    uint64_t unknown;           /* of these, may be in a hart that hangs */
    _Atomic uint64_t handled;   /* handler runs that saw an edge */
    _Atomic uint64_t coalesced; /* edges seen by such a run beyond its first */
    _Atomic uint64_t empty;     /* runs that saw none: the run of an edge that another run saw already */
    struct histogram latency;   /* from raising a single edge to its handler, ns */
};

extern const struct load_kind load_kind_edu, load_kind_soft;
extern struct load_device load_devices[LOAD_MAX];
extern unsigned load_n_devices;

/* What a job may want to hear of; NULL: it does not. */
extern struct load_watch {
    void (*lost)(struct load_device *d, uint64_t edge,
                 uint64_t when);          /* edge of d->edges, raised at that time */
    void (*empty)(struct load_device *d); /* in its handler */
} load_watch;

/*
 * Devices on which edges can be raised at will, at most `max`, with their interrupts, which may go to any hart: PCI's edu
 * devices; where there are none, or with devices=soft, soft ones, which is printed. False: one does not work, and a line names it.
 */
bool load_init(unsigned max);

/* Either alone. load_n_devices says how many there are then; no edu device is no error. */
bool load_init_edu(unsigned max);
bool load_add_soft(unsigned max);

/* For a job that no soft device can do: the n-th edu device, from 1. NULL: there are fewer, which is printed. */
struct pci_device *load_need_edu(unsigned n);

/* The n-th edu device as the job's own: it is none of load_devices. False: it is not there or does not work, which is printed. */
bool load_own_edu(struct edu *e, unsigned n);

/* The device's end: send an edge with this status bit; the status bits that are set; clear some; its message. */
void load_raise_bit(struct load_device *d, uint32_t bit);
uint32_t load_status(struct load_device *d);
void load_acknowledge(struct load_device *d, uint32_t bits);
struct aia_msi *load_msi(struct load_device *d);

/* Its interrupt's handler; `context` is the struct load_device. */
enum aia_result load_handler(void *context, struct aia_irq *irq);

/*
 * One step on some device that nobody else raises now: a single edge or a burst, and wait for it. An edge
 * not seen after LOAD_LOST_MS, nor after every hart has been through its interrupts once more, is lost:
 * that is counted and printed. False: all devices were taken.
 */
bool load_step(struct random *r);

/* One single edge on this device, and wait for it as load_step() does. False: it is lost. */
bool load_raise(struct load_device *d);

/* Are edges = handled + coalesced on every device, and nothing lost? Says what is not. */
bool load_balanced(void);

/*
 * Has its handler run on `hart`, once more than `before` times? A wire's may begin twice: there are APLICs that keep a
 * level pending that was claimed and fell (QEMU 10), so the second finds its line fallen and does not reach the device.
 */
bool load_ran_on(const struct load_device *d, unsigned hart, uint64_t before);

void load_print(void);

#endif
