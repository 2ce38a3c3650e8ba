/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which hart an interrupt is on: which hart of a set is chosen, on which hart the move is made, and what a move waits for. In a
 * move each of these functions calls the next:
 *
 *   aia_irq_set_affinity()   wait while too many old vectors retire
 *   place()                  try until the move is made; on the interrupt's old hart, if the move can be made only there
 *   try_here()               lock the interrupt, choose a hart; aia_irq_try_affinity() begins here
 *   move_irq()               move.c: plan, write, let the old vector retire
 *   message_write()          message.c: write the message, drain the device
 *   ops->store() or ops->write_addr(), ops->write_data()   the device's driver
 */
#include "lib/affinity.h"
#include "lib/bus.h"
#include "lib/delivery.h"
#include "lib/irq.h"
#include "lib/managed.h"
#include "lib/message.h"
#include "lib/move.h"
#include "lib/retire.h"

/* One change of hart, over all its tries. */
struct placement {
    struct aia *a;
    struct aia_irq *irq;
    const struct aia_hartset *affinity; /* the new affinity; NULL: the one that irq has */
    bool may_displace;                  /* irq may be displaced, unless irq is managed: find_set() */
    const struct aia_hartset *set;      /* the harts to choose from, in the latest try */
    struct aia_hartset own;             /* the set that `set` points to, unless `set` is `affinity` */
    unsigned old;                       /* irq's hart at the latest try_here() */
    int result;                         /* of the latest try */
};

static bool is_on(const struct aia_irq *irq, unsigned hart)
{
    return irq->vec.id && irq->vec.hart == hart;
}

static inline int pick(struct aia *a, const struct aia_irq *irq, const struct aia_hartset *set, unsigned *to)
{
    return irq->managed ? managed_choose(a, irq, set, to) : a->delivery->least_loaded(a, irq, set, to);
}

/* True if irq's affinity has an online hart that irq can be delivered to. Lock held. */
static bool affinity_has_online(struct aia *a, const struct aia_irq *irq)
{
    for (unsigned h = 0; h < a->config.n_harts; h++)
        if (aia_hartset_has(&irq->affinity, h) && hart_state(a, h) == AIA_HART_ONLINE &&
            delivery_reaches(a, irq, h))
            return true;
    return false;
}

/* Find the harts to choose from: irq's affinity. If irq may be displaced and no hart there is online: every hart. Lock held. */
static inline void find_set(struct placement *p)
{
    bool displaced = p->may_displace && !p->irq->managed && !affinity_has_online(p->a, p->irq);

    p->own = displaced ? aia_hartset_first(p->a->config.n_harts) : p->irq->affinity;
    p->set = &p->own;
}

/*
 * Choose irq's hart: the present hart if the set has that hart and that hart is online, else the hart that pick() finds. Lock
 * held. AIA_OK, or:
 *   AIA_ESILENT              irq is dead
 *   AIA_EINVAL               irq has no vector
 *   AIA_ENOHART, AIA_ENOVEC  no hart of the set is online, or none of these has a free vector
 */
static inline int choose_hart(struct placement *p, unsigned *to)
{
    const struct aia_irq *irq = p->irq;

    if (irq_is_dead(irq))
        return AIA_ESILENT;
    if (!irq->vec.id)
        return AIA_EINVAL; /* no vector: being requested, being freed, or shut down */
    p->set = p->affinity;
    if (!p->affinity)
        find_set(p);
    *to = irq->vec.hart;
    if (aia_hartset_has(p->set, *to) && hart_state(p->a, *to) == AIA_HART_ONLINE)
        return AIA_OK;
    return pick(p->a, irq, p->set, to);
}

static bool is_refused_there(int error)
{
    return error == AIA_EADDRHI || error == AIA_ENOVEC;
}

/*
 * move_irq() to `to` returned `error`. Try the other harts of the set. Lock held.
 * Returns the result of the last try. If no hart is left: AIA_ENOVEC if a hart had no suitable vector, because one may become
 * free, else AIA_EADDRHI.
 */
static __attribute__((noinline)) int try_others(struct placement *p, unsigned to, int error)
{
    struct aia_hartset left = *p->set;
    int refusal = error;

    p->own = left;
    p->set = &p->own;
    while (is_refused_there(error)) {
        if (error == AIA_EADDRHI)
            aia_hartset_remove(&p->own, to); /* place() must not wait for a vector there */
        else
            refusal = error;
        aia_hartset_remove(&left, to);
        error = pick(p->a, p->irq, &left, &to);
        if (error)
            return error == AIA_ENOHART ? refusal : error;
        error = move_irq(p->a, p->irq, to);
    }
    return error;
}

/* Choose a hart, and move irq there unless irq is there already. Lock held. */
static inline int try_locked(struct placement *p)
{
    unsigned to = 0;
    int error = choose_hart(p, &to);

    if (error || to == p->irq->vec.hart)
        return error;
    error = move_irq(p->a, p->irq, to);
    return is_refused_there(error) ? try_others(p, to, error) : error;
}

/*
 * If the latest try has succeeded, give irq its new affinity. The lock has been held since the vector changed, so that no other
 * hart sees the new vector with the old affinity, or moves irq again before the affinity is set. Lock held.
 */
static void adopt_affinity(struct placement *p)
{
    if (p->result == AIA_OK && p->affinity)
        p->irq->affinity = *p->affinity;
}

/* The function to call if irq, which was on hart `old`, is on another hart now. NULL: no function. Lock held. */
static inline aia_moved moved_from(const struct aia_irq *irq, unsigned old)
{
    return irq->moved && irq->vec.id && irq->vec.hart != old ? irq->moved : NULL;
}

/* No lock held. */
static inline void tell(aia_moved moved, struct aia_irq *irq)
{
    if (moved)
        moved(irq->context, irq);
}

/* One try on the running hart. `arg` is the struct placement: aia_call() may run this. */
static void try_here(void *arg)
{
    struct placement *p = arg;
    unsigned long was = irq_lock(p->irq);

    p->old = p->irq->vec.hart;
    p->result = try_locked(p);
    adopt_affinity(p);
    aia_moved moved = moved_from(p->irq, p->old);
    irq_unlock(p->irq, was);
    message_report_changed(p->a, p->irq);
    tell(moved, p->irq);
}

/* One try through a slow bus. The bus lock keeps other harts from moving irq while the command is under way. */
static __attribute__((noinline)) void try_slow(struct placement *p)
{
    struct aia_irq *irq = p->irq;
    unsigned to = 0;

    struct aia_msi *bus = bus_lock(irq);
    unsigned long was = irq_lock(irq);
    p->old = irq->vec.hart;
    p->result = choose_hart(p, &to);
    if (p->result == AIA_OK && to != irq->vec.hart)
        p->result = move_irq_slow(p->a, irq, to, was);
    adopt_affinity(p);
    aia_moved moved = moved_from(irq, p->old);
    irq_unlock(irq, was);
    bus_unlock(bus);
    tell(moved, irq);
}

/*
 * Try on irq's old hart, because the move can be made only there. Thread.
 * Returns the result of the try, or:
 *   AIA_EAGAIN    irq is no longer on that hart
 *   AIA_ETIMEOUT  that hart does not answer
 */
static __attribute__((noinline)) int try_on_old_hart(struct placement *p)
{
    int error = aia_call(p->a, p->old, try_here, p);

    if (error)
        return error == AIA_EOFFLINE ? AIA_EAGAIN : error; /* offline: irq is no longer there */
    return p->result == AIA_ECONTEXT ? AIA_EAGAIN : p->result;
}

static bool any_retiring(struct aia *a, const struct aia_hartset *set)
{
    for (unsigned h = 0; h < a->imsic.n_files; h++)
        if (aia_hartset_has(set, h) &&
            atomic_load_explicit(&a->imsic.files[h].n_retiring, memory_order_acquire))
            return true;
    return false;
}

/*
 * Look for a free vector on the harts of `set`. any_retiring() comes before the search, because a reclaim frees a vector before
 * it lowers n_retiring.
 * AIA_OK, or:
 *   AIA_EAGAIN   no vector is free, and some retire
 *   AIA_ENOVEC   no vector is free, and none retires
 *   AIA_ENOHART  no hart of `set` is online
 */
static int vector_is_free(struct aia *a, const struct aia_irq *irq, const struct aia_hartset *set)
{
    bool may_free = any_retiring(a, set);
    unsigned hart;
    int error = a->delivery->least_loaded(a, irq, set, &hart);

    return error == AIA_ENOVEC && may_free ? AIA_EAGAIN : error;
}

/*
 * Wait until a hart of `set` has a free vector, for as long as vectors of these harts retire, and no longer than wait_limit.
 * Thread.
 * Returns as vector_is_free(), but AIA_ENOVEC for AIA_EAGAIN.
 */
static __attribute__((noinline)) int wait_for_vector(struct aia *a, const struct aia_irq *irq,
                                                     const struct aia_hartset *set)
{
    uint64_t end = wait_end(a);
    int error;

    retire_hasten(a, set);
    while ((error = vector_is_free(a, irq, set)) == AIA_EAGAIN) {
        if (aia_port_time() > end)
            return AIA_ENOVEC;
        aia_port_relax();
    }
    return error;
}

/*
 * Try until the move is made, until another try cannot succeed, or until wait_limit has passed. Thread.
 * Returns the result of the latest try.
 */
static int place(struct placement *p)
{
    struct aia *a = p->a;
    uint64_t end = wait_end(a);
    int error, room; /* room: AIA_OK if a vector has become free; AIA_ENOVEC also if nothing was waited for */
    bool again;

    do {
        if (bus_is_slow(p->irq))
            try_slow(p);
        else
            try_here(p);
        error = p->result == AIA_ECONTEXT ? try_on_old_hart(p) : p->result;
        if (error == AIA_EAGAIN && p->irq->managed)
            retire_hasten(a, p->set); /* the vector that is reserved for irq is retiring */
        if (error == AIA_EAGAIN)
            aia_port_relax();
        room = error == AIA_ENOVEC ? wait_for_vector(a, p->irq, p->set) : AIA_ENOVEC;
        if (room == AIA_ENOHART)
            error = room; /* the last online hart of the set has left meanwhile */
        again = error == AIA_EAGAIN || room == AIA_OK;
    } while (again && aia_port_time() <= end);
    return error;
}

static bool too_many_retire(const struct aia *a, const struct aia_irq *irq)
{
    return atomic_load_explicit(&irq->n_retiring, memory_order_relaxed) >= a->config.max_retiring;
}

/* Wait until fewer than max_retiring vectors of irq retire. Thread. AIA_OK; AIA_ETIMEOUT: more than wait_limit. */
static int wait_for_reclaim(struct aia *a, struct aia_irq *irq)
{
    uint64_t end = wait_end(a);

    while (too_many_retire(a, irq)) {
        unsigned long was = irq_lock(irq);
        struct aia_hartset set = irq->retiring_on;
        irq_unlock(irq, was);
        retire_hasten(a, &set);
        if (aia_port_time() > end)
            return AIA_ETIMEOUT;
        aia_port_relax();
    }
    return AIA_OK;
}

int aia_irq_set_affinity(struct aia *a, struct aia_irq *irq, const struct aia_hartset *set)
{
    struct placement p = {.a = a, .irq = irq->first, .affinity = set};

    if (irq->managed)
        return AIA_EINVAL;
    int error = wait_for_reclaim(a, irq->first);
    return error ? error : place(&p);
}

/* True if a change of irq's message may wait. Without the lock: aia_irq_free() on another hart may set irq->msi to NULL. */
static bool message_waits(const struct aia_irq *irq)
{
    const struct aia_msi *msi = irq->msi;

    return msi && (msi->ops->waits || msi->ops->bus_lock);
}

int aia_irq_try_affinity(struct aia *a, struct aia_irq *irq, const struct aia_hartset *set)
{
    struct placement p = {.a = a, .irq = irq->first, .affinity = set};

    if (irq->managed)
        return AIA_EINVAL;
    /* Ask before the lock is taken: another hart may wait for the unit with the lock held. */
    if (message_waits(p.irq) || too_many_retire(a, p.irq))
        return AIA_ECONTEXT;
    try_here(&p);
    if (p.result != AIA_ENOVEC)
        return p.result;
    retire_ask(a, p.set);
    int room = vector_is_free(a, p.irq, p.set);
    return room == AIA_OK || room == AIA_EAGAIN ? AIA_ECONTEXT : room;
}

/* ---- for hotplug ---- */

/* Count irq if its move off `hart` took it out of its affinity. */
static void count_displaced(struct aia *a, const struct aia_irq *irq, unsigned hart)
{
    if (irq->vec.id && aia_hartset_has(&irq->affinity, hart) &&
        !aia_hartset_has(&irq->affinity, irq->vec.hart))
        count(&a->displaced);
}

int affinity_force_off(struct aia *a, struct aia_irq *irq, unsigned hart)
{
    struct placement p = {.a = a, .irq = irq, .may_displace = true};
    unsigned long was = irq_lock(irq);
    int error = AIA_OK;
    bool there = is_on(irq, hart);

    if (there && bus_is_slow(irq)) {
        error = AIA_ECONTEXT;
    } else if (there) {
        error = try_locked(&p);
        if (error == AIA_ENOHART && irq->managed) {
            irq_shut_down(a, irq);
            error = AIA_OK;
        }
        count_displaced(a, irq, hart);
    }
    aia_moved moved = there && !is_on(irq, hart) ? irq->moved : NULL;
    irq_unlock(irq, was);
    message_report_changed(a, irq);
    tell(moved, irq);
    return error;
}

/* Wait until a move through a slow bus, if one is under way, has ended. True if irq is on `hart` then. Thread. */
static bool is_on_after_bus(struct aia_irq *irq, unsigned hart)
{
    struct aia_msi *bus = bus_lock(irq);
    unsigned long was = irq_lock(irq);
    bool there = is_on(irq, hart);

    irq_unlock(irq, was);
    bus_unlock(bus);
    return there;
}

int affinity_move_off(struct aia *a, struct aia_irq *irq, unsigned hart)
{
    struct placement p = {.a = a, .irq = irq, .may_displace = true};
    unsigned long was = irq_lock(irq);
    bool there = is_on(irq, hart),
         slow = irq->vec.id && bus_is_slow(irq); /* without a vector irq does not move */

    irq_unlock(irq, was);
    if (!there && !(slow && is_on_after_bus(irq, hart)))
        return AIA_OK;

    int error = place(&p);
    if (error == AIA_ENOHART && irq->managed) {
        irq_shut_down_slow(a, irq);
        tell(irq->moved, irq);
        return AIA_OK;
    }
    count_displaced(a, irq, hart);
    return irq->vec.id ? error : AIA_OK; /* irq is dead, or was freed meanwhile: irq is no longer on `hart` */
}

int affinity_return(struct aia *a, struct aia_irq *irq)
{
    struct placement p = {.a = a, .irq = irq};
    int error = place(&p);

    /* AIA_EINVAL: irq had no vector, so there was nothing to move back. */
    return error == AIA_EINVAL || irq_is_dead(irq) ? AIA_OK : error;
}
