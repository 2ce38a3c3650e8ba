/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test=xhci: a USB controller and its disk. First the error paths, on an idle machine; then load from all harts while the
 * interrupts move and the other harts go offline and online. With `naive` the moves are those of a naive driver, and the
 * controller falls silent, as it did in the field. With `unplug` the controller stops answering halfway.
 */
#include "imsic/file.h"
#include "imsic/vector.h"
#include "payload/kernel/args.h"
#include "payload/kernel/console.h"
#include "payload/kernel/work.h"
#include "payload/kernel/hotplug.h"
#include "payload/kernel/panic.h"
#include "payload/kernel/machine.h"
#include "payload/kernel/time.h"
#include "payload/load/wedge.h"
#include "payload/report/check.h"
#include "payload/jobs.h"
#include "payload/load/kinds.h"
#include "payload/load/naive.h"
#include "payload/load/neighbours.h"
#include "payload/load/usb.h"
#include "payload/jobs/xhci_errors.h"
#include <string.h>

#define JOIN_MS        20000 /* a request may take as long as its own time limit */
#define MOVES_PER_TURN 4
#define DRAIN_MS       1000
#define PULL_MS        60000 /* on a busy host the program that pulls the disk may not run for long */
#define UNPLUG_MS      1000  /* within this time the driver must report that the controller is gone */

const struct arg job_xhci_args[] = {
    ARG_WORK("seconds", "how long the load lasts (5)", ARG_MAX_SECONDS),
    ARG_SEED,
    ARG_WORK("intrs", "most interrupters to use (4; with naive 1)", XHCI_INTRS),
    ARG_FLAG("nomove", "move no interrupt"),
    ARG_FLAG("nohotplug", "take no hart offline"),
    ARG_FLAG("noerrors", "skip the error paths"),
    ARG_FLAG_OR(
        "naive",
        "move as a naive driver does: edges are lost, FAIL is expected. naive=torn: only the message's change "
        "is naive",
        "torn"),
    ARG_FLAG("unplug", "halfway the controller stops answering"),
    ARG_FLAG("pull", "halfway a line asks for the disk to be pulled (device_del)"),
    ARGS_END,
};

static struct usb_bench *const usb = &usb_benches[0];

static struct {
    struct random control;
    bool naive, torn, moving, goes, unplugged, pulled;
    uint64_t unplugged_at;
    unsigned turn;
    bool down;
    uint64_t moves, refused, offlines;
    unsigned failures;
} job;

/* ---- the other harts ---- */

static struct random randoms[MACHINE_MAX_HARTS];
static _Atomic int quit[MACHINE_MAX_HARTS];

static void load_loop(void *arg)
{
    (void)arg;
    while (!atomic_load(&quit[hart_index()]) && usb_step(usb, &randoms[hart_index()]))
        ;
}

static void start(unsigned hart)
{
    atomic_store(&quit[hart], 0);
    int error = hart_run(hart, load_loop, NULL);
    if (error)
        print("hart %u, load: %s\n", hart, hart_strerror(error));
    job.failures += error != 0;
}

static bool stop(unsigned hart)
{
    atomic_store(&quit[hart], 1);
    int error = hart_join(hart, time_from_ms(JOIN_MS));
    if (error)
        print("hart %u, load: %s\n", hart, hart_strerror(error));
    job.failures += error != 0;
    return !error;
}

static void others(void (*what)(unsigned hart))
{
    for (unsigned h = 0; h < hart_count(); h++)
        if (h != hart_index() && hart_is_online(h))
            what(h);
}

static void stop_one(unsigned hart)
{
    (void)stop(hart);
}

/* ---- moves and hotplug ---- */

/*
 * naive=torn does what Linux 6.12 does: write address and data one after the other, but free the old vector only when its
 * hart has taken what was pending there. Only an edge that the device sends between the two writes can be lost.
 */
struct drained {
    unsigned id;
    bool pending;
};

static void look_pending(void *arg)
{
    struct drained *d = arg;

    d->pending = imsic_file_pending(d->id / 64) >> d->id % 64 & 1;
}

static int drain_and_free(struct imsic_vector v)
{
    struct hart_wait w = hart_wait_begin(time_from_ms(DRAIN_MS));
    struct drained d = {.id = v.id, .pending = true};
    int error;

    while (!(error = aia_call(&aia, v.hart, look_pending, &d)) && d.pending)
        if (!hart_wait_more(&w))
            return AIA_ETIMEOUT;
    if (!error)
        imsic_free(&aia.imsic, v);
    return error;
}

static int naive_to(struct aia_irq *irq, unsigned to)
{
    struct imsic_vector from = irq->vec;
    int error = naive_move_irq(irq, to, job.torn, wedge_moved);

    return error || !job.torn ? error : drain_and_free(from);
}

static void move_to(struct aia_irq *irq, unsigned to)
{
    struct imsic_vector from = irq->vec;
    struct aia_hartset set = aia_hartset_one(to);
    int error;

    if (job.naive) {
        error = naive_to(irq, to);
    } else {
        error = aia_irq_set_affinity(&aia, irq, &set);
        wedge_moved(irq, from, irq->vec);
    }
    if ((error == AIA_ESILENT || error == AIA_ETIMEOUT) && job.unplugged) {
        job.refused++; /* the unplugged device cannot be drained */
    } else if (error) {
        print("%s: move to hart %u: %s\n", irq->name, to, aia_strerror(error));
        job.failures++;
    } else {
        job.moves++;
    }
}

/* A random online hart other than `than`; `than` itself if there is no other. */
static unsigned another_hart(unsigned than)
{
    unsigned h, others = 0;

    for (h = 0; h < hart_count(); h++)
        others += h != than && hart_is_online(h);
    if (!others)
        return than;
    do
        h = random_below(&job.control, hart_count());
    while (!hart_is_online(h) || h == than);
    return h;
}

static void move_some(void)
{
    for (unsigned i = 0; i < MOVES_PER_TURN && !usb->freed && !atomic_load(&usb->ended); i++) {
        struct aia_irq *irq = usb->x.intrs[random_below(&job.control, usb->x.n_intrs)].irq;
        unsigned to = another_hart(irq->vec.hart);
        if (to != irq->vec.hart)
            move_to(irq, to);
    }
    if (job.unplugged && n_neighbours) { /* other interrupts still move */
        struct neighbour *n = &neighbours[random_below(&job.control, n_neighbours)];
        n->home = another_hart(n->irq->vec.hart);
        move_to(n->irq, n->home);
    }
}

/* Take `hart` offline. A naive driver first moves its interrupts away itself, so the library finds none to move. */
static struct hotplug_error offline(unsigned hart)
{
    uint64_t unowned = aia.config.harts[hart].unowned;

    for (unsigned i = 0; i < usb->x.n_intrs && job.naive; i++)
        if (usb->x.intrs[i].irq->vec.hart == hart)
            move_to(usb->x.intrs[i].irq, another_hart(hart));
    struct hotplug_error e = hotplug_offline(hart);
    if (!e.step && job.naive && aia.config.harts[hart].unowned != unowned)
        wedge_swept(hart);
    return e;
}

static void change_a_hart(void)
{
    struct hotplug_error e;

    if (job.down) {
        e = hotplug_online(job.turn);
        if (!e.step) {
            job.failures += neighbours_go_home(job.turn);
            start(job.turn);
        }
        job.down = false;
    } else {
        do
            job.turn = (job.turn + 1) % hart_count();
        while (job.turn == hart_index() || !hart_is_online(job.turn));
        if (!stop(job.turn))
            return;
        e = offline(job.turn);
        job.down = !e.step;
        job.offlines += job.down;
        if (!job.down)
            start(job.turn);
    }
    if (e.step && job.unplugged && !usb->freed) {
        job.refused++; /* the interrupt of a silent device cannot move, until it is freed */
    } else if (e.step) {
        print("hart %u: failed at %s: %s\n", job.turn, e.step, e.why);
        job.failures++;
    }
}

/* Halfway, unplug the controller, or print a line that asks for the disk to be pulled. */
static void unplug(uint64_t when)
{
    if (args_get("pull") && !job.pulled && time_now() >= when) {
        usb->pull_expected = 1;
        job.pulled = true;
        print("pull the disk\n");
    }
    if (job.unplugged || !args_get("unplug") || time_now() < when)
        return;
    job.unplugged_at = time_now();
    job.unplugged = true;
    usb_unplug(usb);
}

/* The time at which the load ends. With `pull` the disk must be pulled within PULL_MS, and half of the load follows. */
static uint64_t end_of_load(uint64_t half, uint64_t ticks)
{
    if (!job.pulled)
        return half + ticks / 2;
    return atomic_load(&usb->disk_error) ? usb->disk_error_at + ticks / 2 : half + time_from_ms(PULL_MS);
}

/* Returns when the time is up, or as soon as the controller falls silent without being unplugged. */
static void control(uint64_t start_at, uint64_t ticks)
{
    bool hotplug = job.goes, moves = job.moving;
    uint64_t next_change = start_at, half = start_at + ticks / 2;

    while (time_now() < end_of_load(half, ticks) && (job.unplugged || !atomic_load(&usb->ended))) {
        if (moves)
            move_some();
        if (hotplug && time_now() >= next_change) {
            change_a_hart();
            next_change = time_now() + time_from_ms(2);
        }
        if (hart_online_count() == 1)
            (void)usb_step(usb, &job.control); /* no other hart is online */
        irq_print_reports();
        unplug(half);
        /* Free the interrupts, as a driver does whose device is gone: then they no longer keep harts from going offline. */
        if (job.unplugged && !usb->freed && atomic_load(&usb->ended))
            job.failures += usb_free_interrupts(usb) != AIA_OK;
    }
    if (job.down)
        change_a_hart();
}

/* ---- verdict ---- */

static void check_pulled(void)
{
    int error = atomic_load(&usb->disk_error);

    check(error == XHCI_EPULLED, "pulled: after %lu ms: %s",
          time_to_us(usb->disk_error_at - usb->disk_asked_at) / 1000, xhci_strerror(error));
    check(usb->noops > usb->noops_then, "No-Ops continue: %lu more", usb->noops - usb->noops_then);
    error = xhci_detach(&usb->x, usb->disk.slot);
    check(!error, "its slot is freed: %s", xhci_strerror(error));
}

static void check_end(uint64_t took_ms)
{
    int ended = atomic_load(&usb->ended);
    uint64_t after_ms = time_to_us(usb->ended_at - job.unplugged_at) / 1000;

    if (job.unplugged) {
        check(ended == XHCI_EGONE && after_ms <= UNPLUG_MS, "unplugged: reported after %lu ms: %s", after_ms,
              xhci_strerror(ended));
        check((job.moves || !job.moving) && (job.offlines || !job.goes), "moves and hotplug continued");
        return;
    }
    if (ended)
        print("load ended after %lu.%03lu s: %s\n", took_ms / 1000, took_ms % 1000, xhci_strerror(ended));
    if (job.pulled)
        check_pulled();
    check(!ended, "the controller answers to the end");
    check(usb_balanced(usb), "no interrupt is lost, and all data is right");
}

static void free_all(void)
{
    int error = usb_free_interrupts(usb), e = neighbours_free();

    error = error ? error : e;
    check(!error, "all interrupts are freed: %s", aia_strerror(error));
}

static void load(void)
{
    uint64_t seconds = args_u64("seconds", 5), seed = args_u64("seed", time_now());

    job.control.state = seed;
    job.moving = hart_online_count() > 1 && !args_get("nomove");
    job.goes = hart_online_count() > 1 && !args_get("nohotplug");
    job.naive = args_get("naive");
    job.torn = job.naive && !strcmp(args_get("naive"), "torn");
    for (unsigned h = 0; h < hart_count(); h++)
        randoms[h].state = random_next(&job.control);
    print("%u harts, %lu s, %s moves, seed=%lu\n", hart_online_count(), seconds,
          job.torn    ? "torn"
          : job.naive ? "naive"
                      : "the library's",
          seed);
    others(start);
    uint64_t start_at = time_now();
    control(start_at, time_from_ms(seconds * 1000));
    uint64_t took_ms = time_to_us(time_now() - start_at) / 1000;
    others(stop_one);
    usb_print(usb);
    print("moves %lu: address only %lu, common identity %lu, torn and watched %lu, masked %lu; refused %lu; "
          "offlines %lu\n",
          job.moves, aia.updates[AIA_UPDATE_ADDR], aia.updates[AIA_UPDATE_COMMON],
          aia.updates[AIA_UPDATE_TORN], aia.updates[AIA_UPDATE_MASKED], job.refused, job.offlines);
    worked(usb->noops, "no command was sent to the controller");
    worked(job.moves || (!job.moving && !job.naive), "no interrupt was moved");
    worked(job.offlines || !job.goes, "no hart went offline");
    check_end(took_ms);
}

int job_xhci(void)
{
    const struct pci *pci = kinds_pci();

    wedge_init();
    /* A naive driver has one message, because it cannot move a block. */
    unsigned intrs = (unsigned)args_u64("intrs", args_get("naive") ? 1 : XHCI_INTRS);
    struct pci_device *pd = NULL;
    bool up = false;
    while (pci && (pd = usb_find(pci, 0)) && !(up = usb_init(usb, pd, "xhci", intrs)) && pd->error)
        continue;
    if (!pci || !pd)
        return untested(
            "there is no xhci controller with a disk (-device nec-usb-xhci,msi=on,msix=off or qemu-xhci)");
    if (!up || !neighbours_init())
        return EXIT_MACHINE;
    if (!args_get("noerrors"))
        usb_errors();
    load();
    check(!job.failures, "no operation failed");
    if (job.naive) { /* after naive moves the books need not balance */
        return verdict_of(!usb->ended);
    }
    if (!job.unplugged)
        check(!xhci_stop(&usb->x), "halted");
    free_all();
    return verdict();
}
