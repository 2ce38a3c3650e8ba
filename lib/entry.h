/* SPDX-License-Identifier: BSD-2-Clause */
/* The trap entry's long way, where edges are traced (entry.c). */
#ifndef AIA_LIB_ENTRY_H
#define AIA_LIB_ENTRY_H

#include "lib/base.h"

/* Claim and handle at most STORM_FULL_TRAP edges of this hart's interrupt file. True: more is pending. Own, off. */
bool entry_traced(struct aia_hart *h);

#endif
