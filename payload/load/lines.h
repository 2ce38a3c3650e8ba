/* SPDX-License-Identifier: BSD-2-Clause */
/* The devices of this machine that have nothing but a wire, and that a job can have raise it: the RTC, virtio's entropy
 * device, the console's UART. */
#ifndef PAYLOAD_LOAD_LINES_H
#define PAYLOAD_LOAD_LINES_H

#include "payload/drivers/wire.h"

#define LINES_MAX 3

struct line_device {
    const char *name;
    struct wire *line;
    const _Atomic uint64_t *count; /* causes that its handler has seen to */
    bool (*init)(void);
    void (*stream)(bool on); /* it raises its line by itself, again and again; NULL: it cannot */
    void (*ask)(void);       /* it raises its line once, before long */
};

/* Those there are, after lines_init(), which names the others. */
extern const struct line_device *lines[LINES_MAX];
extern unsigned n_lines;
void lines_init(void);

#endif
