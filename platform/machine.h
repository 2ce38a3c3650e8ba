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

#include <aia/fdt.h>

#define MACHINE_MAX_HARTS    AIA_MAX_HARTS
#define MACHINE_MAX_RANGES   8
#define MACHINE_MAX_APLICS   AIA_FDT_MAX_APLICS
#define MACHINE_MAX_VIRTIO   16
#define MACHINE_MAX_INTX     1024 /* 256 devices and functions, four pins each */
#define MACHINE_MAX_HOSTS    8
#define MACHINE_MAX_MAPS     32
#define MACHINE_MAX_MEMORY   128
#define MACHINE_MAX_RESERVED 64
#define MACHINE_MAX_UNUSED   64

/* A device that is described by its address and its wire. */
struct machine_device {
    bool present;
    uint64_t base;
    struct aia_fdt_wire wire;
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
    struct aia_fdt_region ecam; /* begins with bus_first */
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
        struct aia_fdt_wire wire;
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
    struct aia_fdt_region reg; /* of one on the system's bus: the registers */
    struct aia_fdt_wire wire;  /* of one on the system's bus: the first of its interrupts' wires */
    uint16_t function;         /* of a function: its requester id */
    uint8_t host;              /* of a function: the index of its host in machine.hosts */
};

/* The ns16550a-compatible UART that stdout-path names, or the only one in the tree. */
struct machine_uart {
    bool present;
    uint64_t base;
    uint32_t reg_shift, reg_io_width, clock;
    struct aia_fdt_wire wire;
};

/* The kinds of parts. A job that needs a part of a kind prints the reason why there is none. */
enum machine_part {
    MACHINE_PART_HART = AIA_FDT_HART,
    MACHINE_PART_IMSIC = AIA_FDT_IMSIC,
    MACHINE_PART_APLIC = AIA_FDT_APLIC,
    MACHINE_PART_WIRE =
        AIA_FDT_WIRE, /* of PCI functions, and sources; a device's own wire belongs to the device's kind */
    MACHINE_PART_MEMORY = AIA_FDT_N_PARTS,
    MACHINE_PART_PCI,
    MACHINE_PART_MSI, /* of PCI functions */
    MACHINE_PART_IOMMU,
    MACHINE_PART_UART,
    MACHINE_PART_RTC,
    MACHINE_PART_VIRTIO,
    MACHINE_PART_FINISHER,
    MACHINE_PART_OTHER, /* only printed: the model, the boot arguments */
};

struct machine {
    struct aia_fdt aia;                               /* harts, time base, interrupt files, APLIC domains */
    struct aia_fdt_region memory[MACHINE_MAX_MEMORY]; /* sorted; ranges do not touch */
    size_t n_memory;
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
    struct aia_fdt_region reserved[MACHINE_MAX_RESERVED];
    size_t n_reserved;
    struct aia_fdt_unused unused[MACHINE_MAX_UNUSED];
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
int machine_discover(const void *fdt, size_t max, struct machine *m, struct aia_fdt_error *err);

/*
 * The reason, in one line, why there is no part of this kind: discovery's first reason, or that the tree has none. The
 * line may be stored in `out`; 270 bytes are always enough.
 */
const char *machine_why(const struct machine *m, enum machine_part part, char *out, size_t size);

/*
 * Check that an image may lie at `image`: all of the region is memory, nothing claims any of it, and the tree is
 * elsewhere. Pure as machine_discover(), with the same needs. It makes no list, so it needs no memory except the stack.
 * Returns 0, or -1 with `err` filled in. In either case *finisher is the later value of machine.finisher.
 */
int machine_place(const void *fdt, size_t max, const struct aia_fdt_region *image, uint64_t *finisher,
                  struct aia_fdt_error *err);

/*
 * Claim a region. `reserved` stays sorted. If `reserved` is full, more memory than the region becomes reserved, never
 * less.
 */
void machine_reserve(struct machine *m, const struct aia_fdt_region *region);

/* True if all of `r` is memory, and none of it is reserved. */
bool machine_is_free(const struct machine *m, const struct aia_fdt_region *r);

#endif
