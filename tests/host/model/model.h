/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A machine for host tests: harts with IMSIC interrupt files, MSI devices, and a fabric between them that delays writes. The
 * library's own sources run on it unchanged: csr.h, mmio.h and stdatomic.h of this directory replace the real headers, and
 * the model implements port.h.
 *
 * What is modelled, and the text that it follows:
 *
 *   interrupt file   IMSIC.adoc "Indirectly accessed interrupt-file registers", "Top external interrupt CSRs":
 *   (m_file.c)       eidelivery, eithreshold, eip and eie as RV64 has them. An access to an odd or unimplemented
 *                    register traps, and a trap fails the test. Unimplemented bits and bit 0 are read-only zero. The
 *                    lower identity has the higher priority. stopei does not depend on eidelivery. Use of a register
 *                    pair with interrupts on fails the test. After reset all registers hold junk ("Reset and revealed
 *                    state").
 *   seteipnum_le     "Memory region for an interrupt file": an unimplemented identity is ignored (and counted).
 *   (m_fabric.c)     Writes to one file take effect in the global memory order of the stores, "though
 *                    arbitrarily delayed": a file has an inbound queue.
 *   stores           Unprivileged ISA, FENCE: a device write of a hart sits in that hart's store buffer until a
 *   (m_fabric.c)     fence whose predecessor set has `o`, or until it leaves by itself.
 *   devices          PCIe ordering: an MSI is a posted write that sits in its device's posted queue; a read
 *   (m_device.c)     completion from that device pushes it out, a write's completion does not. The message that
 *                    is sent is what the registers hold at that moment, even if half-written. An MSI to an address
 *                    that is not an interrupt file fails the test: a rogue DMA write.
 *   harts            each has its own stack (m_sched.c), and takes an interrupt whenever interrupts are on and one is
 *   (m_sched.c,      asserted, also in the middle of other code. Harts change only at accesses (below), so everything
 *   m_port.c)        between two accesses is one step. It fails the test if a hart takes a lock twice, frees another
 *                    hart's lock, or takes a lock with interrupts on. A deadlock fails the test too.
 *   fences           memory order between harts is not modelled: the order of accesses is the order of the test. So a
 *   (m_core.c)       rule checks each fence that is about memory order. A fence "rw, o" must be between a memory write
 *                    and a later write of seteipnum_le, and between a write of a slot and a message that names it. A
 *                    fence "io, *" must be between a claim and a later memory access, and between the read-back of a
 *                    device and a later memory write.
 *
 * All runs in one thread, and every run repeats exactly. An access is a CSR or MMIO access, a fence, a lock operation, a
 * device register access or an atomic operation. m.hook is called before each access. It may raise edges and let other
 * harts run (m_run, m_run_others); in a hart other than the test's own, it may stop that hart there (m_yield).
 */
#ifndef MODEL_H
#define MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <aia/aia.h>

#ifndef M_MAX_HARTS /* the explorer (tests/explore) has fewer */
#define M_MAX_HARTS 128
#define M_DEVS      256
#define M_QUEUE     128
#define M_WORDS     32
#define M_CHIPS     4
#endif
#define M_NEVER UINT32_MAX /* as a lag: only when something forces it, see struct m */

/* ---- accesses ---- */

enum m_access {
    M_CSR,    /* where: register, or 0 for stopei */
    M_MMIO,   /* where: address; what: bytes to be written, 0 for a read */
    M_FENCE,  /* where: enum model_fence */
    M_LOCK,   /* where: the lock */
    M_UNLOCK, /* where: the lock */
    M_DEVICE, /* where: the device; what: enum m_device_op */
    M_ATOMIC, /* where: the word */
    M_RELAX,  /* waiting for another hart */
};

struct m_event {
    enum m_access kind;
    unsigned hart;
    uintptr_t where;
    unsigned what;
    uint64_t value; /* the value to be written */
};

/* ---- the parts ---- */

/* A chip of the machine with registers of its own (aplic_model.h). Every function but read and write may be NULL. */
struct m_chip {
    uintptr_t base;
    size_t size;
    uint64_t (*read)(struct m_chip *c, unsigned offset, unsigned size);
    void (*write)(struct m_chip *c, unsigned offset, uint64_t v, unsigned size);
    /* Called by the fabric: after each access; when a hart looks at its file; to let everything arrive. settle() returns
     * whether anything moved. */
    void (*step)(struct m_chip *c);
    void (*poll)(struct m_chip *c, unsigned hart);
    bool (*settle)(struct m_chip *c);
    /* Whether the chip signals an external interrupt to this hart. */
    bool (*signals)(const struct m_chip *c, unsigned hart);
};

/* A queue of writes under way to interrupt files. */
struct m_queue {
    struct m_write {
        uint64_t addr; /* of the target; used in store buffers and posted queues */
        uint32_t data;
        uint64_t since; /* m.step when the write entered the queue */
    } w[M_QUEUE];
    unsigned n;
};

struct m_file {
    unsigned n_ids;
    uint64_t eip[M_WORDS], eie[M_WORDS];
    uint64_t eidelivery, eithreshold;
    struct m_queue inbound;
    unsigned ignored; /* writes of identities that are not implemented */
    bool frozen;      /* nothing gets in, for however long software waits */
    bool hidden; /* as in QEMU before 9.2: a pending bit does not show before an access after a first look */
    bool looked;
};

struct m_hart {
    struct m_file file;
    struct m_queue stores;
    uint64_t mmio, msi_addr; /* addresses of its file: for harts, for devices */
    bool irqs_on;
    bool in_irq;
    bool stopped; /* as by HSM: the hart must not run */
    bool hold;    /* interrupts are delayed: the hart takes none while this is set */
    bool soft;    /* a software interrupt is pending */
    bool timer_on;
    uint64_t timer;
    const char *locks[4];    /* the names of the locks held, in the order in which they were taken */
    unsigned n_locks;        /* locks held */
    unsigned user_ipis[32];  /* calls of aia_port_ipi(), by IPI */
    bool mem_dirty;          /* memory was written since the last fence rw, o */
    bool slots_dirty;        /* a slot was written since the last fence rw, o */
    bool claim_unfenced;     /* no fence io, iorw since the latest claim */
    bool read_back_unfenced; /* no fence io, w since the latest read-back of a drain */
};

enum m_device_op { M_START, M_STOP, M_ADDR, M_DATA, M_MASK, M_UNMASK, M_STORE, M_READ_BACK, M_SEND };

enum m_device_mood {
    M_WELL,
    M_MUTE,  /* takes writes, answers no read */
    M_STALE, /* ignores writes, answers reads with its old contents */
    M_GONE,  /* ignores writes, reads all ones, sends nothing */
};

struct m_dev {
    struct aia_msi msi;
    struct aia_message message; /* the device's registers */
    bool enabled, masked, held; /* held: an edge waits for the end of the mask */
    bool fresh;                 /* started and not read back since: a read-back proves no drain */
    enum m_device_mood mood;
    struct m_queue posted;
    uint64_t n_raised; /* edges that the device has sent or holds */

    /* For a device on a slow bus: the copy that software changes, and the commands that apply the copy. */
    struct m_bus {
        struct aia_message copy;
        bool copy_enabled;
        unsigned locked_by;     /* hart + 1 */
        unsigned answers_after; /* waits until a command is answered */
        bool silent;            /* commands are neither obeyed nor answered */
        unsigned n_commands, n_resets;
    } bus;
};

#define M_LOG 64
struct m_log {
    const struct m_dev *dev;
    enum m_device_op op;
    uint64_t value;
};

struct m {
    unsigned n_harts;
    unsigned here; /* the running hart */
    struct m_hart hart[M_MAX_HARTS];
    struct m_dev *devs[M_DEVS];
    unsigned n_devs;
    struct m_chip *chips[M_CHIPS];
    unsigned n_chips;
    struct aia *aia; /* the library instance that takes the harts' traps, or NULL */
    const void *slots, *slots_end;
    uintptr_t memory; /* memory from which a device reads its message */
    size_t memory_size;

    /*
     * The fabric's delays, in accesses of any hart. A write moves on after that many accesses; with 0 it moves on
     * immediately; with M_NEVER only when m_settle() is called or when
     *   store_lag    its hart fences or reads its own eip, or any hart waits
     *   inbound_lag  the file's hart reads eip (one write for each read), or any hart waits (one write for each wait)
     *   post_lag     the device is read back. A wait does not help: a posted write may take any time.
     */
    uint32_t store_lag, inbound_lag, post_lag;
    uint64_t step;
    uint64_t now; /* the clock: each read advances it by one tick, each wait by relax_ticks */
    uint64_t relax_ticks;

    /* For an IOMMU (iommu_model.h) or other hardware; may be NULL. Each returns whether the access was for that hardware. */
    bool (*mmio)(uintptr_t a, uint64_t *v, unsigned size, bool write);
    bool (*through)(uint64_t addr, uint32_t data); /* a device sends an MSI to this address */
    bool (*settle)(void);

    void (*hook)(const struct m_event *e, void *arg); /* not called for accesses that the hook makes itself */
    void *hook_arg;
    bool in_hook;

    struct m_log log[M_LOG]; /* device accesses: the first M_LOG since n_log was last set to 0 */
    unsigned n_log;
    unsigned n_locks_made; /* calls of aia_port_lock_init() */
    unsigned n_withheld;   /* reports that later ones said were withheld */
    unsigned n_unowned;    /* edges reported as unowned */
    struct aia_report reports[M_LOG];
    unsigned n_reports;
};

extern struct m m;

/* How a test fails. The test's fixture sets it. It must not return. */
extern void (*m_failed)(const char *why);
_Noreturn void m_die(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* ---- m_core.c ---- */

/* Make a new machine. Hart h has a file of n_ids[h] identities, full of junk. Interrupts are off. */
void m_reset(unsigned n_harts, const uint16_t *n_ids);

/* Called before each access of the running hart. */
void m_event(enum m_access kind, const volatile void *where, unsigned what, uint64_t value);

/* ---- m_file.c ---- */

/* Set a pending bit, as a write to seteipnum_le that takes effect now. */
void m_file_set(struct m_file *f, uint32_t id);
/* Reads without side effects: m_file_top() returns the asserted identity or 0; the other a pending bit. */
unsigned m_file_top(const struct m_file *f);
bool m_file_asserted(const struct m_file *f);
bool m_pending(unsigned hart, unsigned id);

/* ---- m_fabric.c ---- */

void m_queue_add(struct m_queue *q, uint64_t addr, uint32_t data);
/* Put a device's posted write, by its physical address, into the inbound queue of a file. */
void m_fabric_post(uint64_t addr, uint32_t data);
/* A fence with `o` in its predecessor set: this hart's stores enter the global memory order. */
void m_fabric_flush(struct m_hart *h);
/* Every write that has waited as long as its lag moves on. */
void m_fabric_step(void);
/* m_fabric_poll(): a hart reads its own eip. The function below: a hart waits. m_fabric_settle(): everything arrives. */
void m_fabric_poll(struct m_hart *h);
void m_fabric_wait(void);
bool m_fabric_settle(void); /* true if anything moved */

/* ---- m_device.c ---- */

void m_dev_init(struct m_dev *d, enum aia_msi_kind kind);
/* The device has an edge: it sends its message as the message is now. Returns false if the device is stopped or gone. */
bool m_raise(struct m_dev *d);
/* The device's posted MSIs move on. */
void m_push(struct m_dev *d);
/* Whether the log has such an access of `d` at index *i or later. If so, sets *i to its index. */
bool m_logged(const struct m_dev *d, enum m_device_op op, unsigned *i);

/* ---- m_slow.c ---- */

/* Make `d` a device on a slow bus. It fails the test if its copy is changed without the bus lock, or if software waits for
 * its answers where nothing may wait. */
void m_slow_init(struct m_dev *d);

/* ---- m_sched.c ---- */

void m_sched_reset(void);
/* From now on the test runs as `hart`, with interrupts as that hart left them. */
void m_on(unsigned hart);
/* HSM stop and start, of a hart that is not running. */
void m_stop(unsigned hart);
void m_start(unsigned hart);
/* Let `hart`, which is not running, run until it is idle or waits, or until its hook yields. */
void m_run(unsigned hart);
void m_run_others(void);
/* Give an idle hart a job in thread context, which begins when the hart next runs. */
void m_spawn(unsigned hart, void (*fn)(void *arg), void *arg);
bool m_busy(unsigned hart);
/* In a hart that was let run: stop here until the hart is let run again. */
void m_yield(void);
/* Whether the running hart has a stack of its own (and may call m_yield), or runs on the test's. */
bool m_on_own_stack(void);
/* Deliver everything that is under way, and let all harts run, until nothing happens any more. */
void m_settle(void);
/* Advance the clock by `ticks`. All timers that come due fire. */
void m_pass(uint64_t ticks);

/* Take the interrupts and timers that the running hart can take now. Returns whether there were any. */
bool m_take(void);

#endif
