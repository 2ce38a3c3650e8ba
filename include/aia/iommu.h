/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The RISC-V IOMMU as interrupt remapping (IOMMU specification, version 1.0; AIA, IOMMU.adoc).
 *
 * A device is given its message once. It names an entry of the device's own window, and the entry, in memory, names
 * the hart and the identity: a move is one 64-bit store there, an invalidation and a fence, and the device can reach
 * nothing else. One struct aia_iommu is one unit. All memory is the embedder's, and is handed over as pages.
 *
 *   aia_iommu_init(&u, &config);                      capabilities, queues; devices still as the firmware left them
 *   aia_iommu_map(&u, address, address, size);        what translated devices may reach: memory, and no interrupt file
 *   aia_iommu_attach(&u, &device, id, dma, n);        a context for each device that may send anything
 *   aia_iommu_enable(&u);                             from here the contexts rule
 *   aia_iommu_msi_init(&msi, &device, 0, mode, &own); then aia_irq_request() with msi.msi in place of the device's own
 *
 * Contexts as in aia/aia.h: any, thread.
 */
#ifndef AIA_IOMMU_H
#define AIA_IOMMU_H

#include <aia/aia.h>

#include <aia/begin.h>

#define AIA_IOMMU_WINDOW   0x100000u /* of bus addresses, for each device's messages */
#define AIA_IOMMU_MESSAGES 256u      /* of a device at most: its table is one page */
#define AIA_IOMMU_TRIES    4u        /* how often a batch of commands is sent again before it is given up */

/* What a device's accesses to memory become. */
enum aia_iommu_dma {
    AIA_IOMMU_BLOCKED,    /* faults; only its messages pass */
    AIA_IOMMU_TRANSLATED, /* through what aia_iommu_map() mapped; elsewhere they fault */
    AIA_IOMMU_BARE, /* all pass as they are, MSIs to any interrupt file too: nothing of it is remapped */
};

/* How a window entry changes a message. */
enum aia_iommu_mode {
    /*
     * MRIF mode: the unit notes the MSI in a memory-resident interrupt file of the message's own, and sends the
     * notice MSI, which is the interrupt: any hart and any identity, in one doubleword. Needs MSI_MRIF.
     */
    AIA_IOMMU_NOTICE,
    /*
     * Basic translate mode: the address is replaced, the data, which is the identity, passes. So a move to a hart where
     * that identity is not free changes the device's data, and the device can raise other identities of that file.
     */
    AIA_IOMMU_BASIC,
};

/* By what the unit is to signal its own interrupts, where it can do both. */
enum aia_iommu_signal {
    AIA_IOMMU_BY_MSI,
    AIA_IOMMU_BY_WIRE,
};

struct aia_iommu_device;

/* A record of the fault queue (IOMMU specification, "Fault/Event-Queue"). */
struct aia_iommu_fault {
    uint32_t device; /* its id */
    uint16_t cause;  /* enum aia_iommu_cause, and those of page faults; aia_iommu_cause_name() */
    uint8_t type;    /* TTYP: 3 is an untranslated write */
    uint64_t addr;   /* iotval: where the device went */
    struct aia_iommu_device *attached; /* NULL: this id was never attached */
    bool cut_off; /* this one was one too many: from now on all it sends is dropped unreported */
};

enum aia_iommu_cause {
    AIA_IOMMU_READ_FAULT = 5,
    AIA_IOMMU_WRITE_FAULT = 7,
    AIA_IOMMU_READ_PAGE = 21,
    AIA_IOMMU_WRITE_PAGE = 23,
    AIA_IOMMU_DISALLOWED = 256,
    AIA_IOMMU_NO_CONTEXT = 258,
    AIA_IOMMU_BAD_CONTEXT = 259,
    AIA_IOMMU_TYPE_DISALLOWED = 260,
    AIA_IOMMU_PTE_UNREADABLE = 261,
    AIA_IOMMU_NO_PTE = 262,
    AIA_IOMMU_BAD_PTE = 263,
    AIA_IOMMU_MRIF_FAULT = 264,
};

const char *aia_iommu_cause_name(unsigned cause);

struct aia_iommu_config {
    uintptr_t mmio;       /* its registers, 4 KiB */
    uint64_t phys_offset; /* physical address minus pointer, of what `pages` holds */
    void *pages;          /* memory for queues and tables, aligned to 16 KiB; the unit writes to it */
    uint32_t n_pages;     /* of 4 KiB, see AIA_IOMMU_PAGES */
    uint32_t max_id;      /* the highest device id that will be attached: it decides the directory's levels */
    uint64_t
        window; /* bus addresses that are no memory and no other device's: (max_devices + 1) MiB, aligned */
    uint16_t max_devices;  /* that will be attached */
    uint8_t log2_commands; /* of entries in the command queue, 3 .. 8 */
    uint8_t log2_faults;   /* of entries in the fault queue, 1 .. 7 */
    enum aia_iommu_signal signal;
    uint64_t command_limit; /* ticks that the unit may take for a batch of commands, or to switch something */
    uint64_t storm_window;  /* ticks over which a device's faults are counted */
    uint32_t storm_limit;   /* of them in one window, beyond which it is cut off */
    /* A fault, interrupts off, a lock of the unit's held: note it down. NULL: they are counted all the same. */
    void (*fault)(void *arg, const struct aia_iommu_fault *fault);
    void *arg;
};

/*
 * Pages that are always enough: two queues, two pages of the unit's own, two second-stage roots; for each device a table,
 * its files (eight to a page), and two levels of directory; and what aia_iommu_map() takes: for each 1 GiB that a
 * range covers in part one page, for each 2 MiB so another.
 */
#define AIA_IOMMU_PAGES(devices, messages, mapped) \
    (17u + (devices)*3u + (devices) * (((messages) + 7u) / 8u) + (mapped))

struct aia_iommu {
    struct aia_iommu_config config;
    uint64_t capabilities;
    uint32_t next_page;
    uint8_t levels;      /* of the directory */
    bool enabled;        /* the contexts rule */
    bool was_bare;       /* it let all pass when it was found; else nothing */
    bool by_wire;        /* it signals its own interrupts by wires, and not by MSIs */
    const char *refused; /* behind AIA_ENOTSUP of init or enable: what for, in words; else NULL */
    uint64_t *root;      /* of the directory */
    uint64_t *mapped;    /* second stage, root: what translated devices see */
    uint64_t *nothing;   /* the same, of blocked ones */
    uint64_t *commands;
    uint64_t *faults;
    struct aia_iommu_device *_Atomic devices;
    uint16_t n_devices;
    struct aia_lock tables; /* taking pages, making contexts */

    struct aia_lock lock;      /* of the command queue */
    uint32_t tail;             /* where the next command goes */
    uint32_t ticket;           /* of the latest fence */
    uint64_t *idle;            /* a page that notices of parked messages go to: nobody reads it */
    uint32_t *done;            /* the unit writes the ticket of each fence there */
    _Atomic uint32_t epoch;    /* how often the queue was reset */
    _Atomic uint32_t salvaged; /* the ticket that had been reached when it was reset last */

    struct aia_lock fault_lock; /* of the fault queue */
    bool muted; /* the fault queue's interrupt is off: it stormed, and whose doing it is cannot be cut off */

    aia_counter n_commands, n_fences;
    aia_counter illegal, unreadable, timed_out,
        stuck;                                    /* command queue: cmd_ill, cqmf, cmd_to; no answer at all */
    aia_counter n_faults, overflows, lost_writes; /* fault queue: records; fqof; fqmf */
    struct aia_storm storm;                       /* of faults of ids that were never attached */
    aia_counter unattached;                       /* faults of ids that were never attached */
    aia_counter cut_offs;
};

/* A device behind the unit. The embedder's memory; read what you like. */
struct aia_iommu_device {
    struct aia_iommu *iommu;
    struct aia_iommu_device *next;
    uint64_t *context; /* in the directory */
    uint64_t *table;   /* MSI page table */
    uint64_t *files;   /* a memory-resident interrupt file for each message */
    uint64_t window;   /* where its message 0 goes */
    uint32_t id;
    uint16_t n_messages; /* a power of two */
    uint16_t gscid;
    enum aia_iommu_dma dma;
    _Atomic uint32_t cut_off; /* 1: it is */
    struct aia_storm storm;
    aia_counter faults;
    uint64_t last_fault; /* address */
};

/* One message of a device, remapped: what to request an interrupt with. */
struct aia_iommu_msi {
    struct aia_msi msi; /* kind STORE; in basic mode PLAIN, or MASKABLE if the device's own is */
    struct aia_iommu_device *device;
    uint16_t index;
    int error;              /* of the latest operation that cannot return one: read_back() tells it */
    struct aia_message own; /* what the device was given */
    aia_counter n_changed;  /* how often the device's own message was found to be another: AIA_ECHANGED */
};

/* One of the unit's own interrupts, where it signals them by MSIs (not by_wire): kind MASKABLE. */
struct aia_iommu_vector {
    struct aia_msi msi;
    uintptr_t entry;
};

/*
 * Take the unit over: check what it can do, turn its queues on. The mode stays what it is, so devices' DMA goes on if
 * it is BARE, and stays shut out if it is OFF; a directory that is in use is refused. Thread, once.
 * AIA_OK; AIA_EINVAL: the configuration; AIA_ENOTSUP: not version 1.x, no MSI_FLAT, no Sv39x4, too few levels, big-endian,
 * or in use with another directory; AIA_ENOMEM: too few pages; AIA_ETIMEOUT: it does not switch.
 * One that is BARE goes on signalling as it does (by_wire), for that may be changed only while it is OFF.
 */
int aia_iommu_init(struct aia_iommu *u, const struct aia_iommu_config *config);

/*
 * Let translated devices reach [to, to + size) at bus address `from`; all three multiples of 4 KiB. Before enabling.
 * Thread. AIA_OK, AIA_EINVAL (alignment, beyond 41 bits, in a window, mapped already), AIA_ENOMEM. On the last two a part of
 * it may be mapped: such a unit is not to be enabled.
 */
int aia_iommu_map(struct aia_iommu *u, uint64_t from, uint64_t to, uint64_t size);

/*
 * A context for device `id`, whose `n_messages` (rounded up to a power of two, 0: none) get a window. Thread, one at a
 * time, before or after enabling. AIA_OK; AIA_EINVAL: an id that is too high or attached; AIA_ENOMEM; errors as
 * aia_iommu_flush.
 */
int aia_iommu_attach(struct aia_iommu *u, struct aia_iommu_device *d, uint32_t id, enum aia_iommu_dma dma,
                     unsigned n_messages);

/*
 * Let the contexts rule: one write takes the unit from OFF or BARE to the directory ("Device-directory-table pointer").
 * Attach every device that works first: none loses DMA then. Thread, once. AIA_OK, AIA_ETIMEOUT, AIA_ENOTSUP: the mode did
 * not stay; it is what it was.
 */
int aia_iommu_enable(struct aia_iommu *u);

/*
 * Cut a device off: nothing of it passes, and its faults are not reported (DTF). For good. Any.
 * AIA_OK, or as aia_iommu_flush: then what the unit has cached may pass yet.
 */
int aia_iommu_cut_off(struct aia_iommu_device *d);

/*
 * Wait until all that the unit was asked for is done, and every write that it has let through before is where it
 * goes ("IOMMU Command-queue Fence commands"). Any.
 * AIA_OK; AIA_ETIMEOUT: no answer within command_limit; AIA_EREFUSED: it called the commands illegal, could not read
 * them or timed out, each time.
 */
int aia_iommu_flush(struct aia_iommu *u);

/* The same, and let the unit read every table anew: whatever it may have cached. Any. */
int aia_iommu_forget(struct aia_iommu *u);

/*
 * Message `index` of the device, in place of `own`, which is the device's. Thread. AIA_OK; AIA_EINVAL: no such message,
 * a device that is BARE, or one behind a slow bus; AIA_ENOTSUP: NOTICE without MSI_MRIF. The messages of a block
 * differ by their data alone and have one entry: BASIC, which lets the data pass.
 */
int aia_iommu_msi_init(struct aia_iommu_msi *m, struct aia_iommu_device *d, unsigned index,
                       enum aia_iommu_mode mode, struct aia_msi *own);

/*
 * A unit that is not to be used: let every access pass as it is (BARE), for after reset none does. Its state must be OFF or
 * BARE. Thread. AIA_OK, AIA_ENOTSUP (a directory is in use), AIA_ETIMEOUT.
 */
int aia_iommu_bypass(uintptr_t mmio, uint64_t limit);

/* Can the unit do that mode? Any. */
bool aia_iommu_can(const struct aia_iommu *u, enum aia_iommu_mode mode);

/*
 * Its own interrupt, to be requested with, whose handler calls aia_iommu_service(). Thread, once.
 * AIA_OK; AIA_ENOTSUP: it signals by wires, of which its wire 0 is that interrupt.
 */
int aia_iommu_vector_init(struct aia_iommu_vector *v, struct aia_iommu *u);
/* Let it signal from now on. Thread, when the interrupt has been requested. */
void aia_iommu_signal(struct aia_iommu *u);

/*
 * Take what is in the fault queue: in the handler of the unit's interrupt, or from time to time if `muted`. Any. Returns the number
 * of records.
 */
unsigned aia_iommu_service(struct aia_iommu *u);

#include <aia/end.h>

#endif
