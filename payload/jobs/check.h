/* SPDX-License-Identifier: BSD-2-Clause */
/* Checks of the test jobs: one printed line each, counted; the verdict is theirs together. */
#ifndef PAYLOAD_JOBS_CHECK_H
#define PAYLOAD_JOBS_CHECK_H

#include <stdbool.h>

#include "payload/irq.h"

/* Print PASS or FAIL and what was checked; returns `good`. */
bool check(bool good, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Wait up to two seconds for *value to reach `want`. */
bool wait_for(const _Atomic uint64_t *value, uint64_t want);

/* Move `irq` to `hart`, which must work. */
void must_move(struct aia_irq *irq, unsigned hart);

/*
 * The end of a job: audit, reports, and the verdict line. Returns the exit code. At least one check must
 * have been made.
 */
int verdict(void);

#endif
