/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Benchmarks: what the library does to take a hart offline and back, by how many interrupts it holds; and its audit.
 * The hart does not really stop: what the firmware does is not ours.
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

static struct bench_device devs[N], bare; /* bare: of the floors */
static unsigned here, other;

static uint64_t instret(void)
{
    return csr_read(instret);
}

/* ---- on the other hart ---- */

static struct bench_cost died, revived;
static int error;

static void die_and_revive(void *arg)
{
    unsigned long was = csr_irq_save();
    uint64_t start = instret(), time = csr_time();

    (void)arg;
    error = aia_hart_offline_finish(&aia);
    died = bench_between(instret() - start, csr_time() - time);
    start = instret();
    time = csr_time();
    if (!error)
        error = aia_hart_online_begin(&aia);
    revived = bench_between(instret() - start, csr_time() - time);
    csr_irq_restore(was);
}

/* ---- */

static struct bench_cost sum(struct bench_cost a, struct bench_cost b)
{
    return (struct bench_cost){a.instructions + b.instructions, a.ns + b.ns, a.accesses + b.accesses};
}

static void leave(struct bench_cost *down, struct bench_cost *up)
{
    uint64_t start = instret(), time = csr_time(), accesses = bench_accesses;
    int left = aia_hart_offline_begin(&aia, other);
    struct bench_cost c = bench_between(instret() - start, csr_time() - time);

    if (left || hart_call(other, die_and_revive, NULL, time_from_ms(1000)) || error) {
        check(false, "hart %u goes and comes: %s", other, aia_strerror(left ? left : error));
        return;
    }
    c.accesses = bench_accesses - accesses;
    *down = bench_less(*down, sum(c, died));
    accesses = bench_accesses;
    start = instret();
    time = csr_time();
    int returned = aia_hart_online_finish(&aia, other, AIA_DISPLACED_RETURN);
    c = bench_between(instret() - start, csr_time() - time);
    c.accesses = bench_accesses - accesses;
    check(!returned, "hart %u is back: %s", other, aia_strerror(returned));
    *up = bench_less(*up, sum(c, revived));
}

/* ---- floors ---- */

static unsigned floor_n;

/* Each message is written and read back; then eip is looked through, and delivery ends. */
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
    csr_ireg_write(0x70, 1); /* eidelivery, which stays as it is */
}

/* eip is looked through, eie written, delivery begins; and each message comes back. */
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
    aia_timer(&aia); /* what was retired by coming back */
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
        leave(&down, &up);
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
        "an offline takes %lu instructions for each of 10 interrupts, %lu for each of the next %u; %u at most",
        first, rest, N - 10, MOST);
    check(rest <= first + first / 10, "and grows no faster than they do");
    bench_audit();
    for (unsigned i = 0; i < N; i++)
        if (devs[i].irq)
            (void)aia_irq_free(&aia, devs[i].irq);
}
