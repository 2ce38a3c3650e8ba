/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where an interrupt may be, and getting it there: which hart of a set, on which hart the move has to be made,
 * what there is to wait for. The move itself is move.c.
 */
#include "internal.h"

struct attempt {
    struct aia *a;
    struct aia_irq *irq;
    enum {
        ADOPT,
        REFUGE,
        RETURN
    } meant; /* to a new affinity; off a hart that leaves; to the affinity that it has */
    const struct aia_hartset *wanted; /* ADOPT: the new affinity */
    /* As of the latest try, for others may give it a new affinity between two: where it may be; what that is kept in. */
    const struct aia_hartset *set;
    struct aia_hartset now;
    unsigned old; /* the hart where the interrupt was when it said MOVE_ON_OLD_HART */
    int result;
};

static bool is_on(const struct aia_irq *irq, unsigned hart)
{
    return irq->vec.id && irq->vec.hart == hart;
}

/* Where may `irq` go when its hart leaves: its affinity, or if nobody there is online, anywhere. Lock held. */
static struct aia_hartset refuge(struct aia *a, const struct aia_irq *irq)
{
    for (unsigned h = 0; h < a->config.n_harts; h++)
        if (irq->managed ||
            (aia_hartset_has(&irq->affinity, h) && hart_state(a, h) == AIA_HART_ONLINE && reaches(a, irq, h)))
            return irq->affinity;
    return aia_hartset_first(a->config.n_harts);
}

static int least_loaded(struct aia *a, const struct aia_irq *irq, const struct aia_hartset *set, unsigned *to)
{
    return is_direct(a) ? direct_least_loaded(a, irq, set, to)
                        : imsic_least_loaded(&a->imsic, set, irq->order, to);
}

static inline int pick(struct aia *a, const struct aia_irq *irq, const struct aia_hartset *set, unsigned *to)
{
    return irq->managed ? managed_choose(a, irq, set, to) : least_loaded(a, irq, set, to);
}

/* The hart to be on: the present one if that will do. Lock held. */
static int choose(struct attempt *t, unsigned *to)
{
    struct aia *a = t->a;
    struct aia_irq *irq = t->irq;

    if (is_dead(irq))
        return AIA_ESILENT;
    if (!irq->vec.id)
        return AIA_EINVAL; /* being freed, or shut down */
    t->set = t->meant == ADOPT ? t->wanted : &t->now;
    if (t->meant != ADOPT)
        t->now = t->meant == REFUGE ? refuge(a, irq) : irq->affinity;
    *to = irq->vec.hart;
    if (aia_hartset_has(t->set, *to) && hart_state(a, *to) == AIA_HART_ONLINE)
        return AIA_OK;
    return pick(a, irq, t->set, to);
}

static bool cannot_there(int error)
{
    return error == AIA_EADDRHI || error == AIA_ENOVEC;
}

/* Its message cannot be changed to `to`, though that is the least loaded: that leaves the others of the set. Lock held. */
static __attribute__((noinline)) int try_others(struct attempt *t, unsigned to, int error)
{
    struct aia_hartset left = *t->set;
    int why = error;

    t->now = left;
    t->set = &t->now;
    while (cannot_there(error)) {
        if (error == AIA_EADDRHI)
            aia_hartset_remove(&t->now, to); /* nor does it help to wait for a vector there */
        else
            why = error;
        aia_hartset_remove(&left, to);
        error = pick(t->a, t->irq, &left, &to);
        if (error)
            return error == AIA_ENOHART ? why : error;
        error = move(t->a, t->irq, to);
    }
    return error;
}

/* Move it to where it is to be, if it is not there. Lock held. */
static inline int try_move(struct attempt *t)
{
    unsigned to = 0;
    int error = choose(t, &to);

    if (error || to == t->irq->vec.hart)
        return error;
    error = move(t->a, t->irq, to);
    return cannot_there(error) ? try_others(t, to, error) : error;
}

static void adopt(struct attempt *t)
{
    if (t->result == AIA_OK && t->meant == ADOPT)
        t->irq->affinity = *t->wanted; /* in one step with the vector, for others change both too */
}

static void try_here(void *arg)
{
    struct attempt *t = arg;
    unsigned long was = irq_lock(t->irq);

    t->old = t->irq->vec.hart;
    t->result = try_move(t);
    adopt(t);
    irq_unlock(t->irq, was);
    report_changed(t->irq);
}

/* The same through a slow bus, whose lock keeps others from moving it while the command is under way. */
static int try_slow(struct attempt *t)
{
    struct aia_irq *irq = t->irq;
    unsigned to = 0;

    struct aia_msi *bus = bus_lock(irq);
    unsigned long was = irq_lock(irq);
    t->result = choose(t, &to);
    if (t->result == AIA_OK && to != irq->vec.hart)
        t->result = move_slow(t->a, irq, to, was);
    adopt(t);
    irq_unlock(irq, was);
    bus_unlock(bus);
    return t->result;
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
 * Wait until one of `set` has a free vector. There is hope while some retire; that is asked first, because what
 * retires is free before it retires no more.
 */
static int wait_for_vector(struct aia *a, const struct aia_hartset *set, unsigned order)
{
    uint64_t end = wait_end(a);
    unsigned hart;

    reclaim_ask(a, set);
    for (;;) {
        bool hope = any_retiring(a, set) && aia_port_time() <= end;
        int error = imsic_least_loaded(&a->imsic, set, order, &hart);
        if (error != AIA_ENOVEC || !hope)
            return error;
        aia_port_relax();
    }
}

/* One try in thread context: here, or on the old hart if the move must be made there. */
static int try_once(struct attempt *t)
{
    if (is_slow(t->irq))
        return try_slow(t);
    try_here(t);
    if (t->result != MOVE_ON_OLD_HART)
        return t->result;
    int error = aia_call(t->a, t->old, try_here, t);
    if (error == AIA_EOFFLINE)
        return AIA_EAGAIN; /* so the interrupt is not there either, now */
    if (error)
        return error;
    return t->result == MOVE_ON_OLD_HART ? AIA_EAGAIN : t->result; /* others have moved it meanwhile */
}

/* Thread context: try until it works, or nothing gives hope that it will. */
static int try_until(struct attempt *t)
{
    struct aia *a = t->a;
    uint64_t end = wait_end(a);
    int error, room;
    bool again;

    do {
        error = try_once(t);
        if (error == AIA_EAGAIN && t->irq->managed)
            reclaim_ask(a, t->set); /* the vector kept for it drains yet */
        if (error == AIA_EAGAIN)
            aia_port_relax();
        room = error == AIA_ENOVEC ? wait_for_vector(a, t->set, t->irq->order) : AIA_ENOVEC;
        if (room == AIA_ENOHART)
            error = room; /* the hart that was chosen has left meanwhile */
        again = error == AIA_EAGAIN || room == AIA_OK;
    } while (again && aia_port_time() <= end);
    return error;
}

/* Chains of moves may outrun the reclaims: wait until irq has less than max_retiring vectors that retire. */
static int wait_for_drain(struct aia *a, struct aia_irq *irq)
{
    uint64_t end = wait_end(a);

    while (atomic_load_explicit(&irq->n_retiring, memory_order_relaxed) >= a->config.max_retiring) {
        unsigned long was = irq_lock(irq);
        struct aia_hartset set = irq->retiring_on;
        irq_unlock(irq, was);
        reclaim_ask(a, &set);
        if (aia_port_time() > end)
            return AIA_ETIMEOUT;
        aia_port_relax();
    }
    return AIA_OK;
}

int aia_irq_set_affinity(struct aia *a, struct aia_irq *irq, const struct aia_hartset *set)
{
    struct attempt t = {.a = a, .irq = irq->first, .wanted = set, .meant = ADOPT};

    if (irq->managed)
        return AIA_EINVAL;
    int error = wait_for_drain(a, irq->first);
    return error ? error : try_until(&t);
}

/* ---- for hotplug ---- */

/* It has moved off its hart; was that out of its affinity? */
static void count_displaced(struct aia *a, const struct aia_irq *irq)
{
    if (irq->vec.id && !aia_hartset_has(&irq->affinity, irq->vec.hart))
        count(&a->displaced);
}

int move_off(struct aia *a, struct aia_irq *irq, unsigned hart)
{
    struct attempt t = {.a = a, .irq = irq, .meant = REFUGE};
    unsigned long was = irq_lock(irq);
    int error = AIA_OK;

    if (is_on(irq, hart) && is_slow(irq)) {
        error = AIA_ECONTEXT;
    } else if (is_on(irq, hart)) {
        error = try_move(&t);
        if (error == AIA_ENOHART && irq->managed) {
            shut_down(a, irq);
            error = AIA_OK;
        }
        count_displaced(a, irq);
    }
    irq_unlock(irq, was);
    report_changed(irq);
    return error;
}

/* A move that a slow bus is making now may be to `hart`: wait for its end. */
static bool is_on_behind_bus(struct aia_irq *irq, unsigned hart)
{
    struct aia_msi *bus = bus_lock(irq);
    unsigned long was = irq_lock(irq);
    bool there = is_on(irq, hart);

    irq_unlock(irq, was);
    bus_unlock(bus);
    return there;
}

int move_off_wait(struct aia *a, struct aia_irq *irq, unsigned hart)
{
    struct attempt t = {.a = a, .irq = irq, .meant = REFUGE};
    unsigned long was = irq_lock(irq);
    bool there = is_on(irq, hart), slow = irq->vec.id && is_slow(irq); /* without a vector none is made */

    irq_unlock(irq, was);
    if (!there && !(slow && is_on_behind_bus(irq, hart)))
        return AIA_OK;

    int error = try_until(&t);
    if (error == AIA_ENOHART && irq->managed) {
        shut_down_wait(a, irq);
        return AIA_OK;
    }
    count_displaced(a, irq);
    return irq->vec.id ? error : AIA_OK; /* dead, or freed meanwhile: it is not on `hart` any more */
}

int move_back(struct aia *a, struct aia_irq *irq)
{
    struct attempt t = {.a = a, .irq = irq, .meant = RETURN};
    int error = try_until(&t);

    /* It had no vector, being requested or freed: there was nothing to bring back. By now it may have one. */
    return error == AIA_EINVAL || is_dead(irq) ? AIA_OK : error;
}
