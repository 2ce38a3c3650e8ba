/* SPDX-License-Identifier: BSD-2-Clause */
/* Prints the library's counters. */
#ifndef PAYLOAD_REPORT_STATS_H
#define PAYLOAD_REPORT_STATS_H

#include <aia/aia.h>

/* The name of a way to change a message. */
const char *stats_update_name(enum aia_update update);

/* Print a line for each hart, after a line of headings. */
void stats_print_harts(void);
/* Print in one line how often each way to change a message was used. */
void stats_print_updates(void);

#endif
