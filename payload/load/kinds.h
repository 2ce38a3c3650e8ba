/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kinds of load that the main job can put on a machine, each on its own devices, and all of them in parallel.
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
    const char *noun;             /* the word for one device */
    const void *data;             /* private to the kind */
    const struct load_kind *with; /* the kind that handles the devices after find(); NULL: this kind does */
    /* Find the devices, take them into use, and set `n` to their number. False: a device does not work, and a line names it. */
    bool (*find)(const struct load_kind *kind, unsigned *n);
    /* Do a piece of work. False: there was nothing to do now. Context: thread, any hart except the controlling hart. */
    bool (*step)(const struct load_kind *kind, struct random *r);
    /* Context of all that follow: thread, the controlling hart. */
    /* List the interrupts that may be moved. Returns their number. */
    unsigned (*irqs)(const struct load_kind *kind, struct aia_irq **list, unsigned max);
    void (*service)(const struct load_kind *kind); /* called regularly; or NULL */
    /* After the last step: wait for what is under way; or NULL. */
    bool (*settle)(const struct load_kind *kind);
    void (*count)(const struct load_kind *kind, uint64_t *completions, uint64_t *lost);
    void (*print)(const struct load_kind *kind);
    bool (*balanced)(const struct load_kind *kind); /* true if the books balance; else prints what does not */
    /* The PCI function of that device, or NULL: the kind has no device of that name. The pointer itself may be NULL. */
    struct pci_device *(*device)(const struct load_kind *kind, const char *name);
    /* That device is about to stop answering, on purpose: from now on this is not a failure. */
    void (*unplug)(const struct load_kind *kind, const char *name);
};

/* Edu and soft devices: load.c. Disks: kind_disk.c. USB controllers: kind_usb.c. */
extern const struct load_kind load_kind_edu, load_kind_soft;
extern const struct load_kind load_kind_nvme, load_kind_ahci, load_kind_virtio;
extern const struct load_kind load_kind_xhci;

/* The machine's PCI; the first call brings it up. NULL: there is no usable PCI, and the reason was printed. */
struct pci *kinds_pci(void);
/* The machine's PCI if it has been brought up, else NULL. */
const struct pci *kinds_pci_found(void);

/*
 * Take the kinds in `names`, separated by commas, into use. Each named kind must have devices. "all" takes all kinds that
 * have devices, except soft devices, which are no part of the machine. A line is printed for each kind without devices.
 * False: a device is missing or does not work, and a line names it.
 */
bool kinds_init(const char *names);

/* For a run without devices=: take what load_init() finds. False: a device does not work, and a line names it. */
bool kinds_init_default(void);

extern unsigned kinds_n_devices; /* of all kinds taken */

/* The operations of struct load_kind, for all kinds taken. */
bool kinds_step(struct random *r);
unsigned kinds_irqs(struct aia_irq **list, unsigned max);
void kinds_service(void);
bool kinds_settle(void);
void kinds_count(uint64_t *completions, uint64_t *lost);
void kinds_print(void);
bool kinds_balanced(void);

/* The PCI function of that device, or NULL: there is no such device, or it cannot be made to stop answering. */
struct pci_device *kinds_device(const char *name);

/*
 * Make the device stop answering: switch off the power of its slot or, if it is in no slot, its decoding and bus
 * mastering. False: there is no such device, or its slot does not obey, and a line names the slot's error.
 */
bool kinds_unplug(const char *device);

/* True if the button of any slot was pressed since the last call. */
bool kinds_pressed(void);

#endif
