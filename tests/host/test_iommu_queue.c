/* SPDX-License-Identifier: BSD-2-Clause */
/* The IOMMU's capabilities and its initialization; the command queue, and its errors. */
#include <string.h>

#include "iommu_bench.h"

static void test_capabilities(void **state)
{
    (void)state;
    static const struct {
        uint64_t caps;
        const char *refused;
    } bad[] = {
        {(I_CAPS & ~0xffull) | 0x20, "version"},
        {I_CAPS & ~(1ull << 22), "MSI_FLAT"},
        {I_CAPS & ~(1ull << 17), "Sv39x4"},
        {I_CAPS | 3ull << 28, "IGS"},
        {(I_CAPS & ~(63ull << 32)) | 32ull << 32, "PAS"}, /* the driver's memory is above 4 GiB */
    };

    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        b_machine(1);
        i_unit.caps = bad[i].caps;
        assert_int_equal(aia_iommu_init(&b_unit, &b_config), AIA_ENOTSUP);
        assert_non_null(strstr(b_unit.refused, bad[i].refused));
        assert_int_equal(i_unit.cqcsr | i_unit.fqcsr, 0);
    }
    b_machine(1);
    b_up();
    assert_null(b_unit.refused);
}

static void test_configuration(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 7; i++) {
        b_machine(1);
        struct aia_iommu_config *c = &b_config;
        switch (i) {
        case 0:
            c->pages = i_memory + 4096;
            break;
        case 1:
            c->max_id = 1u << 24;
            break;
        case 2:
            c->log2_commands = 2;
            break;
        case 3:
            c->log2_commands = 9;
            break;
        case 4:
            c->log2_faults = 8;
            break;
        case 5:
            c->window += 4096;
            break;
        default:
            c->command_limit = 0;
        }
        assert_int_equal(aia_iommu_init(&b_unit, c), AIA_EINVAL);
    }
    b_machine(1);
    b_config.n_pages = 8;
    assert_int_equal(aia_iommu_init(&b_unit, &b_config), AIA_ENOMEM);
}

/* Units that signal by wires, by MSIs, or both: fctl is set right, and is not changed while devices use the unit. */
static void test_features(void **state)
{
    (void)state;
    b_machine(1);
    b_up();
    assert_int_equal(i_unit.fctl, 0);
    assert_false(b_unit.by_wire);
    b_machine(1);
    i_unit.caps = (I_CAPS & ~(3ull << 28)) | 1ull << 28;
    b_up();
    assert_int_equal(i_unit.fctl, 2);
    assert_true(b_unit.by_wire);
    struct aia_iommu_vector v;
    assert_int_equal(aia_iommu_vector_init(&v, &b_unit), AIA_ENOTSUP);
    b_machine(1);
    b_config.signal = AIA_IOMMU_BY_WIRE;
    b_up();
    assert_int_equal(i_unit.fctl, 2);
    b_machine(1);
    i_unit.ddtp = 1; /* BARE, and fctl selects wires: the model fails the test if fctl is changed */
    b_up();
    assert_true(b_unit.by_wire);
    b_machine(1);
    i_unit.ddtp = 1;
    i_unit.fctl = 1; /* big-endian */
    assert_int_equal(aia_iommu_init(&b_unit, &b_config), AIA_ENOTSUP);
    assert_non_null(strstr(b_unit.refused, "big-endian"));
    b_machine(1);
    i_unit.pqcsr =
        1u << 16 | 1; /* the former owner used page requests: the model fails the test if fctl is changed */
    b_up();
    assert_int_equal(i_unit.pqcsr, 0);
}

/* When the driver takes the unit over from BARE, no access of a device with a context is lost, at any access of that. */
struct attempt {
    bool lost;
};

static void dma(void *arg)
{
    if (!i_write(8, B_MEMORY + 64, 1))
        ((struct attempt *)arg)->lost = true;
}

static void test_take_over(void **state)
{
    (void)state;
    bool more = true;

    for (unsigned long k = 0; more; k++) {
        static struct aia_iommu_device d;
        struct attempt a = {false};
        b_machine(1);
        i_unit.ddtp = 1;
        t_at(k, true, dma, &a);
        assert_int_equal(aia_iommu_init(&b_unit, &b_config), AIA_OK);
        assert_int_equal(aia_iommu_map(&b_unit, B_MEMORY, B_MEMORY, 0x200000), AIA_OK);
        assert_int_equal(aia_iommu_attach(&b_unit, &d, 8, AIA_IOMMU_TRANSLATED, 1), AIA_OK);
        assert_int_equal(aia_iommu_enable(&b_unit), AIA_OK);
        more = t_at_done();
        assert_false(a.lost);
        assert_int_equal(i_unit.ddtp & 15, 2);
        assert_true(i_write(8, B_MEMORY + 64, 1));
    }
    b_machine(1);
    i_unit.ddtp = 2;
    assert_int_equal(aia_iommu_init(&b_unit, &b_config), AIA_ENOTSUP);
    assert_non_null(strstr(b_unit.refused, "directory"));
}

/* With bypass everything passes; after reset nothing does. */
static void test_bypass(void **state)
{
    (void)state;
    b_machine(1);
    assert_false(i_write(8, 0x1234000, 1));
    assert_int_equal(aia_iommu_bypass(I_MMIO, T_LIMIT), AIA_OK);
    assert_true(i_write(8, 0x1234000, 1));
    assert_int_equal(aia_iommu_bypass(I_MMIO, T_LIMIT), AIA_OK);
    b_up();
    assert_int_equal(aia_iommu_bypass(I_MMIO, T_LIMIT), AIA_ENOTSUP);
    b_machine(1);
    i_unit.hung = true;
    assert_int_equal(aia_iommu_bypass(I_MMIO, T_LIMIT), AIA_ETIMEOUT);
}

static void test_too_few_levels(void **state)
{
    (void)state;
    b_machine(1);
    i_unit.max_mode = 2;
    b_config.max_id = 64;
    assert_int_equal(aia_iommu_init(&b_unit, &b_config), AIA_OK);
    assert_int_equal(aia_iommu_enable(&b_unit), AIA_ENOTSUP);
    assert_non_null(strstr(b_unit.refused, "levels"));
    assert_int_equal(i_unit.ddtp, 0);
}

/* ---- commands ---- */

static void test_wrap(void **state)
{
    (void)state;
    b_machine(1);
    b_config.log2_commands = 3;
    i_unit.latency = 3;
    b_up();
    unsigned before = i_unit.n_fence;
    for (unsigned i = 0; i < 100; i++)
        assert_int_equal(aia_iommu_flush(&b_unit), AIA_OK);
    assert_int_equal(i_unit.n_fence, before + 100);
    b_unit.ticket = UINT32_MAX - 3; /* tickets wrap too */
    *b_unit.done = UINT32_MAX - 3;
    for (unsigned i = 0; i < 10; i++)
        assert_int_equal(aia_iommu_flush(&b_unit), AIA_OK);
    assert_int_equal(i_unit.n_fence, before + 110);
}

static void test_time_out_and_full(void **state)
{
    (void)state;
    b_machine(1);
    b_config.log2_commands = 3;
    b_up();
    i_unit.hung = true;
    for (unsigned i = 0; i < 20; i++) { /* the queue has room for the first seven */
        uint64_t before = m.now;
        assert_int_equal(aia_iommu_flush(&b_unit), AIA_ETIMEOUT);
        assert_in_range(m.now - before, T_LIMIT, 3 * T_LIMIT);
    }
    assert_int_equal(b_unit.stuck, 20);
    i_unit.hung = false;
    assert_int_equal(aia_iommu_flush(&b_unit), AIA_OK);
    assert_int_equal(b_unit.stuck, 20);
}

/*
 * A full queue keeps one entry free, or it would look empty. Commands that are queued while the unit hangs are all executed
 * when the unit goes on. Batches of one command and of four, in a queue of eight, from each place in the queue.
 */
static void test_full_is_not_empty(void **state)
{
    (void)state;
    for (unsigned begin = 0; begin < 8; begin++)
        for (unsigned four = 0; four < 2; four++) {
            b_machine(1);
            b_config.log2_commands = 3;
            b_up();
            for (unsigned i = 0; i < begin; i++)
                assert_int_equal(aia_iommu_flush(&b_unit), AIA_OK);
            unsigned fences = i_unit.n_fence, fit = four ? 1 : 7;
            i_unit.hung = true;
            for (unsigned i = 0; i < fit + 2; i++)
                assert_int_equal(four ? aia_iommu_forget(&b_unit) : aia_iommu_flush(&b_unit), AIA_ETIMEOUT);
            i_unit.hung = false;
            assert_int_equal(aia_iommu_flush(&b_unit), AIA_OK);
            assert_int_equal(i_unit.n_fence, fences + fit + 1);
        }
}

static void test_errors(void **state)
{
    (void)state;
    b_machine(1);
    b_up();
    i_unit.refuse = 1;
    assert_int_equal(aia_iommu_flush(&b_unit), AIA_OK); /* the command was sent again */
    assert_int_equal(b_unit.illegal, 1);
    i_unit.unreadable = 2;
    assert_int_equal(aia_iommu_flush(&b_unit), AIA_OK);
    assert_int_equal(b_unit.unreadable, 2);
    i_unit.timing_out = 3;
    assert_int_equal(aia_iommu_flush(&b_unit), AIA_OK);
    assert_int_equal(b_unit.timed_out, 3);
    i_unit.timing_out = 1000;
    assert_int_equal(aia_iommu_flush(&b_unit), AIA_EREFUSED);
    assert_int_equal(b_unit.timed_out, 3 + AIA_IOMMU_TRIES);
    i_unit.timing_out = 0;
    i_unit.refuse = 1000;
    assert_int_equal(aia_iommu_flush(&b_unit), AIA_EREFUSED);
    assert_int_equal(b_unit.illegal, 1 + AIA_IOMMU_TRIES);
    i_unit.refuse = 0;
    assert_int_equal(aia_iommu_flush(&b_unit), AIA_OK);
    assert_int_equal(b_unit.stuck, 0);
}

/* The unit hangs while its queue is reset: a time-out, not a refusal, and the driver works again when the unit does. */
static void hang(void *arg)
{
    (void)arg;
    i_unit.hung = true;
}

static void test_hangs_in_reset(void **state)
{
    bool more = true;

    (void)state;
    for (unsigned long k = 0; more; k++) {
        b_machine(1);
        b_up();
        i_unit.refuse = 1;
        t_at(k, true, hang, NULL);
        int error = aia_iommu_flush(&b_unit);
        more = t_at_done();
        assert_true(error == AIA_OK || error == AIA_ETIMEOUT);
        assert_true(more || !error);
        i_unit.hung = false;
        assert_int_equal(aia_iommu_flush(&b_unit), AIA_OK);
    }
}

/*
 * The commands of two harts are in the queue when one hart's commands are refused, in either order: both are executed in the
 * end. Commands that another hart completed after a reset prove nothing about a hart's own, also if the queue is reset again then.
 */
static struct aia_iommu_device victim;
static int errors[2];

static void cut(void *arg)
{
    (void)arg;
    errors[0] = aia_iommu_cut_off(&victim);
}

static void flush(void *arg)
{
    (void)arg;
    errors[1] = aia_iommu_flush(&b_unit);
}

/* A batch that survives the first reset, and a second reset after that batch. */
static void flush_and_reset(void *arg)
{
    (void)arg;
    errors[1] = aia_iommu_flush(&b_unit);
    i_unit.refuse = 1;
    if (!errors[1])
        errors[1] = aia_iommu_flush(&b_unit);
}

static void other_now(void *arg)
{
    m_spawn(1, arg, NULL);
    m_run(1);
}

static void error_under_two(void (*ours)(void *arg), void (*theirs)(void *arg), unsigned latency)
{
    bool more = true;

    for (unsigned long k = 0; more; k++) {
        b_machine(2);
        b_up();
        assert_int_equal(aia_iommu_attach(&b_unit, &victim, 9, AIA_IOMMU_TRANSLATED, 1), AIA_OK);
        assert_true(i_write(9, B_MEMORY, 1)); /* the unit has cached the context now */
        i_unit.latency = latency;
        i_unit.refuse = 1;
        errors[0] = errors[1] = AIA_OK;
        t_at(k, true, other_now, theirs);
        ours(NULL);
        more = t_at_done();
        while (m_busy(1))
            m_run(1);
        assert_int_equal(errors[0], AIA_OK);
        assert_int_equal(errors[1], AIA_OK);
        if (more || ours == cut)
            assert_false(i_write(9, B_MEMORY, 1));
    }
}

static void test_error_under_two(void **state)
{
    (void)state;
    for (unsigned latency = 0; latency < 20; latency++) {
        error_under_two(cut, flush, latency);
        error_under_two(flush, cut, latency);
        error_under_two(cut, flush_and_reset, latency);
    }
}

/* A unit that never reports that a queue is on. */
static void test_does_not_switch(void **state)
{
    (void)state;
    b_machine(1);
    i_unit.hung = true;
    assert_int_equal(aia_iommu_init(&b_unit, &b_config), AIA_ETIMEOUT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_capabilities),
        cmocka_unit_test(test_configuration),
        cmocka_unit_test(test_features),
        cmocka_unit_test(test_take_over),
        cmocka_unit_test(test_too_few_levels),
        cmocka_unit_test(test_bypass),
        cmocka_unit_test(test_wrap),
        cmocka_unit_test(test_time_out_and_full),
        cmocka_unit_test(test_full_is_not_empty),
        cmocka_unit_test(test_errors),
        cmocka_unit_test(test_hangs_in_reset),
        cmocka_unit_test(test_error_under_two),
        cmocka_unit_test(test_does_not_switch),
    };

    return T_RUN(tests);
}
