/* SPDX-License-Identifier: BSD-2-Clause */
/* What scenarios are made of: harts that leave, die and come back. */
#include "jobs.h"

/* Leave; an error that is not AIA_OK and not `allowed` ends the path. */
static int leave_or(unsigned hart, int allowed)
{
    x_tell("hart %u: takes hart %u offline", m.here, hart);
    int error = aia_hart_offline_begin(&x.aia, hart);
    x_tell("hart %u: that returns: %s", m.here, aia_strerror(error));
    if (error && error != allowed)
        m_die("P6: hart %u cannot leave: %s", hart, aia_strerror(error));
    for (unsigned i = 0; i < X_IRQS && !error; i++)
        if (x.irqs[i].vec.id && x.irqs[i].vec.hart == hart)
            m_die("P6: hart %u has been left, and an interrupt is still there", hart);
    return error;
}

static void leave(unsigned hart)
{
    (void)leave_or(hart, AIA_OK);
}

void leave_a(void)
{
    leave(A);
}

void leave_b(void)
{
    leave(B);
}

void leave_c(void)
{
    leave(C);
}

void die(void)
{
    aia_port_irq_save();
    int error = aia_hart_offline_finish(&x.aia);
    x_tell("hart %u: has died: %s", m.here, aia_strerror(error));
    if (error)
        m_die("P6: hart %u cannot die: %s", m.here, aia_strerror(error));
    const struct m_file *f = &m.hart[m.here].file;
    if (f->eidelivery || f->eie[0])
        m_die("P7: hart %u goes, and its file delivers", m.here);
    if (f->eip[0] & ~(x_scenario->late_ipis ? 1ull << X_IPI : 0))
        m_die("P7: hart %u goes, and something is pending there", m.here);
    x_hart_stop();
}

void come_back(void)
{
    int late = aia_hart_online_begin(&x.aia);

    if (late != 0)
        m_die("P1: hart %u comes back with %d: a late edge", m.here, late);
    aia_port_irq_restore(true);
}

void leave_a_silent(void)
{
    if (leave_or(A, AIA_ESILENT) != AIA_ESILENT)
        m_die("P6: hart %u is left, and a device of it has never answered", A);
    if (x.harts[A].state != AIA_HART_ONLINE || !x.files[A].open)
        m_die("P6: hart %u cannot leave, and is not as it was", A);
    if (x.devs[I].irq->vec.hart != A)
        m_die("P6: hart %u cannot leave for I, and I is elsewhere", A);
}

void return_a(void)
{
    int error = aia_hart_online_finish(&x.aia, A, AIA_DISPLACED_STAY);

    x_tell("hart %u: what hart %u was left by is back: %s", m.here, A, aia_strerror(error));
    if (error)
        m_die("P6: what was shut down for hart %u does not start again: %s", A, aia_strerror(error));
}

/* ---- the embedder's part: one hart leaves at a time, as payload/kernel/hotplug.c has it ---- */

static void begin(void)
{
    while (x.changing) {
        x_stop(X_WAIT);
        x.hart[m.here].changed = false;
    }
    x.changing = true;
    x.hart[m.here].noticed = true;
}

static void end(void)
{
    x.changing = false;
    for (unsigned h = 0; h < m.n_harts; h++)
        x.hart[h].changed = true;
}

/* Until it has left: then it dies as others leave. */
static int leave_in_turn(int allowed)
{
    begin();
    int error = leave_or(m.here, allowed);
    end();
    return error;
}

void go(void)
{
    (void)leave_in_turn(AIA_OK);
    die();
}

void go_unless_last(void)
{
    if (!leave_in_turn(AIA_ELAST))
        die();
    else if (x.harts[m.here].state != AIA_HART_ONLINE)
        m_die("P6: the last hart does not go, and is not as it was");
}
