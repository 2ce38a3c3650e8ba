/* SPDX-License-Identifier: BSD-2-Clause */
/* The receiving end of virtual IPIs (ipi.c). */
#ifndef AIA_LIB_IPI_H
#define AIA_LIB_IPI_H

#include "lib/base.h"

/* The IPI identity fired: do what the virtual IPIs ask. Own, off. */
void ipi_taken(struct aia *a, unsigned here);

/* Take IPIs and calls from now on. Own, off. */
void ipi_open(struct aia *a, unsigned here);

/* Take no more IPIs and calls, and do what was asked so far. Own, off; or at set-up. */
void ipi_close(struct aia *a, unsigned here);

#endif
