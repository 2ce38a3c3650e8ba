/* SPDX-License-Identifier: BSD-2-Clause */
/* The console's UART if it is not what the device tree says: it traps, it is never ready, it does not exist. */
#include "fixture.h"
#include "payload/kernel/trap.h"
#include "payload/kernel/uart.h"
#include <string.h>

#define BASE 0x10010000u

static struct {
    unsigned shift, width;   /* how the driver must access it */
    unsigned n, traps_at;    /* accesses so far; access number traps_at and all after it trap. 0: none */
    unsigned n_after;        /* accesses that trapped */
    unsigned lsr, ier, data; /* values of its registers */
    unsigned ready_from;     /* number of reads of LSR until it is ready */
    char sent[64];
    unsigned n_sent;
    uint64_t now;
    bool trapped;
    const char *given_up;
    unsigned n_given_up;
} hw;

void trap_guard_begin(void)
{
    hw.trapped = false;
}

unsigned long trap_guard_end(void)
{
    return hw.trapped ? 5 : TRAP_NONE;
}

uint64_t time_from_ms(uint64_t ms);
uint64_t time_from_ms(uint64_t ms)
{
    return ms;
}

uint64_t time_after(uint64_t ticks);
uint64_t time_after(uint64_t ticks)
{
    return hw.now + ticks;
}

uint64_t model_time(void)
{
    return hw.now++;
}

static unsigned access_at(uintptr_t a, unsigned size)
{
    assert_int_equal(size, hw.width);
    assert_int_equal((a - BASE) % (1u << hw.shift), 0);
    hw.n++;
    hw.trapped |= hw.traps_at && hw.n >= hw.traps_at;
    hw.n_after += hw.traps_at && hw.n > hw.traps_at;
    return (unsigned)(a - BASE) >> hw.shift;
}

uint64_t model_mmio_read(uintptr_t a, unsigned size)
{
    switch (access_at(a, size)) {
    case 0:
        return hw.data;
    case 1:
        return hw.ier;
    case 5:
        if (hw.ready_from && --hw.ready_from)
            return hw.lsr & ~0x60u;
        return hw.lsr;
    default:
        fail_msg("no such register: 0x%lx", (unsigned long)a);
        return 0;
    }
}

void model_mmio_write(uintptr_t a, uint64_t v, unsigned size)
{
    unsigned reg = access_at(a, size);

    if (hw.trapped)
        return;
    assert_int_equal(reg, 0);
    hw.sent[hw.n_sent++ % sizeof(hw.sent)] = (char)v;
}

static void given_up(const char *why)
{
    hw.given_up = why;
    hw.n_given_up++;
}

static void start(void)
{
    const struct machine_uart u = {
        .present = true, .base = BASE, .reg_shift = hw.shift, .reg_io_width = hw.width};

    hw.n = hw.n_after = hw.n_sent = hw.n_given_up = 0;
    hw.given_up = "";
    uart_init(&u, given_up);
}

static int setup(void **state)
{
    (void)state;
    memset(&hw, 0, sizeof(hw));
    hw.width = 1;
    hw.lsr = 0x60;
    return 0;
}

static void sends(void **state)
{
    static const unsigned ways[][2] = {{0, 1}, {1, 2}, {2, 4}, {3, 4}};

    for (unsigned i = 0; i < 4; i++) {
        setup(state);
        hw.shift = ways[i][0];
        hw.width = ways[i][1];
        start();
        assert_true(uart_put('a'));
        assert_int_equal(uart_get(), -1);
        hw.lsr |= 1;
        hw.data = 0xffffffe5;
        assert_int_equal(uart_get(), 0xe5);
        assert_memory_equal(hw.sent, "a", 1);
        assert_int_equal(hw.n_given_up, 0);
    }
}

/* Whichever access is the first to trap, no other follows, the bytes go to the other console, and one line says so. */
static void traps_at_any_access(void **state)
{
    for (unsigned at = 1; at <= 20; at++) {
        unsigned elsewhere = 0;
        setup(state);
        hw.traps_at = at;
        start();
        for (unsigned i = 0; i < 12; i++)
            elsewhere += !uart_put('x');
        uart_drain();
        assert_int_equal(uart_get(), -1);
        assert_int_equal(hw.n_after, 0);
        assert_int_equal(hw.n_given_up, 1);
        assert_string_equal(hw.given_up, "traps");
        assert_false(uart_is_used());
        assert_int_equal(hw.n_sent + elsewhere, 12);
    }
}

static void never_ready(void **state)
{
    (void)state;
    hw.lsr = 0;
    start();
    assert_false(uart_put('x'));
    assert_string_equal(hw.given_up, "is never ready");
    unsigned n = hw.n;
    assert_true(n < 1000);
    assert_false(uart_put('x'));
    assert_int_equal(hw.n, n);
}

/* On a busy host the reader of the console may not run for seconds: nothing is dropped. */
static void waits_for_its_reader(void **state)
{
    (void)state;
    start();
    for (unsigned i = 0; i < 3; i++) {
        hw.ready_from = i ? 5000 : 50;
        assert_true(uart_put((char)('a' + i)));
    }
    assert_int_equal(hw.n_sent, 3);
    assert_memory_equal(hw.sent, "abc", 3);
    assert_int_equal(hw.n_given_up, 0);
}

/* A UART that was ready may become ready again: flow control, a reader that sleeps. One wait for any number of bytes. */
static void stuck_for_a_while(void **state)
{
    (void)state;
    start();
    assert_true(uart_put('a'));
    hw.lsr = 0;
    for (unsigned i = 0; i < 1000; i++)
        assert_true(uart_put('b'));
    uart_drain();
    assert_true(hw.n < 10000 + 3000);
    hw.lsr = 0x60;
    assert_true(uart_put('c'));
    assert_int_equal(hw.n_sent, 2);
    assert_memory_equal(hw.sent, "ac", 2);
    hw.ready_from = 50; /* the driver waits again */
    assert_true(uart_put('d'));
    assert_memory_equal(hw.sent, "acd", 3);
    assert_int_equal(hw.n_given_up, 0);
}

static void all_ones(void **state)
{
    (void)state;
    hw.lsr = hw.ier = hw.data = 0xffffffff;
    start();
    assert_string_equal(hw.given_up, "is not there");
    assert_false(uart_put('x'));
    hw.ier = 5; /* LSR reports a byte and every error */
    start();
    assert_string_equal(hw.given_up, "");
    assert_true(uart_put('x'));
}

static void given_up_in_a_panic(void **state)
{
    (void)state;
    start();
    uart_give_up();
    unsigned n = hw.n;
    assert_false(uart_put('x'));
    assert_int_equal(uart_get(), -1);
    uart_interrupts(UART_RECEIVED);
    uart_drain();
    assert_int_equal(hw.n, n);
    assert_int_equal(hw.n_given_up, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(sends, setup),
        cmocka_unit_test_setup(traps_at_any_access, setup),
        cmocka_unit_test_setup(never_ready, setup),
        cmocka_unit_test_setup(waits_for_its_reader, setup),
        cmocka_unit_test_setup(stuck_for_a_while, setup),
        cmocka_unit_test_setup(all_ones, setup),
        cmocka_unit_test_setup(given_up_in_a_panic, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
