/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The main job: does this machine, with this firmware, lose an interrupt when affinity changes or a hart goes offline? All
 * other harts put load on devices. Meanwhile the boot hart moves the devices' interrupts and takes the other harts offline
 * and online, one at a time.
 */
#include "payload/kernel/args.h"
#include "payload/kernel/console.h"
#include "payload/drivers/iommu.h"
#include "payload/kernel/irq.h"
#include "payload/kernel/panic.h"
#include "payload/report/stats.h"
#include "payload/load/wedge.h"
#include "payload/report/check.h"
#include "payload/load/loop.h"
#include "payload/jobs.h"
#include "payload/load/kinds.h"
#include "payload/load/load.h"
#include "payload/load/naive.h"
#include <string.h>

const struct arg job_main_args[] = {
    ARG_TEXT(
        "devices",
        "kinds of devices, separated by commas, or all (edu, or soft without edu); wired: edu, by its wire"),
    ARG_FLAG("naive", "move as a naive driver does: edges are lost, FAIL is expected"),
    ARG_FLAG("pressure", "soft devices too; every way to change a message must occur. With ids= small (8)"),
    LOOP_ARGS,
    ARGS_END,
};

/* With `pressure`: note each way to change a message that did not occur. */
static void all_updates(void)
{
    for (unsigned u = 0; u < AIA_N_UPDATES; u++) {
        worked(aia.updates[u], "a way to change a message did not occur; with ids= small (8) all occur");
        if (!aia.updates[u])
            print("no message was changed by: %s\n", stats_update_name((enum aia_update)u));
    }
}

static int move_naively(struct aia_irq *irq, unsigned hart)
{
    for (unsigned i = 0; i < load_n_devices; i++)
        if (load_devices[i].irq == irq)
            return naive_move(&load_devices[i], hart);
    if (irq->order)
        return AIA_OK; /* a naive driver cannot move a block */
    return naive_move_irq(irq, hart, false, wedge_moved);
}

/* Take the devices of devices=. `pressure` adds soft devices, unless they are there already. */
static bool take_devices(const char *devices, bool pressure)
{
    if (!(devices ? kinds_init(devices) : kinds_init_default()))
        return false;
    for (unsigned i = 0; i < load_n_devices; i++)
        pressure &= !load_devices[i].soft;
    return !pressure || kinds_init("soft");
}

static bool needs_no_message(const char *devices)
{
    return !devices || !strcmp(devices, "edu") || !strcmp(devices, "soft");
}

/* Where devices send no messages, refuse an argument that needs messages. */
static void check_messages(const char *devices, bool naive, bool pressure)
{
    const char *what = naive                        ? "naive"
                       : pressure                   ? "pressure"
                       : !needs_no_message(devices) ? "devices"
                                                    : NULL;

    if (what && wires_wanted())
        args_refuse(what, "it needs devices that send messages, and here %s",
                    irq_by_message() ? "devices=wired" : "there are no interrupt files");
}

int job_main(void)
{
    const char *devices = args_get("devices");
    bool naive = args_get("naive"), pressure = args_get("pressure");

    if (devices && !strcmp(devices, "wired"))
        devices = NULL; /* the default devices; wires_wanted() gives them wires */
    check_messages(devices, naive, pressure);
    if (!take_devices(devices, pressure))
        return EXIT_MACHINE;
    if (naive && iommu_remaps())
        args_refuse("naive", "with an IOMMU messages never change; with iommu=off they do");
    if (naive)
        naive_init();
    bool good = loop_run(naive ? move_naively : NULL);
    good &= !naive || !naive_print();
    if (pressure && !naive)
        all_updates();
    return verdict_of(good);
}
