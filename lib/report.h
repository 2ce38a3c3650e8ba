/* SPDX-License-Identifier: BSD-2-Clause */
/* Reports to the embedder (report.c). */
#ifndef AIA_LIB_REPORT_H
#define AIA_LIB_REPORT_H

#include "lib/base.h"

/* Report an event at `v`, unless more than config.report_limit of its kind have come. `irq` may be NULL. No lock held. Any. */
void report_event(struct aia *a, enum aia_report_what what, struct imsic_vector v, const struct aia_irq *irq);

#endif
