/* SPDX-License-Identifier: BSD-2-Clause */
/* The machine description in lines, by print(): test=discover's, and on the host those of `make discover'. */
#ifndef PAYLOAD_REPORT_DESCRIBE_H
#define PAYLOAD_REPORT_DESCRIBE_H

#include "platform/machine.h"

/* `state` says in a word how a hart is, where there are harts; NULL elsewhere. */
void describe(const struct machine *m, const char *(*state)(unsigned hart));

#endif
