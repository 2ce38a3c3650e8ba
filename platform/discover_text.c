/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The line that describes a fault of a tree. It has a formatter of its own, because this code runs before the payload
 * has thread-local storage, which the C library's formatter may need.
 */
#include <stdarg.h>
#include <string.h>

#include "discover.h"

struct text {
    char *at, *end; /* *end is reserved for the NUL */
};

/* Names and strings come from the blob and may contain any bytes; the result is one printable line. */
static void put(struct text *t, char c)
{
    if (t->at < t->end)
        *t->at++ = c >= ' ' && c <= '~' ? c : '?';
}

static void put_string(struct text *t, const char *s)
{
    while (*s)
        put(t, *s++);
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
        put(t, digits[--n]);
}

static void put_format(struct text *t, const char *fmt, va_list ap)
{
    for (; *fmt; fmt++) {
        if (*fmt != '%') {
            put(t, *fmt);
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

void disc_copy_name(const struct discovery *d, int node, char *out, size_t size)
{
    set(out, size, fdt_get_name(d->fdt, node, NULL));
}

int disc_fail(struct discovery *d, int node, const char *prop, const char *fmt, ...)
{
    struct machine_error *e = d->err;
    struct text t = {e->text, e->text + sizeof(e->text) - 1};
    char path[sizeof(e->node)];
    va_list ap;

    memset(e, 0, sizeof(*e)); /* disc_unused() compares all of it */
    if (node <= 0)
        set(e->node, sizeof(e->node), "/");
    else if (fdt_get_path(d->fdt, node, path, sizeof(path)) == 0)
        set(e->node, sizeof(e->node), path);
    else /* the path is too long: use the node's own name */
        set(e->node, sizeof(e->node), fdt_get_name(d->fdt, node, NULL));
    set(e->property, sizeof(e->property), prop);
    va_start(ap, fmt);
    put_format(&t, fmt, ap);
    va_end(ap);
    return -1;
}

int disc_unused(struct discovery *d, enum machine_part part)
{
    struct machine *m = d->m;
    size_t kept = m->n_unused < MACHINE_MAX_UNUSED ? m->n_unused : MACHINE_MAX_UNUSED;
    struct machine_unused u = {part, *d->err};

    memset(d->err, 0, sizeof(*d->err));
    for (size_t i = 0; i < kept; i++)
        if (m->unused[i].part == part && !memcmp(&m->unused[i].why, &u.why, sizeof(u.why)))
            return 0; /* the same reason again, as when all entries of a map name one foreign node */
    if (kept < MACHINE_MAX_UNUSED)
        m->unused[kept] = u;
    m->n_unused++;
    return 0;
}

int disc_need(struct discovery *d, enum machine_part part)
{
    for (size_t i = 0; i < MACHINE_MAX_UNUSED && i < d->m->n_unused; i++)
        if (d->m->unused[i].part == part) {
            *d->err = d->m->unused[i].why;
            break;
        }
    return -1;
}

void machine_error_line(const struct machine_error *err, char *out, size_t size)
{
    struct text t = {out, out + size - 1};

    put_string(&t, err->node);
    put_string(&t, ": ");
    if (err->property[0]) {
        put_string(&t, err->property);
        put_string(&t, ": ");
    }
    put_string(&t, err->text);
    *t.at = '\0';
}
