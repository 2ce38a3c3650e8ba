/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PAYLOAD_KERNEL_MACHINE_H
#define PAYLOAD_KERNEL_MACHINE_H

#include "platform/machine.h"

/* The machine we run on; constant once payload_main() has filled it in. */
extern struct machine machine;

/* Why there is no such part of it, in a line. The text is overwritten by the next call. */
const char *machine_without(enum machine_part part);

#endif
