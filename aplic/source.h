/* SPDX-License-Identifier: BSD-2-Clause */
/* A source in both delivery modes (source.c). */
#ifndef APLIC_SOURCE_H
#define APLIC_SOURCE_H

#include <aia/aplic.h>

#include "lib/container.h"

static inline struct aplic_source *aplic_source_of(struct aia_msi *msi)
{
    return container_of(msi, struct aplic_source, msi);
}

/* Fill in a source, with the operations of the domain's delivery mode. */
void aplic_source_fill(struct aplic_source *s, struct aplic *a, unsigned number, enum aplic_mode mode);

/* Make the source active, set its target to `m`, and enable it. A line that is up already becomes pending. */
void aplic_source_start(struct aplic_source *s, const struct aia_message *m);

/* Disable the source. The source stays active, and keeps an edge. */
void aplic_source_stop(struct aplic_source *s);

/* aia_msi_ops.request and .level_up of a source, in both delivery modes. */
int aplic_source_request(struct aia_msi *msi, struct aia_request *r);
bool aplic_source_level_up(struct aia_msi *msi);

static inline bool aplic_is_level(enum aplic_mode mode)
{
    return mode == APLIC_LEVEL_HIGH || mode == APLIC_LEVEL_LOW;
}

#endif
