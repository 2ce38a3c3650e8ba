/* SPDX-License-Identifier: BSD-2-Clause */
/* How a domain writes a message into a register (domain.c). */
#ifndef APLIC_DOMAIN_H
#define APLIC_DOMAIN_H

#include <aia/aplic.h>

/* The value of a target register, or of genmsi, for message `m`. */
uint32_t aplic_target(const struct aplic *a, const struct aia_message *m);

/* The message of a target register's value. */
struct aia_message aplic_message(const struct aplic *a, uint32_t target);

#endif
