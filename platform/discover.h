/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Inside of machine_discover(): one file per kind of node, each with one entry point of the form
 * disc_xxx(d), called in the order of machine.c. All of them return 0, or -1 after disc_fail().
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
    int16_t hart;  /* index in machine.harts, -1: not usable */
    bool has_file;
};

struct discovery {
    const void *fdt;
    struct machine *m;
    struct machine_error *err;
    struct disc_cpu cpus[MACHINE_MAX_HARTS];
    size_t n_cpus;
    int uart;               /* node of machine.uart, if that is present */
    int iommu;              /* node of machine.iommu, if it is on the system's bus */
    uint32_t imsic_phandle; /* of the S-level IMSIC; 0: there is none, or nothing can name it */
};

/* Interrupt numbers at a hart's own controller (privileged ISA, scause and mcause): external, by level. */
enum { DISC_IRQ_S_EXT = 9, DISC_IRQ_M_EXT = 11 };

/*
 * Fill in d->err and return -1. `fmt` knows %s, %u, %llu, %#llx and nothing else. What comes from the
 * blob is printable in the result, whatever it was.
 */
int disc_fail(struct discovery *d, int node, const char *prop, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/* The next node after `node` (-1: the first) that is compatible and not disabled; negative: no more. */
int disc_next_compatible(const struct discovery *d, int node, const char *compatible);
bool disc_usable(const struct discovery *d, int node);

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

/* The reg property in CPU addresses, through the ranges of every bus above it. */
int disc_regs(struct discovery *d, int node, struct machine_region *out, size_t max, size_t *n);
int disc_reg(struct discovery *d, int node, struct machine_region *out);
/* A bus address as `node` sees it, to a CPU address. `prop` is the property to blame. */
int disc_translate(struct discovery *d, int node, const char *prop, uint64_t *addr, uint64_t size);
bool disc_overlap(const struct machine_region *a, const struct machine_region *b);

/* interrupts-extended of an interrupt controller whose parents are harts: n pairs of phandle and number. */
int disc_parents(struct discovery *d, int node, const fdt32_t **pairs, uint32_t *n);
bool disc_has_parent_irq(const fdt32_t *pairs, uint32_t n, uint32_t irq);
struct disc_cpu *disc_cpu_by_intc(struct discovery *d, uint32_t phandle);
/* Which property of a cpu node says what it can do. */
const char *disc_isa_prop(const struct discovery *d, int node);

int disc_cpus(struct discovery *d);
int disc_memory(struct discovery *d);
int disc_imsic(struct discovery *d);
int disc_aplics(struct discovery *d);
int disc_pci(struct discovery *d);
int disc_iommu(struct discovery *d);
int disc_uart(struct discovery *d);
int disc_wires(struct discovery *d);
int disc_finisher(struct discovery *d);
int disc_chosen(struct discovery *d);

#endif
