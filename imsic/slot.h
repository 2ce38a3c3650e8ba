/* SPDX-License-Identifier: BSD-2-Clause */
/* A slot as the library writes it. aia/imsic.h reads the state and the owner of a slot. */
#ifndef IMSIC_SLOT_H
#define IMSIC_SLOT_H

#include <aia/imsic.h>

static inline uint32_t imsic_slot(enum imsic_state state, uint32_t owner)
{
    return owner << 8 | (uint32_t)state;
}

#endif
