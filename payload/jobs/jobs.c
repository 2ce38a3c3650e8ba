/* SPDX-License-Identifier: BSD-2-Clause */
#include "payload/jobs/jobs.h"

const struct job jobs[] = {
    {"main", job_main, job_main_args, "raise, move, hotplug, verdict"},
    {"shell", job_shell, job_shell_args, "devices set up, harts idle: for the shell"},
    {"discover", job_discover, NULL, "print what the device tree says, as we understand it"},
    {"panic", job_panic, job_panic_args, "fault on purpose"},
    {"smp", job_smp, NULL, "every hart has its own index, TLS, stack and timer"},
    {"ipi", job_ipi, NULL, "IPIs and calls from all harts to all harts"},
    {"order", job_order, job_order_args, "claims in order of identity"},
    {"mask", job_mask, NULL, "edges of a disabled interrupt are kept"},
    {"storm", job_storm, NULL, "storms are shut off"},
    {"moves", job_moves, NULL, "each kind of move; run with ids= small"},
    {"live", job_live, NULL, "what making a vector live costs; run deterministically"},
    {"hotplug", job_hotplug, job_hotplug_args, "every hart offline and back, under fire"},
    {"errors", job_errors, NULL, "what cannot be done is refused; run with ids= small"},
    {"nvme", job_nvme, job_disks_args, "a disk at its limits, under load, and cut off"},
    {"ahci", job_ahci, job_disks_args, "the same of AHCI"},
    {"virtio", job_virtio, job_disks_args, "the same of virtio-blk"},
    {"sweep", job_sweep, job_sweep_args, "an edge at each access of a move; HOOKS=1 ICOUNT=1, ids=16"},
    {"ims", job_ims, NULL, "messages in memory; late and silent devices"},
    {"blocks", job_blocks, job_blocks_args, "multi-message MSI and a chain of chips, moved under fire"},
    {"managed", job_managed, NULL, "interrupts of a set of harts, which go and come"},
    {"slow", job_slow, NULL, "devices behind a command queue, and harts that leave them"},
    {"faults", job_faults, NULL, "a failure at each state of going and coming"},
    {"several", job_several, NULL,
     "harts that take themselves or each other down, all at once; firmware on the edge"},
    {"suspend", job_suspend, job_suspend_args, "HSM suspend with edges pending"},
    {"cycles", job_cycles, job_cycles_args, "one hart down and up, a thousand times"},
    {"movers", job_movers, job_movers_args, "the same while other harts move interrupts to and from it"},
    {"storms", job_storms, job_storms_args, "harts down and up under all kinds of load: make hotplug"},
    {"cost", job_cost, NULL, "what an offline costs; run deterministically"},
    {"xhci", job_xhci, job_xhci_args,
     "a USB controller and disk; error paths, then load while its interrupts move"},
    {"level", job_level, job_level_args, "a level comes again until its line falls"},
    {"wires", job_wires, job_wires_args, "RTC alarm, random numbers and typing, by wire and under fire"},
    {"hostile", job_hostile, job_hostile_args, "a device that writes any message to any hart, under load"},
    {NULL, NULL, NULL, NULL},
};

const char *const jobs_by_message[] = {
    "live", "sweep", "ims", "blocks", "slow", "nvme", "ahci", "virtio", "xhci", "hostile", NULL,
};
