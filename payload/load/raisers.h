/* SPDX-License-Identifier: BSD-2-Clause */
/* Harts that put load on devices until they are told to leave off. */
#ifndef PAYLOAD_LOAD_RAISERS_H
#define PAYLOAD_LOAD_RAISERS_H

#include <stdbool.h>
#include <stdint.h>

#include "payload/kernel/random.h"

/* `step` is the load, a piece at a time; false: nothing to do now. Each hart draws its own numbers from the seed. */
void raisers_init(uint64_t seed, bool (*step)(struct random *r));

/* Have an idle online hart raise, or have it stop and be idle. False: it does not, and the reason was printed. */
bool raisers_start(unsigned hart);
bool raisers_stop(unsigned hart);

/* The same of all online harts but the running one. */
bool raisers_start_all(void);
bool raisers_stop_all(void);

#endif
