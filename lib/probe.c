/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The embedder's configuration says by which addresses harts and APLIC domains reach each interrupt file. A wrong address is
 * not seen when it is configured: the message goes to another hart's file, or nowhere. So each hart tries its file and every
 * domain when it first comes online, and a domain that becomes known later is tried by the harts that are online.
 *
 * The message of a probe is the identity of the IPIs, because a message that goes astray does no harm there: on a hart that is
 * online it is an IPI with nothing to do, and on another hart the first online clears it. sync_id would do harm: that hart
 * could take the message for the proof of its own sync.
 */
#include "lib/probe.h"

#include "imsic/file.h"
#include "imsic/vector.h"

/*
 * Try one way to this hart's file. One hart at a time: two harts whose files are exchanged would otherwise each take the other
 * hart's message for its own. Interrupts off.
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
 * This hart is online, and takes IPIs. With a bit set in its word no other hart kicks it meanwhile, so the message of the probe
 * is not confused with a kick. The probe clears what kicks came before, so the hart kicks itself afterwards.
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
