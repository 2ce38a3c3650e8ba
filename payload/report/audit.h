/* SPDX-License-Identifier: BSD-2-Clause */
/* Every hart's interrupt file, every message and every APLIC source against the library's books, printed. */
#ifndef PAYLOAD_REPORT_AUDIT_H
#define PAYLOAD_REPORT_AUDIT_H

/*
 * Have every online hart reclaim what it retired, then audit it. One line per finding; returns their
 * number. Thread context; nothing may raise, move or change meanwhile.
 */
unsigned audit_all(void);

#endif
