/* SPDX-License-Identifier: BSD-2-Clause */
#include "payload/report/stats.h"
#include "payload/kernel/console.h"
#include "payload/kernel/hart.h"
#include "payload/kernel/irq.h"

const char *stats_update_name(enum aia_update update)
{
    static const char *const names[AIA_N_UPDATES] = {"one store", "masked", "address only", "common identity",
                                                     "torn and watched"};

    return (unsigned)update < AIA_N_UPDATES ? names[update] : "unknown";
}

void stats_print_harts(void)
{
    print("%-5s %10s %10s %9s %9s %6s %9s %10s\n", "hart", "handled", "forwarded", "swept", "unowned", "late",
          "IPIs", "reclaimed");
    for (unsigned h = 0; h < hart_count(); h++) {
        struct aia_hart *s = &aia.config.harts[h];
        print("%-5u %10lu %10lu %9lu %9lu %6lu %9lu %10lu\n", h, s->handled, s->forwarded, s->swept,
              s->unowned, s->late, s->ipis_taken, s->reclaimed);
    }
}

void stats_print_updates(void)
{
    print(
        "address only %lu, common identity %lu, torn and watched %lu (%lu copies), masked %lu, one store %lu\n",
        aia.updates[AIA_UPDATE_ADDR], aia.updates[AIA_UPDATE_COMMON], aia.updates[AIA_UPDATE_TORN],
        aia.torn_copies, aia.updates[AIA_UPDATE_MASKED], aia.updates[AIA_UPDATE_STORE]);
}
