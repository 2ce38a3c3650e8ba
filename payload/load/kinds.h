/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kinds of load that the main job can put on a machine, each on its devices, and all of them at once.
 * A new kind is a row in kinds.c.
 */
#ifndef PAYLOAD_LOAD_KINDS_H
#define PAYLOAD_LOAD_KINDS_H

#include <stdbool.h>
#include <stdint.h>

#include "payload/kernel/irq.h"
#include "payload/pci/pci.h"
#include "payload/kernel/random.h"

struct load_kind {
    const char *name;             /* as in devices=NAME */
    const char *noun;             /* what one of them is */
    const void *data;             /* the kind's own */
    const struct load_kind *with; /* deals with its devices, too, but for find(); NULL: none */
    /* Find the devices, `n` of them, and take them into use. False: one does not work, and a line names it. */
    bool (*find)(const struct load_kind *kind, unsigned *n);
    /* Any hart but the controlling one, thread: do a piece of work. False: there was nothing to do now. */
    bool (*step)(const struct load_kind *kind, struct random *r);
    /* The rest is the controlling hart's, thread. The interrupts that may be moved: how many. */
    unsigned (*irqs)(const struct load_kind *kind, struct aia_irq **list, unsigned max);
    void (*service)(const struct load_kind *kind); /* now and then; or NULL */
    bool (*settle)(const struct load_kind *kind);  /* nobody steps any more: see the rest end; or NULL */
    void (*count)(const struct load_kind *kind, uint64_t *completions, uint64_t *lost);
    void (*print)(const struct load_kind *kind);
    bool (*balanced)(const struct load_kind *kind); /* are the books in order? Says what is not */
    /* The function of that device, or NULL: the kind has none of that name. May be NULL. */
    struct pci_device *(*device)(const struct load_kind *kind, const char *name);
    /* That device is about to stop answering, and that is no fault. */
    void (*unplug)(const struct load_kind *kind, const char *name);
};

/* The machine's PCI, brought up once. NULL: there is none that can be driven, and the reason was printed. */
struct pci *kinds_pci(void);
/* The same if it has been brought up, else NULL. */
const struct pci *kinds_pci_found(void);

/*
 * Take these kinds: names apart by commas, of which there must be devices, or "all": all that there are, but the soft
 * ones, which are no part of the machine. What is missing is printed. False: a device is missing or does not
 * work, and a line names it.
 */
bool kinds_init(const char *names);

/* Take what load_init() finds: what a run without devices= has. False: a device does not work, and a line names it. */
bool kinds_init_default(void);

extern unsigned kinds_n_devices; /* of all kinds taken */

/* The same for all kinds taken. */
bool kinds_step(struct random *r);
unsigned kinds_irqs(struct aia_irq **list, unsigned max);
void kinds_service(void);
bool kinds_settle(void);
void kinds_count(uint64_t *completions, uint64_t *lost);
void kinds_print(void);
bool kinds_balanced(void);

/* The function of that device, or NULL: there is none that can be made to stop answering. */
struct pci_device *kinds_device(const char *name);

/*
 * Make it stop answering: its slot's power goes off, or else its decoding and bus mastering. False: there is no such
 * device, or its slot does not obey, and a line says which.
 */
bool kinds_unplug(const char *device);

/* Was some slot's button pressed since the last call? */
bool kinds_pressed(void);

#endif
