/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The two ways in which an interrupt reaches a hart: as a message to the hart's interrupt file (delivery_imsic.c), or directly
 * from an interrupt controller (delivery_direct.c, aia/controller.h). The table has all functions that differ between the two.
 *
 * Contexts are those of aia/aia.h, except that "any" allows the interrupt's lock to be held, unless "no lock held" is added.
 * "Locked" is any context, with the interrupt's lock held.
 */
#ifndef AIA_LIB_DELIVERY_H
#define AIA_LIB_DELIVERY_H

#include "lib/base.h"
#include "lib/message.h"

struct audit;

struct aia_delivery {
    /* ---- requests ---- */
    /* True if this delivery can serve the request. Any. */
    bool (*accepts)(const struct aia *a, const struct aia_request *r);
    /* True if irq can be delivered to `hart`. NULL: to every hart. Any. */
    bool (*reaches)(const struct aia *a, const struct aia_irq *irq, unsigned hart);
    /* Reserve a vector on each hart of irq's affinity. Locked. AIA_OK; AIA_ENOVEC: a hart has no suitable vector. */
    int (*reserve)(struct aia *a, struct aia_irq *irq);
    /*
     * Allocate irq's first vector, on a hart of its affinity. Locked. AIA_OK, or:
     *   AIA_ENOHART  no hart of the affinity is online
     *   AIA_ENOVEC   no vector is free on these harts
     *   AIA_EAGAIN   the reserved vector of a managed interrupt is retiring
     */
    int (*allocate)(struct aia *a, struct aia_irq *irq, struct imsic_vector *v);
    /*
     * Wait until no vector of irq is left and no hart runs its handler. Thread.
     * AIA_OK; AIA_ETIMEOUT: a vector was not reclaimed, or a hart did not answer, in time.
     */
    int (*wait_gone)(struct aia *a, struct aia_irq *irq);

    /* ---- moves ---- */
    /*
     * Find the hart of `set` with the most room for irq. Any. AIA_OK, or:
     *   AIA_ENOHART  no hart of `set` is online
     *   AIA_ENOVEC   none of these harts has a free vector
     */
    int (*least_loaded)(struct aia *a, const struct aia_irq *irq, const struct aia_hartset *set,
                        unsigned *hart);
    /* Decide how irq's message changes to a vector on `to`, and allocate the vector. Locked. Returns as message_plan(). */
    int (*plan)(struct aia *a, struct aia_irq *irq, unsigned to, struct update *u);
    /* The message that names `v`. Any. */
    struct aia_message (*message)(const struct aia *a, struct imsic_vector v);
    /* Let the block of vectors that begins at `v` retire. No message names these vectors any more. Locked. */
    void (*retire)(struct aia *a, struct aia_irq *irq, struct imsic_vector v);

    /* ---- edges ---- */
    /*
     * Take the pending edges of this hart, when edges do not go the short way (entry.c): at most STORM_FULL_TRAP. True: more
     * are pending. Own, off.
     */
    bool (*interrupt)(struct aia_hart *h);
    /* Send an edge to irq's vector, in place of an edge that was kept. Locked. */
    void (*resend)(struct aia *a, struct aia_irq *irq);
    /* Let no more edges of irq, which storms at identity `id` of this hart, through here. Own, off, no lock held. */
    void (*refuse_edges)(struct aia *a, struct aia_irq *irq, unsigned here, unsigned id);
    /* Let irq's edges through again, when irq was enabled after a storm. Any, no lock held. */
    void (*let_through)(struct aia *a, struct aia_irq *irq);
    /* Make `hart` look at its virtual IPIs. Any. */
    void (*kick)(struct aia *a, unsigned hart);

    /* ---- harts coming and going (hotplug.c) ---- */
    /* True if the other harts have room for the interrupts on `hart`. Thread. */
    bool (*has_room)(struct aia *a, unsigned hart);
    /* open(): let the allocator give out vectors of `hart`. close(): let the allocator give out no more. Any. */
    void (*open)(struct aia *a, unsigned hart);
    void (*close)(struct aia *a, unsigned hart);
    /*
     * Wait for those drains of the vectors of `hart` that only time proves. `hart` is closed and evacuated. Thread.
     * AIA_OK; AIA_ETIMEOUT: a device's posted_limit is so long that its drain is never proven.
     */
    int (*settle)(struct aia *a, unsigned hart);
    /*
     * Forward every pending edge that has an owner, count the other edges, and free the vectors. Own, off.
     * AIA_OK, or:
     *   AIA_ETIMEOUT  this hart's file does not answer, or a barrier's message does not arrive
     *   AIA_EAGAIN    a vector still retires, because time has not proven its drain yet
     */
    int (*sweep)(struct aia *a, unsigned here);
    /*
     * Before on(): forward the edges that came while the hart was offline. Returns their number. Before the first online there are
     * none to forward, and the hart tests what reaches it: probe_hart(), which may return AIA_EFILE or AIA_EDOMAIN. Own, off.
     */
    int (*take_late)(struct aia *a, unsigned here);
    /* on(): begin to deliver to this hart. off(): stop. Own, off. */
    void (*on)(struct aia *a, unsigned here);
    void (*off)(struct aia *a, unsigned here);
    /* Do the work of an AIA_IPI_REOPEN that was refused. Called when this hart takes IPIs again. Own, off. */
    void (*resume)(struct aia *a, unsigned here);
    /* save(): save the state of delivery before a suspension that loses it. restore(): restore that state. Own, off. */
    void (*save)(const struct aia *a, struct imsic_saved *saved);
    void (*restore)(const struct aia *a, const struct imsic_saved *saved);

    /* Compare the books with this hart's hardware state and its devices' messages (audit.c). Own, off. */
    void (*audit)(struct audit *t);
};

static inline bool delivery_reaches(const struct aia *a, const struct aia_irq *irq, unsigned hart)
{
    return !a->delivery->reaches || a->delivery->reaches(a, irq, hart);
}

extern const struct aia_delivery delivery_imsic, delivery_direct;

#endif
