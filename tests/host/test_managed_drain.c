/* SPDX-License-Identifier: BSD-2-Clause */
/* An offline fails: its managed interrupts, which were shut down before, are started again, and nothing is lost. */
#include "fixture.h"

static uint16_t reserved[T_IRQS * M_MAX_HARTS];
static unsigned runs;

static enum aia_result count_run(void *context, struct aia_irq *irq)
{
    (void)context;
    (void)irq;
    runs++;
    return AIA_HANDLED;
}

static void set_up(uint32_t lag)
{
    static const uint16_t ids[M_MAX_HARTS] = {63, 63, 63};

    t_prepare(3, ids);
    t.config.reserved = reserved;
    t_init();
    for (unsigned h = 3; h-- > 0;)
        t_online(h);
    m.inbound_lag = m.store_lag = m.post_lag = lag;
}

/*
 * The interrupt after the managed one has a device that does not answer, so the hart stays. The reserved vector of the managed
 * interrupt still retires then: the interrupt must not be started there before that vector has drained.
 */
static void stays_for_a_silent_device(uint32_t lag)
{
    static struct m_dev dev;
    static struct t_irq q;
    struct aia_irq *irq;

    set_up(lag);
    m_dev_init(&dev, AIA_MSI_MASKABLE);
    runs = 0;
    assert_int_equal(aia_irq_request(&t.aia,
                                     &(struct aia_request){
                                         .name = "managed",
                                         .handler = count_run,
                                         .msi = &dev.msi,
                                         .affinity = aia_hartset_one(1),
                                         .managed = true,
                                     },
                                     &irq),
                     AIA_OK);
    t_irq(&q, AIA_MSI_MASKABLE, 1);
    for (unsigned i = 1; i <= 3; i++) {
        q.dev.mood = M_MUTE;
        assert_int_equal(aia_hart_offline_begin(&t.aia, 1), AIA_ESILENT);
        assert_int_equal(aia_hart_online_finish(&t.aia, 1, AIA_DISPLACED_STAY), AIA_OK);
        assert_int_equal(irq->vec.hart, 1);
        q.dev.mood = M_WELL;
        m_settle();
        assert_int_equal(imsic_slot_state(t.slots[1][irq->vec.id]), IMSIC_OWNED);
        m_raise(&dev);
        m_settle();
        assert_int_equal(runs, i);
    }
    assert_int_equal(t.harts[1].unowned, 0);
}

static void test_stays(void **state)
{
    (void)state;
    stays_for_a_silent_device(0);
    stays_for_a_silent_device(9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stays),
    };

    return T_RUN(tests);
}
