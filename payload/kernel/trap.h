/* SPDX-License-Identifier: BSD-2-Clause */
/* What a trap that is not expected leaves behind, and where interrupts go. */
#ifndef PAYLOAD_KERNEL_TRAP_H
#define PAYLOAD_KERNEL_TRAP_H

#define TRAP_FRAME 256

#ifndef __ASSEMBLER__

#include <stdbool.h>
#include <stdint.h>

/* x1..x31 as they were; x0's place is zero. */
struct trap_frame {
    uint64_t x[32];
};

_Static_assert(sizeof(struct trap_frame) == TRAP_FRAME, "vector.S");

/* From vector.S: every interrupt but the external one, by its cause without the top bit. */
void trap_other(unsigned long cause);
/* From vector.S: of these, what is pending and enabled. An external interrupt is taken before them, and more of it waits. */
void trap_pending(void);
/*
 * From vector.S: anything else. Returns if a guard was waiting for it, with sepc at the instruction to go on with; else it is
 * the end. bad_stack: sp was out of the running hart's stack.
 */
void trap_exception(const struct trap_frame *frame);
_Noreturn void trap_fatal(const struct trap_frame *frame, bool bad_stack);

/*
 * Between the two, this hart's accesses by the functions of guarded.h may trap. An access that traps is tried twice, and then
 * skipped: what it was to read is rubbish. Interrupts off. Not for accesses that can have a side effect where they go wrong.
 * trap_guard_end() returns TRAP_NONE, the cause of the last trap, or TRAP_ELSEWHERE: a trap was taken at an instruction that
 * did not make it, and that instruction has run since.
 */
#define TRAP_NONE      ~0ul
#define TRAP_ELSEWHERE (~0ul - 1)
void trap_guard_begin(void);
unsigned long trap_guard_end(void);
/*
 * Call code of others, any access of which may trap. At the first trap the call is left where it is: it must not be called
 * again. Returns TRAP_NONE, or something else if there was a trap.
 */
unsigned long trap_guard_call(void (*f)(void *), void *context);
/* For trap_exception(): an exception at *pc. True: the guard's, and *pc is where to go on. */
bool trap_guard_take(unsigned long cause, unsigned long *pc);

/* Whether a read of `name's first register ends without a trap, for a tree can name what is not there; if not, that is printed. */
bool trap_answers(const char *name, uintptr_t mmio);

#endif
#endif
