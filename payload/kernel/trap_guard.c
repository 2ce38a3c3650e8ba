/* SPDX-License-Identifier: BSD-2-Clause */
#include "payload/kernel/trap.h"
#include "guarded.h"
#include "mmio.h"
#include <setjmp.h>

#define LATE_MAX 8u /* the limit of traps at other instructions: one access causes one trap */

static _Thread_local struct {
    bool on;
    bool in_call;     /* in a call of code whose accesses are at unknown addresses */
    bool open;        /* the last trap was at a guarded access that has not trapped again */
    unsigned n_late;  /* traps that were certainly late */
    unsigned long at; /* the pc of the last trap */
    unsigned long cause;
    jmp_buf out; /* leaves the call */
} guard;

/* The fence makes an earlier access trap before the guard begins, so that the trap is not attributed to this guard. */
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
    fence_all(); /* A late trap is taken here at the latest, while the guard can catch it. */
    guard.on = false;
    return guard.open || guard.n_late ? TRAP_ELSEWHERE : guard.cause;
}

unsigned long trap_guard_call(void (*f)(void *), void *context)
{
    trap_guard_begin();
    if (setjmp(guard.out) == 0) {
        guard.in_call = true;
        f(context);
        fence_all(); /* A late trap belongs to the call. */
        guard.in_call = false;
    }
    return trap_guard_end();
}

/* A trap in a call continues here, on the stack of the call, as if the call had called this function. */
static _Noreturn void return_from_call(void)
{
    longjmp(guard.out, 1);
}

/*
 * True for the causes of a load, a store or a CSR access: illegal instruction, misaligned, access or page fault,
 * hardware error.
 */
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
 * Decide where a trap continues. A machine may report an access late, at a later instruction. That instruction has not
 * run and must run, so the payload resumes it, as often as a trap is taken there. Only an access of guarded.h is ever
 * skipped. The late trap of an earlier access can be taken at such an access, too. So the access is run once more. If
 * the access itself caused the trap, the same trap is taken again, and then the access is skipped.
 */
bool trap_guard_take(unsigned long cause, unsigned long *pc)
{
    if (!guard.on || !is_of_an_access(cause))
        return false;
    if (guard.in_call) {
        guard.in_call = false;
        guard.cause = cause;
        *pc = (unsigned long)(uintptr_t)return_from_call;
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
