/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The main job: does this machine, with this firmware, lose an interrupt when affinity changes or a hart
 * goes away? All harts put load on devices; meanwhile the boot hart moves these devices' interrupts about and
 * takes the other harts offline and back, one at a time.
 */
#include "payload/args.h"
#include "payload/console.h"
#include "payload/panic.h"
#include "payload/jobs/cycle.h"
#include "payload/jobs/jobs.h"
#include "payload/jobs/kinds.h"

const struct arg job_main_args[] = {
    {"devices", "kinds of them, apart by commas, or all (edu)"},
    CYCLE_ARGS,
    {NULL, NULL},
};

int job_main(void)
{
    const char *devices = args_get("devices");

    if (!kinds_init(devices ? devices : "edu"))
        return EXIT_MACHINE;
    bool good = cycle_run();
    print("VERDICT: %s\n", good ? "PASS" : "FAIL");
    return good ? EXIT_PASS : EXIT_FAIL;
}
