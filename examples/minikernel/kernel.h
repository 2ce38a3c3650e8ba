/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef KERNEL_H
#define KERNEL_H

#include "port.h"

enum { HARTS = 4, SECOND = 10000000 };
enum { HANG = 100 * SECOND }; /* for an emulator on a busy host; on hardware SECOND is right */
extern struct aia aia;

void say(const char *s);
void check(bool good, const char *what); /* if not good, the machine ends with exit code 1 */
void second_start(void);                 /* start.S */
void edge(void);                         /* make the device send an edge, and wait until it is handled */

/* load.c */
void load(struct aia_irq *irq); /* send edges while the other harts move irq */
void load_or_idle(
    struct aia_irq *irq); /* what the other harts do: move irq to themselves during load(), else sleep */

#endif
