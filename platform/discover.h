/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Inside of machine_discover(): one file per kind of node, each with one entry point of the form
 * disc_xxx(d), called in the order of machine.c. All of them return 0, or -1 after disc_fail().
 *
 * Only what every job needs may end a run: harts, the time base, memory, and a way to interrupt the harts. For all else
 * there is one rule: what reads a part fails by disc_fail(), and whoever would have kept that part calls disc_unused()
 * instead of passing the failure on.
 *
 * The blob has passed fdt_check_full() before any of this runs, so offsets, names and tags are sound.
 * What properties hold is not: every length and every value is checked here before it is used.
 */
#ifndef PLATFORM_DISCOVER_H
#define PLATFORM_DISCOVER_H

#include <libfdt.h>

#include "machine.h"

/* A cpu node, a disabled one too: it still has its place among the parents of the IMSIC. */
struct disc_cpu {
    uint64_t hartid;
    int node;
    uint32_t intc; /* phandle of its riscv,cpu-intc, 0 if it has none */
    int intc_node;
    int16_t hart; /* index in machine.harts, -1: not usable */
    bool has_file, has_id;
};

#define DISC_DEPTH 16

/* From a node up to the root. */
struct disc_way {
    int node;
    unsigned n;
    int bus[DISC_DEPTH];
};

/* A reg property: n entries. */
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
    bool more_cpus;               /* than fit: a parent that is none of cpus may be a hart all the same */
    int uart;                     /* node of machine.uart, if that is present */
    int iommu;                    /* node of machine.iommu, if there is one */
    int hosts[MACHINE_MAX_HOSTS]; /* nodes of machine.hosts */
    uint32_t imsic_phandle;       /* of the S-level IMSIC; 0: there is none, or nothing can name it */
};

/* Interrupt numbers at a hart's own controller (privileged ISA, scause and mcause): external, by level. */
enum { DISC_IRQ_S_EXT = 9, DISC_IRQ_M_EXT = 11 };

/*
 * Fill in d->err and return -1. `fmt` knows %s, %u, %llu, %#llx and nothing else. What comes from the
 * blob is printable in the result, whatever it was.
 */
int disc_fail(struct discovery *d, int node, const char *prop, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/* What disc_fail() said of a part is the reason why that part is not used. Returns 0: the run goes on. */
int disc_unused(struct discovery *d, enum machine_part part);

/*
 * No such part can be used, and every job needs one: the first reason why, or else what disc_fail() said last, ends the
 * run. Returns -1.
 */
int disc_need(struct discovery *d, enum machine_part part);

/* The next node after `node` (-1: the first) that is compatible and not disabled; negative: no more. */
int disc_next_compatible(const struct discovery *d, int node, const char *compatible);
/* The first of what it is compatible with, "" if it does not say. */
const char *disc_compatible(const struct discovery *d, int node);
/* Is it enabled; and all that is above it, without which nobody reaches it? */
bool disc_okay(const struct discovery *d, int node);
bool disc_usable(const struct discovery *d, int node);

/* The node's name, as much as fits, printable. */
void disc_copy_name(const struct discovery *d, int node, char *out, size_t size);

/* 1: read, 0: absent (and *out untouched), -1: malformed, reported. */
int disc_u32(struct discovery *d, int node, const char *prop, uint32_t *out);
int disc_u32_in(struct discovery *d, int node, const char *prop, uint32_t min, uint32_t max, uint32_t *out);
int disc_string(struct discovery *d, int node, const char *prop, const char **out);

/* Likewise, where absent is an error too: 0 or -1. */
int disc_need_u32_in(struct discovery *d, int node, const char *prop, uint32_t min, uint32_t max,
                     uint32_t *out);

/* #address-cells or #size-cells of `node`; 1 and 2 are what a reg can be read with. */
int disc_cells(struct discovery *d, int node, const char *prop, uint32_t *out);
uint64_t disc_number(const fdt32_t *cells, uint32_t n);

/* The reg property in CPU addresses, through the ranges of every bus above it: entry by entry, or the first. */
int disc_reg_list(struct discovery *d, int node, struct disc_reg_list *l);
int disc_reg_at(struct discovery *d, const struct disc_reg_list *l, uint32_t i, struct machine_region *out);
int disc_reg(struct discovery *d, int node, struct machine_region *out);
/* A bus address as `node` sees it, to a CPU address. `prop` is the property to blame. */
int disc_translate(struct discovery *d, int node, const char *prop, uint64_t *addr, uint64_t size);
bool disc_overlap(const struct machine_region *a, const struct machine_region *b);
/* To a list that is sorted and apart. False: it touches none in the list, which is full. */
bool disc_add_region(struct machine_region *list, size_t *n, size_t max, const struct machine_region *region);

/*
 * One entry of a list of phandles, each with as many cells after it as the property `cells` of the node it names says
 * (absent: none). 1: read, and *at moved on to the next entry; 0: the list has ended; -1: malformed, reported.
 */
struct disc_ref {
    uint32_t phandle;
    int node; /* negative: nobody's */
    const fdt32_t *args;
    uint32_t n_args;
};
int disc_next_ref(struct discovery *d, int node, const char *prop, const char *cells, uint32_t *at,
                  struct disc_ref *ref);

/* interrupts-extended of an interrupt controller whose parents are harts: n pairs of phandle and number. */
int disc_parents(struct discovery *d, int node, const fdt32_t **pairs, uint32_t *n);
bool disc_has_parent_irq(const fdt32_t *pairs, uint32_t n, uint32_t irq);
struct disc_cpu *disc_cpu_by_intc(struct discovery *d, uint32_t phandle);
/* Does msi-parent name the S-level IMSIC? 1: yes; 0: no, or there is no such property; -1: malformed, reported. */
int disc_msi_parent(struct discovery *d, int node, bool *present);
/* Which property of a cpu node says what it can do. */
const char *disc_isa_prop(const struct discovery *d, int node);

/* fdt_check_full(), and what it leaves out: 0, or -1. */
int disc_check_blob(struct discovery *d, size_t max);
/* The register of the test finisher, 0: there is none. What disc_finisher() keeps. */
uint64_t disc_find_finisher(struct discovery *d);

/*
 * Call take() for each range of memory, and for each that somebody has claimed, in the tree's order, overlapping as they
 * may; with NULL for one that cannot be read, when disc_fail() has said why. A claim of the memory reservation block has node -1.
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
/* The wire of a device: its first interrupt. -1: that is none of ours, reported; 0: read, or there is no such property. */
int disc_wire(struct discovery *d, int node, struct machine_wire *w);
/* A specifier that names an APLIC of ours: which source, and how that is read. -1: not ours, reported. */
int disc_source(struct discovery *d, int node, const char *prop, unsigned aplic, const fdt32_t *spec,
                struct machine_wire *w);
/* Which of machine.aplics; -1: none. */
int disc_aplic(const struct discovery *d, uint32_t phandle);
/* interrupt-map of the host. */
int disc_intx(struct discovery *d, unsigned host);
int disc_finisher(struct discovery *d);
int disc_chosen(struct discovery *d);

#endif
