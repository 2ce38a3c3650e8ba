/* SPDX-License-Identifier: BSD-2-Clause */
/* The commands that change the machine's state. */
#include "imsic/file.h"
#include "payload/shell/commands.h"
#include "payload/report/audit.h"
#include "payload/kernel/console.h"
#include "payload/kernel/work.h"
#include "payload/kernel/hotplug.h"
#include "payload/kernel/panic.h"
#include "payload/kernel/sbi.h"
#include "payload/report/stats.h"
#include "payload/kernel/time.h"
#include "payload/drivers/wires.h"
#include "payload/jobs.h"
#include "payload/load/kinds.h"
#include "payload/load/load.h"
#include "payload/load/raisers.h"
#include <string.h>

#define CALLS 100

static uint64_t us_since(uint64_t start)
{
    return time_to_us(time_now() - start);
}

/* ---- move ---- */

enum command_result command_move(int argc, char *argv[])
{
    uint64_t updates[AIA_N_UPDATES];
    struct aia_irq *irq;
    unsigned hart;

    if (!arg_count(argc, argv, 2, 2) || !arg_irq(argv, argv[1], &irq) || !arg_hart(argv, argv[2], &hart))
        return COMMAND_FAILED;
    if (irq->managed) {
        print("%s: it is managed: it moves only when its hart goes offline\n", irq_name(irq));
        return COMMAND_FAILED;
    }
    struct imsic_vector from = irq->first->vec;
    if (from.id && from.hart == hart) {
        print("%s: it is on hart %u already\n", irq_name(irq), hart);
        return COMMAND_OK;
    }
    struct aia_hartset set = aia_hartset_one(hart);
    for (unsigned u = 0; u < AIA_N_UPDATES; u++)
        updates[u] = aia.updates[u];
    uint64_t start = time_now();
    int error = aia_irq_set_affinity(&aia, irq, &set);
    uint64_t us = us_since(start);
    if (error) {
        print("%s: to hart %u: %s\n", irq_name(irq), hart, aia_strerror(error));
        return COMMAND_FAILED;
    }
    struct imsic_vector to = irq->first->vec;
    const char *id = irq_by_message() ? "identity" : "source";
    print("%s: from hart %u %s %u to hart %u %s %u in %lu us", irq_name(irq), from.hart, id, from.id, to.hart,
          id, to.id, us);
    for (unsigned u = 0; u < AIA_N_UPDATES; u++)
        if (aia.updates[u] != updates[u])
            print(", message changed by: %s", stats_update_name((enum aia_update)u));
    print("\n");
    return COMMAND_OK;
}

/* ---- load ---- */

static bool start_load(unsigned hart)
{
    return hart == hart_index() || raisers_start(hart);
}

static enum command_result load_start(void)
{
    if (shell.load || !kinds_n_devices || hart_online_count() < 2) {
        print("load: %s\n", shell.load         ? "it runs already"
                            : !kinds_n_devices ? "this run has set up no devices"
                                               : "no other hart is online");
        return COMMAND_FAILED;
    }
    raisers_init(time_now(), kinds_step);
    shell.load = raisers_start_all();
    if (!shell.load)
        (void)raisers_stop_all();
    return shell.load ? COMMAND_OK : COMMAND_FAILED;
}

static enum command_result load_stop(void)
{
    uint64_t completions, lost;

    if (!shell.load) {
        print("load: it does not run\n");
        return COMMAND_FAILED;
    }
    bool good = raisers_stop_all();
    good &= kinds_settle();
    shell.load = false;
    kinds_count(&completions, &lost);
    print("load: completions %lu, lost %lu, since this run began\n", completions, lost);
    return good ? COMMAND_OK : COMMAND_FAILED;
}

enum command_result command_load(int argc, char *argv[])
{
    if (!arg_count(argc, argv, 1, 1))
        return COMMAND_FAILED;
    if (!strcmp(argv[1], "start"))
        return load_start();
    if (!strcmp(argv[1], "stop"))
        return load_stop();
    (void)arg_bad(argv, argv[1], "neither start nor stop");
    return COMMAND_FAILED;
}

/* ---- hart ---- */

#define HART_NAMES 47 /* the column of the names */

/* Print a name, on a new row if the row has no room. Returns the column after the name. */
static size_t print_name(const char *name, size_t column)
{
    size_t length = 1 + strlen(name);

    if (column + length < 80) {
        print(" %s", name);
        return column + length;
    }
    print("\n%*s%s", HART_NAMES + 1, "", name);
    return HART_NAMES + length;
}

static void print_harts(void)
{
    static const char *const library[] = {
        [AIA_HART_OFFLINE] = "offline",     [AIA_HART_ONLINE] = "online", [AIA_HART_CLOSED] = "closed",
        [AIA_HART_EVACUATED] = "evacuated", [AIA_HART_FORCED] = "forced", [AIA_HART_QUIET] = "quiet",
        [AIA_HART_SWEPT] = "swept",
    };

    print("%-5s %-6s %-10s %-10s %-12s %s\n", "hart", "id", "payload", "library", "firmware", "interrupts");
    for (unsigned h = 0; h < hart_count(); h++) {
        struct aia_irq *irq;
        size_t column = HART_NAMES;
        print("%-5u %-6lu %-10s %-10s %-12s", h, harts[h].hartid, hart_state_name(hart_state(h)),
              library[aia.config.harts[h].state], sbi_hsm_state_name(sbi_hart_status(harts[h].hartid)));
        for (unsigned n = 0; (irq = nth_irq(n)); n++)
            if (irq->vec.id && irq->vec.hart == h)
                column = print_name(irq_name(irq), column);
        print("\n");
    }
}

static enum command_result change(unsigned hart, bool online)
{
    uint64_t start = time_now();
    bool good = !shell.load || online || raisers_stop(hart);
    struct hotplug_error e = {"stopping the load", "the hart does not stop"};

    if (good)
        e = online ? hotplug_online(hart) : hotplug_offline(hart);
    uint64_t us = us_since(start);
    if (shell.load && hart_is_online(hart) && good)
        good &= start_load(hart);
    if (e.step) {
        print("hart %u: %s: %s\n", hart, e.step, e.why);
        return COMMAND_FAILED;
    }
    print("hart %u: %s in %lu us\n", hart, online ? "online" : "offline", us);
    return good ? COMMAND_OK : COMMAND_FAILED;
}

enum command_result command_hart(int argc, char *argv[])
{
    unsigned hart;
    bool online = argc == 3 && !strcmp(argv[2], "online");

    if (argc == 1) {
        print_harts();
        return COMMAND_OK;
    }
    if (!arg_count(argc, argv, 2, 2) || !arg_hart(argv, argv[1], &hart) || !may_act(argv))
        return COMMAND_FAILED;
    if (!online && strcmp(argv[2], "offline") != 0) {
        (void)arg_bad(argv, argv[2], "neither online nor offline");
        return COMMAND_FAILED;
    }
    if (online == hart_is_online(hart) || hart == hart_index()) {
        (void)arg_bad(argv, argv[1],
                      online == hart_is_online(hart) ? "it is already" : "the shell runs on it");
        return COMMAND_FAILED;
    }
    return change(hart, online);
}

/* ---- ipi, raise ---- */

static void nothing(void *arg)
{
    (void)arg;
}

static bool call(unsigned hart)
{
    uint64_t longest = 0, begin = time_now();

    for (unsigned i = 0; i < CALLS; i++) {
        uint64_t start = time_now();
        int error = aia_call(&aia, hart, nothing, NULL);
        uint64_t took = time_now() - start;
        if (error) {
            print("hart %u: call %u: %s\n", hart, i, aia_strerror(error));
            return false;
        }
        longest = took > longest ? took : longest;
    }
    print("hart %u: %u calls, %lu ns each, the longest %lu ns\n", hart, CALLS,
          time_to_ns(time_now() - begin) / CALLS, time_to_ns(longest));
    return true;
}

enum command_result command_ipi(int argc, char *argv[])
{
    unsigned hart = 0;
    bool good = true;

    if (!arg_count(argc, argv, 0, 1) || (argc == 2 && !arg_hart(argv, argv[1], &hart)))
        return COMMAND_FAILED;
    for (unsigned h = 0; h < hart_count(); h++)
        if (argc == 2 ? h == hart : hart_is_online(h))
            good &= call(h);
    return good ? COMMAND_OK : COMMAND_FAILED;
}

static uint64_t runs_of(const struct aia_irq *irq)
{
    uint64_t n = 0;

    for (unsigned h = 0; h < hart_count(); h++)
        n += aia_irq_runs(&aia, irq, h);
    return n;
}

static struct load_device *device_of(const struct aia_irq *irq)
{
    for (unsigned i = 0; i < load_n_devices; i++)
        if (load_devices[i].irq == irq)
            return &load_devices[i];
    return NULL;
}

/* A level whose line is down cannot be made pending. */
static bool line_is_down(const struct aia_irq *irq)
{
    const struct aplic *a;
    struct aplic_look look;

    for (unsigned n = 0; (a = wires_domain(n)); n++)
        if (aplic_number(a, irq->msi)) {
            aplic_look(a, aplic_number(a, irq->msi), &look);
            return (look.mode == APLIC_LEVEL_HIGH || look.mode == APLIC_LEVEL_LOW) && !look.input;
        }
    return false;
}

/* Raise an edge: by the device if possible; else by the wire's source, or by sending the device's message. */
static bool raise(struct aia_irq *irq)
{
    struct load_device *d = device_of(irq);
    uint64_t before = runs_of(irq);
    struct hart_wait w = hart_wait_begin(time_from_ms(LOAD_LOST_MS));

    if (d)
        return load_raise(d);
    if (irq->msi->ops->retrigger)
        irq->msi->ops->retrigger(irq->msi);
    else
        imsic_send(&aia.imsic, irq->vec);
    while (runs_of(irq) == before)
        if (!hart_wait_more(&w))
            return false;
    return true;
}

enum command_result command_raise(int argc, char *argv[])
{
    struct aia_irq *irq;

    if (!arg_count(argc, argv, 1, 1) || !arg_irq(argv, argv[1], &irq))
        return COMMAND_FAILED;
    if (!irq->vec.id || atomic_load(&irq->flow) & AIA_FLOW_DISABLED) {
        print("%s: %s\n", irq_name(irq),
              irq->vec.id ? "it is disabled" : "it is shut down: no hart of its set is online");
        return COMMAND_FAILED;
    }
    if (!device_of(irq) && line_is_down(irq)) {
        print("%s: its line is down, and only the device can raise it\n", irq_name(irq));
        return COMMAND_FAILED;
    }
    uint64_t start = time_now();
    bool handled = raise(irq);
    print("%s: raised by %s; %s after %lu us, now on hart %u\n", irq_name(irq),
          device_of(irq) ? "the device" : "software in its place", handled ? "handled" : "NOT handled",
          us_since(start), irq->vec.hart);
    return handled ? COMMAND_OK : COMMAND_FAILED;
}

/* ---- jobs ---- */

/* A job that fails makes the exit code 1, as an audit's findings do. */
enum command_result command_job(int argc, char *argv[])
{
    const struct job *j = jobs;

    if (!arg_count(argc, argv, 0, 0))
        return COMMAND_FAILED;
    if (shell.load) {
        print("%s: not under load; `load stop' first\n", argv[0]);
        return COMMAND_FAILED;
    }
    while (j->name && strcmp(j->name, argv[0]) != 0)
        j++;
    require(j->name, "%s is in commands.c and not in jobs.c", argv[0]);
    int code = j->run();
    shell.failed |= code == EXIT_FAIL;
    return code == EXIT_PASS ? COMMAND_OK : COMMAND_FAILED;
}

/* ---- audit, reset ---- */

/* The load pauses, because nothing may be raised during an audit. */
enum command_result command_audit(int argc, char *argv[])
{
    bool good = true;

    if (!arg_count(argc, argv, 0, 0))
        return COMMAND_FAILED;
    if (shell.load)
        good = raisers_stop_all() && kinds_settle();
    uint64_t start = time_now();
    unsigned findings = audit_all();
    uint64_t us = us_since(start);
    if (shell.load)
        good &= raisers_start_all();
    shell.failed |= findings != 0;
    print("audit: %u findings, %u harts in %lu us\n", findings, hart_online_count(), us);
    return good && !findings ? COMMAND_OK : COMMAND_FAILED;
}

/* SBI, "System Reset Extension": cold reboot. */
enum command_result command_reset(int argc, char *argv[])
{
    if (!arg_count(argc, argv, 0, 0))
        return COMMAND_FAILED;
    print("reset\n");
    console_drain();
    print("reset: %s\n", sbi_strerror(sbi_reboot()));
    return COMMAND_FAILED;
}
