/* SPDX-License-Identifier: BSD-2-Clause */
#include "payload/load/tries.h"
#include "payload/kernel/args.h"
#include "payload/kernel/console.h"
#include "payload/kernel/hart.h"

#define ONE_IN 4

struct
try {
    struct aia_irq *irq;
    struct aia_hartset set;
    int result;
};

static uint64_t made, refused;

static void try_here(void *arg)
{
    struct try *t = arg;

    t->result = aia_irq_try_affinity(&aia, t->irq, &t->set);
}

int tries_move(struct random *r, struct aia_irq *irq, unsigned hart)
{
    struct try t = {.irq = irq, .set = aia_hartset_one(hart), .result = AIA_ECONTEXT};
    bool here = random_below(r, ONE_IN) != 0;
    unsigned by = random_below(r, hart_count());

    /* With hang=, a hart may answer no call: the run is about how soon that is found. */
    if (!here && hart_is_online(by) && !args_get("hang") && !aia_call(&aia, by, try_here, &t)) {
        if (t.result != AIA_ECONTEXT) {
            made += t.result == AIA_OK;
            return t.result;
        }
        refused++;
    }
    return aia_irq_set_affinity(&aia, irq, &t.set);
}

void tries_print(void)
{
    print("moves in interrupt context %lu, and %lu refused there\n", made, refused);
}
