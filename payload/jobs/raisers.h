/* SPDX-License-Identifier: BSD-2-Clause */
/* Harts that raise edges (load.h) until they are told to leave off. */
#ifndef PAYLOAD_JOBS_RAISERS_H
#define PAYLOAD_JOBS_RAISERS_H

#include <stdbool.h>
#include <stdint.h>

/* Each hart draws its own numbers from the seed. Once. */
void raisers_init(uint64_t seed);

/* Have an idle online hart raise, or have it stop and be idle. False, and said, if it does not. */
bool raisers_start(unsigned hart);
bool raisers_stop(unsigned hart);

/* The same of all online harts but the running one. */
bool raisers_start_all(void);
bool raisers_stop_all(void);

#endif
