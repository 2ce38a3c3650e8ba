/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A machine for host tests: harts with IMSIC interrupt files, MSI devices, and a fabric between them that
 * delays. The library's own sources run on it unchanged: csr.h, mmio.h and stdatomic.h of this directory
 * stand in front of the real ones, and port.h is implemented here.
 *
 * What is modelled, and after which text:
 *
 *   interrupt file   IMSIC.adoc "Indirectly accessed interrupt-file registers", "Top external interrupt CSRs":
 *   (m_file.c)       eidelivery, eithreshold, eip and eie as RV64 has them. Odd and unimplemented registers
 *                    trap: the test fails. Unimplemented bits, bit 0 too, are read-only zero. Lower identity
 *                    first. stopei does not look at eidelivery. A register pair used with interrupts on fails
 *                    the test. After reset everything is junk ("Reset and revealed state").
 *   seteipnum_le     "Memory region for an interrupt file": an unimplemented identity is ignored (and counted).
 *   (m_fabric.c)     Writes to one file take effect in the global memory order of the stores, "though
 *                    arbitrarily delayed": a file has an inbound queue.
 *   stores           Unprivileged ISA, FENCE: a device write of a hart sits in that hart's store buffer until a
 *   (m_fabric.c)     fence whose predecessor set has `o`, or until it leaves by itself.
 *   devices          PCIe ordering: an MSI is a posted write that sits in its device's posted queue; a read
 *   (m_device.c)     completion from that device pushes it out, a write's completion does not. The message that
 *                    is sent is whatever the registers say at that moment, half-written ones included. An MSI
 *                    to an address that is no interrupt file fails the test: a stray DMA write.
 *   harts            each has its own stack (m_sched.c) and takes interrupts whenever they are on and something
 *   (m_sched.c,      is asserted, in the middle of what it does too. Harts change only at accesses (below), so
 *   m_port.c)        what happens between two accesses is one step. A lock that is taken twice by one hart, freed
 *                    by another, or taken with interrupts on fails the test; so does a deadlock.
 *   fences           memory order between harts is not modelled (the order of accesses is the order of the test),
 *   (m_core.c)       so each fence that is about it is checked by rule: no seteipnum_le write behind a memory
 *                    write without "rw, o" between; no message naming a slot that was written without one; no
 *                    memory access behind a claim, no memory write behind a device's read-back, without "io, *".
 *
 * Everything is in one thread and repeats exactly. An access is any CSR or MMIO access, fence, lock operation,
 * device register access or atomic operation; m.hook is called before each one, and may raise edges, let
 * other harts run (m_run, m_run_others) or, in a hart that is not the test's own, stop it there (m_yield).
 */
#ifndef MODEL_H
#define MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <aia/aia.h>

#ifndef M_MAX_HARTS /* the explorer (tests/explore) makes do with less */
#define M_MAX_HARTS 128
#define M_DEVS      256
#define M_QUEUE     128
#define M_WORDS     32
#define M_CHIPS     4
#endif
#define M_NEVER UINT32_MAX /* of a lag: only when it has to, see struct m */

/* ---- accesses ---- */

enum m_access {
    M_CSR,    /* where: register, or 0 for stopei */
    M_MMIO,   /* where: address; what: bytes to be written, 0: it is read */
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
    uint64_t value; /* to be written */
};

/* ---- the parts ---- */

/* A chip of the machine with registers of its own (aplic_model.h). All but read and write may be NULL. */
struct m_chip {
    uintptr_t base;
    size_t size;
    uint64_t (*read)(struct m_chip *c, unsigned offset, unsigned size);
    void (*write)(struct m_chip *c, unsigned offset, uint64_t v, unsigned size);
    /* Of the fabric: time has passed; a hart looks at its file; the end of time: did anything move? */
    void (*step)(struct m_chip *c);
    void (*poll)(struct m_chip *c, unsigned hart);
    bool (*settle)(struct m_chip *c);
    /* Does it signal an external interrupt to this hart? */
    bool (*signals)(const struct m_chip *c, unsigned hart);
};

/* A queue of writes on their way to interrupt files. */
struct m_queue {
    struct m_write {
        uint64_t addr; /* store buffers, posted queues: where it goes */
        uint32_t data;
        uint64_t since; /* m.step when it entered */
    } w[M_QUEUE];
    unsigned n;
};

struct m_file {
    unsigned n_ids;
    uint64_t eip[M_WORDS], eie[M_WORDS];
    uint64_t eidelivery, eithreshold;
    struct m_queue inbound;
    unsigned ignored; /* writes of identities that are not implemented */
    bool frozen;      /* nothing gets in, however long one waits */
    bool
        hidden; /* as in QEMU before 9.2: what is pending does not show, until an access after somebody looked */
    bool looked;
};

struct m_hart {
    struct m_file file;
    struct m_queue stores;
    uint64_t mmio, msi_addr; /* of its file: for harts, for devices */
    bool irqs_on;
    bool in_irq;
    bool stopped; /* as by HSM: it must not run */
    bool hold;    /* interrupts are delayed: it takes none while this is set */
    bool soft;    /* a software interrupt is pending */
    bool timer_on;
    uint64_t timer;
    unsigned n_locks;        /* held */
    unsigned user_ipis[32];  /* aia_port_ipi() calls */
    bool mem_dirty;          /* memory written since the last fence rw, o */
    bool slots_dirty;        /* of these, some slot */
    bool claim_unfenced;     /* claimed, and no fence io, iorw yet */
    bool read_back_unfenced; /* a drain barrier was read, and no fence io, w yet */
};

enum m_device_op { M_START, M_STOP, M_ADDR, M_DATA, M_MASK, M_UNMASK, M_STORE, M_READ_BACK, M_SEND };

enum m_device_mood {
    M_WELL,
    M_MUTE,  /* takes writes, answers no read */
    M_STALE, /* ignores writes, answers reads with what it has */
    M_GONE,  /* ignores writes, reads all ones, sends nothing */
};

struct m_dev {
    struct aia_msi msi;
    struct aia_message message; /* its registers */
    bool enabled, masked, held; /* held: an edge waits for unmask */
    bool fresh;                 /* started, and not read back since: a read-back proves no drain */
    enum m_device_mood mood;
    struct m_queue posted;
    uint64_t n_raised; /* edges it has sent, or holds */

    /* Of one behind a slow bus: the copy that software changes, and the commands that carry it over. */
    struct m_bus {
        struct aia_message copy;
        bool copy_enabled;
        unsigned locked_by;     /* hart + 1 */
        unsigned answers_after; /* waits for a command's answer */
        bool deaf;              /* commands are neither taken nor answered */
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
    struct aia *aia; /* whose traps the harts take; NULL: none */
    const void *slots, *slots_end;
    uintptr_t memory; /* that a device reads its message from */
    size_t memory_size;

    /*
     * The fabric's delays, in accesses (of whatever hart): a write goes on after that many, 0: at once,
     * M_NEVER: only when
     *   store_lag    its hart fences, reads its own eip, or anyone waits
     *   inbound_lag  the file's hart reads eip (one write for each read), or anyone waits (one for each wait)
     *   post_lag     the device is read back. Waiting does not help: a posted write may take for ever.
     * or m_settle().
     */
    uint32_t store_lag, inbound_lag, post_lag;
    uint64_t step;
    uint64_t now; /* the clock: one tick for each look at it, relax_ticks for each wait */
    uint64_t relax_ticks;

    /* Of an IOMMU, or whatever else is there (iommu_model.h); NULL: nothing is. True: it was theirs. */
    bool (*mmio)(uintptr_t a, uint64_t *v, unsigned size, bool write);
    bool (*through)(uint64_t addr, uint32_t data); /* an MSI of a device to this address */
    bool (*settle)(void);

    void (*hook)(const struct m_event *e, void *arg); /* not called for accesses that it causes itself */
    void *hook_arg;
    bool in_hook;

    struct m_log log[M_LOG]; /* of device accesses, the first M_LOG since n_log was last zeroed */
    unsigned n_log;
    unsigned n_unowned; /* edges reported as nobody's */
    struct aia_report reports[M_LOG];
    unsigned n_reports;
};

extern struct m m;

/* How a test fails. Set by the test's fixture; must not return. */
extern void (*m_failed)(const char *why);
_Noreturn void m_die(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* ---- m_core.c ---- */

/* A new machine; harts have files of n_ids[h] identities, full of junk, and interrupts off. */
void m_reset(unsigned n_harts, const uint16_t *n_ids);

/* An access of the running hart is about to happen. */
void m_event(enum m_access kind, const volatile void *where, unsigned what, uint64_t value);

/* ---- m_file.c ---- */

/* Set pending as a write to seteipnum_le that takes effect now. */
void m_file_set(struct m_file *f, uint32_t id);
/* Read without side effects: the asserted identity or 0, a pending bit. */
unsigned m_file_top(const struct m_file *f);
bool m_file_asserted(const struct m_file *f);
bool m_pending(unsigned hart, unsigned id);

/* ---- m_fabric.c ---- */

void m_queue_add(struct m_queue *q, uint64_t addr, uint32_t data);
/* Posted write of a device, at its physical address, into the file's inbound queue. */
void m_fabric_post(uint64_t addr, uint32_t data);
/* A fence with `o` before it: this hart's stores enter the global memory order. */
void m_fabric_flush(struct m_hart *h);
/* Whatever has waited as long as its lag goes on. */
void m_fabric_step(void);
/* A hart reads its own eip; somebody waits; the end of time. */
void m_fabric_poll(struct m_hart *h);
void m_fabric_wait(void);
bool m_fabric_settle(void); /* true if anything moved */

/* ---- m_device.c ---- */

void m_dev_init(struct m_dev *d, enum aia_msi_kind kind);
/* The device has an edge: it sends its message as it is now. False if it is stopped, or gone. */
bool m_raise(struct m_dev *d);
/* Its posted MSIs go on their way. */
void m_push(struct m_dev *d);
/* Is there an access of `d` in the log at or behind *i? Sets *i to it. */
bool m_logged(const struct m_dev *d, enum m_device_op op, unsigned *i);

/* ---- m_slow.c ---- */

/* A device behind a slow bus; strict about who touches its copy, and about who waits for its answers. */
void m_slow_init(struct m_dev *d);

/* ---- m_sched.c ---- */

void m_sched_reset(void);
/* The test goes on as `hart`. Interrupts as that hart left them. */
void m_on(unsigned hart);
/* HSM stop, start: of a hart that is not running. */
void m_stop(unsigned hart);
void m_start(unsigned hart);
/* Let `hart`, which is not running, do what it can until it is idle, waits, or its hook yields. */
void m_run(unsigned hart);
void m_run_others(void);
/* Give an idle hart something to do in thread context, when it next runs. */
void m_spawn(unsigned hart, void (*fn)(void *arg), void *arg);
bool m_busy(unsigned hart);
/* In a hart that was let run: stop here, until it is let run again. */
void m_yield(void);
/* Is the running hart on a stack of its own (and may m_yield), or the test's? */
bool m_on_own_stack(void);
/* Deliver everything that is on its way and let all harts run, until nothing happens any more. */
void m_settle(void);
/* The clock goes on by `ticks`; all timers that come due fire. */
void m_pass(uint64_t ticks);

/* Take what interrupts and timers the running hart can take now. True if there were any. */
bool m_take(void);

#endif
