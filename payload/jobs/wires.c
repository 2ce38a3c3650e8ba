/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test=wires: devices by their wires, while their interrupts move and harts go offline and online: the RTC's alarm, a stream
 * of random numbers, the UART with nothing left to send, edu's INTx, as far as the machine has them. With type=TEXT, check
 * that this text is typed. With devices=soft, sources of the APLIC that software raises, which need no device.
 */
#include "payload/kernel/args.h"
#include "payload/kernel/console.h"
#include "payload/kernel/work.h"
#include "payload/kernel/hotplug.h"
#include "payload/kernel/panic.h"
#include "payload/kernel/time.h"
#include "payload/drivers/typing.h"
#include "payload/report/check.h"
#include "payload/jobs.h"
#include "payload/load/lines.h"
#include "payload/load/load.h"
#include <string.h>

const struct arg job_wires_args[] = {
    ARG_WORK("seconds", "how long (2)", ARG_MAX_SECONDS),
    ARG_TEXT("type", "the text that will be typed, once \"type: \" has been printed"),
    ARGS_END,
};

static char text[64];

static bool move(struct aia_irq *irq, unsigned hart)
{
    struct aia_hartset set = aia_hartset_one(irq_nth_hart(irq, hart));

    return !aia_irq_set_affinity(&aia, irq, &set);
}

/* Move each interrupt to the next online hart; every eighth time take a hart offline and online. */
static unsigned disturb(unsigned turn)
{
    unsigned bad = 0, hart = turn % hart_count();

    for (unsigned i = 0; i < n_lines; i++)
        bad += !move(lines[i]->line->irq, hart + i);
    for (unsigned i = 0; i < load_n_devices; i++)
        bad += !move(load_devices[i].irq, hart + i);
    if (turn % 8 || hart_count() < 2)
        return bad;
    hart = turn / 8 % hart_count();
    if (hart == hart_index() || !hart_is_online(hart))
        return bad;
    bad += hotplug_offline(hart).step != NULL;
    hart_sleep_until(time_after(time_from_ms(1)));
    return bad + (hotplug_online(hart).step != NULL);
}

static struct {
    uint64_t asked;
    unsigned wrong; /* turns in which the device was not handled, or was asked once and handled more often */
} books[LINES_MAX];

static void stream(bool on)
{
    for (unsigned i = 0; i < n_lines; i++)
        if (lines[i]->stream)
            lines[i]->stream(on);
}

/* Raise each device once, and move the interrupts meanwhile. */
static unsigned one_turn(unsigned turn)
{
    uint64_t before[LINES_MAX] = {0};

    for (unsigned i = 0; i < n_lines; i++) {
        before[i] = atomic_load(lines[i]->count);
        books[i].asked++;
        if (!lines[i]->stream)
            lines[i]->ask();
    }
    unsigned bad = disturb(turn);
    for (unsigned i = 0; i < n_lines; i++) {
        books[i].wrong += !wait_for(lines[i]->count, before[i] + 1);
        books[i].wrong += !lines[i]->stream && atomic_load(lines[i]->count) > before[i] + 1;
    }
    for (unsigned i = 0; i < load_n_devices; i++)
        (void)load_raise(&load_devices[i]);
    return bad;
}

static void under_fire(uint64_t seconds)
{
    uint64_t end = time_after(time_from_ms(seconds * 1000));
    unsigned turn = 0, bad = 0;

    stream(true);
    while (time_now() < end)
        bad += one_turn(turn++);
    stream(false);
    check(!bad, "%u turns of moves and hotplug, %u failed", turn, bad);
    for (unsigned i = 0; i < n_lines; i++) {
        const struct line_device *d = lines[i];
        check(books[i].asked && !books[i].wrong,
              "%s: raised %lu times, handled %lu times, %u late or too often", d->name, books[i].asked,
              atomic_load(d->count), books[i].wrong);
        check(atomic_load(&d->line->irq->count.unhandled) <= d->line->source->fallen,
              "%s: no run without a cause", d->name);
    }
    for (unsigned i = 0; i < load_n_devices; i++)
        check(load_devices[i].edges && !load_devices[i].lost, "%s: %lu edges, lost %lu", load_devices[i].name,
              load_devices[i].edges, load_devices[i].lost);
}

static void typing_arrives(const char *want)
{
    struct hart_wait w = hart_wait_begin(time_from_ms(5000));
    unsigned turn = 1, n = 0;

    print("type: %s\n", want);
    while (n < strlen(want) && n < sizeof(text) - 1 && hart_wait_more(&w)) {
        (void)disturb(turn++ | 1); /* no hotplug: moves only */
        for (int c; (c = console_read()) >= 0 && n < sizeof(text) - 1;)
            text[n++] = (char)c;
    }
    check(!strcmp(text, want), "typed, by %lu characters' interrupts: \"%s\"", typing.n, text);
}

static bool set_up(void)
{
    const char *devices = args_get("devices");

    wires_want();
    lines_init();
    if (!(devices && !strcmp(devices, "soft") ? load_add_soft(LOAD_MAX) : load_init_edu(LOAD_MAX)))
        return false;
    if (!n_lines && !load_n_devices)
        return untested("no device here has a wire that can be raised") == EXIT_PASS;
    if (args_get("type") && !typing.line.irq)
        args_refuse("type", "the console's UART has no wire here");
    return true;
}

int job_wires(void)
{
    if (args_get("type") && strlen(args_get("type")) >= sizeof(text))
        args_refuse("type", "at most %u characters", (unsigned)sizeof(text) - 1);
    if (!set_up())
        return EXIT_MACHINE;
    irq_need_ids(n_lines + load_n_devices);
    under_fire(args_u64("seconds", 2));
    if (args_get("type"))
        typing_arrives(args_get("type"));
    return verdict();
}
