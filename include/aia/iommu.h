/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The RISC-V IOMMU as interrupt remapping (IOMMU specification, version 1.0; AIA, IOMMU.adoc).
 *
 * A device is given its message once. The message names an MSI PTE in the device's window, and the PTE, in memory, names the
 * hart and the identity. A move is one store of 64 bits to the PTE, an invalidation and a fence. A device whose dma is not
 * AIA_IOMMU_BARE reaches interrupt files only through its window. One struct aia_iommu is one unit. The embedder gives all memory,
 * as pages. An RV32 build of the library has no IOMMU driver.
 *
 *   aia_iommu_init(&u, &config);                      takes the unit over; devices stay as the firmware left them
 *   aia_iommu_map(&u, address, address, size);        lets translated devices reach memory, but no interrupt file
 *   aia_iommu_attach(&u, &device, id, dma, n);        makes a context, for each device that may send anything
 *   aia_iommu_enable(&u);                             switches the unit to the contexts
 *   aia_iommu_msi_init(&msi, &device, 0, mode, &own); then aia_irq_request() with msi.msi instead of the device's own
 *
 * Contexts (of a call) are those of aia.h. A context in the unit's directory is the unit's record of one device.
 */
#ifndef AIA_IOMMU_H
#define AIA_IOMMU_H

#include <aia/aia.h>

#include <aia/begin.h>

#define AIA_IOMMU_WINDOW   0x100000u /* bytes of bus addresses for the messages of a device */
#define AIA_IOMMU_MESSAGES 256u      /* messages of a device, at most: its MSI page table is one page */
#define AIA_IOMMU_TRIES    4u        /* how often a batch of commands is sent before the call fails */

/* What the unit does with a device's accesses to memory. */
enum aia_iommu_dma {
    AIA_IOMMU_BLOCKED,    /* accesses fault; only the device's messages pass */
    AIA_IOMMU_TRANSLATED, /* accesses pass where aia_iommu_map() has mapped memory, and fault elsewhere */
    AIA_IOMMU_BARE,       /* accesses pass unchanged, also MSIs to any file; no message is remapped */
};

/* How an MSI PTE changes a message. */
enum aia_iommu_mode {
    /*
     * MRIF mode: the unit sets a bit in a memory-resident interrupt file (MRIF), which no other message uses, and sends the notice
     * MSI, which is the interrupt. The notice, with any hart and any identity, is one doubleword. Requires MSI_MRIF.
     */
    AIA_IOMMU_NOTICE,
    /*
     * Basic translate mode: the unit replaces the address, and the data, which is the identity, passes unchanged. So a move to
     * a hart where that identity is not free has to change the device's data. The device can also raise other identities of
     * the file.
     */
    AIA_IOMMU_BASIC,
};

/* The way in which the unit signals its own interrupts. It counts only if the unit can do both. */
enum aia_iommu_signal {
    AIA_IOMMU_BY_MSI,
    AIA_IOMMU_BY_WIRE,
};

struct aia_iommu_device;

/* A record of the fault queue (IOMMU specification, "Fault/Event-Queue"). */
struct aia_iommu_fault {
    uint32_t device;                   /* the id of the device */
    uint16_t cause;                    /* enum aia_iommu_cause, or another cause; aia_iommu_cause_name() */
    uint8_t type;                      /* TTYP; 3 is an untranslated write */
    uint64_t addr;                     /* iotval: the address of the access */
    struct aia_iommu_device *attached; /* NULL: this id is not attached */
    bool cut_off; /* this fault cut the device off: from now on its accesses are dropped, and not reported */
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

/* The name of a cause; a fixed string for any value. Context: any. */
const char *aia_iommu_cause_name(unsigned cause);

struct aia_iommu_config {
    uintptr_t mmio;        /* the registers of the unit, 4 KiB */
    uint64_t phys_offset;  /* the physical address of `pages`, minus `pages` */
    void *pages;           /* memory for queues and tables, aligned to 16 KiB, which the unit writes, too */
    uint32_t n_pages;      /* the number of pages of 4 KiB: AIA_IOMMU_PAGES */
    uint32_t max_id;       /* the highest device id that will be attached */
    uint64_t window;       /* unused bus addresses, (max_devices + 1) MiB, aligned to 1 MiB */
    uint16_t max_devices;  /* the number of devices that will be attached */
    uint8_t log2_commands; /* entries of the command queue: 3 .. 8 */
    uint8_t log2_faults;   /* entries of the fault queue: 1 .. 7 */
    enum aia_iommu_signal signal;
    uint64_t command_limit; /* ticks that a batch of commands, or a change of mode, may take */
    uint64_t storm_window;  /* ticks within which the faults of a device are counted together */
    uint32_t storm_limit;   /* after more than this many faults within a window a device is cut off */
    /* Note a fault. Interrupts off, a lock of the library held. NULL: faults are only counted. */
    void (*fault)(void *arg, const struct aia_iommu_fault *fault);
    void *arg; /* the first argument of fault() */
};

/* The pages for the MRIFs of n messages: aia_iommu_attach() rounds n up to a power of two, and a page has eight MRIFs. */
#define AIA_IOMMU_MRIF_PAGES(n) \
    ((n) > 128u ? 32u : (n) > 64u ? 16u : (n) > 32u ? 8u : (n) > 16u ? 4u : (n) > 8u ? 2u : 1u)

/*
 * A number of pages that is always enough for `devices` devices with at most `messages` messages each. The unit takes 13 pages:
 * two queues, two other pages, the directory's root, and two second-stage roots of four pages each. Four more are for the
 * contexts of unattached ids that storm. A device takes its MRIFs, a table of PTEs, and at most two tables of the directory.
 * aia_iommu_map() takes the `mapped` pages: one for each 1 GiB, and one for each 2 MiB, that a range covers in part.
 */
#define AIA_IOMMU_PAGES(devices, messages, mapped) \
    (17u + (devices) * (3u + AIA_IOMMU_MRIF_PAGES(messages)) + (mapped))

/* A unit. The embedder may read it; a field whose comment says "the library's" is for the library alone. */
struct aia_iommu {
    struct aia_iommu_config config;
    uint64_t capabilities;
    uint32_t next_page;  /* the library's: pages before this one are taken */
    uint8_t levels;      /* levels of the directory */
    bool enabled;        /* the unit uses the contexts */
    bool was_bare;       /* before aia_iommu_init() every access passed; else none did */
    bool by_wire;        /* the unit signals its own interrupts by wires, and not by MSIs */
    const char *refused; /* after AIA_ENOTSUP from init or enable: the reason, in words; else NULL */

    /* The library's: tables and queues. */
    uint64_t *root;     /* of the directory */
    uint64_t *mapped;   /* second stage of translated devices: the root */
    uint64_t *nothing;  /* second stage of blocked devices: the root */
    uint64_t *commands; /* the command queue */
    uint64_t *faults;   /* the fault queue */
    struct aia_iommu_device *_Atomic devices;
    uint16_t n_devices;
    struct aia_lock tables; /* held to take pages and to make contexts */

    /* The library's: the command queue. */
    struct aia_lock lock;
    uint32_t tail;          /* where the next command goes */
    uint32_t ticket;        /* the ticket of the latest fence */
    uint64_t *idle;         /* a page for the notices of parked messages; no code reads this page */
    uint32_t *done;         /* the unit writes the ticket of each fence here */
    _Atomic uint32_t epoch; /* how often the queue was reset */
    uint32_t salvaged;      /* the ticket that had been reached at the latest reset */

    struct aia_lock fault_lock; /* the library's: of the fault queue */
    bool muted;                 /* the fault queue's interrupt is off: an id storms, and cannot be cut off */

    /* Counters. */
    aia_counter n_commands, n_fences;
    aia_counter illegal, unreadable, timed_out;   /* errors of the command queue: cmd_ill, cqmf, cmd_to */
    aia_counter stuck;                            /* batches that the unit did not answer */
    aia_counter n_faults, overflows, lost_writes; /* the fault queue: records; fqof; fqmf */
    struct aia_storm storm;                       /* the library's: faults of ids that are not attached */
    aia_counter unattached;                       /* faults of ids that are not attached */
    aia_counter cut_offs;                         /* devices and ids that were cut off */
};

/* A device behind the unit, in the embedder's memory. The embedder may read it. */
struct aia_iommu_device {
    struct aia_iommu *iommu;
    struct aia_iommu_device *next; /* the library's */
    uint64_t *context;             /* the library's: the device's context, in the directory */
    uint64_t *table;               /* the library's: the MSI page table */
    uint64_t *files;               /* the library's: an MRIF for each message */
    uint64_t window;               /* the bus address of message 0 */
    uint32_t id;
    uint16_t n_messages; /* a power of two, or 0 */
    uint16_t gscid;      /* the library's: the number by which the unit's caches know the device */
    enum aia_iommu_dma dma;
    _Atomic uint32_t cut_off; /* 1: the device is cut off */
    struct aia_storm storm;   /* the library's: of faults */
    aia_counter faults;
    uint64_t last_fault; /* the address of the latest faulting access */
};

/* A message of a device that the unit remaps. Request the interrupt with `msi`. */
struct aia_iommu_msi {
    struct aia_msi msi; /* kind STORE; in basic mode PLAIN, or MASKABLE if the device's own is MASKABLE */
    struct aia_iommu_device *device;
    uint16_t index;
    int error; /* the library's: the error of the latest operation of type void; read_back() returns it */
    struct aia_message own; /* the message that the device was given */
    aia_counter n_changed;  /* how often the device did not have that message: AIA_ECHANGED */
};

/* The interrupt of the unit itself, if it signals by MSIs (not by_wire). Kind MASKABLE. */
struct aia_iommu_vector {
    struct aia_msi msi;
    uintptr_t entry; /* the library's: in the unit's MSI configuration table */
};

/*
 * Take the unit over: check its features, and turn its queues on. Its mode does not change: in mode BARE the devices' DMA goes
 * on, and in mode OFF their DMA stays refused. A unit in mode BARE keeps its way of signalling (by_wire), which may change
 * only in mode OFF.
 * Context: thread, once.
 * Returns AIA_OK, or:
 *   AIA_EINVAL    the configuration is not valid
 *   AIA_ENOTSUP   `refused` has the reason: not version 1.x, no MSI_FLAT, no Sv39x4, a reserved IGS, too few address bits,
 *                 big-endian or for guests of 32 bits, or in use with another directory
 *   AIA_ENOMEM    too few pages
 *   AIA_ETIMEOUT  the unit does not switch its queues, or as for aia_iommu_flush()
 *   AIA_EREFUSED  as for aia_iommu_flush()
 */
int aia_iommu_init(struct aia_iommu *u, const struct aia_iommu_config *config);

/*
 * Let translated devices reach [to, to + size) at bus address `from`. All three are multiples of 4 KiB. Call this before
 * aia_iommu_enable().
 * Context: thread.
 * Returns AIA_OK, or:
 *   AIA_EINVAL  a number is not aligned, or the bus addresses go beyond 41 bits, are in a window, or are mapped already
 *   AIA_ENOMEM  too few pages
 * If the bus addresses are mapped already or pages are missing, a part of the range may be mapped: do not enable such a unit.
 */
int aia_iommu_map(struct aia_iommu *u, uint64_t from, uint64_t to, uint64_t size);

/*
 * Make a context for device `id`, with a window for `n_messages` messages. The number is rounded up to a power of two; 0: no
 * window.
 * The unit may be enabled already.
 * Context: thread, one call at a time.
 * Returns AIA_OK, or:
 *   AIA_EINVAL  the id is above max_id or attached already, or there are more than AIA_IOMMU_MESSAGES messages
 *   AIA_ENOMEM  too few pages, or max_devices are attached
 *   AIA_ETIMEOUT, AIA_EREFUSED  as for aia_iommu_flush(); the device is attached, but the unit may have an older context of it
 *               in its cache: call aia_iommu_forget() until that returns AIA_OK
 */
int aia_iommu_attach(struct aia_iommu *u, struct aia_iommu_device *d, uint32_t id, enum aia_iommu_dma dma,
                     unsigned n_messages);

/*
 * Switch the unit from mode OFF or BARE to the directory, by one write ("Device-directory-table pointer"). Before this call,
 * attach every device that is in use. Then no device loses DMA.
 * Context: thread, once.
 * Returns AIA_OK, or:
 *   AIA_ENOTSUP   the unit does not take the mode, and keeps its old mode; `refused` has the reason
 *   AIA_ETIMEOUT  the unit does not switch
 */
int aia_iommu_enable(struct aia_iommu *u);

/*
 * Cut a device off for good: no access of the device passes, and its faults are not reported (DTF).
 * Context: any.
 * Returns AIA_OK, or, if cached entries may still let accesses pass:
 *   AIA_ETIMEOUT, AIA_EREFUSED  as for aia_iommu_flush()
 */
int aia_iommu_cut_off(struct aia_iommu_device *d);

/*
 * Wait until the unit has executed all its commands, and until every write that it has let through has reached its destination
 * ("IOMMU Command-queue Fence commands").
 * Context: any.
 * Returns AIA_OK, or:
 *   AIA_ETIMEOUT  the unit does not answer within command_limit
 *   AIA_EREFUSED  in each of AIA_IOMMU_TRIES attempts a command was illegal, could not be read, or timed out
 */
int aia_iommu_flush(struct aia_iommu *u);

/*
 * Make the unit drop everything that it has cached, and read every table again. Then wait as aia_iommu_flush() does.
 * Context: any.
 * Returns AIA_OK, or:
 *   AIA_ETIMEOUT, AIA_EREFUSED  as for aia_iommu_flush()
 */
int aia_iommu_forget(struct aia_iommu *u);

/*
 * Initialize `m` as message `index` of the device, in place of `own`, which is the device's own message. The messages of a block
 * differ only in their data, so a block has one PTE, in mode BASIC, which lets the data pass.
 * Context: thread.
 * Returns AIA_OK, or:
 *   AIA_EINVAL   the device has no such message, its dma is BARE, or its bus is slow
 *   AIA_ENOTSUP  mode NOTICE, and the unit has no MSI_MRIF
 */
int aia_iommu_msi_init(struct aia_iommu_msi *m, struct aia_iommu_device *d, unsigned index,
                       enum aia_iommu_mode mode, struct aia_msi *own);

/*
 * For a unit that is not to be used: switch it from mode OFF, in which no access passes, to mode BARE, in which every access
 * passes unchanged. `limit` is the number of ticks that this may take.
 * Context: thread.
 * Returns AIA_OK, or:
 *   AIA_ENOTSUP   a directory is in use
 *   AIA_ETIMEOUT  the unit does not switch
 */
int aia_iommu_bypass(uintptr_t mmio, uint64_t limit);

/* True if the unit has that mode. Context: any. */
bool aia_iommu_can(const struct aia_iommu *u, enum aia_iommu_mode mode);

/*
 * Initialize the interrupt of the unit itself. Request it with v->msi and a handler that calls aia_iommu_service(), and then
 * call aia_iommu_signal().
 * Context: thread, once.
 * Returns AIA_OK, or:
 *   AIA_ENOTSUP  the unit signals by wires; its wire 0 is this interrupt
 */
int aia_iommu_vector_init(struct aia_iommu_vector *v, struct aia_iommu *u);

/* Let the unit signal faults from now on. Context: thread, after its interrupt has been requested. */
void aia_iommu_signal(struct aia_iommu *u);

/*
 * Take the records out of the fault queue. Call this in the handler of the unit's interrupt, and periodically if `muted`.
 * Context: any.
 * Returns the number of records.
 */
unsigned aia_iommu_service(struct aia_iommu *u);

#include <aia/end.h>

#endif
