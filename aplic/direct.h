/* SPDX-License-Identifier: BSD-2-Clause */
/* Direct delivery mode: the domain as the controller of its harts (direct.c). */
#ifndef APLIC_DIRECT_H
#define APLIC_DIRECT_H

#include <aia/aplic.h>

/* The operations of a source whose interrupts the domain delivers directly. */
extern const struct aia_msi_ops aplic_direct_ops;

/* Set up direct delivery: on for the harts of the domain that take interrupts, off for those that are offline. */
void aplic_direct_init(struct aplic *a);

#endif
