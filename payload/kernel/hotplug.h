/* SPDX-License-Identifier: BSD-2-Clause */
/* Taking harts offline and back: the library's protocol around SBI HSM. */
#ifndef PAYLOAD_KERNEL_HOTPLUG_H
#define PAYLOAD_KERNEL_HOTPLUG_H

#include <stdbool.h>

/* What went wrong, and where. */
struct hotplug_error {
    const char *step; /* NULL: nothing did */
    const char *why;
};

/*
 * Take a hart offline: move its interrupts away, have it sweep its file and stop, see it STOPPED. Any
 * other hart's thread context, interrupts on; the hart must be in hart_loop(), idle. One change at a time:
 * a second caller waits. On an error the hart is online as before.
 */
struct hotplug_error hotplug_offline(unsigned hart);

/*
 * The same, with the hart's interrupts off before anything is moved away, as in a kernel that stops its harts first: what
 * a drain pushes to it then is found by its last sweep. What it would take a call on that hart to move cannot be: it stays.
 */
struct hotplug_error hotplug_offline_deaf(unsigned hart);

/*
 * The same of the running hart, which has nobody to watch it: whoever wants to be sure waits with
 * hart_wait_stopped(), and must before hotplug_online(). Returns only on an error.
 */
struct hotplug_error hotplug_offline_self(void);

/* Was that because the firmware cannot stop harts? */
bool hotplug_not_here(unsigned hart, struct hotplug_error e);

/* Bring it back. Thread context, interrupts on. */
struct hotplug_error hotplug_online(unsigned hart);

/*
 * What else follows the harts, such as a device's queues. `leaves` comes first of all, with the hart as able as
 * ever, and may refuse by giving a reason; `back` comes when the hart and its interrupts are, or when after all it
 * did not leave. Both return NULL if all went well. One watcher, thread context.
 */
void hotplug_watch(const char *(*leaves)(unsigned hart), const char *(*back)(unsigned hart));

#endif
