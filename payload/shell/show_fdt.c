/* SPDX-License-Identifier: BSD-2-Clause */
/* fdt: the device tree that the payload goes by, as its own source would have it. */
#include "payload/shell/commands.h"
#include "payload/console.h"
#include <libfdt.h>
#include <stdio.h>
#include <string.h>

/* It is memory like any other: what was whole at the start may have been written over. */
static const void *tree(void)
{
    const void *fdt = shell.fdt;

    return fdt && !fdt_check_header(fdt) && !fdt_check_full(fdt, fdt_totalsize(fdt)) ? fdt : NULL;
}

/* One or more strings, each ended, none empty, nothing in them that cannot be printed? */
static bool is_text(const char *value, int length)
{
    bool empty = true;

    for (int i = 0; i < length; i++) {
        if (value[i] ? value[i] < ' ' || value[i] > '~' : empty)
            return false;
        empty = !value[i];
    }
    return length && empty;
}

static void print_value(const char *value, int length)
{
    const unsigned char *bytes = (const unsigned char *)value;

    if (is_text(value, length)) {
        for (const char *s = value; s < value + length; s += strlen(s) + 1)
            print("%s\"%s\"", s == value ? " = " : ", ", s);
    } else if (length && length % 4 == 0) {
        for (int i = 0; i < length; i += 4)
            print("%s0x%x", i ? " " : " = <",
                  (unsigned)bytes[i] << 24 | (unsigned)bytes[i + 1] << 16 | (unsigned)bytes[i + 2] << 8 |
                      bytes[i + 3]);
        print(">");
    } else if (length) {
        for (int i = 0; i < length; i++)
            print("%s%02x", i ? " " : " = [", bytes[i]);
        print("]");
    }
    print("\n");
}

static void print_node(const void *fdt, int node)
{
    int at;

    for (at = fdt_first_property_offset(fdt, node); at >= 0; at = fdt_next_property_offset(fdt, at)) {
        const char *name;
        int length;
        const char *value = fdt_getprop_by_offset(fdt, at, &name, &length);
        if (!value)
            continue;
        print("%s", name);
        print_value(value, length);
    }
    for (at = fdt_first_subnode(fdt, node); at >= 0; at = fdt_next_subnode(fdt, at))
        print("%s {}\n", fdt_get_name(fdt, at, NULL));
}

enum command_result command_fdt(int argc, char *argv[])
{
    const char *path = argc > 1 ? argv[1] : "/";
    const void *fdt = tree();

    if (!arg_count(argc, argv, 0, 1))
        return COMMAND_FAILED;
    if (!fdt) {
        print("fdt: there is none, or it is not whole any more\n");
        return COMMAND_FAILED;
    }
    size_t length = strlen(path);
    while (length > 1 && path[length - 1] == '/') /* as completion leaves it */
        length--;
    int node = fdt_path_offset_namelen(fdt, path, (int)length);
    if (node < 0) {
        (void)arg_bad(argv, path, fdt_strerror(node));
        return COMMAND_FAILED;
    }
    print_node(fdt, node);
    return COMMAND_OK;
}

/* The children of the node that `word` has named so far, each with the way to it. */
const char *candidate_node(const char *word, unsigned n)
{
    static char path[160];
    const char *slash = strrchr(word, '/');
    const void *fdt = tree();
    int child, parent;

    if (!fdt)
        return NULL;
    if (!slash)
        return n ? NULL : "/";
    parent = fdt_path_offset_namelen(fdt, word, slash == word ? 1 : (int)(slash - word));
    if (parent < 0)
        return NULL;
    for (child = fdt_first_subnode(fdt, parent); child >= 0; child = fdt_next_subnode(fdt, child)) {
        if (n--)
            continue;
        (void)snprintf(path, sizeof(path), "%.*s/%s%s", (int)(slash - word), word,
                       fdt_get_name(fdt, child, NULL), fdt_first_subnode(fdt, child) < 0 ? "" : "/");
        return path;
    }
    return NULL;
}
