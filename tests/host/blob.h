/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Blobs for machine_discover(), and what it finds in them: what the programs test_machine*.c have in common. Each program has
 * its own copy. The trees are in DTB_DIR ($BUILD/dts).
 */
#ifndef BLOB_H
#define BLOB_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>
#include <libfdt.h>

#include "platform/machine.h"

static struct machine m;
static struct aia_fdt_error err;

static const char *env(const char *name, const char *otherwise)
{
    const char *v = getenv(name);
    return v && *v ? v : otherwise;
}

/* --- a blob with an unmapped page on each side: an overrun of libfdt, which is not instrumented, faults --- */

#define ARENA ((size_t)2 << 20)

static unsigned char *arena; /* ARENA bytes, with a PROT_NONE page before and after them */

static int arena_setup(void **state)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    unsigned char *p = mmap(NULL, ARENA + 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    (void)state;
    if (p == MAP_FAILED || mprotect(p + page, ARENA, PROT_READ | PROT_WRITE))
        return -1;
    arena = p + page;
    alarm(300); /* a blob that makes the code loop ends the test */
    return 0;
}

static int discover_at(const void *blob, size_t len, bool at_end)
{
    unsigned char *p = at_end ? arena + ARENA - ((len + 7) & ~(size_t)7) : arena;

    assert_true(len <= ARENA);
    memcpy(p, blob, len);
    return machine_discover(p, len, &m, &err);
}

/* Run discovery at both ends of the arena. The answer must be the same. */
static int discover(const void *blob, size_t len)
{
    int first = discover_at(blob, len, false);
    struct aia_fdt_error e = err;
    int second = discover_at(blob, len, true);

    assert_int_equal(first, second);
    assert_memory_equal(&e, &err, sizeof(e));
    return second;
}

static void *load(const char *path, size_t *len)
{
    FILE *f = fopen(path, "rb");
    unsigned char *p = malloc(ARENA);

    if (!f)
        fail_msg("%s: cannot be read", path);
    *len = fread(p, 1, ARENA, f);
    fclose(f);
    /* QEMU's blobs are padded to a megabyte: keep only what fdt_check_full() looks at. */
    if (*len >= sizeof(struct fdt_header) && fdt_check_header(p) == 0)
        assert_int_equal(fdt_pack(p), 0), *len = fdt_totalsize(p);
    return p;
}

/* Read the compiled dts/KIND/NAME.dts. */
static void *load_tree(const char *kind, const char *name, size_t *len)
{
    char path[600];

    if (getenv("DTB_DIR"))
        snprintf(path, sizeof(path), "%s/%s/%s.dtb", getenv("DTB_DIR"), kind, name);
    else
        snprintf(path, sizeof(path), "%s/dts/%s/%s.dtb", env("BUILD", "build"), kind, name);
    return load(path, len);
}

#endif
