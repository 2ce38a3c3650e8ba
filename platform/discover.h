/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The inside of machine_discover(): one file per kind of node, each with an entry point disc_xxx(d). machine.c calls
 * these in order. All of them return 0, or -1 after disc_fail().
 *
 * Only four things can end a run, because every job needs them: harts, the time base, memory, and a way to interrupt
 * the harts. All other parts follow one rule: the function that reads a part calls disc_fail() on an error, and the
 * caller that would have kept the part calls disc_unused() instead of returning the error.
 *
 * The blob has passed fdt_check_full() before this code runs, so offsets, names and tags are sound. The contents of
 * properties may be anything: this code checks every length and every value before its use.
 */
#ifndef PLATFORM_DISCOVER_H
#define PLATFORM_DISCOVER_H

#include <libfdt.h>

#include "machine.h"

/* A cpu node, also a disabled one: a disabled hart still has a place among the parents of the IMSIC. */
struct disc_cpu {
    uint64_t hartid;
    int node;
    uint32_t intc; /* phandle of its riscv,cpu-intc; 0: none */
    int intc_node;
    int16_t hart; /* index in machine.harts; -1: not usable */
    bool has_file, has_id;
};

#define DISC_DEPTH 16

/* The buses from a node up to the root. */
struct disc_way {
    int node;
    unsigned n;
    int bus[DISC_DEPTH];
};

/* A reg property of n entries. */
struct disc_reg_list {
    const fdt32_t *p;
    uint32_t n, ac, sc;
    struct disc_way way;
};

struct discovery {
    const void *fdt;
    struct machine *m;
    struct machine_error *err;
    struct disc_cpu cpus[MACHINE_MAX_HARTS];
    size_t n_cpus;
    bool more_cpus;               /* more cpus exist than fit: a parent that is not in cpus may be a hart */
    int uart;                     /* node of machine.uart, if the UART is present */
    int iommu;                    /* node of machine.iommu, if there is one */
    int hosts[MACHINE_MAX_HOSTS]; /* nodes of machine.hosts */
    uint32_t imsic_phandle;       /* the S-level IMSIC's phandle; 0: no IMSIC, or no phandle */
};

/* Interrupt numbers at a hart's own controller (privileged ISA, scause and mcause): external, by level. */
enum { DISC_IRQ_S_EXT = 9, DISC_IRQ_M_EXT = 11 };

/*
 * Fill in d->err and return -1. `fmt` supports only %s, %u, %llu and %#llx. Strings from the blob become printable in
 * the result.
 */
int disc_fail(struct discovery *d, int node, const char *prop, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/* Record the last disc_fail() as the reason why a part is not used. Returns 0: the run continues. */
int disc_unused(struct discovery *d, enum machine_part part);

/*
 * End the run, because every job needs such a part and none can be used. The error is the first recorded reason, or
 * else the last disc_fail(). Returns -1.
 */
int disc_need(struct discovery *d, enum machine_part part);

/* The next node after `node` (-1: from the first) that is compatible and usable; negative: no more. */
int disc_next_compatible(const struct discovery *d, int node, const char *compatible);
/* The first string of the node's compatible property, "" if it has none. */
const char *disc_compatible(const struct discovery *d, int node);
/*
 * disc_okay(): true if the node is enabled. disc_usable(): true if the node and all nodes above it are enabled;
 * otherwise the device cannot be reached.
 */
bool disc_okay(const struct discovery *d, int node);
bool disc_usable(const struct discovery *d, int node);

/* Copy the node's name, as much as fits, in printable form. */
void disc_copy_name(const struct discovery *d, int node, char *out, size_t size);

/* These return 1: read; 0: absent, with *out unchanged; -1: malformed, reported. */
int disc_u32(struct discovery *d, int node, const char *prop, uint32_t *out);
int disc_u32_in(struct discovery *d, int node, const char *prop, uint32_t min, uint32_t max, uint32_t *out);
int disc_string(struct discovery *d, int node, const char *prop, const char **out);

/* Like disc_u32_in(), but an absent property is an error too. Returns 0 or -1. */
int disc_need_u32_in(struct discovery *d, int node, const char *prop, uint32_t min, uint32_t max,
                     uint32_t *out);

/* Read #address-cells or #size-cells of `node`, which must be 1 or 2. */
int disc_cells(struct discovery *d, int node, const char *prop, uint32_t *out);
uint64_t disc_number(const fdt32_t *cells, uint32_t n);

/*
 * Read the reg property in CPU addresses, through the ranges of every bus above the node: entry by entry, or only the
 * first entry.
 */
int disc_reg_list(struct discovery *d, int node, struct disc_reg_list *l);
int disc_reg_at(struct discovery *d, const struct disc_reg_list *l, uint32_t i, struct machine_region *out);
int disc_reg(struct discovery *d, int node, struct machine_region *out);
/* Translate an address on the bus of `node` to a CPU address. `prop` is the property that an error names. */
int disc_translate(struct discovery *d, int node, const char *prop, uint64_t *addr, uint64_t size);
bool disc_overlap(const struct machine_region *a, const struct machine_region *b);
/*
 * Add a region to a sorted list of regions that do not touch; regions that touch are merged. Returns false if the list
 * is full and the region touches none in it.
 */
bool disc_add_region(struct machine_region *list, size_t *n, size_t max, const struct machine_region *region);

/*
 * Read one entry of a list of phandles with arguments. The node that a phandle names has the number of argument cells
 * in its property `cells` (absent: none). Returns 1: read, and *at moved to the next entry; 0: the list has ended; -1:
 * malformed, reported.
 */
struct disc_ref {
    uint32_t phandle;
    int node; /* negative: no node has this phandle */
    const fdt32_t *args;
    uint32_t n_args;
};
int disc_next_ref(struct discovery *d, int node, const char *prop, const char *cells, uint32_t *at,
                  struct disc_ref *ref);

/* Read interrupts-extended of an interrupt controller whose parents are harts: n pairs of phandle and number. */
int disc_parents(struct discovery *d, int node, const fdt32_t **pairs, uint32_t *n);
bool disc_has_parent_irq(const fdt32_t *pairs, uint32_t n, uint32_t irq);
struct disc_cpu *disc_cpu_by_intc(struct discovery *d, uint32_t phandle);
/*
 * Read msi-parent. Returns 1: it names the S-level IMSIC; 0: it does not, or there is no such property; -1: malformed,
 * reported.
 */
int disc_msi_parent(struct discovery *d, int node, bool *present);
/* The property of a cpu node that lists the hart's extensions. */
const char *disc_isa_prop(const struct discovery *d, int node);

/* Run fdt_check_full(), and check what fdt_check_full() does not check. Returns 0 or -1. */
int disc_check_blob(struct discovery *d, size_t max);
/* The register of the test finisher that disc_finisher() will keep; 0: there is none. */
uint64_t disc_find_finisher(struct discovery *d);

/*
 * Call take() for each range of memory, or for each claim on memory, in the tree's order. Ranges may overlap. If a
 * range cannot be read, take() gets NULL, after disc_fail() has recorded the reason. A claim of the memory reservation
 * block has node -1.
 */
typedef void disc_take(struct discovery *d, int node, const struct machine_region *r, void *arg);
void disc_each_memory(struct discovery *d, disc_take *take, void *arg);
void disc_each_reserved(struct discovery *d, disc_take *take, void *arg);

int disc_cpus(struct discovery *d);
int disc_memory(struct discovery *d);
int disc_reserved(struct discovery *d);
int disc_imsic(struct discovery *d);
int disc_aplics(struct discovery *d);
int disc_reach(struct discovery *d);
int disc_pci(struct discovery *d);
int disc_iommu(struct discovery *d);
int disc_uart(struct discovery *d);
int disc_wires(struct discovery *d);
/*
 * Read the wire of a device: its first interrupt. Returns 0: read, or no such property; -1: the wire leads to no usable
 * APLIC, reported.
 */
int disc_wire(struct discovery *d, int node, struct machine_wire *w);
/* Read a specifier of `aplic`: the source and its mode. Returns 0; or -1: not usable, reported. */
int disc_source(struct discovery *d, int node, const char *prop, unsigned aplic, const fdt32_t *spec,
                struct machine_wire *w);
/* The index in machine.aplics of the APLIC with this phandle; -1: none. */
int disc_aplic(const struct discovery *d, uint32_t phandle);
/* Read the interrupt-map of a PCI host. */
int disc_intx(struct discovery *d, unsigned host);
int disc_finisher(struct discovery *d);
int disc_chosen(struct discovery *d);

#endif
