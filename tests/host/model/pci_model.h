/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A PCI fabric for host tests. Configuration accesses and memory accesses are routed as hardware does it,
 * by what the bridges' and functions' registers say at that moment, so a test sees from outside whether
 * the numbers and addresses given out make a working machine. What hardware would suffer from is counted
 * in pm.faults. A function is watched for every message that it could have sent, between any two writes.
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
    bool any_slot; /* answers to every device number, like a device behind a port that does not filter */
    bool gone;     /* reads as all ones, ignores writes */
    bool edu;      /* the memory is edu's registers */
    uint8_t cfg[256], writable[256];
    uint8_t mem[PM_MEM]; /* what all its BARs lead to, repeated */
    unsigned cap_end;    /* where the next capability goes */
    unsigned last_link;  /* offset of the pointer to it */
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
    const char *fault; /* the latest */

    const struct pm_fn *last; /* whose memory the last access reached */
    struct pm_fn *watched;
    struct pm_message seen[16]; /* every message it could have sent since pm_watch(), repeats left out */
    size_t n_seen;
    bool intx; /* it could have asserted INTx */
    struct pm_access log[PM_MAX_LOG];
    size_t n_log;
};

extern struct pm pm;

/* An empty fabric: ECAM for all 256 buses, a 1 GiB low window, a 16 GiB high one, neither one-to-one. */
void pm_reset(void);

/* A function, or a bridge (type 1 header, 64-bit prefetchable window); parent NULL: on the first bus. */
struct pm_fn *pm_add(struct pm_fn *parent, uint8_t devfn, uint16_t vendor, uint16_t device);
struct pm_fn *pm_add_bridge(struct pm_fn *parent, uint8_t devfn);

void pm_bar(struct pm_fn *f, unsigned i, uint64_t size, unsigned flags);
void pm_io_bar(struct pm_fn *f, unsigned i, unsigned size);

/* Append capabilities. MSI-X: its table at `offset` behind BAR `bar`. Return the offset. */
unsigned pm_cap(struct pm_fn *f, uint8_t id, unsigned size);
unsigned pm_cap_msi(struct pm_fn *f, bool is64, bool maskable);
unsigned pm_cap_msix(struct pm_fn *f, unsigned entries, unsigned bar, uint32_t offset);
unsigned pm_cap_express(struct pm_fn *f, unsigned type);

uint32_t pm_get(const struct pm_fn *f, unsigned reg, unsigned size);
void pm_set(struct pm_fn *f, unsigned reg, unsigned size, uint32_t v);

/* The function that an access to this PCI address reaches; NULL if none. Two are a fault. */
struct pm_fn *pm_decode(uint64_t pci, uint64_t *offset);

/* Whether a bridge passes this address on to its secondary bus. */
bool pm_forwards(const struct pm_fn *bridge, uint64_t pci);

/* Forget what was seen and logged, and watch f from now on. */
void pm_watch(struct pm_fn *f);

/* What model_mmio_read(), model_mmio_write() and model_fence() of a test do. */
uint64_t pm_read(uintptr_t a, unsigned size);
void pm_write(uintptr_t a, uint64_t v, unsigned size);
void pm_fence(int kind);

#endif
