/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test=remap: interrupts through the IOMMU are moved a known number of times under load, and a known number of harts go
 * offline, so that the IOMMU's commands can be counted (QEMU: -trace riscv_iommu_cmd). The device's message is read before
 * and after.
 */
#include "imsic/file.h"
#include "payload/kernel/console.h"
#include "payload/kernel/hart.h"
#include "payload/kernel/hotplug.h"
#include "payload/drivers/iommu.h"
#include "payload/kernel/panic.h"
#include "payload/kernel/time.h"
#include "payload/report/check.h"
#include "payload/jobs.h"
#include "payload/load/kinds.h"
#include "payload/load/load.h"
#include "payload/load/raisers.h"

#define MOVES    100u
#define OFFLINES 10u

static struct load_device *edu;

static struct aia_message own(void)
{
    struct aia_message m = {0};

    require(!edu->edu.msi.msi.ops->read_back(&edu->edu.msi.msi, &m), "edu0 does not answer");
    return m;
}

/* True if the IOMMU's entry for the device names this vector. */
static bool names(struct imsic_vector v)
{
    struct aia_message have = {0}, want = imsic_message(&aia.imsic, v);

    return !edu->irq->msi->ops->read_back(edu->irq->msi, &have) && have.addr == want.addr &&
           have.data == want.data;
}

static void moves(void)
{
    bool good = true;

    for (unsigned i = 0; i < MOVES; i++) {
        must_move(edu->irq, hart_from(edu->irq->vec.hart + 1));
        good &= names(edu->irq->vec);
    }
    check(good, "%u moves under load, and the entry names each vector", MOVES);
}

/* Measure a move; in a deterministic run a nanosecond is an instruction. */
static void cost(void)
{
    uint64_t begin = time_now();

    for (unsigned i = 0; i < MOVES; i++)
        must_move(edu->irq, hart_from(edu->irq->vec.hart + 1));
    print("a move: %lu ns\n", time_to_ns(time_now() - begin) / MOVES);
}

/* Another hart, to go offline; if possible a hart without interrupts, so that no other interrupt moves. */
static unsigned free_hart(void)
{
    unsigned hart = hart_from(hart_index() + 1);

    for (unsigned h = 0; h < hart_count(); h++) {
        bool taken = !hart_is_online(h) || h == hart_index();
        for (unsigned i = 0; i < load_n_devices; i++)
            taken |= load_devices[i].irq->vec.hart == h;
        if (!taken)
            hart = h;
    }
    return hart;
}

/* Each time the interrupt's only hart goes offline, the interrupt is displaced; it returns when the hart is online. */
static void offlines(void)
{
    unsigned other = free_hart(), done = 0;

    must_move(edu->irq, other);
    for (unsigned i = 0; i < OFFLINES; i++) {
        bool good = raisers_stop(other) && !hotplug_offline(other).step;
        good &= edu->irq->vec.hart != other && names(edu->irq->vec);
        good &= !hotplug_online(other).step && raisers_start(other);
        must_move(edu->irq, other);
        done += good && names(edu->irq->vec);
    }
    check(done == OFFLINES, "%u times its hart went offline and online", done);
}

int job_remap(void)
{
    if (!load_need_edu(1) || !has_harts(2) || !load_init_edu(LOAD_MAX))
        return EXIT_MACHINE;
    edu = &load_devices[0];
    cost();
    if (!iommu_remaps())
        return untested("no interrupt is remapped: %s", iommu_why_not());
    struct aia_message before = own();
    raisers_init(11, load_step);
    check(raisers_start_all(), "all other harts raise");
    moves();
    offlines();
    check(raisers_stop_all() && load_balanced(), "nothing lost of %lu edges", edu->edges);
    struct aia_message after = own();
    check(before.addr == after.addr && before.data == after.data, "the device's message: 0x%lx, %u",
          after.addr, after.data);
    check(iommu_check(), "the message of each other device has not changed");
    iommu_print();
    return verdict();
}
