/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Benchmarks: the library's work to take a hart offline and online, for several numbers of interrupts on the hart; and the
 * audit. The hart does not really stop, because the firmware's work is not measured.
 */
#include "imsic/file.h"
#include "payload/bench/bench.h"
#include "payload/kernel/work.h"
#include "payload/kernel/time.h"
#include "payload/report/check.h"
#include "csr.h"
#include "mmio.h"

#define N      100
#define MOST   1500 /* instructions of an offline for each interrupt */
#define ROUNDS 3

static struct bench_device devs[N], bare; /* bare: the device of the floors */
static unsigned here, other;

static uint64_t instret(void)
{
    return csr_read(instret);
}

/* ---- on the other hart ---- */

static struct bench_cost finished, begun;
static int error;

static void finish_and_begin(void *arg)
{
    unsigned long was = csr_irq_save();
    uint64_t start = instret(), time = csr_time();

    (void)arg;
    error = aia_hart_offline_finish(&aia);
    finished = bench_between(instret() - start, csr_time() - time);
    start = instret();
    time = csr_time();
    if (!error)
        error = aia_hart_online_begin(&aia);
    begun = bench_between(instret() - start, csr_time() - time);
    csr_irq_restore(was);
}

/* ---- */

static struct bench_cost sum(struct bench_cost a, struct bench_cost b)
{
    return (struct bench_cost){a.instructions + b.instructions, a.ns + b.ns, a.accesses + b.accesses};
}

static void offline_and_online(struct bench_cost *down, struct bench_cost *up)
{
    uint64_t start = instret(), time = csr_time(), accesses = bench_accesses;
    int begin_error = aia_hart_offline_begin(&aia, other);
    struct bench_cost c = bench_between(instret() - start, csr_time() - time);

    if (begin_error || hart_call(other, finish_and_begin, NULL, time_from_ms(1000)) || error) {
        check(false, "hart %u offline and online: %s", other,
              aia_strerror(begin_error ? begin_error : error));
        return;
    }
    c.accesses = bench_accesses - accesses;
    *down = bench_less(*down, sum(c, finished));
    accesses = bench_accesses;
    start = instret();
    time = csr_time();
    int finish_error = aia_hart_online_finish(&aia, other, AIA_DISPLACED_RETURN);
    c = bench_between(instret() - start, csr_time() - time);
    c.accesses = bench_accesses - accesses;
    check(!finish_error, "hart %u online: %s", other, aia_strerror(finish_error));
    *up = bench_less(*up, sum(c, begun));
}

/* ---- floors ---- */

static unsigned floor_n;

/* Write each message and read it back; then read all of eip, and end delivery. */
static void floor_down(void *arg)
{
    (void)arg;
    for (unsigned i = 0; i < floor_n; i++) {
        fence_rw_o();
        bare.addr = i;
        (void)bare.data;
    }
    for (unsigned w = 0; w < imsic_file_words(&aia.imsic.files[here]); w++)
        (void)imsic_file_pending(w);
    csr_ireg_write(0x70, 1); /* eidelivery; the write does not change it */
}

/* Write all of eie, then do the same accesses: write each message back, read eip, begin delivery. */
static void floor_up(void *arg)
{
    for (unsigned w = 0; w < imsic_file_words(&aia.imsic.files[here]); w++)
        csr_ireg_set(0xc0 + 2 * w, 0);
    floor_down(arg);
}

/* ---- */

static void clear(void *arg)
{
    unsigned long was = csr_irq_save();

    (void)arg;
    aia_timer(&aia); /* reclaims the vectors that retired when the interrupts returned */
    csr_irq_restore(was);
}

static struct bench_cost with(unsigned n, const char *down_name, const char *up_name)
{
    struct bench_cost down = {0}, up = {0};
    struct bench_limit none = {BENCH_FREE, 0};

    for (unsigned i = 0; i < n; i++)
        if (!devs[i].irq && !bench_request(&devs[i], AIA_MSI_PLAIN, 0, aia_hartset_one(other)))
            return down;
    for (unsigned i = 0; i < ROUNDS; i++) {
        offline_and_online(&down, &up);
        for (unsigned h = 0; h < hart_count(); h++)
            if (hart_is_online(h))
                (void)aia_call(&aia, h, clear, NULL);
    }
    floor_n = n;
    unsigned long was = csr_irq_save();
    struct bench_cost floors[] = {bench_measure(NULL, floor_down, NULL), bench_measure(NULL, floor_up, NULL)};
    csr_irq_restore(was);
    bench_row(down_name, down, floors[0], none);
    bench_row(up_name, up, floors[1], none);
    return down;
}

/* ---- audit ---- */

static void found(void *arg, enum aia_finding finding, struct imsic_vector v, uint32_t owner)
{
    (void)finding;
    (void)v;
    (void)owner;
    (*(unsigned *)arg)++;
}

static void audit(void *arg)
{
    (void)aia_audit(&aia, found, arg);
}

static void floor_audit(void *arg)
{
    struct imsic_file *f = &aia.imsic.files[here];
    uint64_t bad = 0;

    for (unsigned w = 0; w < imsic_file_words(f); w++) {
        uint64_t pending = imsic_file_pending(w), enabled = imsic_file_enabled(w);
        for (unsigned bit = 0; bit < 64; bit++)
            bad |= (pending & ~enabled) >> bit ^ f->slots[w * 64 + bit];
    }
    *(volatile unsigned *)arg = (unsigned)bad;
}

static void bench_audit(void)
{
    unsigned findings = 0, scratch = 0;
    unsigned long was = csr_irq_save();
    struct bench_cost c = bench_measure(NULL, audit, &findings),
                      f = bench_measure(NULL, floor_audit, &scratch);

    csr_irq_restore(was);
    check(!findings, "the audit finds nothing");
    bench_row("audit of a hart", c, f, (struct bench_limit){BENCH_FREE, 0});
}

void bench_hart(void)
{
    here = hart_index();
    other = hart_from(here + 1);
    struct bench_cost none = with(0, "offline, 0 interrupts", "online, 0 interrupts"),
                      ten = with(10, "offline, 10 interrupts", "online, 10 interrupts"),
                      all = with(N, "offline, 100 interrupts", "online, 100 interrupts");
    uint64_t first = (ten.instructions - none.instructions) / 10,
             rest = (all.instructions - ten.instructions) / (N - 10);

    check(
        first <= MOST && rest <= MOST,
        "an offline takes %lu instructions for each of 10 interrupts, %lu for each of the next %u; limit %u",
        first, rest, N - 10, MOST);
    check(rest <= first + first / 10, "the cost of an offline grows at most linearly with the interrupts");
    bench_audit();
    for (unsigned i = 0; i < N; i++)
        if (devs[i].irq)
            (void)aia_irq_free(&aia, devs[i].irq);
}
