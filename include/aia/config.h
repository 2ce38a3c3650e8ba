/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The configuration: what the embedder decides once, and the memory it gives. embedding.md (share/doc/aia) lists what
 * else it must provide, and what it may rely on.
 *
 * A tick is one of aia_port_time()'s. Each limit is a bound on a wait that ends with a named error, never a period of
 * polling: larger is safe. No field is optional unless it says so.
 */
#ifndef AIA_CONFIG_H
#define AIA_CONFIG_H

#include <stdint.h>

#include <aia/begin.h>

/*
 * Harts that a hart set has room for. It decides the layout of structures, so the library and what uses it must be built
 * with the same: make install CFLAGS=-DAIA_MAX_HARTS=n writes it into aia.pc, too.
 */
#ifndef AIA_MAX_HARTS
#define AIA_MAX_HARTS 128
#endif

/*
 * What harts exchange in one atomic access: a word of the machine's. On RV32 a counter wraps at 2^32, and differences of
 * counts stay right.
 */
#if UINTPTR_MAX == UINT32_MAX || defined(AIA_WORD_32) /* the latter: what the tests do on a host */
#define AIA_WORD_BITS 32
typedef uint32_t aia_word;
#else
#define AIA_WORD_BITS 64
typedef uint64_t aia_word;
#endif

struct aia_controller;
struct aia_hart;
struct aia_irq;
struct aia_trace_ring;
struct imsic_file;

/* A counter that one party writes at a time and anybody reads. */
typedef _Atomic aia_word aia_counter;

/*
 * The states a hart passes on its way out, in this order, to end OFFLINE. A failure on the way to any of them takes it
 * back to ONLINE with nothing lost; what was done so far is undone, or needs no undoing.
 */
enum aia_hart_state {
    AIA_HART_OFFLINE, /* delivers nothing. Undone by aia_hart_online_begin() */
    AIA_HART_ONLINE,
    AIA_HART_CLOSED,    /* gets no new vector. Undone by opening it */
    AIA_HART_EVACUATED, /* no message names it. Nothing to undo: interrupts may be elsewhere */
    AIA_HART_FORCED,    /* the same, and it holds for good: its own interrupts are off */
    AIA_HART_QUIET,     /* has run its last IPI and call; senders are told. Undone by taking them again */
    AIA_HART_SWEPT, /* every edge that was sent to it was sent on, its vectors are free. Nothing to undo */
};

struct aia_config {
    /*
     * A hart is about to enter `next` on its way out, or to be ONLINE on its way in; not 0: it may not, and the error
     * is returned to whoever asked. On any hart, in thread context, for CLOSED and EVACUATED, else on the hart
     * itself, interrupts off. NULL: all may.
     */
    int (*may_enter)(void *arg, unsigned hart, enum aia_hart_state next);
    void *may_enter_arg; /* its first argument; the library does not look at it */

    /* ---- harts ---- */
    unsigned n_harts;       /* 1 .. AIA_MAX_HARTS; aia_port_hart() gives 0 .. n_harts - 1 */
    struct aia_hart *harts; /* n_harts of them, zeroed */
    /*
     * n_harts: each hart's S-level interrupt file. mmio, msi_addr, n_ids and slots filled in, the rest zeroed
     * (aia/imsic.h). NULL: harts have none, see controllers.
     */
    struct imsic_file *files;
    /*
     * Instead of files: n_harts, each hart's controller (aia/controller.h), and how a hart is interrupted by another; it
     * then calls aia_soft_interrupt(). All interrupts are lines of these controllers. NULL with files.
     */
    struct aia_controller **controllers;
    void (*kick)(unsigned hart); /* with controllers: make `hart` take a software interrupt. Any context */
    uint16_t ipi_id; /* identity of the IPIs, in each file: the device tree's riscv,ipi-id, or 1 */
    /*
     * Identity of imsic_sync(): any other that all files have. It is never enabled. Best is 1, or 2 if the IPIs have 1: blocks of
     * messages are aligned, and identity 0 does not exist, so no block of four or more has these anyway.
     */
    uint16_t sync_id;

    /* ---- interrupts ---- */
    struct aia_irq *irqs; /* n_irqs descriptors, zeroed: as many interrupts as there can be at once */
    uint32_t n_irqs;      /* 1 .. IMSIC_NO_OWNER - 1 */
    uint16_t *reserved;   /* n_irqs * n_harts: identities kept for managed interrupts; NULL: there are none */
    aia_counter *runs;    /* n_harts * n_irqs, zeroed: handler runs on each hart of each interrupt */
    struct aia_trace_ring *trace; /* n_harts, to trace into once aia_trace_on() was called; NULL: never */

    /* ---- times and limits ---- */
    /*
     * Ticks that a vector which an interrupt has left may wait for its reclaim, by the timer of the hart it is on. No
     * edge waits for it: it decides how many vectors are out of use. A millisecond is a good value.
     */
    uint64_t lazy_period;
    /*
     * Vectors of one interrupt that may retire at once, 2 or more. From half of it on they are asked for by IPI, and at
     * it a move waits for some.
     */
    uint32_t max_retiring;
    /* Ticks that a wait for another hart, or for a device or a write to arrive, may last before AIA_ETIMEOUT. */
    uint64_t wait_limit;
    /* Ticks within which edges that did no good (struct aia_storm) are counted together; less than 2^32 on RV32. */
    uint64_t storm_window;
    /*
     * So many of them within a window, and the interrupt, or the identity that nobody owns, is shut off. An interrupt is
     * shut off too if it runs so often while its hart does nothing but take interrupts, whatever its handler returns.
     */
    uint32_t storm_limit;
};

#include <aia/end.h>

#endif
