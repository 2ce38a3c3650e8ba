/* SPDX-License-Identifier: BSD-2-Clause */
#include "payload/conform/conform.h"
#include "payload/conform/state.h"
#include "payload/kernel/time.h"
#include "payload/kernel/trap.h"
#include "csr.h"
#include "guarded.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define WAIT_MS 20

const char *conform_result_name(enum conform_result result)
{
    static const char *const names[] = {"PASS", "FAIL", "UNSPECIFIED", "SKIPPED"};

    return names[result];
}

static struct {
    const char *what; /* NULL: no value was read yet */
    unsigned where;
    uint64_t value;
} last;

void conform_read(const char *what, unsigned where, uint64_t value)
{
    last.what = what;
    last.where = where;
    last.value = value;
}

static void add_value(struct conform *c)
{
    size_t n = strlen(c->seen);

    if (last.what)
        (void)snprintf(c->seen + n, sizeof(c->seen) - n, " (%s %#x read %#lx)", last.what, last.where,
                       (unsigned long)last.value);
}

static void note(struct conform *c, enum conform_result result, const char *fmt, va_list ap)
{
    c->result = result;
    (void)vsnprintf(c->seen, sizeof(c->seen), fmt, ap);
}

bool expect(struct conform *c, bool good, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    if (!good && c->result != CONFORM_FAIL) {
        note(c, CONFORM_FAIL, fmt, ap);
        if (!strstr(fmt, "read") && !strstr(fmt, "trap"))
            add_value(c);
    }
    va_end(ap);
    return good;
}

void open_choice(struct conform *c, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    if (c->result == CONFORM_PASS)
        note(c, CONFORM_UNSPECIFIED, fmt, ap);
    va_end(ap);
}

void left_out(struct conform *c, const char *why)
{
    if (c->result == CONFORM_PASS) {
        c->result = CONFORM_SKIPPED;
        (void)snprintf(c->seen, sizeof(c->seen), "%s", why);
    }
}

bool eventually(const struct conform *c, bool (*want)(const struct conform *c))
{
    uint64_t end = csr_time() + time_from_ms(WAIT_MS);

    do
        if (want(c))
            return true;
    while (csr_time() < end);
    return want(c);
}

/* ---- guarded accesses ---- */

static bool elsewhere; /* an access of this check made the machine take a trap at a wrong instruction */

static bool worked(void)
{
    unsigned long cause = trap_guard_end();

    elsewhere |= cause == TRAP_ELSEWHERE;
    return cause == TRAP_NONE;
}

bool try_ireg_read(unsigned reg, unsigned long *v)
{
    trap_guard_begin();
    *v = guarded_ireg_read(reg);
    conform_read("siselect", reg, *v);
    return worked();
}

bool try_ireg_write(unsigned reg, unsigned long v)
{
    trap_guard_begin();
    guarded_ireg_write(reg, v);
    return worked();
}

bool try_load(uintptr_t a, unsigned size, uint64_t *v)
{
    trap_guard_begin();
    *v = guarded_load(a, size);
    return worked();
}

bool try_store(uintptr_t a, unsigned size, uint64_t v)
{
    trap_guard_begin();
    guarded_store(a, size, v);
    return worked();
}

/* ---- one check ---- */

void conform_run(const struct conform_check *check, struct conform *c)
{
    static struct conform_state saved; /* static: interrupts are off, and only one hart runs checks */

    c->result = CONFORM_PASS;
    c->seen[0] = '\0';
    last.what = NULL;
    elsewhere = false;
    conform_save(c, &saved);
    check->run(c);
    conform_restore(c, &saved);
    if (elsewhere) {
        c->result = CONFORM_PASS; /* the trap may have caused the result, so it does not count */
        left_out(c, "not here: an access makes the machine take a trap at another instruction");
    }
}
