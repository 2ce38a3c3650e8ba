/* SPDX-License-Identifier: BSD-2-Clause */
/* Direct delivery mode: the domain as the controller of its harts (controller.c). */
#ifndef APLIC_DIRECT_H
#define APLIC_DIRECT_H

#include <aia/aplic.h>

/* The operations of a source whose interrupts the domain delivers directly. */
extern const struct aia_msi_ops aplic_direct_ops;

/* Set up direct delivery: on for the harts of `online`, off for the other harts of the domain. */
void aplic_direct_init(struct aplic *a, const struct aia_hartset *online);

#endif
