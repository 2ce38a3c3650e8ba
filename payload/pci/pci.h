/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * PCI behind an ECAM host bridge: the search for functions, their addresses, and their capabilities.
 *
 * pci_init() takes the buses over. First it turns off what firmware left on (decoding, bus mastering, MSIs, bridges'
 * bus numbers); then it gives all buses new numbers and all functions new addresses. A function does nothing until a
 * driver calls pci_enable(). A function that cannot be used does not stop others from working. Calls must not be
 * concurrent, except for the operations of struct aia_msi (msi.h), which the library serialises per message.
 */
#ifndef PAYLOAD_PCI_PCI_H
#define PAYLOAD_PCI_PCI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "platform/machine.h"

/* Functions also return the errors of include/aia/error.h. No values overlap. */
enum pci_error {
    PCI_OK = 0,
    PCI_ENOECAM = -32,    /* no host has ECAM; or a host's bus range and size contradict each other */
    PCI_ETOOMANY = -33,   /* more functions than the array has room for */
    PCI_ENOBUS = -34,     /* no bus number left for the bus behind a bridge, or the bridge accepts none */
    PCI_ENOWINDOW = -35,  /* the host bridge has no window for addresses of this kind */
    PCI_EEXHAUSTED = -36, /* the windows of this kind are too full for the function */
    PCI_EBARBAD = -37,    /* a BAR's size is no power of two, or its type is reserved */
    PCI_ECAPBAD = -38,    /* a capability lies or points outside configuration space or its BAR */
    PCI_ECAPLOOP = -39,   /* the capability list does not end */
    PCI_ENOCAP = -40,     /* the function does not have this capability */
    PCI_EGONE = -41,      /* the function reads as all ones: it is gone */
    PCI_EDEVICE = -42,    /* not the device that its driver is for, or the device behaves differently */
    PCI_ESLOT = -43,      /* a slot's port does not complete a command */
    PCI_EHEADER = -44, /* a header of an unknown type: the places of its BARs and capabilities are unknown */
    PCI_ENOMSI = -45,  /* by the tree its MSIs lead to no interrupt file that is used */
    PCI_EIOMMU = -46,  /* the function is behind an IOMMU that is not used or cannot be used */
};

/* The error's name and meaning; NULL for a value that is not one of the above. */
const char *pci_strerror(int error);

/* The two kinds of address space. A bridge has one window for each. */
enum pci_class {
    PCI_LOW,  /* below 4 GiB: a bridge's memory window, which must not prefetch */
    PCI_HIGH, /* anywhere: a bridge's prefetchable window, where it has all 64 bits */
};

/* A function's need of address space. For a bridge's window, `size` is the sum of the needs behind the bridge. */
struct pci_resource {
    uint64_t size; /* 0: no need */
    uint64_t align;
    uint64_t addr; /* the PCI address, once placed */
    uint64_t cpu;  /* the same place in the harts' address space */
    enum pci_class class;
    bool is64, prefetch, io, placed;
};

/* Indices in pci_device.res: the BARs, then a bridge's windows, in the order of enum pci_class. */
#define PCI_N_BARS   6
#define PCI_RES_LOW  (PCI_N_BARS + PCI_LOW)
#define PCI_RES_HIGH (PCI_N_BARS + PCI_HIGH)
#define PCI_N_RES    8

struct pci_device {
    struct pci_device *parent;      /* the bridge in front of the function; NULL on the first bus */
    const struct machine_pci *host; /* the host bridge */
    uintptr_t cfg;                  /* the function's 4 KiB of configuration space */
    int error;                      /* the reason why the function cannot be used, or PCI_OK */
    char name[16];                  /* 00:03.0; with several hosts, 0001:00:03.0 */
    uint16_t vendor, device;
    uint32_t class; /* class, subclass, programming interface: 0x010802 is NVMe */
    uint8_t bus, devfn;
    bool bridge;
    bool high_ok; /* of a bridge: PCI_HIGH addresses pass to its secondary bus */
    bool numbered;
    bool bypasses; /* the driver negotiated that the function's DMA bypasses an IOMMU */
    uint8_t secondary, subordinate;
    struct pci_resource res[PCI_N_RES];
};

struct pci {
    /* The caller sets these before pci_init(). */
    /* At most MACHINE_MAX_HOSTS; they must stay valid, as must the devices. */
    const struct machine_pci *hosts;
    size_t n_hosts;
    struct pci_device *devs;
    size_t max;
    /* Checks for traps and prints a line if the read traps; NULL: no trap is expected. */
    bool (*answers)(const char *name, uintptr_t ecam);
    /*
     * Called for each function that is left out, after its `error` is set. Functions beyond `max` are recorded nowhere
     * else.
     */
    void (*left_out)(const struct pci_device *pd);

    size_t n;
    int host_errors[MACHINE_MAX_HOSTS]; /* the reason why a host is not used, or PCI_OK */
    /* State of the host that is being brought up: */
    const struct machine_pci *machine;
    size_t first;                        /* its first function */
    uint8_t last_bus;                    /* the highest bus number in use */
    uint8_t max_bus;                     /* the highest bus number that ECAM reaches */
    uint64_t cursor[MACHINE_MAX_RANGES]; /* the first free address of each host window */
};

/*
 * Find all functions behind all hosts, and give them addresses. Returns PCI_OK, or PCI_ENOECAM if no host can be used.
 */
int pci_init(struct pci *p);

/* The n-th (from 0) usable function with these ids, in the order of the listing; NULL if there are fewer. */
struct pci_device *pci_find(struct pci *p, uint16_t vendor, uint16_t device, size_t n);

/*
 * Let the function decode memory and master the bus, and enable all bridges in front of it. Returns PCI_OK or the
 * function's `error`.
 */
int pci_enable(struct pci_device *pd);

/* Set whether the function may assert INTx. After pci_init() it may not. */
void pci_intx(struct pci_device *pd, bool on);

/* The address of BAR i for the harts, and its size; 0 if the BAR was not placed. */
uintptr_t pci_bar(const struct pci_device *pd, unsigned i);
uint64_t pci_bar_size(const struct pci_device *pd, unsigned i);

/*
 * Find a capability of which `size` bytes lie in configuration space. Returns its offset, which is above 0, or
 * PCI_ENOCAP, PCI_ECAPBAD, PCI_ECAPLOOP, PCI_EGONE.
 */
int pci_find_cap(const struct pci_device *pd, uint8_t id, unsigned size);

/* The next capability with this id after the one at `at`. */
int pci_next_cap(const struct pci_device *pd, unsigned at, uint8_t id, unsigned size);

/*
 * pci_requester(): the function's requester id, as in the tree's maps. pci_map_entry(): the entry of such a map that
 * contains this id, or NULL.
 */
uint32_t pci_requester(const struct pci_device *pd);
const struct machine_id_map *pci_map_entry(const struct pci_device *pd, const struct machine_id_map *map,
                                           size_t n, uint32_t mask);

/*
 * True if the function is behind a bridge to conventional PCI. Such a bridge sends for the functions behind it under an
 * id of its own (PCI Express to PCI Bridge, 2.3), so these functions cannot be told apart.
 */
bool pci_shares_id(const struct pci_device *pd);

/*
 * True if the function may send MSIs to the interrupt files. If the tree has neither msi-map nor msi-parent, all
 * functions may.
 */
bool pci_msis_arrive(const struct pci_device *pd);

/* Print, for a person: one function; all functions; a function that is left out, with the reason. */
void pci_print_function(const struct pci_device *pd);
void pci_print(const struct pci *p);
void pci_print_left_out(const struct pci_device *pd);

/* Leave the function out from now on, and print that. `text` names the error, which may be the driver's own. */
void pci_leave_out(struct pci_device *pd, int error, const char *text);

/* For pci.c and resource.c alone. */
int pci_size_(const struct pci *p, struct pci_device *pd);
void pci_place_(struct pci *p);

#endif
