/* SPDX-License-Identifier: BSD-2-Clause */
/* The goldfish real-time clock (Android emulator, GOLDFISH-VIRTUAL-HARDWARE.TXT, "Goldfish RTC"): nanoseconds, an alarm. */
#ifndef PAYLOAD_DRIVERS_GOLDFISH_H
#define PAYLOAD_DRIVERS_GOLDFISH_H

#include <stdatomic.h>

#include "payload/drivers/wire.h"

struct goldfish {
    uintptr_t regs;
    struct wire line;
    _Atomic uint64_t alarms;
};

/*
 * Take the machine's RTC and its interrupt. Returns false, after printing the reason, if there is no RTC or no
 * interrupt.
 */
bool goldfish_init(struct goldfish *g);

/* Nanoseconds since 1970. */
uint64_t goldfish_now(const struct goldfish *g);

/* Set the alarm to this time; if the time has passed, the alarm goes off immediately. One alarm at a time. */
void goldfish_alarm(struct goldfish *g, uint64_t when);

#endif
