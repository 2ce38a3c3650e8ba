/* SPDX-License-Identifier: BSD-2-Clause */
/* The machine's wired interrupts: its S-level APLICs, and the sources of its devices. */
#ifndef PAYLOAD_DRIVERS_WIRES_H
#define PAYLOAD_DRIVERS_WIRES_H

#include <aia/aplic.h>

#include "payload/pci/pci.h"
#include "platform/machine.h"

/*
 * Take over the APLICs. Once, on the boot hart, after aia_init(). Returns false, after printing the reason, if a domain
 * does not do what the tree says, or cannot reach some hart's interrupt file.
 */
bool wires_init(void);

/* For harts without interrupt files: each hart's APLIC; NULL for a hart that is in no domain. Before wires_init(). */
struct aia_controller **wires_controllers(void);

/*
 * The source of a device's wire, ready for aia_irq_request(). Returns NULL, after printing the reason, if the device has
 * no wire, or shares its wire. Thread context.
 */
struct aplic_source *wires_source(const char *name, const struct aia_fdt_wire *wire);

/*
 * A source that no device uses, to be raised by software (aplic_raise()). The search goes from the highest number down,
 * in an APLIC that reaches `hart`. Returns false, after printing the reason, if there is none. Thread context.
 */
bool wires_spare(struct aplic_source *s, unsigned hart);

/* The n-th domain in use, from 0; NULL if there are fewer. */
struct aplic *wires_domain(unsigned n);

/* The wire of a function's INTx pin, through bridges and the host bridge's interrupt-map. source 0: no wire. */
struct aia_fdt_wire wires_intx(const struct pci_device *pd);

/*
 * wires_wanted(): true if devices use their wires: because there are no messages, by devices=wired, or because the job
 * asked with wires_want().
 */
bool wires_wanted(void);
void wires_want(void);

#endif
