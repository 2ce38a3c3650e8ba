/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What move.pml and offline.pml share: interrupt files with delayed writes, one device with a posted queue, the slot
 * table, and the C functions that both need. A statement, or an atomic { } around a few, is one step: one access to
 * memory, a CSR or a device, or a compare-and-swap that succeeds. Names are those of the C code. A // comment names the
 * function that does the step.
 *
 * The interrupt is I. Every other vector's owner is OTHER.
 */
#ifndef HARTS
#define HARTS 2
#endif
#ifndef EDGES
#define EDGES 2
#endif
#define A    0
#define B    1
#define C    2
#define THIRD 7                     /* a hart that runs the mover and has no file in the model */
#define IDS  3                      /* identities 1 .. IDS can be allocated */
#define SYNC 4                      /* imsic.sync_id: never enabled, so never claimed */
#define ALL  14                     /* eip bits of 1 .. IDS */
#define AT(h, id) ((h) * 4 + (id))
#define BIT(id)   (1 << (id))

/* The properties of design section 2. Each is always true; pan's "assertion violated" prints its name. */
bool P1_no_loss = 1, P2_no_extra = 1, P3_no_timer = 1, P4_no_overlap = 1, P5_no_early_reuse = 1, P7_books = 1,
     MODEL_queue_too_short = 1;

/* ---- interrupt files: imsic/file.c ---- */

/* The source of a message, beside its identity; only the properties look at it. */
#define OWN  0                      /* imsic_sync's own write */
#define I    1                      /* an edge of I, or a copy of one */
#define HALF 2                      /* an edge of I sent by a half-changed message */
#define J    3                      /* an edge of the OTHER that owns (A, 2) */

chan fifo[HARTS] = [6] of { byte, byte }; /* writes to a file in global memory order, not yet in effect: id, src */
byte eip[HARTS];
byte eie[HARTS];
bool off[HARTS];                    /* interrupts off: this hart is in its handler, or runs a mover that holds a lock */

/* ---- the slot table: imsic/vector.c ---- */
#define FREE     0                  /* IMSIC_FREE */
#define OWNED    1                  /* IMSIC_OWNED, by I */
#define RETIRING 2                  /* IMSIC_RETIRING, by I */
#define OTHER    3                  /* IMSIC_OWNED, by another */
byte slot[HARTS * 4];
bool file_open[HARTS];              /* imsic_file.open */
byte retiring[HARTS];               /* imsic_file.retiring */
byte n_retiring[HARTS];             /* imsic_file.n_retiring */
bool timer_on[HARTS];               /* aia_port_timer() was called */
bool ipi_closed[HARTS];             /* IPI_CLOSED: its hart is offline */
bool ipi_retire[HARTS];             /* AIA_IPI_RETIRE under way (ipi.pml shows that it arrives) */
bool ipi_reclaim[HARTS];            /* AIA_IPI_RECLAIM under way */

/* ---- the interrupt's descriptor: struct aia_irq ---- */
bool irq_lock;
byte vec_hart, vec_id;              /* irq->vec; id 0: being freed */
bool running, pending;              /* AIA_FLOW_RUNNING, AIA_FLOW_PENDING (flow.pml has the whole word) */
byte irq_n_retiring;

/* ---- its device ---- */
byte dev_hart, dev_id;              /* the message: address, data */
bool dev_masked, dev_pending;
bool dev_torn;                      /* for the properties: the message is half-changed */
bool dev_stopped;
#define READ 6                      /* instead of a hart: a read completion, which posted writes do not pass */
chan posted = [5] of { byte, byte, byte }; /* hart, id, src */
bool read_done;

bool undrained;                      /* the time irq->drained_at has not come */
bool sync_out[HARTS], syncs_given_up;

/* ---- what the properties look at ---- */
bool owed;                          /* an edge of I was sent, and no run of its handler has begun since */
bool owed_j;                        /* the same for J */
bool late;                          /* owed was still true when only timers could happen */
bool handler;                       /* the handler of I runs */
bool lazy;                          /* lazy timers fire now */
byte torn_copies;

#define IS_I(h, id) (slot[AT(h, id)] == OWNED || slot[AT(h, id)] == RETIRING)

/* A write to a file's seteipnum is performed: it has a place in global memory order, but no effect yet. */
inline file_write(fw_h, fw_id, fw_src)
{
    assert(MODEL_queue_too_short && nfull(fifo[fw_h]));
    fifo[fw_h]!fw_id, fw_src
}

/* imsic_send: file.c. Its fences give it its place in program order. */
inline imsic_send(s_h, s_id)
{
    atomic { file_write(s_h, s_id, I) }
}

/* The write takes effect. An edge of I must find a vector of I there; an edge of a half-changed message may find anything. */
inline file_effect(fe_h)
{
    d_step {
        fifo[fe_h]?id, src;
        eip[fe_h] = eip[fe_h] | BIT(id);
        assert(P2_no_extra && (src != I || IS_I(fe_h, id)));
        id = 0; src = 0
    }
}

/* Moves writes under way: from the device to memory order, from memory order to eip, each at any time. */
proctype Fabric()
{
    byte h, id, src;

end:
    do
    :: atomic {
        posted?h, id, src ->
        if
        :: h == READ -> read_done = 1
        :: else      -> file_write(h, id, src)
        fi;
        h = 0; id = 0; src = 0
       }
    :: nempty(fifo[A]) -> file_effect(A)
    :: nempty(fifo[B]) -> file_effect(B)
#if HARTS > 2
    :: nempty(fifo[C]) -> file_effect(C)
#endif
    od
}

/* The device sends its message, or keeps the edge if masked. */
inline device_send()
{
    if
    :: dev_torn -> posted!dev_hart, dev_id, HALF
    :: else     -> posted!dev_hart, dev_id, I
    fi
}

#ifndef MANAGED                     /* in managed.pml the interrupt is started again */
proctype Device()
{
    byte n;

    do
    :: n < EDGES ->
        atomic {
            if
            :: dev_stopped -> break
            :: dev_masked  -> dev_pending = 1
            :: else        -> device_send()
            fi;
            owed = 1;
            n++
        }
    :: else -> break
    od
}
#endif

/* ---- a slow bus: the message is changed through a queue of one command ---- */
#ifdef SLOW
bool bus_lock;                      /* ops->bus_lock */
byte copy_hart, copy_id;            /* the copy that software changes */
bool copy_stopped;
bool command;                       /* a command was sent and is not answered yet */

/* The device obeys at any time, and answers at any later time. */
proctype Bus()
{
end:
    do
    :: atomic { command -> dev_hart = copy_hart; dev_id = copy_id; dev_stopped = copy_stopped };
        command = 0
    od
}

/* ops->bus_sync. */
inline bus_sync()
{
    command = 1;
#ifndef NO_ACK
    !command
#endif
}
#endif

/* ops->read_back: its completion comes after everything that the device has posted. */
inline read_back()
{
    posted!READ, 0, 0;
    atomic { read_done -> read_done = 0; undrained = 0 }
}

/*
 * imsic_sync: file.c. On hart h, interrupts off. With -DSYNC_TIMEOUT it may give up once. Its write then arrives later, and
 * the next sync must not take it for its own. Local: gave_up.
 */
inline imsic_sync(h)
{
#ifdef NO_SYNC
    skip
#else
#ifdef SYNC_TIMEOUT
#ifndef STALE_SYNC                              /* STALE_SYNC: imsic/file.c of a857e64, hole 2 of models/README */
    if
    :: sync_out[h] -> atomic { eip[h] & BIT(SYNC) -> sync_out[h] = 0 } // the write of the sync that gave up
    :: else
    fi;
#endif
#endif
    atomic { eip[h] = eip[h] & ~BIT(SYNC) };    // imsic_file_clear_pending
        atomic { file_write(h, SYNC, OWN) };        // mmio_write32, after a fence
    if
    :: atomic {
        eip[h] & BIT(SYNC) ->                   // the loop
        eip[h] = eip[h] & ~BIT(SYNC)
       }
#ifdef SYNC_TIMEOUT
    :: atomic { !syncs_given_up -> syncs_given_up = 1; sync_out[h] = 1; gave_up = 1 } // AIA_ETIMEOUT
#endif
    fi
#endif
}

/* ---- flow.c: the compare-and-swaps of flow_edge and run. `mine`: a local of the caller's process. ---- */
inline run_begins()
{
    assert(P4_no_overlap && !handler);
    handler = 1;
    owed = 0
}

inline flow_edge()
{
    atomic {                                    // flow_edge
        if
        :: running -> pending = 1
        :: else    -> running = 1; mine = 1; run_begins()
        fi
    };
    do
    :: mine ->
        atomic {                                // run: release RUNNING or take PENDING, one step
            handler = 0;
            if
            :: pending -> pending = 0; run_begins()
            :: else    -> running = 0; mine = 0
            fi
        }
    :: else -> break
    od
}

/* ---- retire.c ---- */

/* retire_one, retire_block: vector (h, id) of I, by a mover on hart `who`, lock held. `first`: a local. */
inline retire(h, id, who)
{
#ifdef FREE_UNDRAINED
    free_slot(h, id)
#else
    atomic {
        irq_n_retiring++;                       // irq->n_retiring
        first = (n_retiring[h] == 0);
        n_retiring[h]++                         // f->n_retiring
    };
#ifdef NO_KEEP_MAPPED
    slot[AT(h, id)] = OTHER;                    // still taken, but not by I
#else
    slot[AT(h, id)] = RETIRING;
#endif
    retiring[h] = retiring[h] | BIT(id);
    if
    :: !first               -> first = 0        // its timer is on, or will be
    :: first && who == h    -> first = 0; timer_on[h] = 1   // retire_start_timer
    :: first && who != h    -> first = 0; ipi_retire[h] = !ipi_closed[h] // aia_ipi_send AIA_IPI_RETIRE
    fi
#endif
}

/* retire_caught, retire_forward: an edge caught at a retiring vector. (AIA_FORWARD; the other policy is the FREEING branch.) */
inline forward()
{
    atomic { !irq_lock -> irq_lock = 1 };       // irq_lock
#ifdef FREEING
    if
    :: vec_id      -> imsic_send(vec_hart, vec_id); irq_lock = 0
    :: vec_id == 0 -> irq_lock = 0; flow_edge() // being freed: the handler runs here
    fi
#else
    imsic_send(vec_hart, vec_id);               // imsic_send
    irq_lock = 0                                // irq_unlock
#endif
}

/* Whether a message of I for (h, id) is under way or pending. Half-changed messages are left to their update. */
#define UNDER_WAY(h, id) \
    (posted??[eval(h), eval(id), I] || fifo[h]??[eval(id), I] || (eip[h] & BIT(id)))
#define NAMED(h, id)     ((vec_hart == h && vec_id == id) || \
                          (!dev_stopped && !dev_torn && !dev_masked && dev_hart == h && dev_id == id))

/* imsic_free: vector.c. From here on the vector may have a new owner. */
inline free_slot(h, id)
{
    atomic {
        assert(P5_no_early_reuse && !UNDER_WAY(h, id) && !NAMED(h, id));
        slot[AT(h, id)] = FREE
    }
}

/* retire_reclaim: on hart h, interrupts off. Locals: old, pend, id, n, gave_up. */
inline reclaim(h)
{
    if
    :: n_retiring[h] == 0 -> skip
    :: else ->
#ifdef SYNC_THEN_LOOK
        imsic_sync(h);
        old = retiring[h];
#else
        old = retiring[h];                      // first: which vectors retire,
#ifdef SILENT
#ifndef TIME_AFTER_SYNC                         /* TIME_AFTER_SYNC: 6124196, hole 7 of models/README */
        old = (undrained -> 0 : old);           // and whose drain only time can prove: has that time come,
#endif
#endif
        imsic_sync(h);                          // then sync
#endif
        pend = eip[h];                          // imsic_file_pending
        id = 1;
#ifdef SYNC_TIMEOUT
        if
        :: gave_up -> timer_on[h] = 1; old = 0; id = IDS + 1; gave_up = 0 // retire_start_timer
        :: else
        fi;
#endif
        do
#if defined(SILENT) && defined(TIME_AFTER_SYNC)
        :: id <= IDS && (old & BIT(id)) && undrained -> id++
        :: id <= IDS && (old & BIT(id)) && !undrained ->
#else
        :: id <= IDS && (old & BIT(id)) ->      // reclaim_one
#endif
            if
            :: pend & BIT(id) ->
                atomic { eip[h] = eip[h] & ~BIT(id) };
#ifndef NO_FORWARD_IN_RECLAIM
                forward()
#endif
            :: else
            fi;
            atomic { retiring[h] = retiring[h] & ~BIT(id) };
            free_slot(h, id);
            atomic { irq_n_retiring--; n++; id++ }
        :: id <= IDS && !(old & BIT(id)) -> id++
        :: id > IDS -> break
        od;
        atomic {                                // atomic_fetch_sub
            n_retiring[h] = n_retiring[h] - n;
#ifndef NO_REARM
            if
            :: n_retiring[h] -> timer_on[h] = 1 // retire_start_timer
            :: else
            fi;
#endif
            id = 0; n = 0; old = 0; pend = 0
        }
    fi
}

/* imsic_claim: one csrrw of stopei takes the lowest identity that is pending and enabled. */
inline imsic_claim(h)
{
    id = 1;
    do
    :: eip[h] & eie[h] & BIT(id) -> break
    :: else -> id++
    od;
    eip[h] = eip[h] & ~BIT(id)
}

/* aia_interrupt: entry.c. Locals: id, s. */
inline deliver(h)
{
    s = slot[AT(h, id)];
    if
    :: s == OWNED    -> flow_edge()
    :: s == RETIRING ->
#ifndef NO_FORWARD
        forward()
#endif
    :: s == OTHER    -> if :: h == A && id == 2 -> owed_j = 0 :: else fi // flow_edge of its owner
    :: s == FREE     -> skip                    // flow_unowned
    fi;
    id = 0; s = 0
}
