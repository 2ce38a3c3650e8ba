/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The payload's trace: memory for the library's rings (aia/trace.h), and ways to print the rings. With the argument `trace`
 * tracing is on from the first hart's first state to the end of the job. A line then names the memory of the records, and
 * scripts/timeline reads them from there.
 */
#ifndef PAYLOAD_REPORT_TRACE_H
#define PAYLOAD_REPORT_TRACE_H

#include <aia/trace.h>

/*
 * Make a ring for each hart, for aia_config.trace: in 8 MiB of the payload's own, or in the trace_mib= megabytes at
 * trace_at=. Names the argument and ends the run if this memory does not exist or is in use. The machine must be known.
 */
struct aia_trace_ring *trace_rings(void);

/* Switch tracing on or off; the records stay. Context: thread, any hart. */
void trace_on(void);
void trace_off(void);

/*
 * With the argument `trace`: trace_begin() switches tracing on, before any hart is online; trace_end(), at the end of the
 * job, switches it off and prints the lines that scripts/timeline reads.
 */
void trace_begin(void);
void trace_end(void);

/*
 * Print the newest `n` events of all harts in words, in order of time, until enough() returns true, which is called before
 * each event and may be NULL. Takes no lock except the console's. Context: any, also after a panic.
 * Returns the number of events printed.
 */
unsigned trace_print(unsigned n, bool (*enough)(void));

#endif
