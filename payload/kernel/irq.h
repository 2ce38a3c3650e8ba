/* SPDX-License-Identifier: BSD-2-Clause */
/* The payload as the library's embedder: the entries of interrupts, and the library's memory. */
#ifndef PAYLOAD_KERNEL_IRQ_H
#define PAYLOAD_KERNEL_IRQ_H

#include <aia/aia.h>

/* The machine's interrupts. */
extern struct aia aia;

#define IRQ_MAX 128 /* the highest number of interrupts */

/*
 * Initialise the library. Once, on the boot hart, when `machine` is known and before any hart_init(). `rings` is memory
 * for the library's trace, one ring for each hart. `controllers` has each hart's APLIC if harts have no interrupt
 * files; otherwise it is NULL.
 */
void irq_init(struct aia_trace_ring *rings, struct aia_controller **controllers);

/* True if an interrupt can reach this hart: the hart has an interrupt file or a place in the domain of an APLIC. */
bool irq_reaches(unsigned hart);

/* True if harts have interrupt files. If not, the APLIC interrupts the harts itself. */
bool irq_by_message(void);

/* In each file: for IPIs and for the sync; the lowest identities, unless riscv,ipi-id is another. */
#define RESERVED_IDS 2

/* If ids= leaves fewer than `n` identities to a hart's devices, end the program and name ids=. */
void irq_need_ids(unsigned n);
/* After a failed request: end the program if ids= left too few identities. */
void irq_had_ids(int error);
/* For a job that uses up all identities: end the program if a file has more than `n`. */
void irq_most_ids(unsigned n);

/* True if this interrupt can be delivered to this hart. An APLIC that delivers by itself reaches only its own harts. */
bool irq_goes(const struct aia_irq *irq, unsigned hart);

/* The n-th online hart to which this interrupt can be delivered, counted round. */
unsigned irq_nth_hart(const struct aia_irq *irq, unsigned n);

/* Handle a software interrupt, for trap.c. IPIs come by software interrupts if harts have no interrupt files. */
void irq_soft(void);

/* Register a function that is called, in interrupt context, for each edge on an unowned identity. */
void irq_watch_unowned(void (*fn)(unsigned id));

/* The moment of time_arm_lazy() has come. Interrupts are off. */
void irq_lazy_timer(void);

/*
 * True: the run ends if the interrupt file of a hart is not where the device tree says. False, for test=discover: a line says so,
 * and the hart is online without external interrupts.
 */
extern bool irq_needed;

/*
 * Initialise the running hart's interrupt file and set sie.SEIE. At each start of a hart, the boot hart included,
 * before the hart is online. Interrupts are off; sie enables the software and timer interrupts. Returns AIA_OK or the
 * reason why the hart cannot take interrupts.
 */
int irq_hart_init(void);

/* Virtual IPIs for a test job: the job's `fn` receives IRQ_IPI_TEST and the IRQ_IPI_TESTS - 1 after it. */
#define IRQ_IPI_WAKE  AIA_IPI_USER
#define IRQ_IPI_TEST  (AIA_IPI_USER + 1)
#define IRQ_IPI_TESTS 8
void irq_test_ipi(void (*fn)(unsigned n));

/*
 * How often aia_port_relax() spins before it sleeps. A test that measures in a deterministic run sets 0: there no other
 * hart runs before this hart sleeps.
 */
extern unsigned irq_spins;
extern _Atomic unsigned irq_lock_waiting; /* the number of harts that wait for a lock */

/*
 * The name of the interrupt: "xhci0", or "xhci0+2" for the third of a block. "" if it has no name. The result is in one
 * static buffer. Context: thread, or in a call.
 */
const char *irq_name(const struct aia_irq *irq);

/* Print the library's reports since the last call. Thread context. */
void irq_print_reports(void);
/* The number of reports of this kind, an enumerator of aia_report.what. */
unsigned irq_reports(int what);

/* For port.c: take a virtual IPI of the embedder's; keep a report until it is printed. Interrupt or thread context. */
void irq_take_ipi(unsigned n);
void irq_keep_report(const struct aia_report *report);

#endif
