/* SPDX-License-Identifier: BSD-2-Clause */
/* The payload as the library's embedder: where interrupts enter it, and the memory it works in. */
#ifndef PAYLOAD_KERNEL_IRQ_H
#define PAYLOAD_KERNEL_IRQ_H

#include <aia/aia.h>

/* The machine's interrupts. */
extern struct aia aia;

#define IRQ_MAX 128 /* interrupts there can be at once */

/*
 * Once, on the boot hart, when machine is known and before any hart_init(): the library's books. `rings` is memory for its
 * trace, one for each hart; `controllers` each hart's APLIC where harts have no interrupt files, else NULL.
 */
void irq_init(struct aia_trace_ring *rings, struct aia_controller **controllers);

/* Can an interrupt reach this hart? It needs an interrupt file, or a place in the domain of an APLIC. */
bool irq_reaches(unsigned hart);

/* Do harts have interrupt files? If not, their APLIC interrupts them itself. */
bool irq_by_message(void);

#define RESERVED_IDS 2 /* in each file: IPIs, sync; the lowest ones, if riscv,ipi-id is no other */

/* With ids=: ends the program, naming it, if it leaves fewer identities for a hart's devices than `n`. */
void irq_need_ids(unsigned n);
/* The same after a request: ends the program if it failed for want of identities. */
void irq_had_ids(int error);
/* The same for a job that uses all of them up: ends the program if a file has more than `n`. */
void irq_most_ids(unsigned n);

/* Can it be delivered to this hart? An APLIC that delivers itself has harts of its own. */
bool irq_goes(const struct aia_irq *irq, unsigned hart);

/* The n-th of the online harts that it goes to, counted round and round. */
unsigned irq_nth_hart(const struct aia_irq *irq, unsigned n);

/* A software interrupt, from trap.c: where there are no interrupt files IPIs come this way. */
void irq_soft(void);

/* Have `fn` called, in interrupt context, when an identity fired that nobody owns. */
void irq_watch_unowned(void (*fn)(unsigned id));

/* The moment of time_arm_lazy() has come; interrupts are off. */
void irq_lazy_timer(void);

/*
 * Each time a hart starts, the boot hart included, before it counts as online: its interrupt file and
 * sie.SEIE. Interrupts are off; sie holds the software and timer interrupts. AIA_OK, or why it cannot.
 */
int irq_hart_init(void);

/* Virtual IPIs that are free for a test job: IRQ_IPI_TEST and the IRQ_IPI_TESTS - 1 after it go to `fn`. */
#define IRQ_IPI_WAKE  AIA_IPI_USER
#define IRQ_IPI_TEST  (AIA_IPI_USER + 1)
#define IRQ_IPI_TESTS 8
void irq_test_ipi(void (*fn)(unsigned n));

/*
 * How often a hart looks at what it waits for, on the library's behalf, before it sleeps. A test that measures in a deterministic run
 * says 0: there nobody else goes on before this hart sleeps.
 */
extern unsigned irq_spins;
extern _Atomic unsigned irq_lock_waiting; /* harts that wait for one */

/*
 * "xhci0", and "xhci0+2" for the third of a block: what tells it from others. "" if it is none's. One static buffer; thread,
 * or in a call.
 */
const char *irq_name(const struct aia_irq *irq);

/* Print what the library reported since the last call. Thread context. */
void irq_print_reports(void);
/* How often the library has reported this, an enumerator of aia_report.what. */
unsigned irq_reports(int what);

#endif
