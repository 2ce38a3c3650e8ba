/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Virtual IPIs and calls to one hart that may go offline, or fail to, and come back: lib/ipi.c. Two harts send and call.
 *   -DTIMEOUT   a wait for the call may end before the target has answered
 */
#define CALL   1                    /* bit AIA_IPI_CALL of struct aia_hart.ipis */
#define USER   2                    /* an IPI of the embedder */
#define CLOSED 4                    /* IPI_CLOSED; CALLS_CLOSED in the list */
#define CALLERS 2

#define IDLE      0                 /* enum call_state */
#define QUEUED    1
#define RUNNING   2
#define DONE      3
#define CANCELLED 4

/* The properties. Each is always true; pan's output prints its name. */
bool P1_no_loss = 1, not_twice = 1, sender_told = 1, argument_alive = 1;

byte ipis = CLOSED;                 /* of the target */
byte calls = CLOSED;                /* the list, as a set: bit n is hart n's call. run_calls' order is not modelled */
byte state[CALLERS];                /* struct aia_call.state of each caller's one call */
byte flight;                        /* writes of the IPI identity under way to the target's file */
bool eip;                           /* its pending bit in the file */
bool online;

bool owed, due;                     /* a USER IPI was accepted and not taken; was taken and not run */
byte ran[CALLERS];                  /* how often the caller's current call was run */
bool in_call[CALLERS];              /* the caller has not returned: its argument exists */
byte finished;

proctype Fabric()
{
end:
    do
    :: atomic { flight -> flight--; eip = 1 }
    od
}

/* run_calls. Local: c. */
inline run_calls(list)
{
    c = 0;
    do
    :: c < CALLERS && (list & (1 << c)) ->
        if
        :: atomic { state[c] == QUEUED -> state[c] = RUNNING };  // call_changes
            assert(argument_alive && in_call[c]);
            assert(not_twice && !ran[c]);
            ran[c]++;                                            // c->fn(c->arg)
            assert(argument_alive && in_call[c]);
            state[c] = DONE
        :: atomic { state[c] == CANCELLED -> state[c] = IDLE }
        fi;
        c++
    :: c < CALLERS && !(list & (1 << c)) -> c++
    :: c >= CALLERS -> break
    od;
    c = 0
}

/* The target has taken a word: the USER IPI in it is due to run. */
inline taken(word)
{
    if
    :: word & USER -> assert(not_twice && owed && !due); owed = 0; due = 1
    :: else
    fi
}

/* run_ipis, except AIA_IPI_CALL. */
inline run_user(word)
{
    if
    :: word & USER -> due = 0                           // aia_port_ipi
    :: else
    fi
}

inline ipi_open()
{
#ifdef OPEN_CALLS_FIRST             /* lib/ipi.c of a857e64: hole 1 of models/README */
    calls = 0;
    ipis = 0
#else
    ipis = 0;
    calls = 0
#endif
}

inline ipi_close()
{
#ifdef CLOSE_CALLS_FIRST
    atomic { list = calls; calls = CLOSED };
    atomic { word = ipis; ipis = CLOSED; taken(word) };
#else
    atomic { word = ipis; ipis = CLOSED; taken(word) };
#ifdef NO_CLOSE_CALLS
    atomic { list = calls; calls = 0 };
#else
    atomic { list = calls; calls = CLOSED };
#endif
#endif
#ifndef CLOSE_DROPS
    run_user(word);
    run_calls(list)
#else
    skip
#endif
}

proctype Target()
{
    byte word, list, c, n;

    ipi_open();
    online = 1;
end:
    do
    :: atomic { online && eip -> eip = 0 };             // imsic_claim, then ipi_taken
#ifdef TAKE_THEN_CLEAR
        word = ipis;
        atomic { ipis = 0; taken(word) };
#else
        atomic { word = ipis; ipis = 0; taken(word) };
#endif
        if
        :: word & CALL ->
            atomic { list = calls; calls = 0 };
            run_calls(list)
        :: else
        fi;
        run_user(word);
        word = 0; list = 0
    :: online && n < 2 ->                               // aia_hart_offline_finish
        n++;
        ipi_close();
        word = 0; list = 0;
        if
        :: ipi_open()                                   // the sweep failed: open the word again
        :: online = 0;
            eip = 0                                     // imsic_file_clear
        fi
    :: !online ->                                       // aia_hart_online_begin
        eip = 0;
        ipi_open();
        online = 1
    :: !online && n == 2 -> break                       // or never again
    od
}

/* aia_ipi_send. Local: was. */
inline ipi_send(which)
{
#ifdef SPLIT_SEND
    was = ipis;
    ipis = ipis | which;
    if
    :: which == USER && !(was & CLOSED) -> owed = 1
    :: else
    fi;
#else
    atomic {
        was = ipis;
        ipis = ipis | which;
        if
        :: which == USER && !(was & CLOSED) -> owed = 1   // AIA_OK
        :: else                                         // AIA_EOFFLINE, or a CALL
        fi
    };
#endif
    if
    :: was == 0 -> flight++                             // imsic_send
    :: else
    fi;
    was = 0
}

proctype Caller(byte me)
{
    byte n, was;
    bool in_list;

    ipi_send(USER);
    do
    :: n < 2 ->                                         // aia_call
#ifdef TIMEOUT
        if
        :: state[me] == IDLE
        :: break                                        // the last call was given up and is still listed: AIA_ETIMEOUT
        fi;
#else
        state[me] == IDLE;
#endif
        atomic { ran[me] = 0; in_call[me] = 1 };
        state[me] = QUEUED;                             // call_other
        atomic {                                        // enqueue
            if
#ifdef ENQUEUE_BLIND
            :: calls = (calls & ~CLOSED) | (1 << me); in_list = 1
#else
            :: calls & CLOSED -> in_list = 0
            :: else           -> calls = calls | (1 << me); in_list = 1
#endif
            fi
        };
        if
        :: !in_list ->
            assert(sender_told && !ran[me]);
            state[me] = IDLE                            // AIA_EOFFLINE
        :: in_list ->
            ipi_send(CALL);
            if
            :: state[me] == DONE -> assert(sender_told && ran[me] == 1); state[me] = IDLE // AIA_OK
#ifdef TIMEOUT
            :: atomic { state[me] == QUEUED -> state[me] = CANCELLED }; // AIA_ETIMEOUT: not run and will not be
                assert(sender_told && !ran[me])
#ifdef GIVE_UP_RUNNING              /* lib/ipi.c of a857e64: hole 5 of models/README */
            :: state[me] == RUNNING -> skip
#endif
#endif
            fi
        fi;
        atomic { in_call[me] = 0; in_list = 0 };
        n++
    :: else -> break
    od;
    finished++
}

init
{
    atomic { run Fabric(); run Target(); run Caller(0); run Caller(1) };
    atomic {
        timeout;
        assert(P1_no_loss && !owed && !due && finished == CALLERS);
#ifdef TIMEOUT
        /* A call that was given up is off the list, or waits there for an online hart, whose IPI is not lost. */
        assert(P1_no_loss && state[0] != QUEUED && state[1] != QUEUED && state[0] != DONE && state[1] != DONE)
#else
        assert(P1_no_loss && state[0] == IDLE && state[1] == IDLE)
#endif
    }
}
