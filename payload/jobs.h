/* SPDX-License-Identifier: BSD-2-Clause */
/* The payload's jobs, named by test=NAME in the boot arguments; without it "main". */
#ifndef PAYLOAD_JOBS_H
#define PAYLOAD_JOBS_H

#include "payload/kernel/args.h"

extern const struct job jobs[]; /* ends with a NULL name */
/* The jobs that test messages, or devices that have only messages here. They cannot run by wires. Ends with NULL. */
extern const char *const jobs_by_message[];

int job_main(void);
int job_shell(void);
int job_discover(void);
int job_panic(void);
int job_smp(void);
int job_ipi(void);
int job_order(void);
int job_mask(void);
int job_storm(void);
int job_isolate(void);
int job_remap(void);
int job_park(void);
int job_moves(void);
int job_live(void);
int job_hotplug(void);
int job_errors(void);
int job_nvme(void);
int job_ahci(void);
int job_virtio(void);
int job_inject(void);
int job_ims(void);
int job_blocks(void);
int job_xhci(void);
int job_managed(void);
int job_slow(void);
int job_faults(void);
int job_several(void);
int job_suspend(void);
int job_cycles(void);
int job_movers(void);
int job_churn(void);
int job_cost(void);
int job_bench(void);
int job_conform(void);
int job_selfcheck(void);
int job_trace(void);
int job_level(void);
int job_wires(void);
int job_hostile(void);

extern const struct arg job_main_args[], job_shell_args[], job_panic_args[], job_order_args[],
    job_hotplug_args[], job_disks_args[], job_inject_args[], job_blocks_args[], job_cycles_args[],
    job_movers_args[], job_churn_args[], job_conform_args[], job_suspend_args[], job_xhci_args[],
    job_level_args[], job_wires_args[], job_hostile_args[];

#endif
