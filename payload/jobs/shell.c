/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test=shell: sets up the main job's devices and leaves all harts idle, for a person at the shell: `make shell`. A machine
 * without such devices gets the shell too.
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
        "kinds of devices, separated by commas, or all (edu, or soft without edu); wired: edu, by its wire"),
    ARGS_END,
};

int job_shell(void)
{
    const char *devices = args_get("devices");

    if (!(devices && !wires_wanted() ? kinds_init(devices) : kinds_init_default()))
        print("the shell starts without devices\n");
    return EXIT_PASS;
}
