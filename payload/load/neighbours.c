/* SPDX-License-Identifier: BSD-2-Clause */
#include "payload/load/neighbours.h"
#include "payload/kernel/console.h"
#include "payload/kernel/hart.h"
#include "payload/load/wedge.h"
#include "payload/load/soft.h"
#include <stdio.h>

#define PER_STEP 3 /* hart h has h % 4 times as many */

static struct soft softs[NEIGHBOURS_MAX];
struct neighbour neighbours[NEIGHBOURS_MAX];
unsigned n_neighbours;

static enum aia_result hit(void *context, struct aia_irq *irq)
{
    (void)context;
    wedge_ran_other(irq);
    return AIA_NONE;
}

static int add_neighbour(unsigned hart)
{
    unsigned n = n_neighbours;
    struct aia_request q = {
        .name = neighbours[n].name, .handler = hit, .msi = &softs[n].msi, .affinity = aia_hartset_one(hart)};

    soft_init(&softs[n], AIA_MSI_STORE);
    (void)snprintf(neighbours[n].name, sizeof(neighbours[n].name), "soft%u", n);
    neighbours[n].home = hart;
    n_neighbours++;
    return aia_irq_request(&aia, &q, &neighbours[n].irq);
}

bool neighbours_init(void)
{
    int error = AIA_OK;

    for (unsigned h = 0; h < hart_count() && !error; h++)
        for (unsigned i = 0; i < h % 4 * PER_STEP && n_neighbours < NEIGHBOURS_MAX && !error; i++)
            error = hart_is_online(h) ? add_neighbour(h) : AIA_OK;
    if (error)
        print("soft devices: %s\n", aia_strerror(error));
    return !error;
}

unsigned neighbours_go_home(unsigned hart)
{
    struct aia_hartset set = aia_hartset_one(hart);
    unsigned failures = 0;

    for (unsigned i = 0; i < n_neighbours; i++)
        if (neighbours[i].home == hart && neighbours[i].irq->vec.hart != hart)
            failures += aia_irq_set_affinity(&aia, neighbours[i].irq, &set) != AIA_OK;
    return failures;
}

int neighbours_free(void)
{
    int error = AIA_OK;

    for (; n_neighbours && !error; n_neighbours -= !error)
        error = aia_irq_free(&aia, neighbours[n_neighbours - 1].irq);
    return error;
}
