/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The configuration: the embedder's decisions, and the memory that the embedder gives. embedding.md (share/doc/aia) lists
 * everything that the embedder provides and may rely on.
 *
 * A tick is one unit of aia_port_time(). A limit in ticks bounds a wait, which ends with a named error; a larger limit is
 * safe. A field may be left out only if its comment says so.
 */
#ifndef AIA_CONFIG_H
#define AIA_CONFIG_H

#include <stdint.h>

#include <aia/begin.h>

/*
 * The number of harts in a hart set. The layout of structures depends on it, so the library and its embedder must be built with
 * the same number; if they are not, aia_init() returns AIA_ELAYOUT. `make install CFLAGS=-DAIA_MAX_HARTS=n` also writes the
 * number into aia.pc.
 */
#ifndef AIA_MAX_HARTS
#define AIA_MAX_HARTS 128
#endif

/*
 * The size of struct aia_lock in words of a register. Set a larger number if the embedder's lock has more fields. As for
 * AIA_MAX_HARTS, the library and its embedder must be built with the same number.
 */
#ifndef AIA_LOCK_WORDS
#define AIA_LOCK_WORDS 2
#endif

/*
 * The bits of one atomic access: as many as a register has, unless the build sets fewer. As for AIA_MAX_HARTS, the library and
 * its embedder must be built with the same number.
 */
#ifndef AIA_WORD_BITS
#if UINTPTR_MAX == UINT32_MAX
#define AIA_WORD_BITS 32
#else
#define AIA_WORD_BITS 64
#endif
#endif

/* A word that harts read and write in one atomic access. A counter of 32 bits wraps; differences of counts stay right. */
#if AIA_WORD_BITS == 32
typedef uint32_t aia_word;
#else
typedef uint64_t aia_word;
#endif

struct aia_controller;
struct aia_hart;
struct aia_irq;
struct aia_trace_ring;
struct imsic_file;

/* A counter. The library writes it; any code may read it. */
typedef _Atomic aia_word aia_counter;

/*
 * The states of a hart that goes offline, in this order from ONLINE to SWEPT, and then OFFLINE. If a step fails, the hart goes
 * back to ONLINE, and no edge is lost.
 */
enum aia_hart_state {
    AIA_HART_OFFLINE,   /* the hart takes no interrupts. aia_hart_online_begin() brings it back */
    AIA_HART_ONLINE,    /* the hart takes interrupts, and gets new vectors */
    AIA_HART_CLOSED,    /* the hart gets no new vectors. A failure opens it again */
    AIA_HART_EVACUATED, /* all interrupts have moved away. A move that began earlier may still end here */
    /* No message names the hart, and none will, because its file is closed. From here on the hart's own interrupts are off. */
    AIA_HART_FORCED,
    AIA_HART_QUIET, /* the last IPIs and calls have run, and new ones are refused. A failure accepts them again */
    AIA_HART_SWEPT, /* every edge in the file was forwarded or counted; no vector is owned or retires */
};

struct aia_config {
    /*
     * Called before `hart` enters state `next`: when it goes offline, and before ONLINE when it comes back. 0 permits the
     * step. Another value prevents the step, and is returned by aia_hart_offline_begin(), aia_hart_offline_finish() or
     * aia_hart_online_begin(). Context: thread for CLOSED and EVACUATED; own, off for the other states. NULL: every step is
     * permitted.
     */
    int (*may_enter)(void *arg, unsigned hart, enum aia_hart_state next);
    void *may_enter_arg; /* the first argument of may_enter() */

    /* ---- harts ---- */
    unsigned n_harts;       /* 1 .. AIA_MAX_HARTS; aia_port_hart() gives 0 .. n_harts - 1 */
    struct aia_hart *harts; /* n_harts structures, zeroed */
    /*
     * n_harts S-level interrupt files, one for each hart (aia/imsic.h): mmio, msi_addr, n_ids and slots filled in, the rest
     * zeroed. NULL: the harts have no interrupt files, and `controllers` is set.
     */
    struct imsic_file *files;
    /*
     * n_harts controllers, one for each hart (aia/controller.h), if `files` is NULL. All interrupts are lines of these
     * controllers. NULL: the harts have interrupt files.
     */
    struct aia_controller **controllers;
    /* With controllers: make `hart` take a software interrupt, in which it calls aia_soft_interrupt(). Context: any. */
    void (*kick)(unsigned hart);
    uint16_t ipi_id; /* the identity of the IPIs, in each file: the device tree's riscv,ipi-id, or 1 */
    /*
     * The identity by which a hart proves that earlier writes to its file have arrived. Every file has it, it is not ipi_id, and
     * it is never enabled. The best choice is 1, or 2 if ipi_id is 1: identity 0 does not exist and blocks are aligned, so no
     * block of four or more identities could use these.
     */
    uint16_t sync_id;

    /* ---- interrupts ---- */
    struct aia_irq *irqs; /* n_irqs descriptors, zeroed: one for each interrupt in use */
    uint32_t n_irqs;      /* 1 .. IMSIC_NO_OWNER - 1 */
    uint16_t *reserved;   /* n_irqs * n_harts: identities of managed interrupts; NULL: no managed messages */
    aia_counter *runs;    /* n_harts * n_irqs, zeroed: handler runs of each interrupt on each hart */
    struct aia_trace_ring *trace; /* n_harts rings, for aia_trace_on() (aia/trace.h); NULL: no tracing */

    /* ---- times and limits ---- */
    /*
     * Ticks after which the lazy timer reclaims the retiring vectors of its hart. No edge waits for this timer. A longer time
     * means more vectors that cannot be used yet. A millisecond is a good value.
     */
    uint64_t lazy_period;
    /*
     * How many vectors of one interrupt may be retiring at the same time; 2 or more. If more than half of this number retire,
     * an IPI asks for their reclaim. At this number a move waits for a reclaim, so a thread that moves an interrupt in a tight
     * loop moves it as often as vectors are reclaimed.
     */
    uint32_t max_retiring;
    /*
     * Ticks that a wait for another hart, for a device, or for a write to arrive may last. Then it ends with AIA_ETIMEOUT; until
     * then nothing reports the wait. A second is a good value on hardware. The examples wait for up to 100 seconds, for emulators
     * on busy hosts.
     */
    uint64_t wait_limit;
    /* Ticks within which unwelcome edges (struct aia_storm) are counted together; less than 2^32 on RV32. */
    uint64_t storm_window;
    /*
     * After more than this many unwelcome edges within a window an interrupt is disabled, or an unowned identity is
     * quarantined. An interrupt is also disabled after more than this many runs during which its hart does nothing but take
     * interrupts, whatever its handler returns. A level is also disabled after more than this many runs in a row that
     * returned AIA_HANDLED and left the line up.
     */
    uint32_t storm_limit;
    /*
     * At most this many reports of each kind go to aia_port_report() within a storm_window. The next report of the kind says how
     * many were withheld. 0: every report goes there.
     */
    uint32_t report_limit;
};

#include <aia/end.h>

#endif
