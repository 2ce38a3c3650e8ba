/* SPDX-License-Identifier: BSD-2-Clause */
/* Shared by aplic_model.c and aplic_state.c alone. */
#ifndef APLIC_STATE_H
#define APLIC_STATE_H

#include "aplic_model.h"

#define AM_FIXED 0x80000000u
#define AM_IE    0x100u
#define AM_DM    4u
#define AM_BE    1u
#define AM_BUSY  0x1000u

/* The rectified input value. */
static inline bool am_input(const struct am_source *s)
{
    return s->mode >= 4 && s->wire != (bool)(s->mode & 1);
}

/* Update the pending bit of source i after a change of it. `rose`: its rectified input went from low to high. */
void am_consider(struct am *d, unsigned i, bool rose);

/* A write to setip or setipnum, to in_clrip or to clripnum that has an effect. */
void am_set_pending(struct am *d, unsigned i);
void am_clear_pending(struct am *d, unsigned i);

uint32_t am_idc_read(struct am *d, unsigned index, unsigned reg);
void am_idc_write(struct am *d, unsigned index, unsigned reg, uint32_t v);

/* A struct am's part in the fabric (struct m_chip). */
void am_step(struct m_chip *c);
void am_poll(struct m_chip *c, unsigned hart);
bool am_settle(struct m_chip *c);
bool am_signals(const struct m_chip *c, unsigned hart);

#endif
