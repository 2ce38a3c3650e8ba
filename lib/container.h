/* SPDX-License-Identifier: BSD-2-Clause */
/* From a pointer to a member to its struct. */
#ifndef AIA_CONTAINER_H
#define AIA_CONTAINER_H

#include <stddef.h>
#include <stdint.h>

/* The struct of `type` whose `member` is at `pointer`. The conditional makes the compiler check the pointer's type. */
#define container_of(pointer, type, member) \
    ((type *)((uintptr_t)(1 ? (pointer) : &((type *)0)->member) - offsetof(type, member)))

#endif
