/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The payload's trace: memory for the library's rings (aia/trace.h), and ways out of it. With `trace` among the arguments
 * it is on from the first hart's first state to the end of the job, which then tells where the records are, for
 * scripts/trace to fetch them out of the machine's memory.
 */
#ifndef PAYLOAD_REPORT_TRACE_H
#define PAYLOAD_REPORT_TRACE_H

#include <aia/trace.h>

/*
 * A ring for each hart, for aia_config.trace: in 8 MiB of our own, or in the trace_mib= megabytes at trace_at=. The
 * machine must be known. Ends the run, naming the argument, if that is no memory of the machine's or ours already.
 */
struct aia_trace_ring *trace_rings(void);

/* On and off; the records stay. Any hart, thread context. */
void trace_on(void);
void trace_off(void);

/* With `trace`: on, before any hart is; and at the job's end, off, and the lines that scripts/trace reads. */
void trace_begin(void);
void trace_end(void);

/*
 * Print the newest `n` events of all harts, by time, each in words, until there is `enough()`, which is asked before each
 * and may be NULL; returns how many it printed. Takes no lock but the console's; after a panic too.
 */
unsigned trace_print(unsigned n, bool (*enough)(void));

#endif
