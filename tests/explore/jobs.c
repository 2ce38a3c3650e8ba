/* SPDX-License-Identifier: BSD-2-Clause */
#include "jobs.h"

enum aia_msi_kind kind_for(enum aia_update how)
{
    return how == AIA_UPDATE_STORE    ? AIA_MSI_STORE
           : how == AIA_UPDATE_MASKED ? AIA_MSI_MASKABLE
                                      : AIA_MSI_PLAIN;
}

void on_a(void)
{
    x_request(I, kind_for(x_scenario->how), A, 0);
    if (x_scenario->order)
        return;
    switch (x_scenario->how) {
    case AIA_UPDATE_COMMON:
    case AIA_UPDATE_MASKED:
    case AIA_UPDATE_STORE:
        x_fill(B, 5); /* a half-changed message would name an identity of J */
        break;
    case AIA_UPDATE_TORN:
        x_request(J, AIA_MSI_PLAIN, A, 0);
        x_fill(B, x.devs[J].irq->vec.id);
        break;
    default:
        break;
    }
}

void on_a_and_b(void)
{
    x_request(I, kind_for(x_scenario->how), A, 0);
    x_request(J, kind_for(x_scenario->how), B, 0);
}

void on_a_both(void)
{
    x_request(I, kind_for(x_scenario->how), A, 0);
    x_request(J, kind_for(x_scenario->how), A, 0);
}

void on_a_disabled(void)
{
    on_a();
    aia_irq_disable(&x.aia, x.devs[I].irq);
}

void on_a_silent(void)
{
    on_a();
    x.devs[I].dev.mood = M_MUTE;
}

void on_a_managed(void)
{
    x_request(I, kind_for(x_scenario->how), A, 0);
}

void on_a_both_silent(void)
{
    on_a_both();
    x.devs[I].dev.mood = M_MUTE;
}

void on_a_tight(void)
{
    x_request(I, kind_for(x_scenario->how), A, 0);
    x_fill(A, 0);
    x_fill(B, x.devs[I].irq->vec.id);
}

/* A read-back that does not push earlier MSIs, as of no PCI device. */
static int read_back(struct aia_msi *msi, struct aia_message *message)
{
    struct m_dev *d = &x.devs[I].dev;

    (void)msi;
    m_event(M_DEVICE, d, M_READ_BACK, 0);
    *message = d->message;
    return AIA_OK;
}

void on_a_undrained(void)
{
    static struct aia_msi_ops ops;

    on_a();
    ops = *x.devs[I].dev.msi.ops;
    ops.read_back = read_back;
    x.devs[I].dev.msi.ops = &ops;
    x.devs[I].dev.msi.posted_limit = 5;
}

void on_a_lost(void)
{
    on_a_undrained();
    x.devs[I].of[0].unseen = true;
    x.devs[I].of[0].slack = 1;
}

/* One try, where nothing may wait. Model: a hart that waits with a lock held ends the path. */
static int try_move(struct aia_irq *irq, const struct aia_hartset *set)
{
    unsigned long was = aia_port_irq_save();

    aia_port_lock(&x.own);
    int error = aia_irq_try_affinity(&x.aia, irq, set);
    aia_port_unlock(&x.own);
    aia_port_irq_restore(was);
    return error;
}

static void move_by(int (*how)(struct aia_irq *irq, const struct aia_hartset *set), unsigned dev,
                    unsigned hart, unsigned errors)
{
    struct aia_hartset set = aia_hartset_one(hart);
    struct aia_irq *irq = x.devs[dev].irq;

    if (!irq)
        return; /* freed before this move began */
    struct aia_hartset was = irq->affinity;
    x_tell("hart %u: moves %c to hart %u", m.here, 'I' + (char)dev, hart);
    int error = how(irq, &set);
    x_tell("hart %u: its move of %c returns: %s", m.here, 'I' + (char)dev, aia_strerror(error));
    if (error && !(errors & OR(error)))
        m_die("P6: a move of %c to hart %u fails: %s", 'I' + (char)dev, hart, aia_strerror(error));
    if (error && irq->used && memcmp(&irq->affinity, &was, sizeof(was)) != 0)
        m_die("P6: a move of %c fails, and its affinity has changed", 'I' + (char)dev);
    if (error == AIA_ESILENT && irq->vec.hart == hart)
        m_die("P6: a move of %c fails, and the interrupt has moved", 'I' + (char)dev);
}

static int move(struct aia_irq *irq, const struct aia_hartset *set)
{
    return aia_irq_set_affinity(&x.aia, irq, set);
}

/* A try that is refused is made again in thread context. */
static int move_or_try(struct aia_irq *irq, const struct aia_hartset *set)
{
    int error = try_move(irq, set);

    return error == AIA_ECONTEXT ? move(irq, set) : error;
}

void move_or(unsigned dev, unsigned hart, unsigned errors)
{
    move_by(move, dev, hart, errors);
}

void i_to_a(void)
{
    move_or(I, A, 0);
}

void i_to_b(void)
{
    move_or(I, B, 0);
}

void i_to_c(void)
{
    move_or(I, C, 0);
}

void j_to_a(void)
{
    move_or(J, A, 0);
}

void j_to_b(void)
{
    move_or(J, B, 0);
}

#define GONE (OR(AIA_EINVAL) | OR(AIA_ENOHART) | OR(AIA_ENOVEC))

void i_to_a_if(void)
{
    move_or(I, A, GONE);
}

void i_to_b_if(void)
{
    move_or(I, B, GONE);
}

void i_to_c_if(void)
{
    move_or(I, C, GONE);
}

void try_i_to_b(void)
{
    move_by(move_or_try, I, B, 0);
}

void try_i_to_a_if(void)
{
    move_by(move_or_try, I, A, GONE);
}

void try_i_to_b_if(void)
{
    move_by(move_or_try, I, B, GONE);
}

void i_to_b_silent(void)
{
    move_or(I, B, OR(AIA_ESILENT));
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

void raise_i(void)
{
    x.devs[I].edges++;
    x_raise(I);
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
            m_die("P1: I is freed, and %s",
                  d->of[n].running ? "its handler runs" : "no run has seen an edge of it");
    d->irq = NULL;
    d->edges = 0;
    d->n = 0; /* from now on its handler must not run */
}

void request_k(void)
{
    x_tell("hart %u: requests K", m.here);
    x_request(K, AIA_MSI_PLAIN, A, 0);
}

void request_k_if(void)
{
    x_tell("hart %u: requests K", m.here);
    x_request(K, AIA_MSI_PLAIN, A, GONE);
}

/* ---- IPIs ---- */

static void called(void *arg)
{
    ++*(uint8_t *)arg;
}

void ipi_b(void)
{
    x_tell("hart %u: sends an IPI to B", m.here);
    x.ipi_unseen[B] = true;
    if (aia_ipi_send(&x.aia, B, AIA_IPI_USER) == AIA_EOFFLINE)
        x.ipi_unseen[B] = false;
}

static void call(bool may_fail)
{
    uint8_t *calls = &x.calls[m.here];

    x_tell("hart %u: calls B", m.here);
    *calls = 0;
    int error = aia_call(&x.aia, B, called, calls);
    x_tell("hart %u: its call returns: %s", m.here, aia_strerror(error));
    if (error && !(may_fail && error == AIA_EOFFLINE))
        m_die("a call on B: %s", aia_strerror(error));
    if (*calls != !error)
        m_die("a call on B ran %u times and returned: %s", *calls, aia_strerror(error));
}

void call_b(void)
{
    call(false);
}

void call_b_if(void)
{
    call(true);
}
