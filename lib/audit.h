/* SPDX-License-Identifier: BSD-2-Clause */
/* The two ways to audit a hart (audit.c), for its delivery. */
#ifndef AIA_LIB_AUDIT_H
#define AIA_LIB_AUDIT_H

struct audit;

void audit_imsic(struct audit *t);
void audit_direct(struct audit *t);

#endif
