/* SPDX-License-Identifier: BSD-2-Clause */
/* A file of its own, because tests that use atomics need this hook and nothing else of the model. */
#include <stddef.h>

#include <stdatomic.h>

void (*model_atomic_hook)(const volatile void *p, _Bool write) = NULL;
