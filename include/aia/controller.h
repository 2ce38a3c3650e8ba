/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Harts without interrupt files: an external interrupt controller delivers wires to them directly. What differs from
 * messages is where a pending interrupt is: in the controller, until some hart claims it. So a line's target can
 * change at any time by one store, whatever is pending goes to the new hart, and nothing is left on the old one: there
 * are no vectors to find, to retire or to drain.
 */
#ifndef AIA_CONTROLLER_H
#define AIA_CONTROLLER_H

#include <stdbool.h>

#include <aia/msi.h>

#include <aia/begin.h>

struct aia_controller;

/* All are called on the hart that they are about, interrupts off. */
struct aia_controller_ops {
    /*
     * Claim the interrupt of highest priority for this hart. False: there is none. *msi is the line it is on, or NULL
     * if nobody has requested it; such a one is masked. A level that is claimed does not come again until it is
     * unmasked. What the caller reads afterwards is not older than the claim.
     */
    bool (*claim)(struct aia_controller *c, unsigned hart, struct aia_msi **msi);
    /* Is there a line that claim() would claim? */
    bool (*pending)(const struct aia_controller *c, unsigned hart);
    /* Deliver to this hart, from a clean state; stop. */
    void (*on)(struct aia_controller *c, unsigned hart);
    void (*off)(struct aia_controller *c, unsigned hart);
    /* For the audit: is delivery on? Can the line interrupt anybody? */
    bool (*delivers)(const struct aia_controller *c, unsigned hart);
    bool (*enabled)(const struct aia_msi *msi);
};

struct aia_controller {
    const struct aia_controller_ops *ops;
};

/*
 * The handler of a level is done: unmask its line, which was masked when it was claimed, unless it has been stopped
 * meanwhile. For the controller's driver. Any, no lock held.
 */
void aia_line_done(struct aia_irq *irq);

#include <aia/end.h>

#endif
