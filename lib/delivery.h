/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The two ways in which an interrupt reaches a hart: as a message to the hart's interrupt file (delivery_imsic.c), or by a
 * controller that interrupts the hart itself (delivery_direct.c, aia/controller.h). What differs between the two is
 * in this table.
 *
 * Contexts as in aia/aia.h, but "any" here allows the interrupt's lock to be held, unless "no lock held" is added. "Locked" is
 * any context, with the interrupt's lock held.
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
    /* Reserve a vector on each hart of a managed interrupt's affinity. Locked. AIA_OK or AIA_ENOVEC. */
    int (*reserve)(struct aia *a, struct aia_irq *irq);
    /* Allocate irq's first vector, on a hart of its affinity. Locked. AIA_OK, AIA_ENOHART, AIA_ENOVEC, AIA_EAGAIN. */
    int (*allocate)(struct aia *a, struct aia_irq *irq, struct imsic_vector *v);
    /* Wait until no vector of irq is left and no hart runs its handler. Thread. AIA_OK or AIA_ETIMEOUT. */
    int (*wait_gone)(struct aia *a, struct aia_irq *irq);

    /* ---- moves ---- */
    /* The hart of `set` with the most room for irq. Any. AIA_OK, AIA_ENOHART or AIA_ENOVEC. */
    int (*least_loaded)(struct aia *a, const struct aia_irq *irq, const struct aia_hartset *set,
                        unsigned *hart);
    /* Decide how irq's message changes to a vector on `to`, and allocate the vector: message_plan(). Locked. */
    int (*plan)(struct aia *a, struct aia_irq *irq, unsigned to, struct update *u);
    /* The message that names `v`. Any. */
    struct aia_message (*message)(const struct aia *a, struct imsic_vector v);
    /* Let the block of vectors from `v` up retire: no new message is to name it. Locked. */
    void (*retire)(struct aia *a, struct aia_irq *irq, struct imsic_vector v);

    /* ---- edges ---- */
    /* Take what is pending for this hart, where edges do not go the short way (entry.c). True: more is pending. Own, off. */
    bool (*interrupt)(struct aia_hart *h);
    /* Send an edge to irq's vector, for one that was kept. Locked. */
    void (*resend)(struct aia *a, struct aia_irq *irq);
    /* irq storms at identity `id` of this hart: let no more of irq's edges through here. Own, off, no lock held. */
    void (*shut_off)(struct aia *a, struct aia_irq *irq, unsigned here, unsigned id);
    /* irq was enabled again after a storm: let irq's edges through. Any, no lock held. */
    void (*let_through)(struct aia *a, struct aia_irq *irq);
    /* Make `hart` look at its virtual IPIs. Any. */
    void (*kick)(struct aia *a, unsigned hart);

    /* ---- harts coming and going (hotplug.c) ---- */
    /* False if the other harts have no room for what `hart` holds. Thread. */
    bool (*has_room)(struct aia *a, unsigned hart);
    /* Let the allocator give out vectors of `hart`; stop that. Any. */
    void (*open)(struct aia *a, unsigned hart);
    void (*close)(struct aia *a, unsigned hart);
    /*
     * `hart` is closed and evacuated: wait for those drains of its vectors that only time proves. Thread.
     * AIA_OK; AIA_ETIMEOUT: a device's posted_limit has no end.
     */
    int (*settle)(struct aia *a, unsigned hart);
    /*
     * Forward every pending edge that has an owner, count the others, and free the vectors. Own, off.
     * AIA_OK; AIA_ETIMEOUT, AIA_EAGAIN: a message may still be under way.
     */
    int (*sweep)(struct aia *a, unsigned here);
    /*
     * Before on(): forward the edges that came while the hart was away. Returns their number. The first time, try what reaches the
     * hart: AIA_EFILE, AIA_EDOMAIN. Own, off.
     */
    int (*take_late)(struct aia *a, unsigned here);
    /* Begin to deliver to this hart; stop. Own, off. */
    void (*on)(struct aia *a, unsigned here);
    void (*off)(struct aia *a, unsigned here);
    /* This hart takes IPIs again: do what IPIs that were refused meanwhile asked for. Own, off. */
    void (*resume)(struct aia *a, unsigned here);
    /* Around a suspension that loses the state of delivery. Own, off. */
    void (*save)(const struct aia *a, struct imsic_saved *saved);
    void (*restore)(const struct aia *a, const struct imsic_saved *saved);

    /* Check the books against this hart's hardware state and its devices' messages (audit.c). Own, off. */
    void (*audit)(struct audit *t);
};

static inline bool delivery_reaches(const struct aia *a, const struct aia_irq *irq, unsigned hart)
{
    return !a->delivery->reaches || a->delivery->reaches(a, irq, hart);
}

extern const struct aia_delivery delivery_imsic, delivery_direct;

#endif
