/* SPDX-License-Identifier: BSD-2-Clause */
/* A device that loses its message while the library does not notice, and checks that the device has the message again. */
#ifndef LOSE_H
#define LOSE_H

#include "fixture.h"

/* What the device loses: its message; its message with its enable and mask bits; or these bits alone. */
enum loss { LOSE_MESSAGE, LOSE_ALL, LOSE_ENABLE, N_LOSSES };

void lose(struct t_irq *q, enum loss loss);

/* Check that one edge of the device is handled, by one handler run. */
void lose_check_works(struct t_irq *q);
/* Check that the device holds the message of its interrupt's vector, and can send. */
void lose_check_message(const struct t_irq *q);

#endif
