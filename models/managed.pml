/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Managed interrupt I, whose set is hart A alone. A goes offline and I is shut down, or A cannot go offline; then I is
 * started again. lib/hotplug.c, lib/managed.c, lib/irq.c. The message is one store, with -DSLOW on a slow bus. A FREE slot is
 * MANAGED here: reserved for I, unless -DNO_RESERVATION lets other interrupts have it.
 */
#define HARTS 2
#define MANAGED
#define FREEING                     /* forward finds I shut down: vec_id is 0 */
#include "imsic.pml"

bool no_late = 1, P6_whole = 1;     /* properties */

bool ready;                         /* aia_hart_offline_begin is done: A may call aia_hart_offline_finish */
bool offline;                       /* A has stopped */
bool online;                        /* A is back, or has stayed: aia_hart_online_finish is due */
bool restarted;
bool restarted_late;                /* only timers could happen, and I was not started again */

/* Edges come whenever the device can send. */
proctype Device()
{
    byte n;

end:
    do
    :: atomic { n < EDGES && !dev_stopped -> device_send(); owed = 1; n++ }
    od
}

/* entry.c and the IPIs, on a hart whose interrupts are on. */
inline interrupts(me)
{
    if
    :: atomic { !off[me] && (eip[me] & eie[me]) -> off[me] = 1; imsic_claim(me) };
        deliver(me);
        off[me] = 0
    :: atomic { !off[me] && ipi_retire[me] -> ipi_retire[me] = 0; timer_on[me] = 1 }
    :: atomic { !off[me] && ipi_reclaim[me] -> ipi_reclaim[me] = 0; off[me] = 1 };
        reclaim(me);
        off[me] = 0
    :: atomic { !off[me] && lazy && timer_on[me] -> off[me] = 1; timer_on[me] = 0 };
        reclaim(me);
        off[me] = 0
    fi
}

/* A thread of a third hart. */
proctype Embedder()
{
    bool first;

    /* aia_hart_offline_begin: affinity_move_off finds no other hart of the set, and calls irq_shut_down. */
#ifdef SLOW
    copy_stopped = 1;
    bus_sync();                                         // the vector is I's until the device has obeyed
    atomic { !irq_lock -> irq_lock = 1 };
#else
    atomic { !irq_lock -> irq_lock = 1 };
#ifndef NO_STOP
    dev_stopped = 1;                                    // stop
#endif
#endif
#ifndef NO_READ_BACK
    read_back();                                        // after the stop
#endif
    vec_id = 0;
    retire(A, 1, THIRD);
    irq_lock = 0;
    if
    :: ready = 1                                        // the embedder goes on, and A finishes
    :: online = 1                                       // another interrupt of A cannot move: A stays
    fi;

    /* aia_hart_online_finish: managed_restart. */
    online;
#ifndef NO_ASK
    atomic { ipi_reclaim[A] = !ipi_closed[A] };         // retire_ask, repeatedly; here, when A can take it
#endif
#ifdef ACTIVATE_EARLY
    atomic { !irq_lock -> irq_lock = 1; slot[AT(A, 1)] = OWNED };
#else
    atomic { !irq_lock && slot[AT(A, 1)] == FREE -> irq_lock = 1; slot[AT(A, 1)] = OWNED }; // imsic_activate
#endif
    atomic { vec_hart = A; vec_id = 1 };
#ifdef SLOW
    atomic { copy_hart = A; copy_id = 1; copy_stopped = 0 };
    irq_lock = 0;
    bus_sync();
#else
    atomic { dev_hart = A; dev_id = 1; dev_stopped = 0 }; // start
    irq_lock = 0;
#endif
    restarted = 1
}

#ifdef NO_RESERVATION
/* Another interrupt needs a vector on A. */
proctype Other_Request()
{
end:
    atomic { slot[AT(A, 1)] == FREE -> slot[AT(A, 1)] = OTHER }
}
#endif

proctype Hart_A()
{
    byte id, s, old, pend, n;
    bool mine, gave_up;

end:
    do
    :: interrupts(A)
    :: atomic { ready && !off[A] -> off[A] = 1; ready = 0 };  // aia_hart_offline_finish
        atomic {                                        // hush
            ipi_closed[A] = 1;
            if :: ipi_retire[A] -> ipi_retire[A] = 0; timer_on[A] = 1 :: else fi
        };
#ifndef NO_SWEEP
        reclaim(A);                                     // sweep
#endif
        assert(P2_no_extra && !(eip[A] & ALL));
        eie[A] = 0;                                     // turn_file_off
        offline = 1;
        imsic_sync(A);                                  // aia_hart_online_begin: take_late_edges
        assert(no_late && !(eip[A] & ALL));
        eie[A] = ALL;
        atomic { ipi_closed[A] = 0; offline = 0 };
        off[A] = 0;
        online = 1
    od
}

init
{
    atomic {
        eie[A] = ALL; vec_hart = A; vec_id = 1; dev_hart = A; dev_id = 1; slot[AT(A, 1)] = OWNED;
#ifdef SLOW
        copy_hart = A; copy_id = 1;
        run Bus();
#endif
#ifdef NO_RESERVATION
        run Other_Request();
#endif
        run Fabric(); run Device(); run Hart_A(); run Embedder()
    };
    atomic { timeout; late = owed; restarted_late = !restarted; lazy = 1 };
    atomic {
        timeout;
        assert(P6_whole && restarted);
        assert(P1_no_loss && !owed);
        assert(P3_no_timer && !late && !restarted_late);
        assert(P7_books && vec_id == 1 && slot[AT(A, 1)] == OWNED && !irq_n_retiring && !n_retiring[A])
    }
}
