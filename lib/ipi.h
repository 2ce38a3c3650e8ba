/* SPDX-License-Identifier: BSD-2-Clause */
/* The receiving end of virtual IPIs (ipi.c). */
#ifndef AIA_LIB_IPI_H
#define AIA_LIB_IPI_H

#include "lib/base.h"

/* Take this hart's virtual IPIs and do their work, after a claim of the IPI identity or a kick. Own, off. */
void ipi_taken(struct aia *a, unsigned here);

/* Take IPIs and calls from now on. Own, off. */
void ipi_open(struct aia *a, unsigned here);

/* Take no more IPIs and calls, and do the work of those that were sent before. Own, off; or at set-up. */
void ipi_close(struct aia *a, unsigned here);

#endif
