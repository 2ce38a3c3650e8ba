/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The inside of machine_discover(): one file per kind of node, each with an entry point disc_xxx(d). machine.c calls
 * these in order. All of them return 0, or -1 after tree_fail(). Harts, interrupt files and APLICs are read by libaia-fdt;
 * fdt/tree.h has its readers of properties, and the rule for a part that cannot be used.
 *
 * Only four things can end a run, because every job needs them: harts, the time base, memory, and a way to interrupt
 * the harts.
 */
#ifndef PLATFORM_DISCOVER_H
#define PLATFORM_DISCOVER_H

#include "fdt/tree.h"
#include "machine.h"

struct discovery {
    struct aia_fdt_tree *tree;
    struct machine *m;
    int uart;                     /* node of machine.uart, if the UART is present */
    int iommu;                    /* node of machine.iommu, if there is one */
    int hosts[MACHINE_MAX_HOSTS]; /* nodes of machine.hosts */
};

/*
 * Add a region to a sorted list of regions that do not touch; regions that touch are merged. Returns false if the list
 * is full and the region touches none in it.
 */
bool disc_add_region(struct aia_fdt_region *list, size_t *n, size_t max, const struct aia_fdt_region *region);

/* The register of the test finisher that disc_finisher() will keep; 0: there is none. */
uint64_t disc_find_finisher(struct discovery *d);

/*
 * Call take() for each range of memory, or for each claim on memory, in the tree's order. Ranges may overlap. If a
 * range cannot be read, take() gets NULL, after tree_fail() has recorded the reason. A claim of the memory reservation
 * block has node -1.
 */
typedef void disc_take(struct discovery *d, int node, const struct aia_fdt_region *r, void *arg);
void disc_each_memory(struct discovery *d, disc_take *take, void *arg);
void disc_each_reserved(struct discovery *d, disc_take *take, void *arg);

int disc_memory(struct discovery *d);
int disc_reserved(struct discovery *d);
int disc_pci(struct discovery *d);
int disc_iommu(struct discovery *d);
int disc_uart(struct discovery *d);
int disc_wires(struct discovery *d);
/* Read the interrupt-map of a PCI host. */
int disc_intx(struct discovery *d, unsigned host);
int disc_finisher(struct discovery *d);
int disc_chosen(struct discovery *d);

#endif
