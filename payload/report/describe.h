/* SPDX-License-Identifier: BSD-2-Clause */
/* Prints the machine description, for test=discover, and on the host for `make discover'. */
#ifndef PAYLOAD_REPORT_DESCRIBE_H
#define PAYLOAD_REPORT_DESCRIBE_H

#include "platform/machine.h"

/* `state` returns the state of a hart in a word; NULL on the host, where there are no harts. */
void describe(const struct machine *m, const char *(*state)(unsigned hart));

#endif
