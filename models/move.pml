/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Moving interrupt I: lib/affinity.c, lib/move.c, lib/retire.c and lib/message.c, with -DKIND=
 *   STORE   the device's message is one store
 *   MASKED  the device can be masked
 *   ADDR    plain, and the old identity is free on the new hart
 *   COMMON  plain, and another identity is free on both
 *   TORN    plain, and no identity is free on both: a half-changed message may name (A, 2), which J owns
 * MOVES=2 (or 3) makes a second move while nothing of the first has drained: CHAIN back to A or on to C. It uses the update
 * that is possible then. Each move is made on the old hart, on the new one or on a third (THIRD_ONLY: always on the third).
 *   -DFREEING   afterwards the interrupt is freed: stop, wait_gone, aia_irq_free in lib/irq.c
 *   -DSILENT    the device may fail read-backs: message_undo, drain
 *   -DSYNC_TIMEOUT  one imsic_sync may give up
 */
#define STORE  1                    /* AIA_UPDATE_* */
#define MASKED 2
#define ADDR   3
#define COMMON 4
#define TORN   5
#ifndef MOVES
#define MOVES 1
#endif
#ifndef ASKS
#define ASKS 1
#endif
#ifndef CHAIN
#define CHAIN A
#endif
#if KIND > 2
#define PLAIN 1
#else
#define PLAIN 0
#endif

#include "imsic.pml"

bool move_done;

/* ---- a hart: entry.c, and the timer and IPIs that make it reclaim ---- */
proctype Hart(byte me)
{
    byte id, s, old, pend, n;
    bool mine, gave_up;

end:
    do
    :: atomic { !off[me] && (eip[me] & eie[me]) -> off[me] = 1; imsic_claim(me) };
        deliver(me);
        off[me] = 0
    :: atomic { !off[me] && ipi_retire[me] -> ipi_retire[me] = 0; timer_on[me] = 1 } // run_ipis, retire_start_timer
    :: atomic {
        !off[me] && (ipi_reclaim[me] || lazy && timer_on[me]) ->
        off[me] = 1;
        if
        :: lazy  -> timer_on[me] = 0        // aia_timer
        :: !lazy -> ipi_reclaim[me] = 0     // run_ipis
        fi
       };
        reclaim(me);
        off[me] = 0
    od
}

/* A request without a vector asks hart h for a reclaim while h has a vector to reclaim, or never: retire_ask. */
proctype Ask(byte h)
{
    byte n;

    do
    :: atomic { n < ASKS && n_retiring[h] -> ipi_reclaim[h] = 1; n++ }
    :: atomic { n < ASKS && timer_on[h] -> timer_on[h] = 0; ipi_reclaim[h] = 1; n++ } // or the timer fires first
    :: break
    od
}

/* Another interrupt wants a vector on A: it takes the first vector that is freed there, or none. */
proctype Taker()
{
end:
    atomic { slot[AT(A, 1)] == FREE && vec_hart != A -> slot[AT(A, 1)] = OTHER }
}

#ifdef SILENT
/* wait_limit after a failed read-back, everything that was posted before has left. */
proctype Time()
{
end:
    do
    :: atomic { undrained && empty(posted) -> undrained = 0 }
    od
}
#endif

#if KIND == TORN
/* J's device sends its edge to (A, 2). */
proctype J_device()
{
    atomic { file_write(A, 2, J); owed_j = 1 }
}
#endif

/* ---- message.c ---- */
inline write_addr(h)
{
    atomic { dev_hart = h; dev_torn = (update == TORN && !dev_torn) }
}

inline write_data(d)
{
    atomic { dev_id = d; dev_torn = (update == TORN && !dev_torn) }
}

inline mask()   { dev_masked = 1 }
inline unmask() { atomic { dev_masked = 0; if :: dev_pending -> dev_pending = 0; device_send() :: else fi } }

/* imsic_alloc: vector.c, the lowest free identity of `to`; 0 if none. */
inline alloc()
{
    to_id = 1;
    do
    :: to_id <= IDS && slot[AT(to, to_id)] == FREE -> break
    :: to_id <= IDS && slot[AT(to, to_id)] != FREE -> to_id++
    :: to_id > IDS -> to_id = 0; break
    od;
    if
    :: to_id -> slot[AT(to, to_id)] = OWNED
    :: else
    fi
}

/* message_plan and plan_plain. One step: imsic.lock is held where it matters. update 0: no vector, or only on the old hart. */
inline message_plan()
{
    atomic {
        from = vec_hart; from_id = vec_id; middle = 0; here_only = 0;
        if
        :: !PLAIN -> update = KIND; alloc(); if :: !to_id -> update = 0 :: else fi
        :: PLAIN && slot[AT(to, from_id)] == FREE -> // imsic_alloc_id
            update = ADDR; to_id = from_id;
            slot[AT(to, to_id)] = OWNED
        :: PLAIN && slot[AT(to, from_id)] != FREE ->
            to_id = 1;
            do
            :: to_id > IDS -> break
            :: to_id <= IDS && slot[AT(from, to_id)] == FREE && slot[AT(to, to_id)] == FREE -> break
            :: to_id <= IDS && (slot[AT(from, to_id)] != FREE || slot[AT(to, to_id)] != FREE) -> to_id++
            od;
            if
            :: to_id <= IDS -> // imsic_alloc_common
                update = COMMON; middle = to_id;
                slot[AT(from, to_id)] = OWNED; slot[AT(to, to_id)] = OWNED
            :: to_id > IDS && who != from ->
                update = 0; to_id = 0; here_only = 1 // only on the old hart
            :: to_id > IDS && who == from ->
                update = TORN; alloc(); if :: !to_id -> update = 0 :: else fi
            fi
        fi
    }
}

/* write_steps. The message goes from (from, f_id) to (t, t_id), or back when undone. */
inline write_steps(t, t_id)
{
    if
    :: update == STORE ->
#ifdef STORE_IN_HALVES
        dev_hart = t;
        dev_id = t_id
#else
        atomic { dev_hart = t; dev_id = t_id }
#endif
    :: update == MASKED ->
#ifndef NO_MASK
        mask();
#endif
        write_addr(t);
        write_data(t_id);
#ifndef NO_MASK
        unmask()
#endif
    :: update == ADDR -> write_addr(t)
    :: update == COMMON || update == TORN ->
#ifdef ADDR_FIRST
        dev_hart = t;
        dev_id = t_id
#else
        write_data(t_id);
        write_addr(t)
#endif
    fi
}

/* copy_torn: did an edge of a half-changed message arrive here, on the old hart? */
inline copy_torn()
{
#ifndef NO_COPY
#ifndef NO_SYNC_IN_COPY
    imsic_sync(from);
#endif
    if
#ifdef SYNC_TIMEOUT
    :: gave_up -> error = 1; gave_up = 0
    :: !gave_up && (eip[from] & BIT(to_id)) ->
#else
    :: eip[from] & BIT(to_id) ->
#endif
                                 // imsic_file_pending
#ifdef COPY_TAKES_BIT
        d_step { eip[from] = eip[from] & ~BIT(to_id) };
#endif
        imsic_send(to, to_id)
    :: else
    fi
#else
    skip
#endif
}

/* message_undo: the steps in reverse order. */
inline message_undo()
{
    if
    :: update == COMMON || update == TORN ->
        write_addr(from);
        write_data(from_id)
    :: else -> write_steps(from, from_id)
    fi;
#ifdef SILENT
    if
    :: read_back()
#ifdef NO_DRAIN_BY_TIME             /* lib/message.c of a857e64: hole 4 of models/README */
    :: skip
#else
    :: undrained = 1                // message_drain: time has to prove the drain
#endif
    fi;
#else
    read_back();
#endif
#ifndef NO_COPY_IN_UNDO             /* lib/message.c of a857e64: hole 3 */
    if
    :: update == TORN -> imsic_send(from, from_id) // a half-changed message may have been sent: one extra run
    :: else
    fi
#endif
}

/* message_write, up to and including the read-back. */
inline message_write()
{
    write_steps(to, to_id);
    error = 0;
#ifndef NO_READ_BACK
#ifdef SILENT
    if
    :: read_back()
    :: error = 1                    // AIA_ESILENT, although the device may have been written
    fi;
#else
    read_back();
#endif
#endif
    if
    :: update == TORN && !error -> copy_torn()
    :: else
    fi
}

/* move_irq, and what try_locked does around it. */
inline move()
{
    message_plan();
    if
    :: update ->
#ifdef RETIRE_FIRST
        retire(from, from_id, who);
        message_write();
        atomic { vec_hart = to; vec_id = to_id };
#else
        message_write();
        if
        :: error -> message_undo(); retire(to, to_id, who)
        :: else ->
            atomic { vec_hart = to; vec_id = to_id };
            retire(from, from_id, who)
        fi;
#endif
        if
        :: middle -> retire(from, middle, who)
        :: else
        fi
    :: else
    fi
}

/* stop_message: irq.c. */
inline stop()
{
    dev_stopped = 1;
#ifndef NO_READ_BACK
    read_back();
#endif
    atomic { from = vec_hart; from_id = vec_id; vec_id = 0 };
    retire(from, from_id, who)
}

#define TARGET(n) ((n) == 1 -> CHAIN : B)

/* The mover: aia_irq_set_affinity, in a thread of any hart. */
proctype Mover()
{
    byte n, to, to_id, from, from_id, middle, who, update;
    bool here_only, error, first, gave_up;

    do
    :: n < MOVES ->
        to = TARGET(n);
        if
        :: who = THIRD
#ifndef THIRD_ONLY
        :: who = vec_hart
        :: who = to
#endif
        fi;
again:
        if                                      // aia_port_irq_save
        :: who == THIRD
        :: atomic { who != THIRD && !off[who] -> off[who] = 1 }
        fi;
        atomic { !irq_lock -> irq_lock = 1 };   // irq_lock
        move();
        irq_lock = 0;                           // irq_unlock
        if
        :: who != THIRD -> off[who] = 0
        :: else
        fi;
        if
        :: here_only -> who = from; goto again  // aia_call(old hart, try_here)
        :: else -> n++
        fi
    :: else -> break
    od;
#ifdef FREEING
    who = THIRD;
    atomic { !irq_lock -> irq_lock = 1 };
    stop();
    irq_lock = 0;
    atomic { ipi_reclaim[A] = 1; ipi_reclaim[B] = 1 }; // retire_ask
    irq_n_retiring == 0;                        // wait_gone
    assert(P5_no_early_reuse && !owed && !pending && !running); // the descriptor may have a new owner
#endif
    atomic { n = 0; to = 0; to_id = 0; from = 0; from_id = 0; middle = 0; who = 0; update = 0; move_done = 1 }
}

#ifdef ENABLE_AT_TICK               /* a new identity is enabled at the new hart's next tick, as in Linux */
#define ENABLED_FROM_THE_START (lazy -> ALL : 0)
#else
#define ENABLED_FROM_THE_START ALL
#endif

init
{
    d_step {
        eie[A] = ALL; eie[B] = ALL;
#if HARTS > 2
        eie[C] = ALL;
#endif
#ifdef ENABLE_AT_TICK
        eie[B] = 0;
#endif
        slot[AT(A, 1)] = OWNED; vec_hart = A; vec_id = 1; dev_hart = A; dev_id = 1;
#if KIND == STORE || KIND == MASKED || KIND == COMMON
        slot[AT(B, 1)] = OTHER               /* so both address and data change */
#elif KIND == TORN
        slot[AT(A, 2)] = OTHER; slot[AT(A, 3)] = OTHER;
        slot[AT(B, 1)] = OTHER; slot[AT(B, 3)] = OTHER
#else
        skip
#endif
    };
    atomic {
        run Fabric(); run Device(); run Mover(); run Hart(A); run Hart(B);
#if HARTS > 2
        run Ask(B);
#else
        run Ask(A);
#endif
#ifdef SILENT
        run Ask(B); run Time();
#endif
#if HARTS > 2
        run Hart(C);
#endif
        run Taker();
#if KIND == TORN
        run J_device()
#else
        skip
#endif
    };
    /* Nothing but timers can happen. */
    atomic { timeout; late = owed; lazy = 1 };
#ifdef ENABLE_AT_TICK
    eie[B] = ALL;
#endif
    /* Nothing can happen. */
    atomic {
        timeout;
        assert(P1_no_loss && !owed && !owed_j);
        assert(P3_no_timer && !late);
        assert(P7_books && move_done && !irq_n_retiring && !n_retiring[A] && !n_retiring[B]);
    }
}
