/* SPDX-License-Identifier: BSD-2-Clause */
#include "payload/kernel/trap.h"
#include "mmio.h"

#define LATE_MAX 8u /* traps that no access takes: one access makes one */

static _Thread_local struct {
    bool on;
    bool open;        /* the last trap may be a late one: its instruction has not trapped again */
    unsigned n_late;  /* traps that were late for certain */
    unsigned long at; /* where the last trap was taken */
    unsigned long cause;
} guard;

void trap_guard_begin(void)
{
    guard.cause = TRAP_NONE;
    guard.n_late = 0;
    guard.open = false;
    guard.on = true;
}

unsigned long trap_guard_end(void)
{
    fence_all(); /* a trap that is late is taken here at the latest, while it can be caught */
    guard.on = false;
    return guard.open || guard.n_late ? TRAP_ELSEWHERE : guard.cause;
}

/* What a load, a store or a CSR access can raise: illegal instruction, misaligned, access or page fault, hardware error. */
static bool is_of_an_access(unsigned long cause)
{
    return (cause >= 4 && cause <= 7) || cause == 2 || cause == 13 || cause == 15 || cause == 19;
}

/* An instruction that does not end in 11 is a compressed one (Unprivileged ISA, "Base Instruction-Length Encoding"). */
static unsigned long next_instruction(unsigned long pc)
{
    uint16_t first = *(const volatile uint16_t *)pc;

    return pc + ((first & 3) == 3 ? 4 : 2);
}

/*
 * A machine may report an access late, at an instruction after it, which has not run and must run. So the instruction at
 * which a trap was taken is run once more. If it is the access, the same trap is taken again, and then it is skipped.
 */
bool trap_guard_take(unsigned long cause, unsigned long *pc)
{
    if (!guard.on || !is_of_an_access(cause))
        return false;
    if (guard.open && guard.at == *pc) {
        guard.open = false;
        guard.cause = cause;
        *pc = next_instruction(*pc);
        return true;
    }
    guard.n_late += guard.open;
    guard.open = true;
    guard.at = *pc;
    return guard.n_late < LATE_MAX;
}
