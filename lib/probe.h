/* SPDX-License-Identifier: BSD-2-Clause */
/* The test whether messages reach the running hart as the embedder's configuration says (probe.c). */
#ifndef AIA_LIB_PROBE_H
#define AIA_LIB_PROBE_H

#include "lib/base.h"

/*
 * Test what reaches this hart, which comes online for the first time: a store to its file, and a message of each known barrier.
 * Own, off.
 * AIA_OK; AIA_EFILE; AIA_EDOMAIN: a->unheard is the barrier whose message did not arrive.
 */
int probe_hart(struct aia *a, unsigned here);

#endif
