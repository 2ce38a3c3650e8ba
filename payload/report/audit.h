/* SPDX-License-Identifier: BSD-2-Clause */
/* The comparison of every hart's interrupt file, every message and every APLIC source with the library's books. */
#ifndef PAYLOAD_REPORT_AUDIT_H
#define PAYLOAD_REPORT_AUDIT_H

/*
 * Make every online hart reclaim its retiring vectors, then audit the hart. Prints one line for each finding.
 * Context: thread; nothing may raise edges, move interrupts or change harts meanwhile.
 * Returns the number of findings.
 */
unsigned audit_all(void);

#endif
