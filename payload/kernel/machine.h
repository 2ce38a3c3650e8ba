/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PAYLOAD_KERNEL_MACHINE_H
#define PAYLOAD_KERNEL_MACHINE_H

#include "platform/machine.h"

/* The description of the running machine. It is constant after payload_main() has filled it in. */
extern struct machine machine;

/* The reason, in one line, why the machine has no such part. The next call overwrites the text. */
const char *machine_without(enum machine_part part);

#endif
