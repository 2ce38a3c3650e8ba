/* SPDX-License-Identifier: BSD-2-Clause */
/* Descriptors: set up, request, free. */
#include "internal.h"

#include "mmio.h"

static bool config_valid(const struct aia_config *c)
{
    return c->n_harts >= 1 && c->n_harts <= AIA_MAX_HARTS && c->harts && c->files && c->irqs && c->runs &&
           c->n_irqs < IMSIC_NO_OWNER;
}

int aia_init(struct aia *a, const struct aia_config *config)
{
    if (!config_valid(config))
        return AIA_EINVAL;
    *a = (struct aia){.config = *config};
    a->imsic = (struct imsic){
        .files = config->files,
        .n_files = config->n_harts,
        .ipi_id = config->ipi_id,
        .sync_id = config->sync_id,
        .wait_limit = config->wait_limit,
    };
    for (unsigned h = 0; h < config->n_harts; h++)
        ipi_close(a, h);
    return imsic_init(&a->imsic);
}

static struct aia_irq *take_descriptor(struct aia *a)
{
    struct aia_irq *found = NULL;
    unsigned long was = aia_port_irq_save();

    aia_port_lock(&a->irqs_lock);
    for (uint32_t i = 0; i < a->config.n_irqs && !found; i++) {
        if (!a->config.irqs[i].used) {
            found = &a->config.irqs[i];
            found->used = true;
        }
    }
    aia_port_unlock(&a->irqs_lock);
    aia_port_irq_restore(was);
    return found;
}

static void give_back_descriptor(struct aia *a, struct aia_irq *irq)
{
    unsigned long was = aia_port_irq_save();

    aia_port_lock(&a->irqs_lock);
    irq->used = false;
    aia_port_unlock(&a->irqs_lock);
    aia_port_irq_restore(was);
}

static void fill_in(struct aia *a, struct aia_irq *irq, const struct aia_request *r)
{
    *irq = (struct aia_irq){
        .used = true,
        .name = r->name,
        .handler = r->handler,
        .context = r->context,
        .msi = r->msi,
        .affinity = r->affinity,
    };
    for (unsigned h = 0; h < a->config.n_harts; h++)
        atomic_store_explicit(&a->config.runs[irq_number(a, irq) * a->config.n_harts + h], 0,
                              memory_order_relaxed);
}

/* Give the interrupt its first vector and message. */
static int start(struct aia *a, struct aia_irq *irq)
{
    struct aia_message want, have;
    struct imsic_vector v;
    unsigned hart = 0;
    unsigned long was = irq_lock(irq);
    int error = imsic_least_loaded(&a->imsic, &irq->affinity, &hart);

    if (!error)
        error = imsic_alloc(&a->imsic, hart, irq_number(a, irq), &v);
    if (!error) {
        irq->vec = v;
        want = imsic_message(&a->imsic, v);
        fence_rw_o(); /* the slot names its owner before a message can name it */
        irq->msi->ops->start(irq->msi, &want);
        error = irq->msi->ops->read_back(irq->msi, &have);
        if (!error && (have.addr != want.addr || have.data != want.data))
            error = AIA_ESILENT;
    }
    irq_unlock(irq, was);
    return error;
}

int aia_irq_request(struct aia *a, const struct aia_request *r, struct aia_irq **out)
{
    struct aia_irq *irq;

    if (!r->handler || !r->msi || !(irq = take_descriptor(a)))
        return AIA_EINVAL;
    fill_in(a, irq, r);
    int error = start(a, irq);
    if (error == AIA_ESILENT)
        aia_irq_free(a, irq); /* it has a vector, and may have sent before it fell silent */
    else if (error)
        give_back_descriptor(a, irq);
    else
        *out = irq;
    return error;
}

/* Stop the message; from here an edge that is still under way runs the handler where it lands. */
static void stop(struct aia *a, struct aia_irq *irq)
{
    struct aia_message have;
    unsigned long was = irq_lock(irq);
    struct imsic_vector v = irq->vec;

    if (v.id) {
        irq->msi->ops->stop(irq->msi);
        irq->msi->ops->read_back(irq->msi, &have); /* drain barrier; a silent device sends nothing either */
        fence_io_rwio();
        irq->vec = (struct imsic_vector){0};
        retire(a, irq, v);
    }
    irq_unlock(irq, was);
}

int aia_irq_free(struct aia *a, struct aia_irq *irq)
{
    struct aia_hartset all = aia_hartset_first(a->config.n_harts);
    uint64_t end = aia_port_time() + a->config.wait_limit;

    stop(a, irq);
    reclaim_ask(a, &all);
    while (atomic_load_explicit(&irq->n_retiring, memory_order_acquire)) {
        if (aia_port_time() > end)
            return AIA_ETIMEOUT;
        aia_port_relax();
    }
    int error = aia_irq_synchronize(a, irq);
    if (!error)
        give_back_descriptor(a, irq);
    return error;
}

void aia_vector_stats(struct aia *a, struct imsic_stats *stats)
{
    imsic_stats(&a->imsic, stats);
}
