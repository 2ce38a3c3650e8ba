/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the payload knows of the machine it runs on: a plain description, filled in once from the
 * device tree by machine_discover() and constant from then on. Nothing in it is a default: what the
 * tree does not say is an error or is marked absent.
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

/* A hart the tree lists and does not disable. Its index in machine.harts is its name inside the payload. */
struct machine_hart {
    uint64_t hartid;     /* as in mhartid, cpu node's reg */
    uint32_t intc;       /* phandle of its riscv,cpu-intc */
    bool sstc;           /* ISA: stimecmp is there */
    bool ssaia;          /* ISA: siselect, sireg, stopei are there */
    bool zacas;          /* ISA: amocas is there */
    uint64_t imsic_addr; /* physical address of its S-level interrupt file; 0: it has none */
    uint32_t guests;     /* pages for guest files after it, 2^guest_bits - 1: hgeie tells how many are real */
};

/* The S-level IMSIC: geometry as IMSIC.adoc, "Arrangement of the memory regions of multiple interrupt
 * files". */
struct machine_imsic {
    bool present;
    uint32_t num_ids;     /* identities 1..num_ids exist in every file */
    uint32_t ipi_id;      /* riscv,ipi-id, or 1 */
    uint32_t guest_bits;  /* riscv,guest-index-bits */
    uint32_t hart_bits;   /* riscv,hart-index-bits, or what the number of harts needs */
    uint32_t group_bits;  /* riscv,group-index-bits */
    uint32_t group_shift; /* riscv,group-index-shift */
    struct machine_region regs[MACHINE_MAX_HARTS]; /* of the reg property what holds our harts' files */
    size_t n_regs;
};

#define MACHINE_SOURCES 1024 /* of a domain, with 0, which is none */

struct machine_aplic {
    struct machine_region reg;
    uint32_t num_sources;
    bool msi_mode; /* msi-parent names the S-level IMSIC */
    uint32_t phandle;
    /* Sources that are the domain's own: what its parent delegates to it, all if it is the root. machine_owns() */
    uint32_t owned[MACHINE_SOURCES / 32];
    int16_t index[MACHINE_MAX_HARTS]; /* direct: each hart's index in the domain; -1: it is not in it */
};

/* A line from a device to an S-level APLIC. */
struct machine_wire {
    uint16_t source; /* 0: there is none, or it leads elsewhere */
    uint8_t aplic;   /* index in machine.aplics */
    uint8_t mode;    /* as sourcecfg has it (AdvPLIC.adoc, "Source configurations") */
};

/* A device of which there is nothing to know but where it is. */
struct machine_device {
    bool present;
    uint64_t base;
    struct machine_wire wire;
};

/* PCI host bridge with ECAM; windows are CPU addresses, with the PCI address they appear at. */
struct machine_pci_window {
    enum { MACHINE_PCI_IO, MACHINE_PCI_MEM32, MACHINE_PCI_MEM64 } space;
    uint64_t pci, cpu, size;
};

/*
 * PCI requester ids `from` to `from + n - 1`, and the ids that they have at what a map names: the IOMMU, or what takes
 * their MSIs. What is mapped to something else than ours is kept too: such a function is behind it, and not to be used.
 */
struct machine_id_map {
    uint32_t from, to, n;
    bool ours; /* the machine.iommu, or the S-level IMSIC */
};

struct machine_pci {
    char name[32];              /* of its node, such as pci@30000000 */
    struct machine_region ecam; /* begins with bus_first */
    uint8_t bus_first, bus_last;
    struct machine_pci_window windows[MACHINE_MAX_RANGES];
    size_t n_windows;
    struct machine_id_map iommu_map[MACHINE_MAX_MAPS];
    size_t n_iommu_map;
    uint32_t iommu_map_mask;                         /* of requester ids, before they are looked up */
    struct machine_id_map msi_map[MACHINE_MAX_MAPS]; /* who may send MSIs: msi-map, or all by msi-parent */
    size_t n_msi_map;
    uint32_t msi_map_mask;
    struct {
        uint8_t devfn, pin; /* to be compared under the masks */
        struct machine_wire wire;
    } intx[MACHINE_MAX_INTX]; /* interrupt-map, as far as it leads to S-level APLICs */
    size_t n_intx;
    uint8_t intx_devfn_mask, intx_pin_mask;
};

/* The RISC-V IOMMU before the devices of that host bridge. */
struct machine_iommu {
    enum {
        MACHINE_IOMMU_NONE,
        MACHINE_IOMMU_SYS, /* on the system's bus */
        MACHINE_IOMMU_PCI, /* itself a function of that host bridge, not behind itself */
    } form;
    struct machine_region reg; /* on the system's bus: its registers */
    struct machine_wire wire;  /* and of its own interrupts' wires the first */
    uint16_t function;         /* a function: its requester id */
    uint8_t host;              /* and which of machine.hosts has it */
};

/* ns16550a-compatible UART that stdout-path names (or the only one there is). */
struct machine_uart {
    bool present;
    uint64_t base;
    uint32_t reg_shift, reg_io_width, clock;
    struct machine_wire wire;
};

/* Why discovery ends the run, or leaves a part out. The strings make the one line a person reads. */
struct machine_error {
    char node[96];     /* path of the node, or "/" */
    char property[40]; /* its property, or "" */
    char text[128];    /* what is wrong with it */
};

/* What a part that is not used would have been for: a job that needs such a part says why there is none. */
enum machine_part {
    MACHINE_PART_MEMORY,
    MACHINE_PART_HART,
    MACHINE_PART_IMSIC,
    MACHINE_PART_APLIC,
    MACHINE_PART_PCI,
    MACHINE_PART_MSI, /* of PCI functions */
    MACHINE_PART_IOMMU,
    MACHINE_PART_WIRE, /* of PCI functions, and sources: a device's own wire is that device's part */
    MACHINE_PART_UART,
    MACHINE_PART_RTC,
    MACHINE_PART_VIRTIO,
    MACHINE_PART_FINISHER,
    MACHINE_PART_OTHER, /* shown only: the model, the boot arguments */
};

/* A part of the tree that is absent to us, because NODE: PROPERTY: TEXT. */
struct machine_unused {
    enum machine_part part;
    struct machine_error why;
};

struct machine {
    struct machine_hart harts[MACHINE_MAX_HARTS];
    size_t n_harts;
    uint64_t timebase;                                /* Hz */
    struct machine_region memory[MACHINE_MAX_MEMORY]; /* sorted, apart */
    size_t n_memory;
    struct machine_imsic imsic;
    struct machine_aplic aplics[MACHINE_MAX_APLICS]; /* S-level ones */
    size_t n_aplics;
    struct machine_pci hosts[MACHINE_MAX_HOSTS]; /* PCI hosts, in the order of the tree */
    size_t n_hosts;
    struct machine_iommu iommu;
    struct machine_uart uart;
    struct machine_device rtc; /* google,goldfish-rtc */
    struct machine_device
        virtio[MACHINE_MAX_VIRTIO]; /* virtio,mmio: places that may have a device, or none */
    size_t n_virtio;
    uint64_t finisher; /* sifive,test0 register; 0: none */
    char bootargs[512];
    char model[64];
    struct machine_region
        reserved[MACHINE_MAX_RESERVED]; /* not ours to touch, whatever memory says: sorted, apart */
    size_t n_reserved;
    struct machine_unused unused[MACHINE_MAX_UNUSED];
    size_t n_unused; /* counts those beyond the array, too */
};

/*
 * Read the flattened device tree at `fdt` (at most `max` bytes of it may be touched) into `m`.
 * Never reads outside the blob, whatever is in it. Pure: touches no hardware, keeps no pointer into
 * the blob. Needs 6 KiB of stack. Returns 0 if there is what every job needs: harts, the time base, memory, and
 * interrupt files or an APLIC that interrupts harts itself; what else could not be used is in `unused`. Else -1 with
 * `err` filled in; of `m` then only `finisher` and `uart` can be used: they were looked for first, and say 0 and absent if
 * that was in vain.
 */
int machine_discover(const void *fdt, size_t max, struct machine *m, struct machine_error *err);

/*
 * Why there is no such part, in a line: the first reason that discovery had, or that the tree has none at all. It may
 * be kept in `out`, of which 270 bytes always hold it.
 */
const char *machine_why(const struct machine *m, enum machine_part part, char *out, size_t size);

/* Is this source the domain's own? Others answer it with zeros (AdvPLIC.adoc, "Interrupt delegation"). */
static inline bool machine_owns(const struct machine_aplic *a, uint32_t source)
{
    return source >= 1 && source <= a->num_sources && (a->owned[source / 32] >> source % 32 & 1u);
}

/*
 * Whether an image may lie at `image`: all of it is memory, nobody has claimed any of it, and the tree itself is elsewhere.
 * Pure as machine_discover(), with the same needs; makes no list, and so needs no memory but the stack. Returns 0, or -1 with
 * `err` filled in; *finisher is what machine.finisher will be, whatever it returns.
 */
int machine_place(const void *fdt, size_t max, const struct machine_region *image, uint64_t *finisher,
                  struct machine_error *err);

/* Claim a region: `reserved` stays sorted and apart. Where it has no room, more is reserved than was asked for, never less. */
void machine_reserve(struct machine *m, const struct machine_region *region);

/* Whether all of `r` is memory, and none of it reserved. */
bool machine_is_free(const struct machine *m, const struct machine_region *r);

/* "NODE: PROPERTY: TEXT", or "NODE: TEXT" where no property is to blame; 270 bytes always hold it. */
void machine_error_line(const struct machine_error *err, char *out, size_t size);

#endif
