/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The line that describes a fault of a tree. It has a formatter of its own, because an embedder may read its tree before it
 * has thread-local storage, which a C library's formatter may need.
 */
#include <stdarg.h>
#include <string.h>

#include "fdt/tree.h"

struct text {
    char *at, *end; /* *end is reserved for the NUL */
};

/* Names and strings come from the blob and may contain any bytes; the result is one printable line. */
static void put_char(struct text *t, char c)
{
    if (t->at < t->end)
        *t->at++ = c >= ' ' && c <= '~' ? c : '?';
}

static void put_string(struct text *t, const char *s)
{
    while (*s)
        put_char(t, *s++);
}

static void put_number(struct text *t, unsigned long long v, unsigned base)
{
    char digits[20];
    size_t n = 0;

    do
        digits[n++] = "0123456789abcdef"[v % base];
    while (v /= base);
    if (base == 16)
        put_string(t, "0x");
    while (n)
        put_char(t, digits[--n]);
}

static void put_format(struct text *t, const char *fmt, va_list ap)
{
    for (; *fmt; fmt++) {
        if (*fmt != '%') {
            put_char(t, *fmt);
        } else if (fmt[1] == 's') {
            put_string(t, va_arg(ap, const char *));
            fmt += 1;
        } else if (fmt[1] == 'u') {
            put_number(t, va_arg(ap, unsigned), 10);
            fmt += 1;
        } else if (!strncmp(fmt, "%llu", 4)) {
            put_number(t, va_arg(ap, unsigned long long), 10);
            fmt += 3;
        } else if (!strncmp(fmt, "%#llx", 5)) {
            put_number(t, va_arg(ap, unsigned long long), 16);
            fmt += 4;
        }
    }
    *t->at = '\0';
}

static void set(char *out, size_t size, const char *s)
{
    struct text t = {out, out + size - 1};

    put_string(&t, s);
    *t.at = '\0';
}

void tree_copy_name(const struct aia_fdt_tree *tree, int node, char *out, size_t size)
{
    set(out, size, fdt_get_name(tree->blob, node, NULL));
}

/* The node's path, or the node's own name if the path is too long. */
static void set_path(const struct aia_fdt_tree *tree, int node, struct aia_fdt_error *e)
{
    char path[sizeof(e->node)];
    bool fits = !fdt_get_path(tree->blob, node, path, sizeof(path));

    set(e->node, sizeof(e->node), fits ? path : fdt_get_name(tree->blob, node, NULL));
}

int tree_fail(struct aia_fdt_tree *tree, int node, const char *prop, const char *fmt, ...)
{
    struct aia_fdt_error *e = &tree->error;
    struct text t = {e->text, e->text + sizeof(e->text) - 1};
    va_list ap;

    memset(e, 0, sizeof(*e)); /* tree_unused() compares all of it */
    if (node <= 0)
        set(e->node, sizeof(e->node), "/");
    else
        set_path(tree, node, e);
    set(e->property, sizeof(e->property), prop);
    va_start(ap, fmt);
    put_format(&t, fmt, ap);
    va_end(ap);
    return -1;
}

int tree_unused(struct aia_fdt_tree *tree, unsigned part)
{
    size_t room = tree->unused ? tree->max_unused : 0;
    size_t kept = tree->n_unused < room ? tree->n_unused : room;

    for (size_t i = 0; i < kept; i++)
        if (tree->unused[i].part == part && !memcmp(&tree->unused[i].why, &tree->error, sizeof(tree->error)))
            return 0; /* the same reason again, as when all entries of a map name one foreign node */
    if (kept < room)
        tree->unused[kept] = (struct aia_fdt_unused){part, tree->error};
    tree->n_unused++;
    return 0;
}

int tree_need(struct aia_fdt_tree *tree, unsigned part)
{
    for (size_t i = 0; tree->unused && i < tree->max_unused && i < tree->n_unused; i++)
        if (tree->unused[i].part == part) {
            tree->error = tree->unused[i].why;
            break;
        }
    return -1;
}

void aia_fdt_error_line(const struct aia_fdt_error *error, char *out, size_t size)
{
    struct text t = {out, out + size - 1};

    put_string(&t, error->node);
    put_string(&t, ": ");
    if (error->property[0]) {
        put_string(&t, error->property);
        put_string(&t, ": ");
    }
    put_string(&t, error->text);
    *t.at = '\0';
}
