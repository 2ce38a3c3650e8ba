/* SPDX-License-Identifier: BSD-2-Clause */
/* Hart hotplug: the library's protocol around SBI HSM. */
#ifndef PAYLOAD_KERNEL_HOTPLUG_H
#define PAYLOAD_KERNEL_HOTPLUG_H

#include <stdbool.h>

/* The failed step of a change, and the reason. */
struct hotplug_error {
    const char *step; /* NULL: no error */
    const char *why;
};

/*
 * Take a hart offline: move its interrupts away, let the hart sweep its file and stop, and wait until the firmware
 * reports STOPPED. Context: thread, interrupts on, on any other hart; the hart must be idle in hart_loop(). One change
 * at a time: a second caller waits. After an error the hart is online as before.
 */
struct hotplug_error hotplug_offline(unsigned hart);

/*
 * The same, but the hart's interrupts are off before anything is moved away, as in a kernel that stops its harts first.
 * The hart's last sweep finds the edges that a drain pushes to the hart meanwhile. A move that needs a call on that
 * hart fails, and then the hart stays online.
 */
struct hotplug_error hotplug_offline_irqs_off(unsigned hart);

/*
 * Take the running hart offline. No other hart watches this: a caller of hotplug_online() must first wait with
 * hart_wait_stopped(). Returns only on an error.
 */
struct hotplug_error hotplug_offline_self(void);

/* True if the error means that the firmware cannot stop harts. */
bool hotplug_not_here(unsigned hart, struct hotplug_error e);

/* Bring a hart online. Thread context, interrupts on. */
struct hotplug_error hotplug_online(unsigned hart);

/*
 * Register the watcher of hart hotplug, such as the owner of a device's per-hart queues. `offline` is called before the
 * hart's interrupts are moved, while the hart still works as always; it may refuse the change by returning a reason.
 * `online` is called after the hart and its interrupts are back, and also if the offline failed. Both return NULL on
 * success. One watcher, thread context.
 */
void hotplug_watch(const char *(*offline)(unsigned hart), const char *(*online)(unsigned hart));

#endif
