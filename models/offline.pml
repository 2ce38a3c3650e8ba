/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Hart A goes offline while a third hart moves interrupt I from it or to it: lib/hotplug.c. It may fail to, and it may come
 * back. The message is one store, with -DSLOW on a slow bus; move.pml has the other kinds. Meanwhile an IPI is under way to A,
 * as a flag; ipi.pml has IPIs in detail.
 */
#define HARTS 2
#include "imsic.pml"

#define OFFLINE 0                   /* enum aia_hart_state */
#define ONLINE  1
#define CLOSED    2
#define EVACUATED 3
#define FORCED    4
#define QUIET     5
#define SWEPT     6

bool no_late = 1, P6_whole = 1;     /* properties */

byte state[HARTS];                  /* struct aia_hart.state */
bool ipi_user[HARTS];               /* an embedder's IPI under way */
bool owed_ipi;                      /* the IPI was accepted and has not been run */
bool ready;                         /* aia_hart_offline_begin is done: A may call aia_hart_offline_finish */
bool begin_done, move_done, hart_done;

/* entry.c and the IPIs, on a hart whose interrupts are on. B never goes offline. */
inline interrupts(me)
{
    if
    :: atomic { !off[me] && (eip[me] & eie[me]) -> off[me] = 1; imsic_claim(me) };
        deliver(me);
        off[me] = 0
    :: atomic { !off[me] && ipi_retire[me] -> ipi_retire[me] = 0; timer_on[me] = 1 }
    :: atomic { !off[me] && ipi_user[me] -> ipi_user[me] = 0; owed_ipi = 0 }
    :: atomic { !off[me] && lazy && timer_on[me] -> off[me] = 1; timer_on[me] = 0 };
        reclaim(me);
        off[me] = 0
    fi
}

/* move_irq: move.c, of kind STORE. Lock held. 0 in to_id: AIA_ENOVEC. */
inline move(who)
{
    atomic {                                    // imsic_alloc; nothing of a closed file
        to_id = 1;
        do
        :: to_id <= IDS && file_open[to] && slot[AT(to, to_id)] == FREE -> slot[AT(to, to_id)] = OWNED; break
        :: to_id <= IDS && !(file_open[to] && slot[AT(to, to_id)] == FREE) -> to_id++
        :: to_id > IDS -> to_id = 0; break
        od;
        from = vec_hart; from_id = vec_id
    };
    if
    :: to_id ->
#ifdef SLOW                                             // move_irq_slow: both vectors are I's while the command is under way
        atomic { copy_hart = to; copy_id = to_id };     // store
        irq_lock = 0;
        bus_sync();
        atomic { !irq_lock -> irq_lock = 1 };
#else
        atomic { dev_hart = to; dev_id = to_id };       // message_write
#endif
#ifndef NO_READ_BACK
        read_back();
#endif
        atomic { vec_hart = to; vec_id = to_id };
        retire(from, from_id, who)
    :: else
    fi
}

#ifdef SLOW
inline bus_begin() { atomic { !bus_lock -> bus_lock = 1 } }
inline bus_end()   { bus_lock = 0 }
#else
inline bus_begin() { skip }
inline bus_end()   { skip }
#endif

/* A thread of a third hart: aia_irq_set_affinity, to the hart where I is not. */
proctype Mover()
{
    byte to, to_id, from, from_id;
    bool first;

    bus_begin();
    atomic { !irq_lock -> irq_lock = 1 };
    to = 1 - vec_hart;
    move(THIRD);
    irq_lock = 0;
    bus_end();
    move_done = 1
}

/* Another hart sends A an IPI: aia_ipi_send. */
proctype Sender()
{
    atomic {
        if
        :: ipi_closed[A] -> skip                        // AIA_EOFFLINE
        :: else          -> ipi_user[A] = 1; owed_ipi = 1
        fi
    }
}

/* affinity_force_off, affinity_move_off: affinity.c. */
inline move_off(who)
{
    atomic { !irq_lock -> irq_lock = 1 };
    if
    :: vec_hart == A -> to = B; move(who)
    :: else
    fi;
    irq_lock = 0
}

/* aia_hart_offline_begin, in a thread of a third hart. */
proctype Offline_begin()
{
    byte to, to_id, from, from_id;
    bool first;

#ifndef NO_CLOSE
    file_open[A] = 0;                                   // close_file
#endif
    state[A] = CLOSED;
#ifndef NO_EVACUATE_IN_BEGIN
#ifndef NO_BUS_LOCK
    bus_begin();                                        // affinity_move_off: a move to A may be under way
    move_off(THIRD);                                    // evacuate_hart
    bus_end();
#else
    if                                                  // it looks first, and locks the bus only for what it found
    :: vec_hart == A -> bus_begin(); move_off(THIRD); bus_end()
    :: else
    fi;
#endif
#endif
    state[A] = EVACUATED;
    if
    :: ready = 1                                        // the embedder goes on
    :: state[A] = ONLINE; file_open[A] = 1              // or the embedder cancels: aia_hart_offline_cancel
    fi;
    begin_done = 1
}

/* ipi_close: the word is closed, and the IPIs in it are run. */
inline ipi_close(h)
{
#ifndef NO_IPI_CLOSE
    atomic {
        ipi_closed[h] = 1;
        if :: ipi_retire[h] -> ipi_retire[h] = 0; timer_on[h] = 1 :: else fi;
#ifndef CLOSE_DROPS
        if :: ipi_user[h] -> owed_ipi = 0 :: else fi;
#endif
        ipi_user[h] = 0
    }
#else
    skip
#endif
}

inline ipi_open(h) { atomic { ipi_closed[h] = 0; ipi_user[h] = 0 } }

/* imsic_file_clear of 1 .. IDS; no edge of I may be there. */
inline file_clear(h)
{
    atomic { eip[h] = 0 }
}

/* Hart A. */
proctype Hart_A()
{
    byte id, s, old, pend, n, to, to_id, from, from_id;
    bool mine, first, gave_up;

end:
    do
    :: interrupts(A)
    :: atomic { ready && !off[A] -> off[A] = 1; ready = 0 }; // aia_hart_offline_finish
#ifdef SLOW
        assert(P6_whole && vec_hart != A);              // force_away would return AIA_ECONTEXT
#else
#ifndef NO_EVACUATE_IN_FINISH
        move_off(A);                                    // force_away
#endif
#endif
        state[A] = FORCED;
        ipi_close(A);                                   // hush
        state[A] = QUIET;
        if
        :: skip;
            /* sweep */
#ifdef CLEAR_FIRST
            file_clear(A);
#endif
#ifndef NO_SWEEP
            reclaim(A);
#endif
            assert(P2_no_extra && !(eip[A] & ALL));     // nothing unowned is left in eip
            file_clear(A);
            state[A] = SWEPT;
            eie[A] = 0;                                 // turn_file_off
            state[A] = OFFLINE;
            break
        :: skip;                                        // the sweep failed: aia_hart_offline_cancel
            state[A] = ONLINE;
#ifndef NO_REOPEN
            ipi_open(A);
#endif
            file_open[A] = 1;
            off[A] = 0
        fi
    od;
    hart_done = 1;
    /* A is stopped: its file still takes writes. */
    if
    :: goto stopped
    :: skip
    fi;
    /* aia_hart_online_begin */
    imsic_sync(A);                                      // take_late_edges
    assert(no_late && !(eip[A] & ALL));
    file_clear(A);
    eie[A] = ALL;                                       // imsic_file_on
    ipi_open(A);
    state[A] = ONLINE;
    file_open[A] = 1;                                   // imsic_open
    off[A] = 0;
end_again:
    do
    :: interrupts(A)
    od;
stopped:
    skip
}

proctype Hart_B()
{
    byte id, s, old, pend, n;
    bool mine, gave_up;

end:
    do
    :: interrupts(B)
    od
}

init
{
    atomic {
        eie[A] = ALL; eie[B] = ALL; file_open[A] = 1; file_open[B] = 1; state[A] = ONLINE; state[B] = ONLINE;
        if
        :: vec_hart = A
        :: vec_hart = B
        fi;
        vec_id = 1; dev_hart = vec_hart; dev_id = 1; slot[AT(vec_hart, 1)] = OWNED;
        run Fabric(); run Device(); run Hart_A(); run Hart_B(); run Mover(); run Offline_begin(); run Sender()
#ifdef SLOW
        ; run Bus()
#endif
    };
    atomic { timeout; late = owed; lazy = 1 };
    atomic {
        timeout;
        assert(P1_no_loss && !owed && !owed_ipi);
        assert(P3_no_timer && !late);
        assert(no_late && (state[A] != OFFLINE || !(eip[A] & ALL)));
        assert(P6_whole && (state[A] != ONLINE || file_open[A] && !ipi_closed[A] && eie[A] == ALL && !off[A]));
        assert(P6_whole && (state[A] != OFFLINE || vec_hart == B));
        assert(P7_books && begin_done && move_done && !irq_n_retiring && !n_retiring[A] && !n_retiring[B])
    }
}
