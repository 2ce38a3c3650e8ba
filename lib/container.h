/* SPDX-License-Identifier: BSD-2-Clause */
/* From a member to the struct that it is in. */
#ifndef AIA_CONTAINER_H
#define AIA_CONTAINER_H

#include <stddef.h>
#include <stdint.h>

/* The `type' whose `member' this pointer points to. The conditional checks the pointer's type; it is never const. */
#define container_of(pointer, type, member) \
    ((type *)((uintptr_t)(1 ? (pointer) : &((type *)0)->member) - offsetof(type, member)))

#endif
