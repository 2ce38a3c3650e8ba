/* SPDX-License-Identifier: BSD-2-Clause */
/* The audit of each delivery: aia_delivery.audit (audit.c). */
#ifndef AIA_LIB_AUDIT_H
#define AIA_LIB_AUDIT_H

struct audit;

void audit_imsic(struct audit *t);
void audit_direct(struct audit *t);

#endif
