/* SPDX-License-Identifier: BSD-2-Clause */
/* Helpers for the checks of an interrupt file. */
#ifndef PAYLOAD_CONFORM_FILE_H
#define PAYLOAD_CONFORM_FILE_H

#include "payload/conform/conform.h"

#define EIDELIVERY  0x70u
#define EITHRESHOLD 0x72u
#define EIP0        0x80u
#define EIE0        0xc0u

/* The number of pending identities, and the lowest of them. */
unsigned conform_count_pending(const struct conform *c, unsigned *lowest);

/* Expect stopei to name this identity; 0: to name none. */
bool conform_top_is(struct conform *c, unsigned id, const char *when);

#endif
