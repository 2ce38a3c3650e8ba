/* SPDX-License-Identifier: BSD-2-Clause */
#include "payload/jobs/jobs.h"

const struct job jobs[] = {
    {"main", job_main, job_main_args, "raise, move, hotplug, verdict", false},
    {"discover", job_discover, NULL, "print what the device tree says, as we understand it", false},
    {"panic", job_panic, job_panic_args, "fault on purpose", false},
    {"smp", job_smp, NULL, "every hart has its own index, TLS, stack and timer", false},
    {"ipi", job_ipi, NULL, "IPIs and calls from all harts to all harts", false},
    {"order", job_order, job_order_args, "claims in order of identity", true},
    {"mask", job_mask, NULL, "edges of a disabled interrupt are kept", false},
    {"storm", job_storm, NULL, "storms are shut off", true},
    {"moves", job_moves, NULL, "each kind of move; run with ids= small", true},
    {"live", job_live, NULL, "what making a vector live costs; run deterministically", true},
    {"hotplug", job_hotplug, job_hotplug_args, "every hart offline and back, under fire", false},
    {"errors", job_errors, NULL, "what cannot be done is refused; run with ids= small", true},
    {"level", job_level, job_level_args, "a level comes again until its line falls", false},
    {"wires", job_wires, job_wires_args, "RTC alarm, random numbers and typing, by wire and under fire",
     false},
    {NULL, NULL, NULL, NULL, false},
};
