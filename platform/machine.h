/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The description of the machine that the payload runs on. machine_discover() fills it in once from the device tree;
 * after that it is constant. It contains no defaults: a fact that the tree lacks is an error or is marked absent.
 */
#ifndef PLATFORM_MACHINE_H
#define PLATFORM_MACHINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MACHINE_MAX_HARTS    128
#define MACHINE_MAX_RANGES   8
#define MACHINE_MAX_APLICS   8
#define MACHINE_MAX_VIRTIO   16
#define MACHINE_MAX_INTX     1024 /* 256 devices and functions, four pins each */
#define MACHINE_MAX_HOSTS    8
#define MACHINE_MAX_MAPS     32
#define MACHINE_MAX_MEMORY   128
#define MACHINE_MAX_RESERVED 64
#define MACHINE_MAX_UNUSED   64

struct machine_region {
    uint64_t base, size;
};

/* A hart that the tree lists and does not disable. Inside the payload its name is its index in machine.harts. */
struct machine_hart {
    uint64_t hartid;     /* as in mhartid, cpu node's reg */
    uint32_t intc;       /* phandle of its riscv,cpu-intc */
    bool sstc;           /* ISA: the hart has stimecmp */
    bool ssaia;          /* ISA: the hart has siselect, sireg, stopei */
    bool zacas;          /* ISA: the hart has amocas */
    uint64_t imsic_addr; /* physical address of its S-level interrupt file; 0: none */
    /* Pages for guest files after that file, 2^guest_bits - 1; hgeie has the number of real files. */
    uint32_t guests;
};

/*
 * The S-level IMSIC. Its geometry is that of IMSIC.adoc, "Arrangement of the memory regions of multiple interrupt
 * files".
 */
struct machine_imsic {
    bool present;
    uint32_t num_ids;     /* identities 1..num_ids exist in every file */
    uint32_t ipi_id;      /* riscv,ipi-id, or 1 */
    uint32_t guest_bits;  /* riscv,guest-index-bits */
    uint32_t hart_bits;   /* riscv,hart-index-bits, or the bits that the number of harts needs */
    uint32_t group_bits;  /* riscv,group-index-bits */
    uint32_t group_shift; /* riscv,group-index-shift */
    /* The ranges of the reg property that contain files of machine.harts. */
    struct machine_region regs[MACHINE_MAX_HARTS];
    size_t n_regs;
};

#define MACHINE_SOURCES 1024 /* the sources of a domain, with source 0, which does not exist */

struct machine_aplic {
    struct machine_region reg;
    uint32_t num_sources;
    bool msi_mode; /* msi-parent names the S-level IMSIC */
    uint32_t phandle;
    /* The domain's own sources: those that its parent delegates to it, or all sources of a root. See machine_owns(). */
    uint32_t owned[MACHINE_SOURCES / 32];
    int16_t index[MACHINE_MAX_HARTS]; /* direct: each hart's index in the domain; -1: not in the domain */
};

/* A wire from a device to an S-level APLIC. */
struct machine_wire {
    uint16_t source; /* 0: no wire, or a wire that leads elsewhere */
    uint8_t aplic;   /* index in machine.aplics */
    uint8_t mode;    /* the value for sourcecfg (AdvPLIC.adoc, "Source configurations") */
};

/* A device that is described by its address and its wire. */
struct machine_device {
    bool present;
    uint64_t base;
    struct machine_wire wire;
};

/* A PCI host bridge with ECAM. A window has its CPU address and its PCI address. */
struct machine_pci_window {
    enum { MACHINE_PCI_IO, MACHINE_PCI_MEM32, MACHINE_PCI_MEM64 } space;
    uint64_t pci, cpu, size;
};

/*
 * PCI requester ids `from` to `from + n - 1`, and their ids at the target of the map: the IOMMU, or the MSI controller.
 * Entries with a target that is not used are kept, too: their functions are behind that target, and must not be used.
 */
struct machine_id_map {
    uint32_t from, to, n;
    bool ours; /* the target is machine.iommu, or the S-level IMSIC */
};

struct machine_pci {
    char name[32];              /* the node's name, such as pci@30000000 */
    struct machine_region ecam; /* begins with bus_first */
    uint8_t bus_first, bus_last;
    struct machine_pci_window windows[MACHINE_MAX_RANGES];
    size_t n_windows;
    struct machine_id_map iommu_map[MACHINE_MAX_MAPS];
    size_t n_iommu_map;
    uint32_t iommu_map_mask; /* applied to requester ids before the look-up */
    /* The functions that may send MSIs: by msi-map, or all by msi-parent. */
    struct machine_id_map msi_map[MACHINE_MAX_MAPS];
    size_t n_msi_map;
    uint32_t msi_map_mask;
    struct {
        uint8_t devfn, pin; /* compared under the masks */
        struct machine_wire wire;
    } intx[MACHINE_MAX_INTX]; /* the entries of interrupt-map that lead to S-level APLICs */
    size_t n_intx;
    uint8_t intx_devfn_mask, intx_pin_mask;
};

/* The RISC-V IOMMU in front of the devices of a PCI host bridge. */
struct machine_iommu {
    enum {
        MACHINE_IOMMU_NONE,
        MACHINE_IOMMU_SYS, /* on the system's bus */
        MACHINE_IOMMU_PCI, /* itself a function of a host bridge, and not behind itself */
    } form;
    struct machine_region reg; /* of one on the system's bus: the registers */
    struct machine_wire wire;  /* of one on the system's bus: the first of its interrupts' wires */
    uint16_t function;         /* of a function: its requester id */
    uint8_t host;              /* of a function: the index of its host in machine.hosts */
};

/* The ns16550a-compatible UART that stdout-path names, or the only one in the tree. */
struct machine_uart {
    bool present;
    uint64_t base;
    uint32_t reg_shift, reg_io_width, clock;
    struct machine_wire wire;
};

/* The reason why discovery ends the run, or does not use a part. The strings form one line for a person. */
struct machine_error {
    char node[96];     /* path of the node, or "/" */
    char property[40]; /* its property, or "" */
    char text[128];    /* the fault */
};

/* The kinds of parts. A job that needs a part of a kind prints the reason why there is none. */
enum machine_part {
    MACHINE_PART_MEMORY,
    MACHINE_PART_HART,
    MACHINE_PART_IMSIC,
    MACHINE_PART_APLIC,
    MACHINE_PART_PCI,
    MACHINE_PART_MSI, /* of PCI functions */
    MACHINE_PART_IOMMU,
    MACHINE_PART_WIRE, /* of PCI functions, and sources; a device's own wire belongs to the device's kind */
    MACHINE_PART_UART,
    MACHINE_PART_RTC,
    MACHINE_PART_VIRTIO,
    MACHINE_PART_FINISHER,
    MACHINE_PART_OTHER, /* only printed: the model, the boot arguments */
};

/* A part of the tree that is not used, because NODE: PROPERTY: TEXT. */
struct machine_unused {
    enum machine_part part;
    struct machine_error why;
};

struct machine {
    struct machine_hart harts[MACHINE_MAX_HARTS];
    size_t n_harts;
    uint64_t timebase;                                /* Hz */
    struct machine_region memory[MACHINE_MAX_MEMORY]; /* sorted; ranges do not touch */
    size_t n_memory;
    struct machine_imsic imsic;
    struct machine_aplic aplics[MACHINE_MAX_APLICS]; /* S-level ones */
    size_t n_aplics;
    struct machine_pci hosts[MACHINE_MAX_HOSTS]; /* PCI hosts, in the order of the tree */
    size_t n_hosts;
    struct machine_iommu iommu;
    struct machine_uart uart;
    struct machine_device rtc;                        /* google,goldfish-rtc */
    struct machine_device virtio[MACHINE_MAX_VIRTIO]; /* places that may have a device */
    size_t n_virtio;
    uint64_t finisher; /* sifive,test0 register; 0: none */
    char bootargs[512];
    char model[64];
    /* Memory that the payload must not touch, whatever `memory` says: sorted; ranges do not touch. */
    struct machine_region reserved[MACHINE_MAX_RESERVED];
    size_t n_reserved;
    struct machine_unused unused[MACHINE_MAX_UNUSED];
    size_t n_unused; /* also counts the parts beyond the array */
};

/*
 * Read the flattened device tree at `fdt` into `m`. At most `max` bytes of the tree may be read. The function never
 * reads outside the blob, whatever its contents. It touches no hardware and keeps no pointer into the blob. It needs 6
 * KiB of stack. Returns 0 if the tree has what every job needs: harts, the time base, memory, and interrupt files or an
 * APLIC that interrupts harts itself; `unused` has the other parts that cannot be used. Otherwise returns -1 with `err`
 * filled in. Then only `finisher` and `uart` of `m` are valid: they are read first, and are 0 and absent if they were
 * not found.
 */
int machine_discover(const void *fdt, size_t max, struct machine *m, struct machine_error *err);

/*
 * The reason, in one line, why there is no part of this kind: discovery's first reason, or that the tree has none. The
 * line may be stored in `out`; 270 bytes are always enough.
 */
const char *machine_why(const struct machine *m, enum machine_part part, char *out, size_t size);

/*
 * True if this source is the domain's own. The registers of other sources read as zeros (AdvPLIC.adoc, "Interrupt
 * delegation").
 */
static inline bool machine_owns(const struct machine_aplic *a, uint32_t source)
{
    return source >= 1 && source <= a->num_sources && (a->owned[source / 32] >> source % 32 & 1u);
}

/*
 * Check that an image may lie at `image`: all of the region is memory, nothing claims any of it, and the tree is
 * elsewhere. Pure as machine_discover(), with the same needs. It makes no list, so it needs no memory except the stack.
 * Returns 0, or -1 with `err` filled in. In either case *finisher is the later value of machine.finisher.
 */
int machine_place(const void *fdt, size_t max, const struct machine_region *image, uint64_t *finisher,
                  struct machine_error *err);

/*
 * Claim a region. `reserved` stays sorted. If `reserved` is full, more memory than the region becomes reserved, never
 * less.
 */
void machine_reserve(struct machine *m, const struct machine_region *region);

/* True if all of `r` is memory, and none of it is reserved. */
bool machine_is_free(const struct machine *m, const struct machine_region *r);

/* Write "NODE: PROPERTY: TEXT", or "NODE: TEXT" if no property is at fault; 270 bytes are always enough. */
void machine_error_line(const struct machine_error *err, char *out, size_t size);

#endif
