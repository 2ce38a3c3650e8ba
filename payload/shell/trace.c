/* SPDX-License-Identifier: BSD-2-Clause */
/* The command `trace`. */
#include "payload/report/trace.h"
#include "payload/kernel/console.h"
#include "payload/kernel/hart.h"
#include "payload/shell/commands.h"
#include <string.h>

#define DUMP 20 /* events, without a number */

static void status(void)
{
    print("trace: %s\n", aia_tracing(&aia) ? "on" : "off");
    for (unsigned h = 0; h < hart_count(); h++) {
        const struct aia_trace_ring *r = &aia.config.trace[h];
        uint64_t n = atomic_load(&r->next) - 1;
        print("hart %u: %lu events, the newest %lu are kept\n", h, n, n < r->n_records ? n : r->n_records);
    }
}

static enum command_result turn(char *argv[], bool on)
{
    if (!may_act(argv))
        return COMMAND_FAILED;
    if (on)
        trace_on();
    else
        trace_off();
    return COMMAND_OK;
}

enum command_result command_trace(int argc, char *argv[])
{
    uint64_t n = DUMP;

    if (!arg_count(argc, argv, 0, 2))
        return COMMAND_FAILED;
    if (argc == 1) {
        status();
        return COMMAND_OK;
    }
    if (strcmp(argv[1], "dump")) {
        if (strcmp(argv[1], "on") && strcmp(argv[1], "off"))
            return arg_bad(argv, argv[1], "on, off or dump") ? COMMAND_OK : COMMAND_FAILED;
        return arg_count(argc, argv, 1, 1) ? turn(argv, argv[1][1] == 'n') : COMMAND_FAILED;
    }
    if (argc == 3 && !arg_number(argv, argv[2], 1, 100000, &n))
        return COMMAND_FAILED;
    if (!trace_print((unsigned)n, interrupted) && !interrupted())
        print("trace: no events; `trace on' begins to record them\n");
    return COMMAND_OK;
}
