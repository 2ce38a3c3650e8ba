/* SPDX-License-Identifier: BSD-2-Clause */
/* What a trap that is not expected leaves behind, and where interrupts go. */
#ifndef PAYLOAD_TRAP_H
#define PAYLOAD_TRAP_H

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
/* From vector.S: anything else. bad_stack: sp was out of the running hart's stack. */
_Noreturn void trap_fatal(const struct trap_frame *frame, bool bad_stack);

#endif
#endif
