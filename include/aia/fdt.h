/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * libaia-fdt: what a flattened device tree says about harts, interrupt files, APLIC domains and wires, as the structures that
 * libaia takes. The library is optional, is an archive of its own, and needs libfdt. It allocates nothing, prints nothing, touches
 * no hardware, and never reads outside the tree, whatever the tree contains.
 *
 * Every function that can fail returns AIA_OK or AIA_EINVAL. After AIA_EINVAL tree->error names the node, the property and the
 * fault. Addresses are physical. An embedder that maps a register elsewhere replaces the member `mmio` of the structure.
 *
 * Context: any, but never two functions at the same time for one tree.
 */
#ifndef AIA_FDT_H
#define AIA_FDT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <aia/aplic.h>
#include <aia/error.h>
#include <aia/imsic.h>

#include <aia/begin.h>

#define AIA_FDT_MAX_APLICS 8
#define AIA_FDT_SOURCES    1024 /* the sources of a domain, with source 0, which does not exist */

struct aia_fdt_region {
    uint64_t base, size;
};

/* Why something is not used. The strings are printable, and form one line for a person: aia_fdt_error_line(). */
struct aia_fdt_error {
    char node[96];     /* path of the node, or "/" */
    char property[40]; /* its property, or "" */
    char text[128];    /* the fault */
};

/* The kinds of parts. */
enum aia_fdt_part { AIA_FDT_HART, AIA_FDT_IMSIC, AIA_FDT_APLIC, AIA_FDT_WIRE, AIA_FDT_N_PARTS };

/* A part of the tree that is not used, because NODE: PROPERTY: TEXT. */
struct aia_fdt_unused {
    unsigned part; /* enum aia_fdt_part */
    struct aia_fdt_error why;
};

/* A hart that the tree lists and does not disable. Its number for libaia is its index in aia_fdt.harts. */
struct aia_fdt_hart {
    uint64_t hartid;     /* as in mhartid, cpu node's reg */
    uint32_t intc;       /* phandle of its riscv,cpu-intc */
    bool sstc;           /* ISA: the hart has stimecmp */
    bool ssaia;          /* ISA: the hart has siselect, sireg, stopei */
    bool zacas;          /* ISA: the hart has amocas */
    uint64_t imsic_addr; /* physical address of its S-level interrupt file; 0: none */
    /* Pages for guest files after that file, 2^guest_bits - 1. The bits of hgeie that can be set show how many files exist. */
    uint32_t guests;
};

/*
 * The S-level IMSIC. Its geometry is that of IMSIC.adoc, "Arrangement of the memory regions of multiple interrupt files".
 */
struct aia_fdt_imsic {
    bool present;
    uint32_t phandle;     /* 0: none */
    uint32_t num_ids;     /* identities 1..num_ids exist in every file */
    uint32_t ipi_id;      /* riscv,ipi-id, or 1 */
    uint32_t guest_bits;  /* riscv,guest-index-bits */
    uint32_t hart_bits;   /* riscv,hart-index-bits, or the bits that the number of harts needs */
    uint32_t group_bits;  /* riscv,group-index-bits */
    uint32_t group_shift; /* riscv,group-index-shift */
    /* The ranges of the reg property that contain files of aia_fdt.harts. */
    struct aia_fdt_region regs[AIA_MAX_HARTS];
    size_t n_regs;
};

/* An APLIC domain of supervisor level. */
struct aia_fdt_aplic {
    struct aia_fdt_region reg;
    uint32_t num_sources;
    bool msi_mode; /* msi-parent names the S-level IMSIC */
    uint32_t phandle;
    /* The domain's own sources: those that its parent delegates to it, or all sources of a root. See aia_fdt_owns(). */
    uint32_t owned[AIA_FDT_SOURCES / 32];
    int16_t index[AIA_MAX_HARTS]; /* direct: each hart's index in the domain; -1: not in the domain */
};

/* A wire from a device to an S-level APLIC. */
struct aia_fdt_wire {
    uint16_t source; /* 0: no wire, or a wire that leads elsewhere */
    uint8_t aplic;   /* index in aia_fdt.aplics */
    uint8_t mode;    /* enum aplic_mode */
};

/* The library's: a cpu node, also a disabled one: a disabled hart still has a place among the parents of the IMSIC. */
struct aia_fdt_cpu {
    uint64_t hartid;
    int node;
    uint32_t intc; /* phandle of its riscv,cpu-intc; 0: none */
    int intc_node;
    int16_t hart; /* index in aia_fdt.harts; -1: not usable */
    bool has_file, has_id;
};

/* What the tree says. */
struct aia_fdt {
    struct aia_fdt_hart harts[AIA_MAX_HARTS];
    size_t n_harts;
    uint64_t timebase; /* Hz */
    struct aia_fdt_imsic imsic;
    struct aia_fdt_aplic aplics[AIA_FDT_MAX_APLICS];
    size_t n_aplics;

    /* The library's. */
    struct aia_fdt_cpu cpus[AIA_MAX_HARTS];
    size_t n_cpus;
    bool more_cpus; /* more cpus exist than fit: a parent that is not in cpus may be a hart */
};

/* A tree that is read. */
struct aia_fdt_tree {
    /* The embedder sets these, and zeroes the rest. */
    const void *blob;              /* at a multiple of 8 */
    size_t max;                    /* bytes that may be read: the tree's size, or more */
    struct aia_fdt_unused *unused; /* room for the parts that are not used; NULL: they are only counted */
    size_t max_unused;             /* the parts for which there is room */
    const struct aia_fdt_region
        *memory; /* memory, with which an interrupt file must not overlap; NULL: not checked */
    size_t n_memory;

    /* The answers. */
    size_t n_unused;            /* also counts the parts for which there was no room */
    struct aia_fdt_error error; /* of the last function that failed */

    /* The library's. */
    bool checked;
    struct aia_fdt *facts; /* after aia_fdt_read() */
};

/*
 * Check that the tree is whole. After that libfdt's own reading functions are safe on the tree, too. aia_fdt_read() calls this,
 * unless the tree has passed the check already.
 * Returns AIA_OK, or:
 *   AIA_EINVAL  there is no tree, or it is damaged
 */
int aia_fdt_check(struct aia_fdt_tree *tree);

/*
 * Read harts, time base, interrupt files and APLIC domains into *facts. Harts, files and domains that are unsound are not used,
 * and are listed in tree->unused.
 * Returns AIA_OK, or:
 *   AIA_EINVAL  the tree has no usable hart, no time base, or neither interrupt files nor a domain that interrupts harts itself,
 *               or the embedder was built with another AIA_MAX_HARTS
 */
int aia_fdt_read_sized(struct aia_fdt_tree *tree, size_t tree_size, struct aia_fdt *facts, size_t facts_size);

static inline int aia_fdt_read(struct aia_fdt_tree *tree, struct aia_fdt *facts)
{
    return aia_fdt_read_sized(tree, sizeof(*tree), facts, sizeof(*facts));
}

/*
 * Fill in the interrupt file of a hart, for aia_config.files: all that the embedder has to set. `slots` has
 * facts->imsic.num_ids + 1 words. A hart without a file gets a file without identities.
 */
void aia_fdt_file(const struct aia_fdt *facts, unsigned hart, _Atomic uint32_t *slots,
                  struct imsic_file *file);

/*
 * Fill in a domain for aplic_init(): mmio, n_sources, layout, direct, index and n_harts. The embedder sets `wait_limit`, and
 * `sources` if the domain is direct. `facts` stays as it is for as long as the domain is used.
 */
void aia_fdt_domain(const struct aia_fdt *facts, unsigned i, struct aplic *domain);

/* The index in facts->harts of the hart with this hartid; -1: none. */
int aia_fdt_hart(const struct aia_fdt *facts, uint64_t hartid);

/*
 * True if this source is the domain's own. The registers of other sources read as zeros (AdvPLIC.adoc, "Interrupt delegation").
 */
static inline bool aia_fdt_owns(const struct aia_fdt_aplic *a, uint32_t source)
{
    return source >= 1 && source <= a->num_sources && (a->owned[source / 32] >> source % 32 & 1u);
}

/* ---- devices, after aia_fdt_read() ---- */

/*
 * The next node after `node` (-1: from the first) that is compatible, and is enabled with every node above it; negative: no more.
 */
int aia_fdt_next(const struct aia_fdt_tree *tree, int node, const char *compatible);

/*
 * Read entry `n` of the reg property, translated by the ranges of every bus above the node to an address of the CPU's.
 * Returns AIA_OK, or:
 *   AIA_EINVAL  there is no such entry, or it cannot be translated
 */
int aia_fdt_reg(struct aia_fdt_tree *tree, int node, unsigned n, struct aia_fdt_region *reg);

/*
 * Read interrupt `n` of a device, from interrupts-extended, or from interrupts and the nearest interrupt-parent: the domain, the
 * source and its mode, as aplic_source_init() takes them.
 * Returns AIA_OK, or:
 *   AIA_EINVAL  there is no such interrupt, or it leads to no domain that is used, or its source is not delegated to the domain
 */
int aia_fdt_wire(struct aia_fdt_tree *tree, int node, unsigned n, struct aia_fdt_wire *wire);

/* Write "NODE: PROPERTY: TEXT", or "NODE: TEXT" if no property is at fault; 270 bytes are always enough. */
void aia_fdt_error_line(const struct aia_fdt_error *error, char *out, size_t size);

#include <aia/end.h>

#endif
