/* SPDX-License-Identifier: BSD-2-Clause */
/* What the library has counted, printed. */
#ifndef PAYLOAD_REPORT_STATS_H
#define PAYLOAD_REPORT_STATS_H

#include <aia/aia.h>

/* The way to change a message, in words. */
const char *stats_update_name(enum aia_update update);

/* A line per hart, under a line of headings. */
void stats_print_harts(void);
/* How often each way to change a message was used; one line. */
void stats_print_updates(void);

#endif
