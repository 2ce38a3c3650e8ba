/* SPDX-License-Identifier: BSD-2-Clause */
/* A device that loses its message behind the library's back, and whether it has it again. */
#ifndef LOSE_H
#define LOSE_H

#include "fixture.h"

/* What it loses: its message, or also its enable and mask bits, or these alone. */
enum loss { LOSE_MESSAGE, LOSE_ALL, LOSE_ENABLE, N_LOSSES };

void lose(struct t_irq *q, enum loss loss);

/* One edge of it is handled, once. */
void lose_check_works(struct t_irq *q);
/* It holds the message of its interrupt's vector, and sends. */
void lose_check_message(const struct t_irq *q);

#endif
