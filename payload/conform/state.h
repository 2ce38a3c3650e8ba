/* SPDX-License-Identifier: BSD-2-Clause */
/* The state that a check may change, and that is restored after it. */
#ifndef PAYLOAD_CONFORM_STATE_H
#define PAYLOAD_CONFORM_STATE_H

#include "payload/conform/conform.h"

#define CONFORM_WORDS 32

struct conform_state {
    unsigned long eip[CONFORM_WORDS], eie[CONFORM_WORDS], eidelivery, eithreshold;
    unsigned long sie_external;
    uint32_t domaincfg;
    uint32_t idelivery, ithreshold;
};

void conform_save(const struct conform *c, struct conform_state *s);
void conform_restore(const struct conform *c, const struct conform_state *s);

#endif
