/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * make discover DTB=FILE: print what the payload understands of a compiled device tree, without the machine that the
 * tree describes. The output is that of test=discover. Exit code 0; or 2, with the line with which the payload would
 * refuse that machine.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "payload/kernel/console.h"
#include "payload/report/describe.h"

#define EXIT_MACHINE 2
#define SIZE_MAX_    ((size_t)4 << 20) /* the payload's limit */

void print(const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    vprintf(fmt, ap);
    va_end(ap);
}

int main(int argc, char **argv)
{
    static struct machine machine;
    struct aia_fdt_error error;
    char line[272];

    if (argc != 2) {
        fprintf(stderr, "usage: %s FILE, a compiled device tree\n", argv[0]);
        return EXIT_MACHINE;
    }
    FILE *f = fopen(argv[1], "rb");
    void *blob = calloc(1, SIZE_MAX_);
    size_t size = f && blob ? fread(blob, 1, SIZE_MAX_, f) : 0;
    if (!f || !blob || ferror(f)) {
        fprintf(stderr, "%s: %s\n", argv[1], strerror(errno));
        return EXIT_MACHINE;
    }
    fclose(f);
    int r = machine_discover(blob, size, &machine, &error);
    free(blob);
    if (r) {
        aia_fdt_error_line(&error, line, sizeof(line));
        print("device tree: %s\n", line);
        return EXIT_MACHINE;
    }
    describe(&machine, NULL);
    return 0;
}
