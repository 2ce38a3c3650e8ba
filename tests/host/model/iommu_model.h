/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A model of the RISC-V IOMMU beside the machine of model.h: registers, command and fault queue, directory, MSI page
 * tables and memory-resident interrupt files. After the IOMMU specification, and as unhelpful as that allows:
 *
 *   caches      a valid context, a valid MSI PTE or a translation of the second stage is made once and then kept until a command that says so is
 *               executed; nothing else evicts. What is not valid is read each time.
 *   commands    are fetched at once when the tail is written, but executed only when a fence behind them completes, and
 *               that takes `latency` accesses of the unit. "The IOMMU advancing cqh is not a guarantee".
 *   MRIFs       are updated by a read and a write that are not one ("without atomic update"): the read is made when the MSI is
 *               taken in, the write when it is let out, and then the notice is sent.
 *   MSIs        that the unit has taken in wait, translated, until a fence with PW, or m_settle(), lets them out.
 *   rules       a tail that is written behind a memory write without a fence rw, o fails the test; so does a register of
 *               the wrong size, a queue or a mode changed while it is busy or on, a command that an IOMMU of these
 *               capabilities calls illegal, unless the test asked for it.
 */
#ifndef IOMMU_MODEL_H
#define IOMMU_MODEL_H

#include "model.h"

#define I_MMIO   0x3010000u
#define I_PAGES  64u
#define I_OFFSET 0x100000000ull /* physical address minus pointer, of its memory */
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
    /* What the test may set before it begins, or at any time. */
    uint64_t caps;
    unsigned max_mode;    /* of ddtp: 2 .. 4 */
    unsigned latency;     /* accesses until a fence completes */
    bool hung;            /* executes nothing, switches nothing */
    unsigned refuse;      /* call so many commands illegal */
    unsigned unreadable;  /* so many commands cannot be read */
    unsigned timing_out;  /* so many commands time out */
    unsigned unwritable;  /* so many fault records cannot be written */
    bool seen_illegal_ok; /* the test expects illegal commands */

    uint32_t fctl, cqh, cqt, fqh, fqt, cqcsr, fqcsr, pqcsr, ipsr;
    uint64_t ddtp, cqb, fqb, icvec, msi_addr;
    uint32_t msi_data, msi_control;
    bool msi_kept; /* masked, and one to be sent */
    unsigned wait; /* accesses until the fence at the head of what was fetched completes */

    struct i_context contexts[I_KEPT];
    struct i_pte ptes[I_KEPT];
    struct i_pte pages[I_KEPT]; /* of the second stage: w[0] is where the page is */
    /* Whose MSI it is that goes to an address in a window: i_behind(). */
    uint32_t ids[8];
    uint64_t windows[8];
    unsigned n_ids;
    /* For each of `taken` that goes to an MRIF: the doubleword, and what was read of it. */
    struct {
        uint64_t *file, value;
    } updates[M_QUEUE];
    struct m_queue taken; /* MSIs translated, not let out yet */

    unsigned n_passed, n_faults;     /* DMA writes that were no MSIs; faults, recorded or not */
    unsigned n_ddt, n_gvma, n_fence; /* commands executed */
    uint64_t last_passed;
};

extern struct iommu_model i_unit;
extern bool i_prompt; /* it lets MSIs out at once */
extern char i_memory[I_PAGES * 4096u];

/* A unit after reset (OFF), reachable at I_MMIO. After m_reset(). */
void i_reset(void);

/* A device writes 32 bits. False: it faulted. */
bool i_write(uint32_t id, uint64_t addr, uint32_t data);

/* What a struct m_dev sends to this window comes from that device. */
void i_behind(uint32_t id, uint64_t window);

/* The physical address of what is in i_memory. */
uint64_t i_phys(const void *p);

/* Of the model's parts among themselves: memory at a physical address, NULL: none; a fault, false; MSIs let out; kept
 * entries forgotten as a command `c` says. */
uint64_t *i_at(uint64_t phys);
bool i_fault(uint32_t id, unsigned cause, uint64_t addr);
void i_let_out(void);
void i_forget(struct i_pte *kept, const uint64_t *c);
bool i_through(uint64_t addr, uint32_t data);
bool i_settle(void);

#endif
