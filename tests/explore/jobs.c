/* SPDX-License-Identifier: BSD-2-Clause */
#include "jobs.h"

enum aia_msi_kind kind_for(enum aia_update how)
{
    return how == AIA_UPDATE_STORE ? AIA_MSI_STORE : how == AIA_UPDATE_MASKED ? AIA_MSI_MASKABLE : AIA_MSI_PLAIN;
}

void on_a(void)
{
    x_request(I, kind_for(x_scenario->how), A);
    if (x_scenario->how == AIA_UPDATE_COMMON) {
        x_fill(B, 5);
    } else if (x_scenario->how == AIA_UPDATE_TORN) {
        x_request(J, AIA_MSI_PLAIN, A);
        x_fill(B, x.devs[J].irq->vec.id);
    }
}

void on_a_and_b(void)
{
    on_a();
    x_request(J, kind_for(x_scenario->how), B);
}

void move_or(unsigned dev, unsigned hart, int error)
{
    struct aia_hartset set = aia_hartset_one(hart);
    const struct aia_irq *irq = x.devs[dev].irq;
    struct imsic_vector was = irq->vec;

    x_tell("hart %u: moves %c to hart %u", m.here, 'I' + (char)dev, hart);
    int got = aia_irq_set_affinity(&x.aia, x.devs[dev].irq, &set);
    x_tell("hart %u: its move of %c returns: %s", m.here, 'I' + (char)dev, aia_strerror(got));
    if (got && got != error)
        m_die("P6: a move of %c to hart %u fails: %s", 'I' + (char)dev, hart, aia_strerror(got));
    if (got && got == AIA_ESILENT && (irq->vec.hart != was.hart || irq->vec.id != was.id))
        m_die("P6: a move of %c fails and leaves it elsewhere", 'I' + (char)dev);
}

void i_to_a(void)
{
    move_or(I, A, AIA_OK);
}

void i_to_b(void)
{
    move_or(I, B, AIA_OK);
}

void i_to_c(void)
{
    move_or(I, C, AIA_OK);
}

void j_to_a(void)
{
    move_or(J, A, AIA_OK);
}

void j_to_b(void)
{
    move_or(J, B, AIA_OK);
}

void i_to_b_if(void)
{
    move_or(I, B, AIA_EINVAL);
}

void i_to_c_if(void)
{
    move_or(I, C, AIA_EINVAL);
}

/* ---- enable, disable, free, request ---- */

void disable_i(void)
{
    x_tell("hart %u: disables I", m.here);
    aia_irq_disable(&x.aia, x.devs[I].irq);
}

void enable_i(void)
{
    x_tell("hart %u: enables I", m.here);
    aia_irq_enable(&x.aia, x.devs[I].irq);
}

void disable_enable_i(void)
{
    disable_i();
    enable_i();
}

void free_i(void)
{
    struct x_dev *d = &x.devs[I];

    x_tell("hart %u: frees I", m.here);
    int error = aia_irq_free(&x.aia, d->irq);
    x_tell("hart %u: its free of I returns: %s", m.here, aia_strerror(error));
    if (error)
        m_die("P6: free of I: %s", aia_strerror(error));
    for (unsigned n = 0; n < d->n; n++)
        if (d->of[n].unseen || d->of[n].running)
            m_die("P1: I is freed, and %s", d->of[n].running ? "its handler runs" : "an edge of it has not been seen");
    d->irq = NULL;
    d->edges = 0;
    d->n = 0; /* from here on, its handler must not run */
}

void request_k(void)
{
    x_tell("hart %u: requests K", m.here);
    x_request(K, AIA_MSI_PLAIN, A);
}

/* ---- harts ---- */

static void leave(unsigned hart)
{
    x_tell("hart %u: takes hart %u offline", m.here, hart);
    x.result = aia_hart_leave(&x.aia, hart);
    x_tell("hart %u: that returns: %s", m.here, aia_strerror(x.result));
    if (x.result)
        m_die("P6: hart %u cannot leave: %s", hart, aia_strerror(x.result));
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
    int error = aia_hart_dying(&x.aia);
    x_tell("hart %u: has died: %s", m.here, aia_strerror(error));
    if (error)
        m_die("P6: hart %u cannot die: %s", m.here, aia_strerror(error));
    x_hart_stop();
}

void come_back(void)
{
    int late = aia_hart_online(&x.aia);

    if (late)
        m_die("P1: hart %u comes back with %d: a late edge", m.here, late);
    aia_port_irq_restore(true);
}

/* ---- IPIs ---- */

static void called(void *arg)
{
    (void)arg;
    x.result++;
}

void ipi_b(void)
{
    x_tell("hart %u: sends an IPI to B", m.here);
    aia_ipi_send(&x.aia, B, AIA_IPI_USER);
}

static void call(bool may_fail)
{
    int before = x.result;

    x_tell("hart %u: calls B", m.here);
    int error = aia_call(&x.aia, B, called, NULL);
    x_tell("hart %u: its call returns: %s", m.here, aia_strerror(error));
    if (error && !(may_fail && error == AIA_EOFFLINE))
        m_die("a call on B: %s", aia_strerror(error));
    if (x.result - before != !error)
        m_die("a call on B ran %d times and returned: %s", x.result - before, aia_strerror(error));
}

void call_b(void)
{
    call(false);
}

void call_b_if(void)
{
    call(true);
}
