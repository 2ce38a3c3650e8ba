/* SPDX-License-Identifier: BSD-2-Clause */
/* The checks of the test jobs. Each prints a line and is counted; all together give the verdict. */
#ifndef PAYLOAD_REPORT_CHECK_H
#define PAYLOAD_REPORT_CHECK_H

#include <stdbool.h>

#include "payload/kernel/irq.h"
#include "payload/kernel/panic.h"

/* Print PASS or FAIL and this text. Returns `good`. */
bool check(bool good, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Wait up to ten seconds for *value to reach `want`. */
bool wait_for(const _Atomic uint64_t *value, uint64_t want);

/* Move `irq` to `hart`. A failure is a panic. */
void must_move(struct aia_irq *irq, unsigned hart);

/* Wait until each hart has run the interrupts that it has claimed: edges that were sent before a move have run by then. */
void claims_done(void);

/* True if `n` harts are online. If false, a line says what the job needs, and the job returns EXIT_MACHINE. */
bool has_harts(unsigned n);

/* Print "nothing was tested: TEXT". Returns EXIT_MACHINE, for the job to return. */
int untested(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Note that the job's work was done `n` times. If n is 0, the verdict is "nothing was tested: NONE" in place of PASS. */
void worked(uint64_t n, const char *none);

/* The end of a job with its own counts: print the verdict, or that nothing was tested. Returns the exit code. */
int verdict_of(bool good);

/* The end of a job of checks: print the reports, audit, then do the same as verdict_of(). */
int verdict(void);

#endif
