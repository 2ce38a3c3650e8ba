/* SPDX-License-Identifier: BSD-2-Clause */
/* test=smp: every online hart has its own index, hart id, TLS, stack and timer, and can go offline and online. */
#include "payload/kernel/console.h"
#include "payload/kernel/work.h"
#include "payload/kernel/hotplug.h"
#include "payload/kernel/panic.h"
#include "payload/kernel/machine.h"
#include "payload/kernel/time.h"
#include "payload/jobs.h"

#define WAIT_MS 10000

/* A variable in .tdata and one in .tbss, to check that both sections are set up on every hart. */
static _Thread_local uint64_t tls_data = 0x1234567890abcdef;
static _Thread_local uint64_t tls_zero;

struct seen {
    unsigned index;
    uint64_t data, zero, timers;
    uintptr_t tls, stack;
    uint64_t late; /* how late the timer was, in ticks */
};

static struct seen seen[MACHINE_MAX_HARTS];
static unsigned failures;

static void fail(unsigned hart, const char *what)
{
    print("hart %u: %s\n", hart, what);
    failures++;
}

static void look(void *arg)
{
    struct seen *s = arg;
    uint64_t timers = time_interrupts(), when = time_now() + time_from_us(500);

    s->index = hart_index();
    s->data = tls_data;
    s->zero = tls_zero;
    tls_data = tls_zero = hart_index();
    s->tls = (uintptr_t)&tls_data;
    s->stack = (uintptr_t)&s;
    time_arm_wake(when);
    struct hart_wait w = hart_wait_begin(time_from_ms(WAIT_MS));
    while (time_interrupts() == timers && hart_wait_more(&w))
        ;
    s->late = time_now() - when;
    s->timers = time_interrupts() - timers;
    if (tls_data != hart_index() || tls_zero != hart_index())
        s->data = 0;
}

static void check_one(unsigned i)
{
    const struct seen *s = &seen[i];

    if (s->index != i)
        fail(i, "runs as another hart");
    if (s->data != 0x1234567890abcdef || s->zero != 0)
        fail(i, "TLS is not initialised, or not its own");
    if (s->timers == 0)
        fail(i, "its timer does not fire");
    for (unsigned j = 0; j < hart_count(); j++) {
        if (j == i || !seen[j].tls)
            continue;
        if (seen[j].tls == s->tls)
            fail(i, "shares its TLS");
        uintptr_t apart = seen[j].stack < s->stack ? s->stack - seen[j].stack : seen[j].stack - s->stack;
        if (apart < STACK_SIZE)
            fail(i, "shares its stack");
    }
    if (!hart_stack_ok(i))
        fail(i, "stack canary is gone");
}

/* Take the hart offline and online, and check that its _Thread_local variables have kept their values. */
static void cycle(unsigned i)
{
    struct hotplug_error e = hotplug_offline(i);

    if (!e.step)
        e = hotplug_online(i);
    if (e.step) {
        fail(i, e.why);
        return;
    }
    int error = hart_call(i, look, &seen[i], time_from_ms(WAIT_MS));
    if (error)
        fail(i, hart_strerror(error));
    else if (seen[i].data != i || seen[i].zero != i || seen[i].timers == 0)
        fail(i, "lost its TLS or its timer when it was stopped");
}

int job_smp(void)
{
    const unsigned self = hart_index();
    uint64_t begin = time_now();

    for (unsigned i = 0; i < hart_count(); i++)
        if (i != self && hart_is_online(i) && hart_run(i, look, &seen[i]))
            fail(i, "takes no job");
    look(&seen[self]);
    for (unsigned i = 0; i < hart_count(); i++)
        if (i != self && hart_is_online(i) && hart_join(i, time_from_ms(WAIT_MS)))
            fail(i, "does not finish its job");
    for (unsigned i = 0; i < hart_count(); i++)
        if (hart_is_online(i))
            check_one(i);
    for (unsigned i = 0; i < hart_count() && !failures; i++)
        if (i != self && hart_is_online(i))
            cycle(i);
    print("smp: %u of %u harts, %u failures, %lu us\n", hart_online_count(), hart_count(), failures,
          time_to_us(time_now() - begin));
    return failures ? EXIT_FAIL : EXIT_PASS;
}
