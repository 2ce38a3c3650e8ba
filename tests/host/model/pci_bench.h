/* SPDX-License-Identifier: BSD-2-Clause */
/* What the PCI tests share: the model fabric with the payload's PCI code on it. */
#ifndef PCI_BENCH_H
#define PCI_BENCH_H

#include "payload/pci/pci.h"
#include "pci_model.h"

extern struct pci pci;
extern struct pci_device devs[PM_MAX_FNS];

/* cmocka's: an empty fabric; no faults were counted. */
int setup(void **state);
int teardown(void **state);

/* pci_init() over the fabric. */
int scan(void);

/* Functions whose device id is their index in the model, by which behind() and found() tell them. */
struct pm_fn *add(struct pm_fn *parent, uint8_t devfn);
struct pm_fn *add_bridge(struct pm_fn *parent, uint8_t devfn);
const struct pm_fn *behind(const struct pci_device *pd);
struct pci_device *found(const struct pm_fn *f); /* NULL: the scan did not find it */

/* Every BAR that was placed is aligned, and its ends lead to its function and to no other. */
void check_bars(const struct pci_device *pd);

/* Enable all functions that can be, and check all their BARs. */
void check_all(void);

#endif
