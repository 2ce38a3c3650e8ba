/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A model of the RISC-V IOMMU beside the machine of model.h: registers, command and fault queue, directory, MSI page
 * tables and memory-resident interrupt files. It follows the IOMMU specification, and helps software as little as that
 * allows:
 *
 *   caches      the unit reads a valid context, a valid MSI PTE or a valid second-stage translation once, and keeps it
 *               until a command invalidates it. Nothing else evicts it. Invalid entries are read each time.
 *   commands    are fetched when the tail is written, but executed only when a fence after them completes, which takes
 *               `latency` accesses of the unit. "The IOMMU advancing cqh is not a guarantee".
 *   MRIFs       are updated by a read and a separate write ("without atomic update"): the read happens when the MSI is
 *               taken in, the write when the MSI is let out. The notice is sent after that.
 *   MSIs        that the unit has taken in wait, translated, until a fence with PW, or m_settle(), lets them out.
 *   rules       the test fails on: a tail written after a memory write without a fence rw, o between; a register access
 *               of the wrong size; a queue or a mode changed while it is busy or on; a command that an IOMMU of these
 *               capabilities calls illegal, unless the test expects it.
 */
#ifndef IOMMU_MODEL_H
#define IOMMU_MODEL_H

#include "model.h"

#define I_MMIO   0x3010000u
#define I_PAGES  512u
#define I_OFFSET 0x100000000ull /* physical address minus pointer, of i_memory */
#define I_CAPS                                                                                   \
    (0x10ull | 1ull << 17 /* Sv39x4 */ | 1ull << 22 /* MSI_FLAT */ | 1ull << 23 /* MSI_MRIF */ | \
     2ull << 28 /* IGS */ | 56ull << 32 /* PAS */)
#define I_KEPT 16u

struct i_context {
    bool valid;
    uint32_t id;
    uint64_t w[8];
};

struct i_pte {
    bool valid;
    uint16_t gscid;
    uint64_t page, w[2];
};

struct iommu_model {
    /* Set by the test, before the start or at any time. */
    uint64_t caps;
    unsigned max_mode;    /* of ddtp: 2 .. 4 */
    unsigned latency;     /* accesses until a fence completes */
    bool hung;            /* the unit executes no command and switches nothing on or off */
    unsigned refuse;      /* the next so many commands are called illegal */
    unsigned unreadable;  /* the next so many commands cannot be read */
    unsigned timing_out;  /* the next so many commands time out */
    unsigned unwritable;  /* the next so many fault records cannot be written */
    bool seen_illegal_ok; /* the test expects illegal commands */

    uint32_t fctl, cqh, cqt, fqh, fqt, cqcsr, fqcsr, pqcsr, ipsr;
    uint64_t ddtp, cqb, fqb, icvec, msi_addr;
    uint32_t msi_data, msi_control;
    bool msi_kept; /* the unit's own MSI is masked, and one is to be sent */
    unsigned wait; /* accesses until the first fetched fence completes */

    struct i_context contexts[I_KEPT];
    struct i_pte ptes[I_KEPT];
    struct i_pte pages[I_KEPT]; /* second-stage entries: w[0] is where the page is */
    /* The device that sends to each window: i_behind(). */
    uint32_t ids[8];
    uint64_t windows[8];
    unsigned n_ids;
    /* For each entry of `taken` that goes to an MRIF: the doubleword, and the value that was read there. */
    struct {
        uint64_t *file, value;
    } updates[M_QUEUE];
    struct m_queue taken; /* MSIs translated and not yet let out */

    unsigned n_passed, n_faults;     /* DMA writes that were not MSIs; faults, recorded or not */
    unsigned n_ddt, n_gvma, n_fence; /* commands executed */
    uint64_t last_passed;
};

extern struct iommu_model i_unit;
extern bool i_prompt; /* the unit lets MSIs out when it takes them in */
extern char i_memory[I_PAGES * 4096u];

/* Make a unit after reset (OFF), with its registers at I_MMIO. Call m_reset() before. */
void i_reset(void);

/* A device writes 32 bits. Returns false if the write faulted. */
bool i_write(uint32_t id, uint64_t addr, uint32_t data);

/* From now on, messages of a struct m_dev to this window come from device `id`. */
void i_behind(uint32_t id, uint64_t window);

/* The physical address of an object in i_memory. */
uint64_t i_phys(const void *p);

/*
 * Shared by the model's files alone. i_at(): memory at a physical address, or NULL. i_fault(): record a fault; returns
 * false. i_let_out(): let all MSIs out. i_forget(): drop the kept entries that command `c` invalidates.
 */
uint64_t *i_at(uint64_t phys);
bool i_fault(uint32_t id, unsigned cause, uint64_t addr);
void i_let_out(void);
void i_forget(struct i_pte *kept, const uint64_t *c);
bool i_through(uint64_t addr, uint32_t data);
bool i_settle(void);

#endif
