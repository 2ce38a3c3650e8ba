/* SPDX-License-Identifier: BSD-2-Clause */
/* The machine's wired interrupts: its S-level APLICs, driven, and the sources its devices are on. */
#ifndef PAYLOAD_DRIVERS_WIRES_H
#define PAYLOAD_DRIVERS_WIRES_H

#include <aia/aplic.h>

#include "payload/pci/pci.h"
#include "platform/machine.h"

/*
 * Take over the APLICs, once, on the boot hart, after aia_init(). Prints what is wrong with one and returns false: a
 * domain that does not do what the tree says, or that cannot reach some hart's interrupt file.
 */
bool wires_init(void);

/* Where harts have no interrupt files: each hart's APLIC, NULL for one that is in none's domain. Before wires_init(). */
struct aia_controller **wires_controllers(void);

/*
 * The source a device is wired to, ready for aplic_request(). NULL, and the reason is printed, if it has none, or not for
 * itself, or if the APLIC's messages do not arrive where the tree says they should. Thread context.
 */
struct aplic_source *wires_source(const char *name, const struct machine_wire *wire);

/*
 * A source that no device has asked for, without its wire: what software raises (aplic_raise()). From the highest number
 * down, of an APLIC that reaches `hart`; false, and the reason is printed, if there is none. Thread context.
 */
bool wires_spare(struct aplic_source *s, unsigned hart);

/* The n-th (from 0) of the domains that are driven; NULL: there are fewer. */
struct aplic *wires_domain(unsigned n);

/* Where a function's INTx pin leads, through bridges and the host bridge's interrupt-map. source 0: nowhere. */
struct machine_wire wires_intx(const struct pci_device *pd);

/* Are devices to be driven by their wires: because there is nothing else, by devices=wired, or for a job about wires? */
bool wires_wanted(void);
void wires_want(void);

#endif
