/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test=wires: devices that have nothing but a wire, while their interrupts move and harts come and go: the RTC's alarm,
 * random numbers in a stream, and, with type=TEXT, that this text is typed.
 */
#include "payload/args.h"
#include "payload/console.h"
#include "payload/hart.h"
#include "payload/hotplug.h"
#include "payload/time.h"
#include "payload/drivers/goldfish.h"
#include "payload/drivers/typing.h"
#include "payload/drivers/virtio_rng.h"
#include "payload/jobs/check.h"
#include "payload/jobs/jobs.h"
#include <string.h>

const struct arg job_wires_args[] = {
    ARG_WORK("seconds", "how long (2)", ARG_MAX_SECONDS),
    ARG_TEXT("type", "the text that will be typed, once \"type: \" has been printed"),
    ARGS_END,
};

static struct goldfish rtc;
static struct virtio_rng rng;
static char text[64];

/* Move them all on by one online hart, and every eighth time take a hart offline and back. */
static unsigned disturb(unsigned turn)
{
    struct aia_irq *const irqs[] = {rtc.irq, rng.irq, typing.irq};
    unsigned bad = 0, hart = turn % hart_count();

    for (unsigned i = 0; i < 3; i++) {
        struct aia_hartset set = aia_hartset_one(irq_nth_hart(irqs[i], hart + i));
        bad += aia_irq_set_affinity(&aia, irqs[i], &set) != AIA_OK;
    }
    if (turn % 8 || hart_count() < 2)
        return bad;
    hart = turn / 8 % hart_count();
    if (hart == hart_index())
        return bad;
    bad += hotplug_offline(hart).step != NULL;
    hart_sleep_until(time_after(time_from_ms(1)));
    return bad + (hotplug_online(hart).step != NULL);
}

/* For so long: alarms a millisecond ahead, one after the other; the random numbers must not stall. */
static void under_fire(uint64_t seconds)
{
    uint64_t end = time_after(time_from_ms(seconds * 1000));
    unsigned turn = 0, bad = 0, late = 0, stalls = 0, set = 0;

    virtio_rng_start(&rng);
    while (time_now() < end) {
        uint64_t alarms = rtc.alarms, filled = rng.filled;
        goldfish_alarm(&rtc, goldfish_now(&rtc) + 1000000);
        set++;
        bad += disturb(turn++);
        late += !wait_for(&rtc.alarms, alarms + 1);
        stalls += !wait_for(&rng.filled, filled + 1);
        late += rtc.alarms > alarms + 1;
    }
    virtio_rng_stop(&rng);
    check(!bad, "%u turns of moves and hotplug, %u failed", turn, bad);
    check(set && !late, "%u alarms set, %lu went off, %u late or too often", set, rtc.alarms, late);
    check(!stalls, "%lu buffers with %lu random bytes, %u stalls", rng.filled, rng.bytes, stalls);
    check(!(atomic_load(&rtc.irq->none) > rtc.wire->fallen), "no alarm interrupt without an alarm");
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

int job_wires(void)
{
    if (args_get("type") && strlen(args_get("type")) >= sizeof(text))
        args_refuse("type", "at most %u characters", (unsigned)sizeof(text) - 1);
    bool good = goldfish_init(&rtc) && virtio_rng_init(&rng) && typing_init();

    if (!good)
        return untested("it takes an RTC, random numbers and a UART, each with a wire");
    irq_need_ids(3);
    under_fire(args_u64("seconds", 2));
    if (args_get("type"))
        typing_arrives(args_get("type"));
    return verdict();
}
