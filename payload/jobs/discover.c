/* SPDX-License-Identifier: BSD-2-Clause */
/* test=discover: the machine description, a line each. */
#include "payload/describe.h"
#include "payload/hart.h"
#include "payload/panic.h"
#include "payload/payload.h"
#include "payload/jobs/jobs.h"

static const char *state(unsigned hart)
{
    return hart_state_name(hart_state(hart));
}

int job_discover(void)
{
    describe(&machine, state);
    return EXIT_PASS;
}
