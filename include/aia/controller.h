/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Harts without interrupt files: an external interrupt controller delivers wires to the harts directly. A pending edge stays in
 * the controller until a hart claims the line. So one store can change the target of a line at any time, and a pending edge
 * then goes to the new hart. Nothing stays on the old hart, so there are no vectors to retire or to drain.
 */
#ifndef AIA_CONTROLLER_H
#define AIA_CONTROLLER_H

#include <stdbool.h>

#include <aia/msi.h>

#include <aia/begin.h>

struct aia;
struct aia_controller;

/* The operations of a controller. Context: own, off, for the hart `hart`. */
struct aia_controller_ops {
    /*
     * Claim the pending line of highest priority for this hart. *msi is the line; NULL: no interrupt owns the line, and the
     * claim has masked the line. The claim of a level masks the line, too. The caller's later reads are ordered after the
     * claim. False: no line is pending.
     */
    bool (*claim)(struct aia_controller *c, unsigned hart, struct aia_msi **msi);
    /* True if claim() would claim a line. */
    bool (*pending)(const struct aia_controller *c, unsigned hart);
    /* Reset the delivery to this hart, and turn it on. */
    void (*on)(struct aia_controller *c, unsigned hart);
    /* Turn the delivery to this hart off. */
    void (*off)(struct aia_controller *c, unsigned hart);
    /* True if the delivery to this hart is on. */
    bool (*delivers)(const struct aia_controller *c, unsigned hart);
    /* True if the line is enabled. */
    bool (*enabled)(const struct aia_msi *msi);
};

struct aia_controller {
    const struct aia_controller_ops *ops;
};

/*
 * Unmask the line of a level after its handler has returned, unless the interrupt was stopped meanwhile. The claim has masked the
 * line. The driver of a controller calls this.
 * Context: any.
 */
void aia_line_done(struct aia_irq *irq);

/*
 * Disable irq, a level whose line is still up after more than storm_limit runs in a row that returned AIA_HANDLED, and report
 * AIA_REPORT_LEVEL_UP. The driver of a unit that turns wires into messages calls this, because only the driver sees the line.
 * Context: in irq's handler.
 */
void aia_line_up(struct aia *a, struct aia_irq *irq);

#include <aia/end.h>

#endif
