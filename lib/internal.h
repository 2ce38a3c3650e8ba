/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files of the interrupt core share with each other and with nobody else. */
#ifndef AIA_INTERNAL_H
#define AIA_INTERNAL_H

#include <stddef.h>

#include <aia/aia.h>

#include "imsic/bits.h"
#include "moment.h"
#include "trace.h"

/*
 * Add to a counter that only this hart writes, interrupts off: no read-modify-write needed. Aligned, so the plain store
 * is atomic; GCC before 13 makes an AMO of a relaxed one.
 */
static inline void count_own(aia_counter *c)
{
    (*(volatile aia_word *)(void *)c)++;
}

/* Add to a counter that any hart may write. */
static inline void count(aia_counter *c)
{
    atomic_fetch_add_explicit(c, 1, memory_order_relaxed);
}

/* One past the last descriptor that was ever used: who looks at all of them looks at these. */
static inline uint32_t irqs_end(const struct aia *a)
{
    return atomic_load_explicit(&a->irqs_end, memory_order_relaxed);
}

/* Is it somebody's? Then what it was requested with is seen, too. */
static inline bool is_used(const struct aia_irq *irq)
{
    return atomic_load_explicit(&irq->used, memory_order_acquire);
}

/* A block has one lock, the first one's: it is that one that is locked. */
static inline unsigned long irq_lock(struct aia_irq *first)
{
    unsigned long was = aia_port_irq_save();

    aia_port_lock(&first->lock);
    return was;
}

static inline void irq_unlock(struct aia_irq *first, unsigned long was)
{
    aia_port_unlock(&first->lock);
    aia_port_irq_restore(was);
}

static inline uint32_t slot_read(const struct imsic_file *f, unsigned id)
{
    return atomic_load_explicit(&f->slots[id], memory_order_acquire);
}

static inline struct imsic_vector vector(unsigned hart, unsigned id)
{
    return (struct imsic_vector){.hart = (uint16_t)hart, .id = (uint16_t)id};
}

/* When a wait that begins now has lasted too long. */
static inline uint64_t wait_end(const struct aia *a)
{
    return later(aia_port_time(), a->config.wait_limit);
}

/* ---- direct.c: harts without interrupt files (aia/controller.h) ---- */

static inline bool is_direct(const struct aia *a)
{
    return a->config.controllers != NULL;
}

/* The online hart of `set` that the line can be delivered to with the fewest others. AIA_OK or AIA_ENOHART. */
int direct_least_loaded(const struct aia *a, const struct aia_irq *irq, const struct aia_hartset *set,
                        unsigned *hart);

/* Where the line is to be delivered at first. AIA_OK or AIA_ENOHART. */
int direct_first(struct aia *a, const struct aia_irq *irq, struct imsic_vector *v);

/* Can `irq` be delivered to `hart` at all? A line reaches only the harts of its controller. */
static inline bool reaches(const struct aia *a, const struct aia_irq *irq, unsigned hart)
{
    return !is_direct(a) || a->config.controllers[hart] == irq->msi->controller;
}

/* Claim and handle until nothing is pending, or (true) the trap has taken enough. Own, off. */
bool direct_interrupt(struct aia *a, unsigned here);

/* After the line's stop: wait until no hart is in its handler, or about to be. Thread. AIA_OK or AIA_ETIMEOUT. */
int direct_wait_gone(struct aia *a);

/* Begin to deliver to this hart; stop (AIA_OK). Own, off. */
void direct_on(struct aia *a, unsigned here);
int direct_off(struct aia *a, unsigned here);

/* ---- files.c: harts with interrupt files; all Own, off but open, close and settle ---- */

/* Before file_on(): send on what reached the file while the hart was away. How many edges that were. */
int file_late(struct aia *a, unsigned here);

/* Deliver to this hart; stop (AIA_OK). */
void file_on(struct aia *a, unsigned here);
int file_off(struct aia *a, unsigned here);

/* Give out its vectors; no more of them (AIA_OK). Any. */
void file_open(struct aia *a, unsigned hart);
int file_close(struct aia *a, unsigned hart);

/* Closed and evacuated: wait until no device's message to it is under way. Thread. AIA_OK; AIA_ETIMEOUT: nothing proves it. */
int file_settle(struct aia *a, unsigned hart);

/* Empty eip and free its vectors. AIA_OK; AIA_ETIMEOUT, AIA_EAGAIN: what was sent may not have arrived yet. */
int file_sweep(struct aia *a, unsigned here);

/* ---- flow.c ---- */

/* Let edges that come to `hart` go the short way (lib/entry.c), where there is one. Any. */
static inline void flow_short_way(struct aia *a, unsigned hart)
{
    __atomic_store_n(&a->config.harts[hart].slots, a->config.files ? a->config.files[hart].slots : NULL,
                     __ATOMIC_RELEASE);
}

/*
 * The flow word in the common case, from idle to running and back, one step each. flow_begin() returns what the word
 * was: 0, and the run has begun. Else it has not, and flow_not_begun() has to be called, and flow_edge() then.
 */
static inline uint32_t flow_begin(struct aia_irq *irq)
{
    return atomic_fetch_or_explicit(&irq->flow, AIA_FLOW_RUNNING, memory_order_acquire);
}

/*
 * RUNNING is on by mistake if nobody's run had put it there. Who has met it meanwhile has noted its edge as PENDING, for
 * us: we go on to flow_edge(), which takes that with our own.
 */
static inline void flow_not_begun(struct aia_irq *irq, uint32_t was)
{
    if (!(was & AIA_FLOW_RUNNING))
        atomic_fetch_and_explicit(&irq->flow, ~AIA_FLOW_RUNNING, memory_order_acq_rel);
}

/*
 * Returns what the word was; with PENDING in it flow_again() has to be called. Letting go and looking for PENDING is one
 * step, or an edge noted between the two would wait for the next one.
 */
static inline uint32_t flow_end(struct aia_irq *irq)
{
    return atomic_fetch_and_explicit(&irq->flow, ~AIA_FLOW_RUNNING, memory_order_release);
}

/* What the handler made of its edge, where that is not just good. Before flow_end(). Own, off. */
void flow_judge(struct aia *a, struct aia_irq *irq, enum aia_result result);

/* An edge came while the handler ran. Behind flow_end(). Own, off. */
void flow_again(struct aia *a, struct aia_irq *irq);

/* An edge of `irq` has arrived at identity `id` of this hart: run its handler, or see that it runs. Own, off. */
void flow_edge(struct aia *a, struct aia_irq *irq, unsigned here, unsigned id);

/*
 * A trap takes so many edges, and returns: an external interrupt comes before a timer's and a software interrupt, and what
 * is pending again at once would keep the hart in one trap for ever.
 */
#define FLOW_BURST 16u

/*
 * A trap is full: it has taken that many, `n` of them irq's, at `id`, and more is pending. Full traps one after the other are a
 * streak, aia_hart.streak is its number, and it leaves the hart nothing else to do: an interrupt that has had
 * storm_limit runs in one streak storms, whatever its handler says. `irq` may be NULL. Own, off.
 */
void flow_full(struct aia *a, struct aia_irq *irq, unsigned here, unsigned id, unsigned n);

/* One more edge that does no good: is that more of them than the embedder wants to see? */
bool flow_storming(const struct aia *a, struct aia_storm *s);

/* Give storming identities of this hart another chance, if their interrupt was enabled again, or is another's. Own, off. */
void flow_reopen(struct aia *a, unsigned here);

/* It has been started again: send the edge that was kept while it was shut down, if one was. Any. */
void flow_resume(struct aia *a, struct aia_irq *irq);

/* Identity `id` of this hart fired and belongs to nobody. Own, off. */
void flow_unowned(struct aia *a, unsigned here, unsigned id);

/* ---- message.c ---- */

/* The message that has `irq` come to `v`. */
static inline struct aia_message message_to(const struct aia *a, struct imsic_vector v)
{
    if (is_direct(a))
        return (struct aia_message){.addr = v.hart, .data = v.id};
    return imsic_message(&a->imsic, v);
}

/* A planned change of message: the vectors, blocks for a block, are allocated, nothing is written yet. */
struct update {
    enum aia_update kind;
    struct imsic_vector from, to;
    struct imsic_vector middle;  /* AIA_UPDATE_COMMON: new identity on the old hart; else none */
    struct aia_trace_ring *ring; /* this hart's, or NULL: not traced */
};

/* The n-th vector of a block. */
static inline struct imsic_vector vector_after(struct imsic_vector v, unsigned n)
{
    return (struct imsic_vector){.hart = v.hart, .id = (uint16_t)(v.id + n)};
}

/* Decide how irq's message can change to a vector on `to`, and allocate it. Lock held. */
int message_plan(struct aia *a, struct aia_irq *irq, unsigned to, struct update *u);

/* Carry it out, up to and including the drain barrier. Lock held. AIA_OK, AIA_ESILENT, AIA_ECHANGED or AIA_ETIMEOUT. */
int message_write(struct aia *a, struct aia_irq *irq, const struct update *u);

/* Put the whole message into a device that may have lost more than that, and let it send. Lock held. */
void message_restore(struct aia_msi *msi, const struct aia_message *m);

/* After message_write failed: put the old message back, as far as the device listens. Lock held. */
void message_undo(struct aia *a, struct aia_irq *irq, const struct update *u);

/*
 * Read the message back as a drain barrier. A device that does not answer proves nothing; then it is time
 * that has to. Lock held. AIA_OK, AIA_ESILENT, or AIA_ECHANGED of what is below an intermediate.
 */
int drain(struct aia *a, struct aia_irq *irq, struct aia_message *have);

/* The same, and is it `want`? AIA_OK; AIA_ESILENT; AIA_ECHANGED: it is another, which is counted. Lock held. */
int message_is(struct aia *a, struct aia_irq *irq, const struct aia_message *want, struct aia_message *have);

/* Report that it was another, if it was and nobody has said so. Any, no lock held. */
void report_change(struct aia_irq *irq);

static inline void report_changed(struct aia_irq *irq)
{
    if (atomic_load_explicit(&irq->changed, memory_order_relaxed))
        report_change(irq);
}

/* ---- move.c ---- */

/*
 * Move `irq` to `to`. Lock held, any hart. AIA_OK, the errors of aia_irq_set_affinity, or MOVE_ON_OLD_HART:
 * this move has to be made on the hart where the interrupt is now, nothing done.
 */
#define MOVE_ON_OLD_HART 1
int move(struct aia *a, struct aia_irq *irq, unsigned to);

/*
 * The same through a slow bus. Bus lock and lock held; the latter, taken with `was`, is let go while the command
 * is under way. AIA_ESILENT: the device did not answer, and the interrupt is dead.
 */
int move_slow(struct aia *a, struct aia_irq *irq, unsigned to, unsigned long was);

/* An edge arrived at irq's vector: with AIA_RECLAIM_FIRST_EDGE, ask for the old ones. Own, off, lock not held. */
void first_edge(struct aia *a, struct aia_irq *irq);

/* The block from `v` up, owned by `irq`, is no longer in its message, which has been drained. Lock held. */
void retire_block(struct aia *a, struct aia_irq *irq, struct imsic_vector v);

/* Send an edge of `irq` to where it is now, if it is anywhere. Any, lock not held. */
bool send_on(struct aia *a, struct aia_irq *irq);

/* An edge was caught at `v`, which retires: send it on, or handle it here. Own, off, lock not held. */
void forward(struct aia *a, struct aia_irq *irq, struct imsic_vector v);

/* Free those retiring vectors of this hart whose drain is now proven. Own, off, no lock held. */
int reclaim(struct aia *a, unsigned here);

/* How many ticks until time has drained all devices whose vectors retire on `hart`. Any. */
uint64_t drain_left(struct aia *a, unsigned hart);

/* Vectors began to retire on this hart: see to it that the timer comes. Own, off. */
void reclaim_later(struct aia *a);

/* Ask all harts of `set` that have retiring vectors to reclaim now. Any. */
void reclaim_ask(struct aia *a, const struct aia_hartset *set);

/* ---- affinity.c ---- */

/* Move `irq` off `hart`, if it is there, to where its affinity allows, else anywhere. Errors as move. */
int move_off(struct aia *a, struct aia_irq *irq, unsigned hart);

/* As move_off, in thread context: goes to the old hart if it must, and through slow buses. */
int move_off_wait(struct aia *a, struct aia_irq *irq, unsigned hart);

/* Bring `irq` into its affinity again, if it had to leave. Thread. */
int move_back(struct aia *a, struct aia_irq *irq);

/* ---- irq.c ---- */

/*
 * Give the interrupt a vector and start its message, unless it has one, or was stopped for good. Thread. AIA_OK; AIA_ENOHART,
 * AIA_ENOVEC: nothing changed; AIA_EAGAIN: a managed interrupt's vector drains yet; any other error, of its read-back: it has a
 * vector, or is dead.
 */
int start(struct aia *a, struct aia_irq *irq);

/* Stop the message; from here an edge that is still under way runs the handler where it lands. Lock held. */
void stop(struct aia *a, struct aia_irq *irq);

/* The last hart of a managed interrupt leaves: park its message if that can be, else stop it. Lock held. */
void shut_down(struct aia *a, struct aia_irq *irq);

/* stop() in thread context, through a slow bus if it is behind one. No lock held. */
void stop_wait(struct aia *a, struct aia_irq *irq);
void shut_down_wait(struct aia *a, struct aia_irq *irq);

/*
 * bus_sync; if the device does not answer it is reset, and the interrupt is dead: disabled for good, its vector and
 * `other`, if any, retired, and that reported. Bus lock held, lock not.
 */
int sync_or_die(struct aia *a, struct aia_irq *irq, struct imsic_vector other);

static inline bool is_slow(const struct aia_irq *irq)
{
    return irq->msi && irq->msi->ops->bus_lock;
}

static inline bool is_dead(const struct aia_irq *irq)
{
    return atomic_load_explicit(&irq->flow, memory_order_relaxed) & AIA_FLOW_DEAD;
}

/*
 * Returns whose bus it has locked, NULL: it is not slow. That is what is unlocked: the descriptor may have lost its
 * message meanwhile, by aia_irq_free() on another hart.
 */
static inline struct aia_msi *bus_lock(const struct aia_irq *irq)
{
    struct aia_msi *msi = irq->msi;

    if (!msi || !msi->ops->bus_lock)
        return NULL;
    msi->ops->bus_lock(msi);
    return msi;
}

static inline int bus_sync(struct aia_irq *irq)
{
    return is_slow(irq) ? irq->msi->ops->bus_sync(irq->msi) : AIA_OK;
}

static inline void bus_unlock(struct aia_msi *bus)
{
    if (bus)
        bus->ops->bus_unlock(bus);
}

/* ---- managed.c ---- */

/* Make it managed, a vector reserved on each hart of the affinity; give them back. AIA_OK or AIA_ENOVEC. Any. */
int managed_reserve(struct aia *a, struct aia_irq *irq);
void managed_release(struct aia *a, struct aia_irq *irq);

/* The online hart of `set` it should be on; the vector kept for it there, made its own. Any. */
int managed_choose(const struct aia *a, const struct aia_irq *irq, const struct aia_hartset *set,
                   unsigned *hart);
int managed_activate(struct aia *a, struct aia_irq *irq, unsigned hart, struct imsic_vector *v);

/* Start it again, if it was shut down. Thread. */
int managed_restart(struct aia *a, struct aia_irq *irq);

/* ---- ipi.c ---- */

/* The IPI identity fired: do what the virtual IPIs ask. Own, off. */
void ipi_taken(struct aia *a, unsigned here);

/* Take IPIs and calls from now on; take no more, and do what has come so far. Own, off. */
void ipi_open(struct aia *a, unsigned here);
void ipi_close(struct aia *a, unsigned here);

/* ---- hotplug.c ---- */

static inline enum aia_hart_state hart_state(const struct aia *a, unsigned hart)
{
    return (enum aia_hart_state)atomic_load_explicit(&a->config.harts[hart].state, memory_order_acquire);
}

#endif
