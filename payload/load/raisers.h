/* SPDX-License-Identifier: BSD-2-Clause */
/* Harts that put load on devices until they are told to stop. */
#ifndef PAYLOAD_LOAD_RAISERS_H
#define PAYLOAD_LOAD_RAISERS_H

#include <stdbool.h>
#include <stdint.h>

#include "payload/kernel/random.h"

/* `step` does a piece of load; it returns false if there is nothing to do now. Each hart draws its own numbers from the seed. */
void raisers_init(uint64_t seed, bool (*step)(struct random *r));

/* Make an idle online hart raise; make it stop and be idle. False: the hart did not obey, and the reason was printed. */
bool raisers_start(unsigned hart);
bool raisers_stop(unsigned hart);

/* The same for all online harts except the running hart. */
bool raisers_start_all(void);
bool raisers_stop_all(void);

#endif
