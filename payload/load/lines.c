/* SPDX-License-Identifier: BSD-2-Clause */
#include "payload/load/lines.h"
#include "payload/kernel/console.h"
#include "payload/drivers/goldfish.h"
#include "payload/drivers/typing.h"
#include "payload/drivers/virtio_rng.h"
#include "payload/kernel/machine.h"

#define ALARM_NS 1000000

static struct goldfish rtc;
static struct virtio_rng rng;

static bool init_rtc(void)
{
    return goldfish_init(&rtc);
}

static void set_alarm(void)
{
    goldfish_alarm(&rtc, goldfish_now(&rtc) + ALARM_NS);
}

static bool init_rng(void)
{
    return virtio_rng_init(&rng);
}

static void stream_numbers(bool on)
{
    if (on)
        virtio_rng_start(&rng);
    else
        virtio_rng_stop(&rng);
}

static void ask_numbers(void)
{
    virtio_rng_ask(&rng);
}

static bool init_uart(void)
{
    if (!machine.uart.present) {
        print("uart: none: %s\n", machine_without(MACHINE_PART_UART));
        return false;
    }
    return typing_init();
}

static const struct line_device devices[LINES_MAX] = {
    {"rtc", &rtc.line, &rtc.alarms, init_rtc, NULL, set_alarm},
    {"rng", &rng.line, &rng.filled, init_rng, stream_numbers, ask_numbers},
    {"uart", &typing.line, &typing.empty, init_uart, NULL, typing_ask_empty},
};

const struct line_device *lines[LINES_MAX];
unsigned n_lines;

void lines_init(void)
{
    for (unsigned i = 0; i < LINES_MAX; i++)
        if (devices[i].init())
            lines[n_lines++] = &devices[i];
}
