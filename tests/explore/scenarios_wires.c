/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * I is a wire: the read-back of its target does not push the MSIs that its APLIC has sent. Only the message of a barrier
 * (aia_barrier), which the APLIC sends after them, does. Moves, offlines and frees all need it.
 */
#include "jobs.h"

static struct m_dev *aplic(void)
{
    return &x.devs[I].dev;
}

/* The read-back that the explorer has for wires: it proves no drain. */
static int read_back(struct aia_msi *msi, struct aia_message *message)
{
    (void)msi;
    m_event(M_DEVICE, aplic(), M_READ_BACK, 0);
    *message = aplic()->message;
    return AIA_OK;
}

/* genmsi: the message is queued after the others ("Generate MSI"). */
static int send(struct aia_barrier *b, const struct aia_message *m_sync)
{
    (void)b;
    m_event(M_DEVICE, aplic(), M_SEND, m_sync->data);
    m_queue_add(&aplic()->posted, m_sync->addr, m_sync->data);
    return AIA_OK;
}

static void wire_on_a(void)
{
    static struct aia_msi_ops ops;
    static struct aia_barrier barrier = {.send = send};

    on_a();
    ops = *aplic()->msi.ops;
    ops.read_back = read_back;
    aplic()->msi.ops = &ops;
    aplic()->msi.barrier = &barrier;
}

#define WIRE(n_edges) .set_up = wire_on_a, .how = AIA_UPDATE_STORE, .edges = {n_edges}, .n_harts = 2
#define QUICK         .quick = true
#define EAGER         .prompt = true, .policy = {.reclaim = AIA_RECLAIM_EAGER}

const struct scenario x_wires[] = {
    {"wire-old-2", "a wire, two edges; the old hart moves it", WIRE(2), QUICK, .job = {[A] = {{i_to_b, 0}}}},
    {"wire-new-2", "the same, by the new hart", WIRE(2), QUICK, .job = {[B] = {{i_to_b, 0}}}},
    {"wire-eager", "a reclaim is asked for immediately, by IPI", WIRE(2), QUICK, EAGER,
     .job = {[B] = {{i_to_b, 0}}}},
    {"wire-there-and-back", "moved, and moved back", WIRE(1), QUICK,
     .job = {[B] = {{i_to_b, 0}, {i_to_a, 1}}}},
    {"wire-offline", "A, where the wire is, goes offline and comes back", WIRE(2), QUICK,
     .job = {[A] = {{offline_a, 0}, {offline_finish, 1}, {online, 2}}}},
    {"wire-offline-by-other", "the same, asked for by B", WIRE(2), QUICK,
     .job = {[B] = {{offline_a, 0}}, [A] = {{offline_finish, 1}, {online, 2}}}},
    {"wire-offline-moved", "A goes offline while B moves the wire away", WIRE(1), .late_ipis = true,
     .job = {[B] = {{offline_a, 0}, {i_to_b, 0}}, [A] = {{offline_finish, 1}, {online, 3}}}},
    {0},
};
