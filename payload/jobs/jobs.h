/* SPDX-License-Identifier: BSD-2-Clause */
/* What the payload can be asked to do, by test=NAME in the boot arguments; "main" without. */
#ifndef PAYLOAD_JOBS_H
#define PAYLOAD_JOBS_H

#include "payload/args.h"

struct job {
    const char *name;
    int (*run)(void);       /* thread context, boot hart, all harts up and in hart_loop(); its result is the exit code */
    const struct arg *args; /* NULL: none */
    const char *help;
};

extern const struct job jobs[]; /* ends with a NULL name */

extern const struct arg job_main_args[];

int job_main(void);
int job_discover(void);
int job_panic(void);
int job_smp(void);

#endif
