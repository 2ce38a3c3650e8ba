/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A PCI fabric for host tests. Configuration and memory accesses are routed as hardware routes them: by the contents of the
 * bridges' and functions' registers at that moment. So a test sees from outside whether the assigned numbers and addresses
 * make a working machine. Accesses that would harm hardware are counted in pm.faults. For a watched function, the model
 * records every message that the function could have sent between any two writes.
 */
#ifndef PCI_MODEL_H
#define PCI_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "platform/machine.h"

#define PM_MAX_FNS 320
#define PM_MAX_LOG 256
#define PM_MEM     4096

/* Flags of pm_bar(). */
#define PM_64       0x4u
#define PM_PREFETCH 0x8u

struct pm_fn {
    struct pm_fn *parent; /* the bridge; NULL on the first bus */
    uint8_t devfn;
    bool bridge;
    bool any_slot; /* answers to every device number, like a device below a port that does not filter */
    bool gone;     /* reads as all ones and ignores writes */
    bool edu;      /* the memory is edu's registers */
    uint8_t cfg[256], writable[256];
    uint8_t mem[PM_MEM]; /* the memory of all its BARs, repeated */
    unsigned cap_end;    /* where the next capability goes */
    unsigned last_link;  /* offset of the pointer to the latest capability */
    unsigned msi, msix;  /* offsets of the capabilities; 0: none */
};

struct pm_message {
    uint64_t addr;
    uint32_t data;
};

struct pm_access {
    const struct pm_fn *fn; /* NULL: a fence, of kind `reg` */
    unsigned reg, size;
    uint32_t value;
    bool write, config;
};

struct pm {
    struct machine_pci machine;
    struct pm_fn fns[PM_MAX_FNS];
    size_t n;
    unsigned faults;
    const char *fault; /* the latest fault */

    const struct pm_fn *last; /* the function whose memory the last access reached */
    struct pm_fn *watched;
    struct pm_message
        seen[16]; /* every message that it could have sent since pm_watch(), without repetitions */
    size_t n_seen;
    bool intx; /* it could have asserted INTx */
    struct pm_access log[PM_MAX_LOG];
    size_t n_log;
};

extern struct pm pm;

/* Make an empty fabric: ECAM for all 256 buses, a low window of 1 GiB and a high one of 16 GiB, neither mapped one-to-one. */
void pm_reset(void);

/* Add a function, or a bridge (type 1 header, 64-bit prefetchable window). parent NULL: on the first bus. */
struct pm_fn *pm_add(struct pm_fn *parent, uint8_t devfn, uint16_t vendor, uint16_t device);
struct pm_fn *pm_add_bridge(struct pm_fn *parent, uint8_t devfn);

void pm_bar(struct pm_fn *f, unsigned i, uint64_t size, unsigned flags);
void pm_io_bar(struct pm_fn *f, unsigned i, unsigned size);

/* Append capabilities. MSI-X: the table is at `offset` in BAR `bar`. Each returns the capability's offset. */
unsigned pm_cap(struct pm_fn *f, uint8_t id, unsigned size);
unsigned pm_cap_msi(struct pm_fn *f, bool is64, bool maskable);
unsigned pm_cap_msix(struct pm_fn *f, unsigned entries, unsigned bar, uint32_t offset);
unsigned pm_cap_express(struct pm_fn *f, unsigned type);

uint32_t pm_get(const struct pm_fn *f, unsigned reg, unsigned size);
void pm_set(struct pm_fn *f, unsigned reg, unsigned size, uint32_t v);

/* The function that an access to this PCI address reaches, or NULL. It is a fault if there are two. */
struct pm_fn *pm_decode(uint64_t pci, uint64_t *offset);

/* Whether a bridge passes this address on to its secondary bus. */
bool pm_forwards(const struct pm_fn *bridge, uint64_t pci);

/* Forget what was seen and logged, and watch f from now on. */
void pm_watch(struct pm_fn *f);

/* What model_mmio_read(), model_mmio_write() and model_fence() of a test call. */
uint64_t pm_read(uintptr_t a, unsigned size);
void pm_write(uintptr_t a, uint64_t v, unsigned size);
void pm_fence(int kind);

#endif
