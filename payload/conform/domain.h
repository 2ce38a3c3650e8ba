/* SPDX-License-Identifier: BSD-2-Clause */
/* Helpers for the checks of an APLIC domain. */
#ifndef PAYLOAD_CONFORM_DOMAIN_H
#define PAYLOAD_CONFORM_DOMAIN_H

#include "payload/conform/conform.h"

#include "aplic/regs.h"

static inline uint32_t reg_read(const struct conform *c, unsigned reg)
{
    uint32_t v = mmio_read32(c->domain->mmio + reg);

    conform_read("offset", reg, v);
    return v;
}

static inline void reg_write(const struct conform *c, unsigned reg, uint32_t v)
{
    mmio_write32(c->domain->mmio + reg, v);
}

/* The bit of a source in setip, in_clrip, setie. */
static inline bool bit_of(const struct conform *c, unsigned array, unsigned source)
{
    return reg_read(c, array + source / 32 * 4) >> source % 32 & 1;
}

static inline void write_bit(const struct conform *c, unsigned array, unsigned source)
{
    reg_write(c, array + source / 32 * 4, 1u << source % 32);
}

static inline void mode(const struct conform *c, unsigned source, enum aplic_mode m)
{
    reg_write(c, SOURCECFG + 4 * source, m);
}

/* Switch the domain's delivery on or off, in its delivery mode. */
static inline void domain_enable(const struct conform *c, bool on)
{
    reg_write(c, DOMAINCFG, (c->domain->direct ? 0 : DOMAINCFG_DM) | (on ? DOMAINCFG_IE : 0));
}

static inline bool is_active(const struct conform *c, unsigned source)
{
    return reg_read(c, SOURCECFG + 4 * source) != 0;
}

#define PENDING(c, s) bit_of(c, SETIP, s)
#define ENABLED(c, s) bit_of(c, SETIE, s)
#define INPUT(c, s)   bit_of(c, IN_CLRIP, s)

#define BITS "AdvPLIC.adoc, \"Precise effects on interrupt-pending bits\""

#endif
