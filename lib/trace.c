/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The trace rings. A ring has one writer, its own hart, and any number of readers. A trap of that hart may write in the middle
 * of a write. The writer
 *
 *   1. takes the next number            the older record in that place is gone
 *   2. writes the record
 *   3. writes the number into it        the record is whole
 *
 * with a fence between each two steps. A reader looks in the opposite order. The number in the record must be the number
 * that the reader wants. After the copy, `next` must be at most a ring's length ahead of that number. Then no later record was
 * begun in that place: a reader that sees any word of a later record sees that the later number was taken.
 */
#include "lib/trace_event.h"
#include "lib/flow.h"

#include "csr.h"

/*
 * A relaxed store. On RISC-V a plain aligned store is atomic, and is used because GCC before 13 makes an amoswap of an atomic
 * store.
 */
static inline void put_word(_Atomic aia_word *p, aia_word v)
{
#ifdef __riscv
    *(volatile aia_word *)p = v;
#else
    atomic_store_explicit(p, v, memory_order_relaxed);
#endif
}

static inline void put(_Atomic aia_word *p, uint64_t v)
{
    for (unsigned i = 0; i < AIA_TRACE_WORDS; i++)
        put_word(&p[i], (aia_word)(v >> i * 32));
}

static inline uint64_t get(const _Atomic aia_word *p)
{
    uint64_t v = 0;

    for (unsigned i = 0; i < AIA_TRACE_WORDS; i++)
        v |= (uint64_t)atomic_load_explicit(&p[i], memory_order_relaxed) << i * 32;
    return v;
}

/*
 * A trace event takes at most 30 instructions, the caller's included. So this function calls nothing, is compiled without a
 * frame pointer, and reads the time CSR itself. The fence after the number is part of the atomic operation: RVWMO orders
 * an AMO with aq before the stores that follow.
 */
void aia_trace_write(struct aia_trace_ring *ring, uint64_t what, uint64_t arg)
{
    aia_word n = atomic_fetch_add_explicit(&ring->next, 1, memory_order_acquire);
    struct aia_trace_record *r = &ring->records[n & ring->mask];

    put(r->time, csr_time());
    put(r->what, what);
    put(r->arg, arg);
    atomic_thread_fence(memory_order_release);
    put_word(&r->stamp[0], n);
}

bool trace_init(const struct aia_config *c)
{
    for (unsigned h = 0; c->trace && h < c->n_harts; h++) {
        struct aia_trace_ring *r = &c->trace[h];
        if (!r->records || r->n_records < 2 || (r->n_records & (r->n_records - 1)))
            return false;
        r->mask = r->n_records - 1;
        atomic_store_explicit(&r->next, 1, memory_order_relaxed);
    }
    return true;
}

int aia_trace_on(struct aia *a)
{
    if (!a->config.trace)
        return AIA_EINVAL;
    __atomic_store_n(&a->tracing, a->config.trace, __ATOMIC_RELEASE);
    for (unsigned h = 0; h < a->config.n_harts; h++)
        __atomic_store_n(&a->config.harts[h].slots, NULL, __ATOMIC_RELEASE);
    return AIA_OK;
}

void aia_trace_off(struct aia *a)
{
    for (unsigned h = 0; h < a->config.n_harts; h++)
        flow_short_way(a, h);
    __atomic_store_n(&a->tracing, NULL, __ATOMIC_RELEASE);
}

void aia_trace_seek(const struct aia *a, struct aia_trace_reader *r, unsigned hart, uint64_t n)
{
    *r = (struct aia_trace_reader){.hart = hart, .next = 1};
    if (!a->config.trace || hart >= a->config.n_harts)
        return;
    const struct aia_trace_ring *ring = &a->config.trace[hart];
    aia_word next = atomic_load_explicit(&ring->next, memory_order_acquire);

    n = n < ring->n_records ? n : ring->n_records;
    r->next = next > n ? next - (aia_word)n : 1;
}

/* Copy record `n`. False: the record is not yet, or no longer, whole. */
static bool copy(const struct aia_trace_ring *ring, aia_word n, struct aia_trace_entry *out)
{
    const struct aia_trace_record *r = &ring->records[n & ring->mask];

    if (atomic_load_explicit(&r->stamp[0], memory_order_acquire) != n)
        return false;
    uint64_t what = get(r->what);
    *out = (struct aia_trace_entry){
        .time = get(r->time),
        .arg = get(r->arg),
        .event = (enum aia_event)(what & 0xff),
        .irq = what >> 8 & 0xffffff,
        .vec = {.hart = (uint16_t)(what >> 32), .id = (uint16_t)(what >> 48)},
    };
    atomic_thread_fence(memory_order_acquire);
    return (aia_word)(atomic_load_explicit(&ring->next, memory_order_relaxed) - n) <= ring->n_records;
}

bool aia_trace_read(const struct aia *a, struct aia_trace_reader *r, struct aia_trace_entry *out)
{
    if (!a->config.trace || r->hart >= a->config.n_harts)
        return false;
    const struct aia_trace_ring *ring = &a->config.trace[r->hart];

    for (;;) {
        aia_word next = atomic_load_explicit(&ring->next, memory_order_acquire);
        if ((aia_word)(next - r->next) > ring->n_records) {
            r->dropped += (aia_word)(next - r->next) - ring->n_records;
            r->next = next - (aia_word)ring->n_records;
        }
        if (r->next == next)
            return false;
        if (copy(ring, r->next, out)) {
            r->next++;
            return true;
        }
        /*
         * The record is not whole yet, or its number is not visible yet. If it is one of the two newest, a later call reads it.
         * An older record counts as dropped.
         */
        if ((aia_word)(next - r->next) <= 2) /* the numbers of RV32 wrap */
            return false;
        r->next++;
        r->dropped++;
    }
}

const char *aia_event_name(unsigned event)
{
    static const char *const names[] = {
        [AIA_EVENT_CLAIM] = "claim",     [AIA_EVENT_BEGIN] = "begin",     [AIA_EVENT_END] = "end",
        [AIA_EVENT_NOTED] = "noted",     [AIA_EVENT_MOVE] = "move",       [AIA_EVENT_MOVED] = "moved",
        [AIA_EVENT_MESSAGE] = "message", [AIA_EVENT_START] = "start",     [AIA_EVENT_STOP] = "stop",
        [AIA_EVENT_RETIRE] = "retire",   [AIA_EVENT_RECLAIM] = "reclaim", [AIA_EVENT_FORWARD] = "forward",
        [AIA_EVENT_RESEND] = "resend",   [AIA_EVENT_DISABLE] = "disable", [AIA_EVENT_ENABLE] = "enable",
        [AIA_EVENT_UNOWNED] = "unowned", [AIA_EVENT_STORM] = "storm",     [AIA_EVENT_LATE] = "late",
        [AIA_EVENT_DEAD] = "dead",       [AIA_EVENT_IPI] = "ipi",         [AIA_EVENT_IPI_TAKEN] = "ipi taken",
        [AIA_EVENT_HART] = "hart",       [AIA_EVENT_RAISED] = "raised",   [AIA_EVENT_SEEN] = "seen",
    };

    _Static_assert(sizeof(names) / sizeof(names[0]) == AIA_N_EVENTS, "a name for each event");
    return event < AIA_N_EVENTS && names[event] ? names[event] : "unknown";
}
