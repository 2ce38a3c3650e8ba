/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The embedder's configuration says by which addresses harts and APLIC domains reach each interrupt file. A wrong address is
 * not seen when it is configured: the message goes to another hart's file, or nowhere. So each hart tests its file and every
 * domain when it first comes online. A domain that becomes known later is tested by the harts that are online.
 *
 * The message of a probe has the identity of the IPIs, because such a message does no harm in a wrong file: a hart that is online
 * takes an IPI with nothing to do, and another hart clears the pending bit at its first online. A message with sync_id would do
 * harm: the hart of the wrong file could take the message for the proof of its own sync.
 */
#include "lib/probe.h"

#include "imsic/file.h"
#include "imsic/vector.h"

/*
 * Test one way to this hart's file: `b`, or a store if `b` is NULL. One hart at a time: two harts whose files are exchanged would
 * otherwise each take the other hart's message for its own. Interrupts off.
 */
static int probe(struct aia *a, unsigned here, struct aia_barrier *b)
{
    aia_port_lock(&a->probe_lock);
    int error = imsic_probe(&a->imsic, &a->imsic.files[here], b);

    if (error && b)
        a->unheard = b;
    aia_port_unlock(&a->probe_lock);
    return !error ? AIA_OK : b ? AIA_EDOMAIN : AIA_EFILE;
}

int probe_hart(struct aia *a, unsigned here)
{
    int error = probe(a, here, NULL);

    for (struct aia_barrier *b = a->barriers; b && !error; b = b->next)
        error = probe(a, here, b);
    return error;
}

struct trial {
    struct aia *a;
    struct aia_barrier *barrier;
    int error;
};

/*
 * This hart is online, and takes IPIs. A sender kicks a hart only if the hart's word of IPIs was empty. So a bit is set there
 * first: no hart kicks this hart during the probe, and no kick is taken for the probe's message. The probe clears the pending bit
 * of an earlier kick, so the hart kicks itself afterwards.
 */
static void probe_online(void *arg)
{
    struct trial *t = arg;
    unsigned here = aia_port_hart();

    atomic_fetch_or_explicit(&t->a->config.harts[here].ipis, 1u << AIA_IPI_REOPEN, memory_order_acq_rel);
    t->error = probe(t->a, here, t->barrier);
    imsic_send(&t->a->imsic, vector(here, t->a->imsic.ipi_id));
}

static bool is_known(const struct aia *a, const struct aia_barrier *b)
{
    const struct aia_barrier *known = a->barriers;

    while (known && known != b)
        known = known->next;
    return known;
}

int aia_barrier_add(struct aia *a, struct aia_barrier *b)
{
    struct trial t = {.a = a, .barrier = b};
    int error = AIA_OK;

    if (!a->imsic.n_files)
        return AIA_EINVAL;
    for (unsigned h = 0; h < a->config.n_harts && !error && !t.error; h++)
        if (hart_state(a, h) != AIA_HART_OFFLINE)
            error = aia_call(a, h, probe_online, &t);
    error = error ? error : t.error;
    if (error || is_known(a, b))
        return error;
    b->next = a->barriers;
    a->barriers = b;
    return AIA_OK;
}
