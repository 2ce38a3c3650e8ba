/* SPDX-License-Identifier: BSD-2-Clause */
/* The devices of this machine that have only a wire, which a job can make them raise: the RTC, virtio's entropy device, the
 * console's UART. */
#ifndef PAYLOAD_LOAD_LINES_H
#define PAYLOAD_LOAD_LINES_H

#include "payload/drivers/wire.h"

#define LINES_MAX 3

struct line_device {
    const char *name;
    struct wire *line;
    const _Atomic uint64_t *count; /* causes that its handler has served */
    bool (*init)(void);
    void (*stream)(bool on); /* make the device raise its line again and again; NULL: the device cannot */
    void (*ask)(void);       /* make the device raise its line once, soon */
};

/* The devices that lines_init() has found. It prints a line for each of the others. */
extern const struct line_device *lines[LINES_MAX];
extern unsigned n_lines;
void lines_init(void);

#endif
