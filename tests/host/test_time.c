/* SPDX-License-Identifier: BSD-2-Clause */
/* The payload's clock and timer: conversions and times that do not fit, and which of two times is programmed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>

#include "payload/kernel/irq.h"
#include "payload/kernel/sbi.h"
#include "payload/kernel/time.h"

/* ---- a hart: its clock, its timer by SBI and by stimecmp, its interrupts ---- */

static uint64_t now, stimecmp, set_timer;
static unsigned long irqs_on = 1;
static unsigned lazy_timers;

uint64_t model_time(void)
{
    return now;
}

void model_csr_write(unsigned csr, uint64_t v)
{
    assert_int_equal(csr, CSR_STIMECMP);
    stimecmp = v;
}

long sbi_set_timer(uint64_t when)
{
    set_timer = when;
    return 0;
}

unsigned long csr_irq_save(void)
{
    unsigned long was = irqs_on;

    irqs_on = 0;
    return was;
}

void csr_irq_restore(unsigned long was)
{
    irqs_on = was;
}

void irq_lazy_timer(void)
{
    lazy_timers++;
}

static void hart_with(bool sstc)
{
    now = 1000;
    stimecmp = set_timer = lazy_timers = 0;
    time_init(10000000);
    time_hart_init(sstc);
}

static uint64_t programmed(bool sstc)
{
    assert_int_equal(sstc ? set_timer : stimecmp, 0); /* only one of the two is used */
    return sstc ? stimecmp : set_timer;
}

/* ---- times ---- */

/* A wait without end, or nearly, has not passed when it begins. */
static void test_after(void **state)
{
    (void)state;
    hart_with(true);
    assert_int_equal(time_after(0), 1000);
    assert_int_equal(time_after(5), 1005);
    assert_int_equal(time_after(TIME_NEVER), TIME_NEVER);
    assert_int_equal(time_after(TIME_NEVER - 1000), TIME_NEVER);
    assert_int_equal(time_after(TIME_NEVER - 1001), TIME_NEVER - 1);
    assert_int_equal(time_after(TIME_NEVER - 999), TIME_NEVER);
    now = TIME_NEVER - 10;
    assert_int_equal(time_after(10), TIME_NEVER);
    assert_int_equal(time_after(11), TIME_NEVER);
    assert_int_equal(time_after(9), TIME_NEVER - 1);
}

/* Rounded up, in both directions; also for numbers whose product with the timebase does not fit. */
static void test_conversions(void **state)
{
    static const uint64_t hz[] = {1, 32768, 10000000, 24000000, 1000000000, 3000000000};

    (void)state;
    for (unsigned i = 0; i < sizeof(hz) / sizeof(hz[0]); i++) {
        time_init(hz[i]);
        for (uint64_t v = 1; v < 1ull << 33; v = v * 7 + 3) {
            assert_true(time_to_us(time_from_us(v)) >= v);
            assert_true(time_to_ns(time_from_ns(v)) >= v);
            assert_int_equal(time_from_ms(v), time_from_us(1000 * v));
            assert_true(!time_from_us(v) || time_to_us(time_from_us(v) - 1) < v);
        }
        assert_int_equal(time_from_ms(0), 0);
    }
    time_init(10000000);
    assert_int_equal(time_to_us(10000000ull * 1000000), 1000000ull * 1000000); /* eleven days */
    assert_int_equal(time_from_ms(1ull << 45), 10000ull << 45);
}

/* ---- one timer, two users ---- */

static void test_earlier(void **state)
{
    (void)state;
    for (unsigned sstc = 0; sstc < 2; sstc++) {
        hart_with(sstc);
        assert_int_equal(programmed(sstc), TIME_NEVER);
        time_arm_lazy(5000);
        assert_int_equal(programmed(sstc), 5000);
        time_arm_wake(7000);
        assert_int_equal(programmed(sstc), 5000);
        time_arm_wake(3000);
        assert_int_equal(programmed(sstc), 3000);
        assert_int_equal(time_wake(), 3000);
        time_arm_wake(TIME_NEVER);
        assert_int_equal(programmed(sstc), 5000);
        time_arm_lazy(TIME_NEVER);
        assert_int_equal(programmed(sstc), TIME_NEVER);
        assert_int_equal(irqs_on, 1);
    }
}

static void test_interrupt(void **state)
{
    (void)state;
    for (unsigned sstc = 0; sstc < 2; sstc++) {
        hart_with(sstc);
        time_arm_lazy(5000);
        time_arm_wake(3000);
        uint64_t before = time_interrupts();
        now = 2999; /* too early: both times are still to come */
        time_interrupt();
        assert_int_equal(programmed(sstc), 3000);
        now = 3000;
        time_interrupt();
        assert_int_equal(time_wake(), TIME_NEVER);
        assert_int_equal(programmed(sstc), 5000);
        assert_int_equal(lazy_timers, 0);
        now = 6000;
        time_interrupt();
        assert_int_equal(lazy_timers, 1);
        assert_int_equal(programmed(sstc), TIME_NEVER);
        time_interrupt();
        assert_int_equal(lazy_timers, 1);
        assert_int_equal(time_interrupts(), before + 4);
    }
}

/* A time that a suspend has lost is programmed again, in the way that the hart has. */
static void test_resume(void **state)
{
    (void)state;
    for (unsigned sstc = 0; sstc < 2; sstc++)
        for (unsigned lazy_first = 0; lazy_first < 2; lazy_first++) {
            hart_with(sstc);
            time_arm_lazy(lazy_first ? 3000 : 5000);
            time_arm_wake(lazy_first ? 5000 : 3000);
            stimecmp = set_timer = 0;
            time_hart_resume();
            assert_int_equal(programmed(sstc), 3000);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_after),     cmocka_unit_test(test_conversions), cmocka_unit_test(test_earlier),
        cmocka_unit_test(test_interrupt), cmocka_unit_test(test_resume),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
