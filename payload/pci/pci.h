/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * PCI behind an ECAM host bridge: finding functions, giving them addresses, and their capabilities.
 *
 * pci_init() takes the buses over: whatever firmware left there is switched off first (decoding, bus
 * mastering, MSIs, bridges' bus numbers) and everything is numbered and placed anew. Nothing works until
 * a driver asks for it with pci_enable(). One function that cannot be used keeps no other from working. Not for concurrent
 * use, except for the operations of struct aia_msi (msi.h), which the library serialises per message.
 */
#ifndef PAYLOAD_PCI_PCI_H
#define PAYLOAD_PCI_PCI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "platform/machine.h"

/* Besides these, functions return what include/aia/error.h names; the two do not overlap. */
enum pci_error {
    PCI_OK = 0,
    PCI_ENOECAM = -32,    /* no host has ECAM; or this one's bus range and size contradict each other */
    PCI_ETOOMANY = -33,   /* more functions than the array has room for */
    PCI_ENOBUS = -34,     /* no bus number left for what is behind a bridge, or the bridge takes none */
    PCI_ENOWINDOW = -35,  /* the host bridge has no window for addresses of this kind */
    PCI_EEXHAUSTED = -36, /* the windows of this kind are too full for it */
    PCI_EBARBAD = -37,    /* a BAR's size is no power of two, or its type is reserved */
    PCI_ECAPBAD = -38,    /* a capability lies or points outside configuration space or its BAR */
    PCI_ECAPLOOP = -39,   /* the capability list does not end */
    PCI_ENOCAP = -40,     /* the function does not have this capability */
    PCI_EGONE = -41,      /* the function reads as all ones: it is not there any more */
    PCI_EDEVICE = -42,    /* not the device its driver is for, or it does not behave like it */
    PCI_ESLOT = -43,      /* a slot's port does not complete a command */
    PCI_EHEADER = -44, /* a header of an unknown type: where its BARs and capabilities are is unknown, too */
    PCI_ENOMSI = -45,  /* the tree has its MSIs go elsewhere than to an interrupt file of ours, or nowhere */
    PCI_EIOMMU = -46,  /* it is behind an IOMMU that is not ours, or that cannot be used */
};

/* The error's name and meaning; NULL for a value that is not one of the above. */
const char *pci_strerror(int error);

/* Two kinds of address space: a bridge has one window for each. */
enum pci_class {
    PCI_LOW,  /* below 4 GiB: a bridge's memory window, which must not prefetch */
    PCI_HIGH, /* anywhere: a bridge's prefetchable window, where it has all 64 bits */
};

/* A function's need of address space. For a bridge's window, `size` is what all behind it needs. */
struct pci_resource {
    uint64_t size; /* 0: there is none */
    uint64_t align;
    uint64_t addr; /* on PCI, once placed */
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
    struct pci_device *parent;      /* the bridge it is behind; NULL on the first bus */
    const struct machine_pci *host; /* the host bridge */
    uintptr_t cfg;                  /* its 4 KiB of configuration space */
    int error;                      /* why it cannot be used, or PCI_OK */
    char name[16];                  /* 00:03.0; where there are several hosts, 0001:00:03.0 */
    uint16_t vendor, device;
    uint32_t class; /* class, subclass, programming interface: 0x010802 is NVMe */
    uint8_t bus, devfn;
    bool bridge;
    bool high_ok; /* bridge: PCI_HIGH addresses get through to its secondary bus */
    bool numbered;
    bool bypasses; /* by what its driver negotiated, an IOMMU before it does not see its DMA */
    uint8_t secondary, subordinate;
    struct pci_resource res[PCI_N_RES];
};

struct pci {
    /* The caller's, before pci_init(). */
    const struct machine_pci *hosts; /* at most MACHINE_MAX_HOSTS; they stay in use, as do the devices */
    size_t n_hosts;
    struct pci_device *devs;
    size_t max;
    bool (*answers)(const char *name,
                    uintptr_t ecam); /* no trap there, or it is said; NULL: none is expected */
    /* Called for each function that is left out, once its `error` is known; those beyond `max` are kept nowhere else. */
    void (*left_out)(const struct pci_device *pd);

    size_t n;
    int host_errors[MACHINE_MAX_HOSTS]; /* why a host is not driven, or PCI_OK */
    /* Of the host that is being brought up: */
    const struct machine_pci *machine;
    size_t first;                        /* its first function */
    uint8_t last_bus;                    /* highest bus number given out so far */
    uint8_t max_bus;                     /* highest one that ECAM reaches */
    uint64_t cursor[MACHINE_MAX_RANGES]; /* first address of each host window not given out */
};

/* Find and place everything behind all hosts. Returns PCI_OK, or PCI_ENOECAM: there is no host that can be driven. */
int pci_init(struct pci *p);

/* The n-th (from 0) usable function with these ids, in the order of the listing; NULL if there are fewer. */
struct pci_device *pci_find(struct pci *p, uint16_t vendor, uint16_t device, size_t n);

/* Let it decode memory and master the bus, with all bridges on the way. Returns PCI_OK or its `error`. */
int pci_enable(struct pci_device *pd);

/* Whether it may assert INTx. pci_init() leaves it off. */
void pci_intx(struct pci_device *pd, bool on);

/* Where BAR i starts for the harts, and its size; 0 if it has none that was placed. */
uintptr_t pci_bar(const struct pci_device *pd, unsigned i);
uint64_t pci_bar_size(const struct pci_device *pd, unsigned i);

/*
 * Offset of the capability in configuration space, which is above 0, with `size` bytes of it inside; or
 * PCI_ENOCAP, PCI_ECAPBAD, PCI_ECAPLOOP, PCI_EGONE.
 */
int pci_find_cap(const struct pci_device *pd, uint8_t id, unsigned size);

/* The next one behind the one at `at`: there may be several of one id. */
int pci_next_cap(const struct pci_device *pd, unsigned at, uint8_t id, unsigned size);

/* As the tree's maps have it: its requester id; and the entry of such a map that has this id, NULL if none has. */
uint32_t pci_requester(const struct pci_device *pd);
const struct machine_id_map *pci_map_entry(const struct pci_device *pd, const struct machine_id_map *map,
                                           size_t n, uint32_t mask);

/*
 * A bridge to conventional PCI sends what is behind it as its own, under an id that is not the function's (PCI Express to PCI
 * Bridge, 2.3): such functions cannot be told apart.
 */
bool pci_shares_id(const struct pci_device *pd);

/* May it send MSIs to our interrupt files? Where the tree has neither msi-map nor msi-parent, all may. */
bool pci_msis_arrive(const struct pci_device *pd);

/* For a person, through the payload's console: one function; all; a function that is left out, with the reason. */
void pci_print_function(const struct pci_device *pd);
void pci_print(const struct pci *p);
void pci_print_left_out(const struct pci_device *pd);

/* From now on it cannot be used, and that is printed; `text` names the error, which may be its driver's own. */
void pci_leave_out(struct pci_device *pd, int error, const char *text);

/* Of pci.c and resource.c among themselves. */
int pci_size_(const struct pci *p, struct pci_device *pd);
void pci_place_(struct pci *p);

#endif
