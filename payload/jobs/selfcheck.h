/* SPDX-License-Identifier: BSD-2-Clause */
/* The first job to run on a new board. It prints a line before each step, so that the last line names the step that failed. */
#ifndef PAYLOAD_JOBS_SELFCHECK_H
#define PAYLOAD_JOBS_SELFCHECK_H

/* With test=selfcheck: print the next step, with its number. Else do nothing. Context: boot hart, after args_parse(). */
void selfcheck_step(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
