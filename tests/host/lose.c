/* SPDX-License-Identifier: BSD-2-Clause */
#include "lose.h"

void lose(struct t_irq *q, enum loss loss)
{
    if (loss != LOSE_ENABLE)
        q->dev.message = (struct aia_message){0};
    q->dev.enabled = loss == LOSE_MESSAGE;
    q->dev.masked = q->dev.msi.kind == AIA_MSI_MASKABLE && loss != LOSE_MESSAGE;
}

void lose_check_works(struct t_irq *q)
{
    m_settle();
    q->extra = 0; /* if the device still had its message, the library cannot know whether an edge was lost */
    uint64_t runs = q->runs;

    assert_true(m_raise(&q->dev));
    t_check(q);
    assert_int_equal(q->runs, runs + 1);
    assert_int_equal(q->extra, 0);
}

void lose_check_message(const struct t_irq *q)
{
    assert_int_equal(q->dev.message.addr, m.hart[q->irq->vec.hart].msi_addr);
    assert_int_equal(q->dev.message.data, q->irq->vec.id);
    assert_true(q->dev.enabled);
    assert_false(q->dev.masked);
}
