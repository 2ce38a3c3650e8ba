/* SPDX-License-Identifier: BSD-2-Clause */
/* Checks of the test jobs: one printed line each, counted; the verdict is theirs together. */
#ifndef PAYLOAD_REPORT_CHECK_H
#define PAYLOAD_REPORT_CHECK_H

#include <stdbool.h>

#include "payload/kernel/irq.h"
#include "payload/kernel/panic.h"

/* Print PASS or FAIL and what was checked; returns `good`. */
bool check(bool good, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Wait up to ten seconds for *value to reach `want`. */
bool wait_for(const _Atomic uint64_t *value, uint64_t want);

/* Move `irq` to `hart`, which must work. */
void must_move(struct aia_irq *irq, unsigned hart);

/* Each hart has been through the interrupts that it has claimed: what was sent before a move has run where it was sent to. */
void claims_done(void);

/* Are so many harts online? If not, a line names what the job takes, and the job returns EXIT_MACHINE. */
bool has_harts(unsigned n);

/* "nothing was tested: TEXT". Returns EXIT_MACHINE, for the job to return. */
int untested(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* What the job is about was done `n` times. `none` says what it means if that is 0: then there will be no PASS. */
void worked(uint64_t n, const char *none);

/* The end of a job that counts by itself: the verdict line, or that nothing was tested. Returns the exit code. */
int verdict_of(bool good);

/* The end of a job of checks: audit, reports, and the same. */
int verdict(void);

#endif
