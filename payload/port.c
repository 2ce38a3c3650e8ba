/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The part of the port (aia/port.h) that is on the way of every interrupt: leaves, compiled without a frame, which would
 * be three quarters of what they cost (mk/build.mk). The rest is in payload/irq.c.
 */
#include <aia/port.h>

#include "payload/hart.h"
#include "payload/time.h"

unsigned aia_port_hart(void)
{
    return hart_index();
}

uint64_t aia_port_time(void)
{
    return time_now();
}
