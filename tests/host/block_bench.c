/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "block_bench.h"

struct m_dev multi;
struct aia_irq *block;
uint64_t sent[BLOCK], ran[BLOCK], runs[BLOCK];
unsigned block_hart;

static enum aia_result block_handler(void *context, struct aia_irq *irq)
{
    unsigned n = (unsigned)(irq - irq->first);

    (void)context;
    ran[n] = sent[n];
    runs[n]++;
    block_hart = m.here;
    return AIA_HANDLED;
}

/* Send message n of the device: its data has n in the low bits. */
void raise_one(unsigned n)
{
    sent[n]++;
    m_queue_add(&multi.posted, multi.message.addr, multi.message.data | n);
    if (m.post_lag == 0)
        m_push(&multi);
}

void raise_block(void *arg)
{
    (void)arg;
    for (unsigned n = 0; n < BLOCK && multi.enabled; n++)
        raise_one(n);
}

int request_block(uint64_t posted_limit)
{
    struct aia_request r = {
        .name = "block", .handler = block_handler, .msi = &multi.msi, .affinity = {{2}}, .order = ORDER};

    multi.msi.posted_limit = posted_limit;
    return aia_irq_request(&t.aia, &r, &block);
}

void set_up(enum aia_msi_kind kind, uint32_t lag)
{
    t_machine(3, 63);
    memset(sent, 0, sizeof(sent));
    memset(ran, 0, sizeof(ran));
    memset(runs, 0, sizeof(runs));
    m_dev_init(&multi, kind);
    assert_int_equal(request_block(0), AIA_OK);
    m.inbound_lag = m.store_lag = m.post_lag = lag;
}

int move_to(unsigned hart)
{
    struct aia_hartset set = aia_hartset_one(hart);

    return aia_irq_set_affinity(&t.aia, block, &set);
}

void check_handled(void)
{
    m_settle();
    assert_memory_equal(ran, sent, sizeof(ran));
}

void check_block(void)
{
    for (unsigned twice = 0; twice < 2; twice++) {
        check_handled();
        raise_block(NULL);
    }
    check_handled();
    assert_int_equal(block_hart, block->vec.hart);
    t_check_books();
}

unsigned unowned(void)
{
    unsigned n = 0;

    for (unsigned h = 0; h < m.n_harts; h++)
        n += (unsigned)t.harts[h].unowned;
    return n;
}
