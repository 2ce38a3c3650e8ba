/* SPDX-License-Identifier: BSD-2-Clause */
/* Apart from the model, because whoever uses an atomic needs it and nothing else. */
#include <stddef.h>

#include <stdatomic.h>

void (*model_atomic_hook)(const volatile void *p, _Bool write) = NULL;
