/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Harts as coroutines, each on a small stack at a fixed address, and where they stop. The embedder's functions (aia/port.h)
 * are here too, because harts wait in them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include "explore.h"
#include "actions.h"
#include "unit.h"
#include "mmio.h"

_Alignas(64) char x_stacks[X_HARTS][X_STACK];
bool x_exploring, x_full;
char x_failure[256];
jmp_buf x_escape;

static void *search_sp; /* the search's own stack pointer, while a hart runs */
static enum x_how how;  /* how the search lets the hart go on */

/* ---- stacks ---- */

/* Push the registers that a call preserves, store the stack pointer in *save, switch to `to`, and pop them there. */
#if defined(__x86_64__)
#define N_SAVED 7
__asm__(".globl x_switch\n"
        "x_switch:\n"
        "    pushq %rbp\n    pushq %rbx\n    pushq %r12\n    pushq %r13\n    pushq %r14\n    pushq %r15\n"
        "    movq %rsp, (%rdi)\n"
        "    movq %rsi, %rsp\n"
        "    popq %r15\n    popq %r14\n    popq %r13\n    popq %r12\n    popq %rbx\n    popq %rbp\n"
        "    ret\n");
#elif defined(__aarch64__)
#define N_SAVED 20
__asm__(".globl x_switch\n"
        "x_switch:\n"
        "    sub sp, sp, #160\n"
        "    stp x19, x20, [sp, #0]\n    stp x21, x22, [sp, #16]\n    stp x23, x24, [sp, #32]\n"
        "    stp x25, x26, [sp, #48]\n    stp x27, x28, [sp, #64]\n    stp d8, d9, [sp, #80]\n"
        "    stp d10, d11, [sp, #96]\n    stp d12, d13, [sp, #112]\n    stp d14, d15, [sp, #128]\n"
        "    stp x29, x30, [sp, #144]\n"
        "    mov x9, sp\n    str x9, [x0]\n    mov sp, x1\n"
        "    ldp x19, x20, [sp, #0]\n    ldp x21, x22, [sp, #16]\n    ldp x23, x24, [sp, #32]\n"
        "    ldp x25, x26, [sp, #48]\n    ldp x27, x28, [sp, #64]\n    ldp d8, d9, [sp, #80]\n"
        "    ldp d10, d11, [sp, #96]\n    ldp d12, d13, [sp, #112]\n    ldp d14, d15, [sp, #128]\n"
        "    ldp x29, x30, [sp, #144]\n"
        "    add sp, sp, #160\n"
        "    ret\n");
#else
#error "tests/explore/sched.c: no x_switch for this host"
#endif

static void hart_main(void)
{
    for (;;) {
        struct x_hart *h = &x.hart[m.here];

        x_stop(m.hart[m.here].stopped ? X_OFF : X_IDLE);
        m.hart[m.here].stopped = false;
        h->in_job = true;
        x_scenario->job[m.here][h->job].run();
        h->in_job = false;
        h->job++;
        x.done++;
    }
}

void m_sched_reset(void) {}

void x_sched_reset(void)
{
    void (*entry)(void) = hart_main;

    memset(x_stacks, 0, sizeof(x_stacks));
    for (unsigned h = 0; h < X_HARTS; h++) {
        /* The entry is the address to which the switch returns: the last word that it pops. */
        size_t frame = (16 + N_SAVED * sizeof(void *) + 15) / 16 * 16;
        char *sp = x_stacks[h] + X_STACK - frame;
        memcpy(sp + (N_SAVED - 1) * sizeof(void *), &entry, sizeof(entry));
        x.hart[h] = (struct x_hart){.sp = sp};
    }
}

void m_die(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(x_failure, sizeof(x_failure), format, args);
    va_end(args);
    m.in_hook = false;
    longjmp(x_escape, 1);
}

/* ---- stopping and going on ---- */

static void take(void)
{
    struct m_hart *h = &m.hart[m.here];

    h->irqs_on = false;
    h->in_irq = true;
    if (how == X_TIMER) {
        h->timer_on = false;
        if (m.now < h->timer && !x_scenario->any_time)
            m.now = h->timer;
        aia_timer(&x.aia);
    } else {
        aia_interrupt(&x.aia);
    }
    if (h->n_locks || h->irqs_on)
        m_die("hart %u comes back from an interrupt with a lock held or interrupts on", m.here);
    h->in_irq = false;
    h->irqs_on = true;
}

void x_stop(enum x_stop why)
{
    struct x_hart *h = &x.hart[m.here];
    bool in_hook = m.in_hook;
    const struct aia_lock *lock = h->lock;

    for (;;) {
        h->stop = why;
        h->lock = lock;
        h->could_irq = m.hart[m.here].irqs_on;
        x_switch(&h->sp, search_sp);
        h->noticed = false;
        h->lock = NULL;
        if (how == X_GO)
            break;
        m.in_hook = false;
        take();
    }
    m.in_hook = in_hook;
}

void x_go(unsigned hart, enum x_how what)
{
    char *sp = x.hart[hart].sp;

    memset(sp - 2048, 0, 2048); /* the contents of old frames must not show in new ones */
    m.here = hart;
    m.in_hook = false;
    how = what;
    x_switch(&search_sp, sp);
    m.here = 0;
    m.in_hook = false;
}

static bool may_begin(const struct x_hart *h, unsigned hart)
{
    if (h->job == X_JOBS || !x_scenario->job[hart][h->job].run)
        return false;
    uint8_t after = x_scenario->job[hart][h->job].after;
    return after & 0x80 ? x.hart[after >> 4 & 7].job >= (after & 15) : x.done >= after;
}

bool x_can_go(unsigned hart)
{
    const struct x_hart *h = &x.hart[hart];

    switch (h->stop) {
    case X_IDLE:
    case X_OFF:
        return may_begin(h, hart);
    case X_LOCK:
        return !h->lock->opaque[0];
    case X_WAIT:
        return h->changed;
    default:
        return true;
    }
}

bool x_can_irq(unsigned hart)
{
    const struct m_hart *h = &m.hart[hart];

    return h->irqs_on && !h->stopped && m_file_asserted(&h->file);
}

bool x_can_timer(unsigned hart)
{
    const struct m_hart *h = &m.hart[hart];

    return h->irqs_on && !h->stopped && h->timer_on;
}

void x_hart_stop(void)
{
    m.hart[m.here].stopped = true;
}

/* ---- accesses that others can notice ---- */

static bool device_visible(const struct m_event *e)
{
    for (unsigned i = 0; i < X_DEVS; i++) {
        const struct x_dev *d = &x.devs[i];
        if ((uintptr_t)&d->dev == e->where)
            return d->edges || (e->what == M_READ_BACK && d->dev.posted.n) || d->dev.held;
    }
    return true;
}

static bool visible(const struct m_event *e)
{
    switch (e->kind) {
    case M_ATOMIC:
        return !x_is_counter((void *)e->where);
    case M_CSR: /* a claim, or eip */
        return e->where == 0 || (e->where >= 0x80 && e->where < 0xc0);
    case M_MMIO:
        return x_unit_visible(e->where);
    case M_FENCE:
        return e->what != MODEL_FENCE_RW_O && m.hart[m.here].stores.n;
    case M_DEVICE:
        return device_visible(e);
    default:
        return true;
    }
}

/* Called before each access (m.hook). */
void x_access(const struct m_event *e, void *arg)
{
    struct x_hart *h = &x.hart[m.here];

    (void)arg;
    if (e->kind == M_LOCK)
        h->lock = (const void *)e->where;
    if (x_full || (e->kind == M_LOCK && h->lock->opaque[0]))
        x_stop(e->kind == M_LOCK ? X_LOCK : X_ACCESS);
    else if (e->kind == M_UNLOCK)
        h->noticed = true;
    else if (visible(e)) {
        if (h->noticed)
            x_stop(e->kind == M_LOCK ? X_LOCK : X_ACCESS);
        h->noticed = e->kind != M_LOCK; /* the access after a lock belongs to the same step */
    }
    h->lock = NULL;
    if (x_telling)
        x_tell_event(e);
}

/* Interrupts are actions of the search here: a hart takes none by itself. */
bool m_take(void)
{
    return false;
}

/* ---- aia/port.h ---- */

unsigned aia_port_hart(void)
{
    return m.here;
}

uint64_t aia_port_time(void)
{
    return m.now;
}

unsigned long aia_port_irq_save(void)
{
    bool was = m.hart[m.here].irqs_on;

    m.hart[m.here].irqs_on = false;
    return was;
}

void aia_port_irq_restore(unsigned long was)
{
    struct x_hart *h = &x.hart[m.here];

    if (m.hart[m.here].irqs_on)
        m_die("hart %u: interrupts are on where they should be off", m.here);
    m.hart[m.here].irqs_on = was;
    if (was && x_exploring && (h->noticed || !h->could_irq))
        x_stop(X_WINDOW);
}

void aia_port_lock_init(struct aia_lock *lock, const char *name)
{
    (void)name;
    *lock = (struct aia_lock){{0}};
}

void aia_port_lock(struct aia_lock *lock)
{
    struct m_hart *h = &m.hart[m.here];

    m_event(M_LOCK, lock, 0, 0);
    if (h->irqs_on)
        m_die("hart %u takes a lock with interrupts on", m.here);
    if (lock->opaque[0])
        m_die("hart %u takes a lock that hart %u holds", m.here, (unsigned)lock->opaque[0] - 1);
    lock->opaque[0] = m.here + 1;
    h->n_locks++;
}

void aia_port_unlock(struct aia_lock *lock)
{
    m_event(M_UNLOCK, lock, 0, 0);
    if (lock->opaque[0] != m.here + 1)
        m_die("hart %u frees a lock that it does not hold", m.here);
    lock->opaque[0] = 0;
    m.hart[m.here].n_locks--;
}

void aia_port_relax(void)
{
    if (m.hart[m.here].n_locks)
        m_die("hart %u waits with a lock held", m.here);
    if (!x_exploring)
        m_die("hart %u waits while setting up", m.here);
    x_stop(X_WAIT);
    x.hart[m.here].changed = false;
}

void aia_port_timer(uint64_t when)
{
    m.hart[m.here].timer_on = true;
    m.hart[m.here].timer = when;
}

void aia_port_ipi(unsigned n)
{
    (void)n;
    x.ipi_unseen[m.here] = false;
}

void aia_port_report(const struct aia_report *report)
{
    if (m.hart[m.here].n_locks)
        m_die("hart %u reports with a lock held", m.here);
    if (report->what == AIA_REPORT_LATE)
        m_die("P1: hart %u comes back and finds identity %u pending", m.here, report->vec.id);
}
