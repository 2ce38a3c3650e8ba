/* SPDX-License-Identifier: BSD-2-Clause */
/* What the PCI tests share: the model of the fabric with the payload's PCI code on it. */
#ifndef PCI_BENCH_H
#define PCI_BENCH_H

#include "payload/pci/msi.h"
#include "payload/pci/pci.h"
#include "pci_model.h"

extern struct pci pci;
extern struct pci_device devs[PM_MAX_FNS];

/* The functions that pci_init() left out, in the order in which it reported them. */
extern struct pci_device left_out[PM_MAX_FNS];
extern size_t n_left_out;

/* For cmocka: an empty fabric, and no faults counted. */
int setup(void **state);
int teardown(void **state);

/* Run pci_init() on the fabric for at most `max` functions. Returns PCI_OK, its error, or the error of the first function
 * that was left out. */
int scan_into(size_t max);
int scan(void);

/* Add a function. Its device id is its index in the model, by which behind() and found() know it. */
struct pm_fn *add(struct pm_fn *parent, uint8_t devfn);
struct pm_fn *add_bridge(struct pm_fn *parent, uint8_t devfn);
const struct pm_fn *behind(const struct pci_device *pd);
struct pci_device *found(const struct pm_fn *f); /* NULL: the scan did not find it */

/* Check that every BAR that was placed is aligned, and that both its ends lead to its function and to no other. */
void check_bars(const struct pci_device *pd);

/* Enable every function that can be enabled, and check all their BARs. */
void check_all(void);

/* Scan and enable one function with a BAR, after the test gave it its capabilities. From now on it is watched. */
struct pci_device *start_up(struct pm_fn *f);

/* Check the i-th message that the watched function could have sent. The function below checks what its registers say. */
void assert_seen(size_t i, uint64_t addr, uint32_t data);
void assert_reads_back(struct aia_msi *msi, uint64_t addr, uint32_t data);

/* Check that the last access was a read of the device, followed by a fence. */
void assert_ends_in_read(void);

#endif
