/* SPDX-License-Identifier: BSD-2-Clause */
/* What the PCI tests share: the model fabric with the payload's PCI code on it. */
#ifndef PCI_BENCH_H
#define PCI_BENCH_H

#include "payload/pci/msi.h"
#include "payload/pci/pci.h"
#include "pci_model.h"

extern struct pci pci;
extern struct pci_device devs[PM_MAX_FNS];

/* What pci_init() left out, in its order. */
extern struct pci_device left_out[PM_MAX_FNS];
extern size_t n_left_out;

/* cmocka's: an empty fabric; no faults were counted. */
int setup(void **state);
int teardown(void **state);

/* pci_init() over the fabric, for so many functions at most. PCI_OK, its error, or the first function's that is left out. */
int scan_into(size_t max);
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

/* One function with a BAR, scanned and enabled after the test gave it its capabilities; from now on it is watched. */
struct pci_device *start_up(struct pm_fn *f);

/* The i-th message that the watched one could have sent; what it says its message is. */
void assert_seen(size_t i, uint64_t addr, uint32_t data);
void assert_reads_back(struct aia_msi *msi, uint64_t addr, uint32_t data);

/* The last access was a read of the device, with a fence behind it. */
void assert_ends_in_read(void);

#endif
