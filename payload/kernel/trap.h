/* SPDX-License-Identifier: BSD-2-Clause */
/* The handlers of interrupts, the report of an unexpected trap, and accesses that may trap. */
#ifndef PAYLOAD_KERNEL_TRAP_H
#define PAYLOAD_KERNEL_TRAP_H

#define TRAP_FRAME 256

#ifndef __ASSEMBLER__

#include <stdbool.h>
#include <stdint.h>

/* x1 to x31 at the trap; x0's place is zero. */
struct trap_frame {
    uint64_t x[32];
};

_Static_assert(sizeof(struct trap_frame) == TRAP_FRAME, "vector.S");

/* Called by vector.S for every interrupt that is not external. `cause` is without the top bit. */
void trap_other(unsigned long cause);
/*
 * Called by vector.S after an external interrupt: handle the other interrupts that are pending and enabled. The
 * hardware takes an external interrupt before them, and more external interrupts wait.
 */
void trap_pending(void);
/*
 * Called by vector.S for an exception. If a guard expects the exception, trap_exception() returns with sepc at the
 * instruction to continue with; otherwise it panics. bad_stack: sp was outside the running hart's stack.
 */
void trap_exception(const struct trap_frame *frame);
_Noreturn void trap_fatal(const struct trap_frame *frame, bool bad_stack);

/*
 * Between the two calls, this hart's accesses by the functions of guarded.h may trap. An access that traps is tried
 * twice and then skipped: the value read is undefined. Interrupts must be off. Not for an access that has a side effect
 * where it goes wrong. trap_guard_end() returns TRAP_NONE; or the cause of the last trap; or TRAP_ELSEWHERE: a trap was
 * taken at an instruction that did not cause it, and that instruction has run since.
 */
#define TRAP_NONE      ~0ul
#define TRAP_ELSEWHERE (~0ul - 1)
void trap_guard_begin(void);
unsigned long trap_guard_end(void);
/*
 * Call foreign code, any access of which may trap. The first trap abandons the call; the caller must not call that code
 * again. Returns TRAP_NONE, or another value if there was a trap.
 */
unsigned long trap_guard_call(void (*f)(void *), void *context);
/*
 * For trap_exception(): an exception occurred at *pc. Returns true if the guard expected it; then *pc is the address to
 * continue at.
 */
bool trap_guard_take(unsigned long cause, unsigned long *pc);

/*
 * True if a read of the first register of `name` does not trap: a tree can name a device that does not exist. If the
 * read traps, print a line.
 */
bool trap_answers(const char *name, uintptr_t mmio);

#endif
#endif
