/* SPDX-License-Identifier: BSD-2-Clause */
#include "payload/kernel/trap.h"
#include "guarded.h"
#include "mmio.h"
#include <setjmp.h>

#define LATE_MAX 8u /* traps that no access takes: one access makes one */

static _Thread_local struct {
    bool on;
    bool in_call;     /* of code whose accesses are at no known address */
    bool open;        /* the last trap was at an access, which has not trapped again */
    unsigned n_late;  /* traps that were late for certain */
    unsigned long at; /* where the last trap was taken */
    unsigned long cause;
    jmp_buf out; /* of the call */
} guard;

/* The fence: a trap of an access before this guard is taken before it, and is not this guard's. */
void trap_guard_begin(void)
{
    fence_all();
    guard.cause = TRAP_NONE;
    guard.n_late = 0;
    guard.in_call = false;
    guard.open = false;
    guard.on = true;
}

unsigned long trap_guard_end(void)
{
    fence_all(); /* a trap that is late is taken here at the latest, while it can be caught */
    guard.on = false;
    return guard.open || guard.n_late ? TRAP_ELSEWHERE : guard.cause;
}

unsigned long trap_guard_call(void (*f)(void *), void *context)
{
    trap_guard_begin();
    if (setjmp(guard.out) == 0) {
        guard.in_call = true;
        f(context);
        fence_all(); /* a trap that is late is the call's */
        guard.in_call = false;
    }
    return trap_guard_end();
}

/* Where a trap in a call goes on: on the stack of the call, as if the call had come here itself. */
static _Noreturn void leave_call(void)
{
    longjmp(guard.out, 1);
}

/* What a load, a store or a CSR access can raise: illegal instruction, misaligned, access or page fault, hardware error. */
static bool is_of_an_access(unsigned long cause)
{
    return (cause >= 4 && cause <= 7) || cause == 2 || cause == 13 || cause == 15 || cause == 19;
}

static bool is_guarded(unsigned long pc)
{
    unsigned long first = (unsigned long)(uintptr_t)guarded_first;
    unsigned long end = (unsigned long)(uintptr_t)guarded_end;

    return pc >= first && pc < end && (pc - first) % GUARDED_SLOT == 0;
}

/*
 * A machine may report an access late, at an instruction after it, which has not run and must run: it is resumed, however
 * often a trap is taken there. Only an access of guarded.h is ever skipped. An earlier access's late trap can be taken at it,
 * too. So it is run once more. If the trap is its own, the same trap is taken again, and then it is skipped.
 */
bool trap_guard_take(unsigned long cause, unsigned long *pc)
{
    if (!guard.on || !is_of_an_access(cause))
        return false;
    if (guard.in_call) {
        guard.in_call = false;
        guard.cause = cause;
        *pc = (unsigned long)(uintptr_t)leave_call;
        return true;
    }
    if (guard.open && guard.at == *pc) {
        guard.open = false;
        guard.cause = cause;
        *pc += GUARDED_LENGTH;
        return true;
    }
    guard.n_late += guard.open;
    guard.open = is_guarded(*pc);
    guard.n_late += !guard.open;
    guard.at = *pc;
    return guard.n_late < LATE_MAX;
}
