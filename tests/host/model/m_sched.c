/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which hart runs. The test itself runs as one of the harts, on its own stack; m_on() says as which hart. Every other hart
 * has a stack, on which it takes interrupts and runs the job that m_spawn() gave to it. Such a hart runs when the test lets
 * it, when the test waits for a lock or in aia_port_relax(), or when a hook lets it.
 */
#include <stdarg.h>
#include <stdio.h>
#include <ucontext.h>

#include "model.h"

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#else
#define ASAN_UNPOISON_MEMORY_REGION(p, n)               ((void)(p), (void)(n))
#define __sanitizer_start_switch_fiber(save, bottom, n) ((void)(save), (void)(bottom), (void)(n))
#define __sanitizer_finish_switch_fiber(s, bottom, n)   ((void)(s), (void)(bottom), (void)(n))
#endif

#define STACK (256u * 1024)

struct fiber {
    ucontext_t context;
    const void *stack; /* for the address sanitizer */
    size_t stack_size;
    struct fiber *from; /* the fiber that switched to this one; NULL: this one does not run */
    void (*job)(void *arg);
    void *job_arg;
    bool began, idle;
    bool in_hook;
};

static _Alignas(16) char stacks[M_MAX_HARTS][STACK];
static struct fiber fibers[M_MAX_HARTS], root;
static struct fiber *current = &root, *last;
static char failure[256];

/* After a switch of stacks: tell the sanitizer, and learn from it where the test's own stack is. */
static void arrived(void *fake_stack)
{
    const void *bottom = NULL;
    size_t size = 0;

    __sanitizer_finish_switch_fiber(fake_stack, &bottom, &size);
    if (last == &root) {
        root.stack = bottom;
        root.stack_size = size;
    }
}

static void switch_to(struct fiber *to)
{
    void *fake_stack = NULL;
    volatile bool back = false;

    last = current;
    current = to;
    __sanitizer_start_switch_fiber(&fake_stack, to->stack, to->stack_size);
    getcontext(&last->context); /* not swapcontext, of which the sanitizer warns */
    if (!back) {
        back = true;
        setcontext(&to->context);
    }
    arrived(fake_stack);
}

void m_die(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(failure, sizeof(failure), format, args);
    va_end(args);
    if (current != &root)
        switch_to(&root); /* the test's framework works only on that stack */
    m.hook = NULL;
    m_failed(failure);
    __builtin_unreachable();
}

static void idle_loop(void)
{
    struct fiber *f = current;

    arrived(NULL);
    for (;;) {
        m_take();
        if (f->job) {
            f->job(f->job_arg);
            f->job = NULL;
            continue;
        }
        f->idle = true;
        m_yield();
        f->idle = false;
    }
}

void m_sched_reset(void)
{
    current = &root;
    failure[0] = '\0';
    for (unsigned h = 0; h < m.n_harts; h++) {
        ASAN_UNPOISON_MEMORY_REGION(stacks[h], STACK);
        fibers[h] = (struct fiber){.stack = stacks[h], .stack_size = STACK, .idle = true};
    }
}

static void begin(unsigned hart)
{
    struct fiber *f = &fibers[hart];

    getcontext(&f->context);
    f->context.uc_stack.ss_sp = stacks[hart];
    f->context.uc_stack.ss_size = STACK;
    f->context.uc_link = NULL;
    makecontext(&f->context, idle_loop, 0);
    f->began = true;
}

void m_run(unsigned hart)
{
    struct fiber *f = &fibers[hart];
    unsigned here = m.here;
    bool in_hook = m.in_hook;

    if (hart == m.here || f->from || m.hart[hart].stopped)
        return;
    if (!f->began)
        begin(hart);
    f->from = current;
    m.here = hart;
    m.in_hook = in_hook || f->in_hook;
    switch_to(f);
    m.here = here;
    m.in_hook = in_hook;
    f->from = NULL;
    if (failure[0] && current == &root)
        m_failed(failure);
}

void m_run_others(void)
{
    for (unsigned h = 0; h < m.n_harts; h++)
        m_run(h);
}

void m_yield(void)
{
    struct fiber *f = current;

    if (f == &root)
        m_die("the test's own stack cannot yield");
    f->in_hook = m.in_hook;
    switch_to(f->from);
}

bool m_on_own_stack(void)
{
    return current != &root;
}

bool m_busy(unsigned hart)
{
    return !fibers[hart].idle || fibers[hart].job;
}

void m_spawn(unsigned hart, void (*fn)(void *arg), void *arg)
{
    if (m_busy(hart))
        m_die("hart %u is busy", hart);
    fibers[hart].job = fn;
    fibers[hart].job_arg = arg;
}

void m_on(unsigned hart)
{
    if (current != &root || m_busy(hart))
        m_die("hart %u is busy", hart);
    m.here = hart;
}

void m_stop(unsigned hart)
{
    if (hart == m.here || m_busy(hart))
        m_die("hart %u is stopped in the middle of something", hart);
    m.hart[hart].stopped = true;
}

void m_start(unsigned hart)
{
    m.hart[hart].stopped = false;
}

static bool signalled_by_chip(void)
{
    for (unsigned i = 0; i < m.n_chips; i++)
        if (m.chips[i]->signals && m.chips[i]->signals(m.chips[i], m.here))
            return true;
    return false;
}

#define MAX_TAKEN 1000000 /* interrupts in a row */

bool m_take(void)
{
    struct m_hart *h = &m.hart[m.here];
    unsigned n = 0;

    while (m.aia && h->irqs_on && !h->hold && !h->stopped) {
        bool timer = h->timer_on && m.now >= h->timer;
        bool soft = !timer && h->soft;
        if (!timer && !soft && !m_file_asserted(&h->file) && !signalled_by_chip())
            break;
        if (++n > MAX_TAKEN)
            m_die("hart %u takes interrupts without end", m.here);
        h->irqs_on = false;
        h->in_irq = true;
        if (timer)
            h->timer_on = false;
        if (soft)
            h->soft = false;
        if (timer)
            aia_timer(m.aia);
        else if (soft)
            aia_soft_interrupt(m.aia);
        else
            aia_interrupt(m.aia);
        if (h->n_locks || h->irqs_on)
            m_die("hart %u comes back from an interrupt with a lock held or interrupts on", m.here);
        h->in_irq = false;
        h->irqs_on = true;
    }
    return n > 0;
}

void m_settle(void)
{
    for (unsigned n = 0;; n++) {
        bool moved = m_fabric_settle();
        uint64_t before = m.step;

        m_take();
        m_run_others();
        if (!moved && m.step == before)
            return;
        if (n > 10000)
            m_die("the machine does not settle");
    }
}

void m_pass(uint64_t ticks)
{
    m_settle();
    m.now += ticks;
    m_settle();
}
