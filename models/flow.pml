/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The flow word, struct aia_irq.flow: lib/flow.c. Edges reach two harts, as during a move, while a third process disables and
 * enables. A compare-and-swap that succeeds is one step; one that fails changes nothing.
 *   -DLTL     P1 as a formula
 *   -DSTORM   the handler finds nothing to do once and the interrupt storms: unwelcome, quarantined, flow_resume
 */
#ifndef EDGES
#define EDGES 3
#endif
#define BURST 2                     /* MAX_RUNS: small, so that a run in place and a run that is passed on both happen */
#define DISABLED 1                  /* AIA_FLOW_* */
#define PENDING  2
#define RUNNING  4
#define STORMED  8

bool P1_no_loss = 1, P4_no_overlap = 1, disabled_is_quiet = 1;

byte flow;
bool eip[2], eie[2];                /* of the interrupt's vector on each hart; (1) retires after the move in Enabler */
bool quarantined[2];                /* imsic_file.quarantined */
bool ipi_reopen[2];
bool irq_lock;
byte vec;                           /* the hart in irq->vec */
bool owed, handler, quiet;
#ifdef STORM
bool storming = 1;                  /* the next edge exceeds the limit of a storm */
#endif

inline send(h) { eip[h] = 1 }       // imsic_send; that the write may be late adds nothing here

proctype Device()
{
    byte n;

    do
    :: n < EDGES -> atomic { owed = 1; send(0); n++ }
    :: n < EDGES -> atomic { owed = 1; send(1); n++ }
    :: else -> break
    od
}

inline run_handler()
{
    assert(P4_no_overlap && !handler);
    assert(disabled_is_quiet && !quiet && !(flow & DISABLED));
    handler = 1;
    owed = 0
}

/* storm_unwelcome: storm.c. */
inline unwelcome(h)
{
#ifdef STORM
    if
    :: atomic { storming -> storming = 0 };
        flow = flow | DISABLED | STORMED;       // atomic_fetch_or
#ifndef QUARANTINE_FORGOTTEN
        atomic { eie[h] = 0; quarantined[h] = 1 }      // quarantined: this hart's own, interrupts off
#else
        eie[h] = 0
#endif
    :: else
    fi
#else
    skip
#endif
}

/* pass_on: flow.c, of an interrupt with a vector. f is DISABLED, and nothing is done; or the old value of flow. */
inline pass_on()
{
    atomic { !irq_lock -> irq_lock = 1 };
    f = flow & DISABLED;
    if
    :: !f ->
#ifdef SPLIT_PASS
        f = flow;
        atomic { handler = 0; flow = flow & ~(RUNNING | PENDING) };
#else
        atomic { handler = 0; f = flow; flow = flow & ~(RUNNING | PENDING) };  // atomic_fetch_and
#endif
#ifndef PASS_FORGETS
        if
        :: f & PENDING -> send(vec)
        :: else
        fi;
#endif
        f = 0
    :: else
    fi;
    irq_lock = 0
}

proctype Hart(byte me)
{
    byte f, n;

end:
    do
    :: atomic { eip[me] && eie[me] -> eip[me] = 0 };    // imsic_claim
#ifdef SPLIT_EDGE
        f = flow;
        atomic {
            if
            :: f & (RUNNING | DISABLED) -> flow = flow | PENDING
            :: else -> flow = (flow & ~PENDING) | RUNNING; run_handler()
            fi
        };
#else
        atomic {                                        // flow_edge
            f = flow;
            if
#ifdef IGNORE_RUNNING
            :: f & DISABLED -> flow = flow | PENDING
#elif defined(NO_NOTE)
            :: f & (RUNNING | DISABLED) -> skip
#else
            :: f & (RUNNING | DISABLED) -> flow = flow | PENDING
#endif
            :: else -> flow = (flow & ~PENDING) | RUNNING; run_handler()
            fi
        };
#endif
        if
        :: f & DISABLED -> unwelcome(me)
        :: !(f & (DISABLED | RUNNING)) ->               // run
            n = 1;
            do
            :: unwelcome(me);                           // the handler returned AIA_NONE
                if
                :: n >= BURST -> pass_on()
                :: else -> f = DISABLED
                fi;
                if
                :: !f -> break
                :: else
                fi;
                n = (n < BURST -> n + 1 : BURST);
#ifdef SPLIT_RELEASE
                atomic { handler = 0; f = flow };       // look for PENDING
                if
                :: (f & PENDING) && !(f & DISABLED) -> atomic { flow = flow & ~PENDING; run_handler() }
                :: else -> flow = flow & ~RUNNING; break // and then release
                fi
#else
                atomic {                                // release RUNNING or take PENDING, one step
                    handler = 0;
                    if
#ifdef RERUN_DISABLED
                    :: (flow & PENDING) -> flow = flow & ~PENDING; run_handler()
#else
                    :: (flow & PENDING) && !(flow & DISABLED) -> flow = flow & ~PENDING; run_handler()
#endif
                    :: else -> flow = flow & ~RUNNING; break
                    fi
                }
#endif
            od;
            n = 0
        :: else
        fi;
        f = 0
    :: atomic {                                         // run_ipis: flow_resume
        ipi_reopen[me] ->
        ipi_reopen[me] = 0;
        if
        :: quarantined[me] && !(flow & STORMED) -> quarantined[me] = 0; eie[me] = 1
        :: else
        fi
       }
    od
}

/* A driver: disable, wait, enable, twice; between the two another process has moved the interrupt to hart 1. */
proctype Driver()
{
    byte n, was;

    do
    :: n < 2 ->
        flow = flow | DISABLED;                         // aia_irq_disable
        if
        :: !(flow & RUNNING);                           // aia_irq_synchronize
            quiet = 1
        :: skip                                         // or without a wait
        fi;
        atomic {
            quiet = 0;
            was = flow;
            flow = flow & ~(DISABLED | STORMED)         // aia_irq_enable
        };
        if
        :: was & (PENDING | STORMED) ->
            atomic { !irq_lock -> irq_lock = 1 };
#ifndef NO_RESEND
            if
            :: was & PENDING -> send(vec)
            :: else
            fi;
#endif
            irq_lock = 0;
#ifdef STORM
            if
#ifdef REOPEN_ONLY_AT_VEC           /* lib/flow.c of a857e64: hole 6 of models/README */
            :: was & STORMED -> ipi_reopen[vec] = 1
#else
            :: was & STORMED -> atomic { ipi_reopen[0] = 1; ipi_reopen[1] = 1 } // reopen: AIA_IPI_REOPEN to each hart
#endif
            :: else
            fi
#endif
        :: else
        fi;
        n++
    :: else -> break
    od
}

proctype Mover()
{
    atomic { !irq_lock -> irq_lock = 1 };
    vec = 1;
    irq_lock = 0
}

init
{
    d_step { eie[0] = 1; eie[1] = 1 };
    atomic { run Device(); run Hart(0); run Hart(1); run Driver(); run Mover() };
#ifndef LTL
    atomic { timeout; assert(P1_no_loss && (!owed || (flow & DISABLED))) }
#endif
}

#ifdef LTL
/* The same as a formula: an edge is followed by a run, or the interrupt stays disabled (by its own storm). */
ltl P1_no_loss_ltl { [] (owed -> <> (!owed || (flow & DISABLED))) }
#endif
