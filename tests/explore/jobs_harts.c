/* SPDX-License-Identifier: BSD-2-Clause */
/* The jobs of the scenarios: harts that go offline and come back. */
#include "jobs.h"

/* Begin to take `hart` offline. An error other than `allowed` ends the path. */
static int offline_or(unsigned hart, int allowed)
{
    x_tell("hart %u: takes hart %u offline", m.here, hart);
    int error = aia_hart_offline_begin(&x.aia, hart);
    x_tell("hart %u: aia_hart_offline_begin() returns: %s", m.here, aia_strerror(error));
    if (error && error != allowed)
        m_die("P6: hart %u cannot go offline: %s", hart, aia_strerror(error));
    for (unsigned i = 0; i < X_IRQS && !error; i++)
        if (x.irqs[i].vec.id && x.irqs[i].vec.hart == hart)
            m_die("P6: hart %u is evacuated, and an interrupt is still there", hart);
    return error;
}

static void offline(unsigned hart)
{
    (void)offline_or(hart, AIA_OK);
}

void offline_a(void)
{
    offline(A);
}

void offline_b(void)
{
    offline(B);
}

void offline_c(void)
{
    offline(C);
}

void offline_finish(void)
{
    aia_port_irq_save();
    int error = aia_hart_offline_finish(&x.aia);
    x_tell("hart %u: aia_hart_offline_finish() returns: %s", m.here, aia_strerror(error));
    if (error)
        m_die("P6: hart %u cannot finish going offline: %s", m.here, aia_strerror(error));
    const struct m_file *f = &m.hart[m.here].file;
    if (f->eidelivery || f->eie[0])
        m_die("P7: hart %u is offline, and its file delivers", m.here);
    if (f->eip[0] & ~(x_scenario->late_ipis ? 1ull << X_IPI : 0))
        m_die("P7: hart %u is offline, and something is pending there", m.here);
    x_hart_stop();
}

void online(void)
{
    int late = aia_hart_online_begin(&x.aia);

    if (late != 0)
        m_die("P1: hart %u comes back with %d: a late edge", m.here, late);
    aia_port_irq_restore(true);
}

void offline_a_silent(void)
{
    if (offline_or(A, AIA_ESILENT) != AIA_ESILENT)
        m_die("P6: hart %u is evacuated, although a device on it has never answered", A);
    if (x.harts[A].state != AIA_HART_ONLINE || !x.files[A].open)
        m_die("P6: hart %u cannot go offline, and its state has changed", A);
    if (x.devs[I].irq->vec.hart != A)
        m_die("P6: hart %u cannot go offline because of I, and I has moved", A);
}

void online_finish_a(void)
{
    int error = aia_hart_online_finish(&x.aia, A, AIA_DISPLACED_STAY);

    x_tell("hart %u: interrupts that were shut down for hart %u start again: %s", m.here, A,
           aia_strerror(error));
    if (error)
        m_die("P6: interrupts that were shut down for hart %u do not start again: %s", A,
              aia_strerror(error));
}

/* ---- the embedder's part: one hart begins at a time, as in payload/kernel/hotplug.c ---- */

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

/* Begin to take the running hart offline, one hart at a time. The hart finishes while other harts begin. */
static int offline_in_turn(int allowed)
{
    begin();
    int error = offline_or(m.here, allowed);
    end();
    return error;
}

void offline_self(void)
{
    (void)offline_in_turn(AIA_OK);
    offline_finish();
}

void offline_self_unless_last(void)
{
    if (!offline_in_turn(AIA_ELAST))
        offline_finish();
    else if (x.harts[m.here].state != AIA_HART_ONLINE)
        m_die("P6: the last hart stays, and its state has changed");
}
