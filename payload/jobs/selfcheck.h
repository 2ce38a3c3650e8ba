/* SPDX-License-Identifier: BSD-2-Clause */
/* The first thing to run on a new board: a line before each step, so that the last one names where it stopped. */
#ifndef PAYLOAD_JOBS_SELFCHECK_H
#define PAYLOAD_JOBS_SELFCHECK_H

/* With test=selfcheck: print what comes next, numbered. Else nothing. Boot hart, once the arguments are known. */
void selfcheck_step(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
