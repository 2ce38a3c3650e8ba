/* SPDX-License-Identifier: BSD-2-Clause */
#include "payload/jobs/jobs.h"

static const struct arg panic_args[] = {
    {"kind", "load, store, illegal, jump, stack, assert or text"},
    {"hart", "which hart faults"},
    {"all", "every hart faults"},
    {"noise", "the others print"},
    {NULL, NULL},
};

const struct job jobs[] = {
    {"main", job_main, job_main_args, "raise, move, hotplug, verdict"},
    {"discover", job_discover, NULL, "print what the device tree says, as we understand it"},
    {"panic", job_panic, panic_args, "fault on purpose"},
    {"smp", job_smp, NULL, "every hart has its own index, TLS, stack and timer"},
    {NULL, NULL, NULL, NULL},
};
