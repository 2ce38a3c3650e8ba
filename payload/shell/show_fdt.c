/* SPDX-License-Identifier: BSD-2-Clause */
/* The command `fdt`: the device tree that the payload uses, printed as device tree source. */
#include "payload/shell/commands.h"
#include "payload/kernel/console.h"
#include <libfdt.h>
#include <stdio.h>
#include <string.h>

/* The tree if it is still valid, else NULL: its memory may have been overwritten since the start. */
static const void *tree(void)
{
    const void *fdt = shell.fdt;

    return fdt && !fdt_check_header(fdt) && !fdt_check_full(fdt, fdt_totalsize(fdt)) ? fdt : NULL;
}

/* True if the value is one or more strings, each with its NUL, none empty, all printable. */
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

/* Print a part of a value, on a new indented row if the row has no room. */
static void print_part(const char *part, size_t *column)
{
    size_t length = strlen(part);

    if (*column + length > 79) {
        part += *part == ' ';
        length = strlen(part);
        print("\n        ");
        *column = 8;
    }
    print("%s", part);
    *column += length;
}

static void print_cells(const unsigned char *bytes, int length, size_t column)
{
    char text[16];

    for (int i = 0; i < length; i += 4) {
        uint32_t cell = (uint32_t)bytes[i] << 24 | (uint32_t)bytes[i + 1] << 16 |
                        (uint32_t)bytes[i + 2] << 8 | bytes[i + 3];
        (void)snprintf(text, sizeof(text), "%s0x%x%s", i ? " " : "<", cell, i + 4 < length ? "" : ">");
        print_part(text, &column);
    }
}

static void print_bytes(const unsigned char *bytes, int length, size_t column)
{
    char text[16];

    for (int i = 0; i < length; i++) {
        (void)snprintf(text, sizeof(text), "%s%02x%s", i ? " " : "[", bytes[i], i + 1 < length ? "" : "]");
        print_part(text, &column);
    }
}

static void print_strings(const char *value, int length, size_t column)
{
    for (const char *s = value; s < value + length; s += strlen(s) + 1) {
        size_t room = strlen(s) + 3;
        bool fits = s == value || column + 1 + room <= 79;
        print("%s%s\"%s\"", s == value ? "" : ",", s == value ? "" : fits ? " " : "\n        ", s);
        column = fits ? column + 1 + room : 8 + room;
    }
}

static void print_value(const char *value, int length, size_t column)
{
    column += length ? 3 : 0;
    print("%s", length ? " = " : "");
    if (is_text(value, length)) {
        print_strings(value, length, column);
    } else if (length % 4 == 0) {
        print_cells((const unsigned char *)value, length, column);
    } else {
        print_bytes((const unsigned char *)value, length, column);
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
        print_value(value, length, strlen(name));
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
        print("fdt: there is no device tree, or it is no longer valid\n");
        return COMMAND_FAILED;
    }
    size_t length = strlen(path);
    while (length > 1 && path[length - 1] == '/') /* completion ends a node's name with it */
        length--;
    int node = fdt_path_offset_namelen(fdt, path, (int)length);
    if (node < 0) {
        (void)arg_bad(argv, path,
                      node == -FDT_ERR_NOTFOUND  ? "no such node"
                      : node == -FDT_ERR_BADPATH ? "no such alias, and a path begins with /"
                                                 : fdt_strerror(node));
        return COMMAND_FAILED;
    }
    print_node(fdt, node);
    return COMMAND_OK;
}

/* The n-th child of the node that `word` names so far, as a path. */
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
