/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The inside of libaia-fdt: one file per kind of node, and what these files share. platform/ reads its own nodes by the same
 * functions. Those that return int return 0, or -1 after tree_fail(), unless their comment says otherwise.
 *
 * One rule holds for each part that not every job needs: the function that reads a part calls tree_fail() on an error, and the
 * caller that would have kept the part calls tree_unused() instead of returning the error.
 *
 * The blob has passed fdt_check_full() before this code runs, so offsets, names and tags are sound. The contents of
 * properties may be anything: this code checks every length and every value before its use.
 */
#ifndef FDT_TREE_H
#define FDT_TREE_H

#include <libfdt.h>

#include <aia/fdt.h>

#define TREE_DEPTH 16

/* The buses from a node up to the root. */
struct tree_way {
    int node;
    unsigned n;
    int bus[TREE_DEPTH];
};

/* A reg property of n entries. */
struct tree_reg_list {
    const fdt32_t *p;
    uint32_t n, ac, sc;
    struct tree_way way;
};

/* Interrupt numbers at a hart's own controller (privileged ISA, scause and mcause): external, by level. */
enum { TREE_IRQ_S_EXT = 9, TREE_IRQ_M_EXT = 11 };

/*
 * Fill in tree->error and return -1. `fmt` supports only %s, %u, %llu and %#llx. Strings from the blob become printable in
 * the result.
 */
int tree_fail(struct aia_fdt_tree *tree, int node, const char *prop, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/* Record the last tree_fail() as the reason why a part is not used. Returns 0: the caller continues. */
int tree_unused(struct aia_fdt_tree *tree, unsigned part);

/*
 * Fail because every job needs such a part and none can be used. The error is the first recorded reason, or else the
 * last tree_fail(). Returns -1.
 */
int tree_need(struct aia_fdt_tree *tree, unsigned part);

/* The next node after `node` (-1: from the first) that is compatible and usable; negative: no more. */
int tree_next_compatible(const struct aia_fdt_tree *tree, int node, const char *compatible);
/* The first string of the node's compatible property, "" if it has none. */
const char *tree_compatible(const struct aia_fdt_tree *tree, int node);
/*
 * tree_okay(): true if the node is enabled. tree_usable(): true if the node and all nodes above it are enabled;
 * otherwise the device cannot be reached.
 */
bool tree_okay(const struct aia_fdt_tree *tree, int node);
bool tree_usable(const struct aia_fdt_tree *tree, int node);

/* Copy the node's name, as much as fits, in printable form. */
void tree_copy_name(const struct aia_fdt_tree *tree, int node, char *out, size_t size);

/* These return 1: read; 0: absent, with *out unchanged; -1: malformed, reported. */
int tree_u32(struct aia_fdt_tree *tree, int node, const char *prop, uint32_t *out);
int tree_u32_in(struct aia_fdt_tree *tree, int node, const char *prop, uint32_t min, uint32_t max,
                uint32_t *out);
int tree_string(struct aia_fdt_tree *tree, int node, const char *prop, const char **out);

/* Like tree_u32_in(), but an absent property is an error too. Returns 0 or -1. */
int tree_need_u32_in(struct aia_fdt_tree *tree, int node, const char *prop, uint32_t min, uint32_t max,
                     uint32_t *out);

/* Read #address-cells or #size-cells of `node`, which must be 1 or 2. */
int tree_cells(struct aia_fdt_tree *tree, int node, const char *prop, uint32_t *out);
uint64_t tree_number(const fdt32_t *cells, uint32_t n);

/*
 * Read the reg property in CPU addresses, through the ranges of every bus above the node: entry by entry, or only the
 * first entry.
 */
int tree_reg_list(struct aia_fdt_tree *tree, int node, struct tree_reg_list *l);
int tree_reg_at(struct aia_fdt_tree *tree, const struct tree_reg_list *l, uint32_t i,
                struct aia_fdt_region *out);
int tree_reg(struct aia_fdt_tree *tree, int node, struct aia_fdt_region *out);
/* Translate an address on the bus of `node` to a CPU address. `prop` is the property that an error names. */
int tree_translate(struct aia_fdt_tree *tree, int node, const char *prop, uint64_t *addr, uint64_t size);
bool tree_overlap(const struct aia_fdt_region *a, const struct aia_fdt_region *b);

/*
 * Read one entry of a list of phandles with arguments. The node that a phandle names has the number of argument cells
 * in its property `cells` (absent: none). Returns 1: read, and *at moved to the next entry; 0: the list has ended; -1:
 * malformed, reported.
 */
struct tree_ref {
    uint32_t phandle;
    int node; /* negative: no node has this phandle */
    const fdt32_t *args;
    uint32_t n_args;
};
int tree_next_ref(struct aia_fdt_tree *tree, int node, const char *prop, const char *cells, uint32_t *at,
                  struct tree_ref *ref);

/* Read interrupts-extended of an interrupt controller whose parents are harts: n pairs of phandle and number. */
int tree_parents(struct aia_fdt_tree *tree, int node, const fdt32_t **pairs, uint32_t *n);
bool tree_has_parent_irq(const fdt32_t *pairs, uint32_t n, uint32_t irq);
struct aia_fdt_cpu *tree_cpu_by_intc(struct aia_fdt_tree *tree, uint32_t phandle);
/*
 * Read msi-parent. Returns 1: it names the S-level IMSIC; 0: it does not, or there is no such property; -1: malformed,
 * reported.
 */
int tree_msi_parent(struct aia_fdt_tree *tree, int node, bool *present);
/* The property of a cpu node that lists the hart's extensions. */
const char *tree_isa_prop(const struct aia_fdt_tree *tree, int node);

/* The steps of aia_fdt_read(), in this order. */
int tree_cpus(struct aia_fdt_tree *tree);
int tree_imsic(struct aia_fdt_tree *tree);
int tree_aplics(struct aia_fdt_tree *tree);
int tree_reach(struct aia_fdt_tree *tree);

/*
 * Read the wire of a device: the first of its interrupts that leads to an APLIC that is used. Returns 0: read, or no such
 * property; -1: the wire leads to no usable APLIC, reported.
 */
int tree_wire(struct aia_fdt_tree *tree, int node, struct aia_fdt_wire *w);
/* Read a specifier of `aplic`: the source and its mode. Returns 0; or -1: not usable, reported. */
int tree_source(struct aia_fdt_tree *tree, int node, const char *prop, unsigned aplic, const fdt32_t *spec,
                struct aia_fdt_wire *w);
/* The index in aia_fdt.aplics of the APLIC with this phandle; -1: none. */
int tree_aplic(const struct aia_fdt_tree *tree, uint32_t phandle);

#endif
