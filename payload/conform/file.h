/* SPDX-License-Identifier: BSD-2-Clause */
/* What the checks of an interrupt file share. */
#ifndef PAYLOAD_CONFORM_FILE_H
#define PAYLOAD_CONFORM_FILE_H

#include "payload/conform/conform.h"

#define EIDELIVERY  0x70u
#define EITHRESHOLD 0x72u
#define EIP0        0x80u
#define EIE0        0xc0u

/* How many are pending, and the lowest. */
unsigned conform_count_pending(const struct conform *c, unsigned *lowest);

/* stopei says that this identity is the first of those pending and enabled; 0: that there is none. */
bool conform_top_is(struct conform *c, unsigned id, const char *when);

#endif
