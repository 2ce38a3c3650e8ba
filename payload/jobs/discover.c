/* SPDX-License-Identifier: BSD-2-Clause */
/* test=discover: print the machine description, a line for each part. */
#include "payload/report/describe.h"
#include "payload/kernel/hart.h"
#include "payload/kernel/panic.h"
#include "payload/kernel/machine.h"
#include "payload/jobs.h"

static const char *state(unsigned hart)
{
    return hart_state_name(hart_state(hart));
}

int job_discover(void)
{
    describe(&machine, state);
    return EXIT_PASS;
}
