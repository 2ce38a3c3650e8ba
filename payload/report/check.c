/* SPDX-License-Identifier: BSD-2-Clause */
#include "payload/report/check.h"
#include "payload/report/audit.h"
#include "payload/kernel/console.h"
#include "payload/kernel/hang.h"
#include "payload/kernel/work.h"
#include "payload/kernel/panic.h"
#include "payload/kernel/time.h"
#include <stdatomic.h>

/* Long, because the host may be busy. A delay that must be short is measured elsewhere, not by this limit. */
#define WAIT_MS 10000

static _Atomic unsigned passed, failed;

bool check(bool good, const char *fmt, ...)
{
    va_list ap;
    unsigned long was = console_lock();

    va_start(ap, fmt);
    print("%s: ", good ? "PASS" : "FAIL");
    vprint(fmt, ap);
    print("\n");
    va_end(ap);
    console_unlock(was);
    if (!good)
        hang_look();
    atomic_fetch_add(good ? &passed : &failed, 1);
    return good;
}

bool wait_for(const _Atomic uint64_t *value, uint64_t want)
{
    struct hart_wait w = hart_wait_begin(time_from_ms(WAIT_MS));

    while (atomic_load_explicit(value, memory_order_acquire) < want)
        if (!hart_wait_more(&w))
            return false;
    return true;
}

void must_move(struct aia_irq *irq, unsigned hart)
{
    struct aia_hartset set = aia_hartset_one(hart);
    int error = aia_irq_set_affinity(&aia, irq, &set);

    if (error == AIA_ETIMEOUT)
        hang_end();
    require(!error && irq->vec.hart == hart, "%s: move to hart %u: %s", irq->name, hart, aia_strerror(error));
}

static void nothing(void *arg)
{
    (void)arg;
}

/* A hart runs a call after the interrupts that it has claimed. */
void claims_done(void)
{
    for (unsigned h = 0; h < hart_count(); h++)
        (void)aia_call(&aia, h, nothing, NULL);
}

bool has_harts(unsigned n)
{
    if (hart_online_count() >= n)
        return true;
    (void)untested("this job needs %u harts, and %u of %u are online", n, hart_online_count(), hart_count());
    return false;
}

int untested(const char *fmt, ...)
{
    va_list ap;
    unsigned long was = console_lock();

    print("nothing was tested: ");
    va_start(ap, fmt);
    vprint(fmt, ap);
    va_end(ap);
    print("\n");
    console_unlock(was);
    return EXIT_MACHINE;
}

static const char *not_done;

void worked(uint64_t n, const char *none)
{
    if (!n && !not_done)
        not_done = none;
}

int verdict_of(bool good)
{
    if (good && not_done)
        return untested("%s", not_done);
    print("VERDICT: %s\n", good ? "PASS" : "FAIL");
    return good ? EXIT_PASS : EXIT_FAIL;
}

int verdict(void)
{
    irq_print_reports();
    check(audit_all() == 0, "audit of every hart is clean");
    print("%u checks passed, %u failed\n", passed, failed);
    return verdict_of(!failed);
}
