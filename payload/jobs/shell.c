/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test=shell: the main job's devices set up and all harts idle, for whoever is at the shell: `make shell`. A machine
 * without such devices has the shell all the same.
 */
#include "payload/kernel/console.h"
#include "payload/kernel/panic.h"
#include "payload/drivers/wires.h"
#include "payload/shell/shell.h"
#include "payload/jobs.h"
#include "payload/load/kinds.h"

const struct arg job_shell_args[] = {
    ARG_TEXT(
        "devices",
        "kinds of them, apart by commas, or all (edu, or soft where there is none); wired: edu, by its wire"),
    ARGS_END,
};

int job_shell(void)
{
    const char *devices = args_get("devices");

    if (!(devices && !wires_wanted() ? kinds_init(devices) : kinds_init_default()))
        print("the shell goes on without devices\n");
    return EXIT_PASS;
}
