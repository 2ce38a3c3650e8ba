/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Benchmarks: the allocator of vectors, with more harts than the machine has. The allocator accesses no hardware, so its
 * files are only memory. An allocation chooses the least loaded hart of all, and takes a vector there.
 */
#include "imsic/vector.h"
#include "payload/bench/bench.h"
#include "payload/kernel/hart.h"
#include "payload/report/check.h"
#include "imsic/bits.h"

#define MANY   128
#define IDS    2047 /* the largest number of identities */
#define MOST   150  /* instructions, with 4 harts */
#define GROWTH 8    /* for each further hart, fewer instructions than this */

static struct imsic_file files[MANY];
static _Atomic uint32_t slots[MANY][IDS + 1];
static struct imsic im;
static struct aia_hartset all;
static struct imsic_vector got;

static void set_up(unsigned n)
{
    im = (struct imsic){.files = files, .n_files = n, .ipi_id = 1, .sync_id = IDS};
    for (unsigned h = 0; h < n; h++)
        files[h] = (struct imsic_file){.n_ids = IDS, .slots = slots[h]};
    int error = imsic_init(&im);
    for (unsigned h = 0; h < n; h++)
        imsic_open(&im, h);
    all = aia_hartset_first(n);
    check(!error && n <= AIA_MAX_HARTS, "an allocator of %u harts, %u identities each", n, IDS);
}

/* Allocate all identities except the highest of the last hart. */
static void fill(void)
{
    struct imsic_vector v;

    for (unsigned h = 0; h < im.n_files; h++)
        while (!imsic_alloc(&im, h, 0, 7, &v))
            ;
    imsic_free(&im, (struct imsic_vector){.hart = (uint16_t)(im.n_files - 1), .id = IDS - 1});
}

static void alloc(void *arg)
{
    (void)arg;
    (void)imsic_alloc_any(&im, &all, 0, 7, &got);
}

static void prepare_free(void *arg)
{
    if (!got.id)
        alloc(arg);
}

static void free_it(void *arg)
{
    (void)arg;
    imsic_free(&im, got);
    got.id = 0;
}

static void prepare_alloc(void *arg)
{
    if (got.id)
        free_it(arg);
}

/* ---- floors: for each hart a bitmap of 32 words, a summary of it, and the number of free identities; no lock, no owner ---- */

static struct {
    uint32_t n_free, words;
    uint64_t free[IMSIC_WORDS];
} bare[MANY];

static void copy_bare(void)
{
    for (unsigned h = 0; h < im.n_files; h++) {
        bare[h].n_free = files[h].n_free;
        bare[h].words = files[h].has_run[0];
        for (unsigned w = 0; w < IMSIC_WORDS; w++)
            bare[h].free[w] = files[h].free[w];
    }
}

static void floor_alloc(void *arg)
{
    unsigned best = 0, n = 0;

    (void)arg;
    for (unsigned h = 0; h < im.n_files; h++)
        if (bare[h].n_free > n) {
            n = bare[h].n_free;
            best = h;
        }
    unsigned w = lowest_bit(bare[best].words);
    uint64_t left = bare[best].free[w] & (bare[best].free[w] - 1);
    got = (struct imsic_vector){.hart = (uint16_t)best,
                                .id = (uint16_t)(w * 64 + lowest_bit(bare[best].free[w]))};
    bare[best].free[w] = left;
    bare[best].n_free--;
    if (!left)
        bare[best].words &= ~(1u << w);
}

static void floor_free(void *arg)
{
    (void)arg;
    bare[got.hart].free[got.id / 64] |= 1ull << got.id % 64;
    bare[got.hart].words |= 1u << got.id / 64;
    bare[got.hart].n_free++;
    got.id = 0;
}

static void floor_prepare_alloc(void *arg)
{
    if (got.id)
        floor_free(arg);
}

static void floor_prepare_free(void *arg)
{
    if (!got.id)
        floor_alloc(arg);
}

/* ---- */

static uint64_t measure(const char *names[2], struct bench_limit limit)
{
    struct bench_limit none = {BENCH_FREE, 0};

    copy_bare();
    struct bench_cost a = bench_measure(prepare_alloc, alloc, NULL),
                      f = bench_measure(prepare_free, free_it, NULL);
    prepare_alloc(NULL);
    struct bench_cost fa = bench_measure(floor_prepare_alloc, floor_alloc, NULL),
                      ff = bench_measure(floor_prepare_free, floor_free, NULL);
    got.id = 0;
    bench_row(names[0], a, fa, limit);
    bench_row(names[1], f, ff, none);
    return a.instructions;
}

void bench_alloc(void)
{
    struct bench_limit few = {BENCH_MOST, MOST}, many = {BENCH_MOST, MOST + (MANY - 4) * GROWTH};
    uint64_t cost[2][2];

    for (unsigned i = 0; i < 2; i++) {
        unsigned n = i ? MANY : 4;
        set_up(n);
        cost[i][0] = measure(i ? (const char *[]){"allocate, 128 harts", "free, 128 harts"}
                               : (const char *[]){"allocate, 4 harts", "free, 4 harts"},
                             i ? many : few);
        fill();
        cost[i][1] = measure(i ? (const char *[]){"allocate the last of 128", "free, 128 harts, full"}
                               : (const char *[]){"allocate the last of 4", "free, 4 harts, full"},
                             i ? many : few);
    }
    for (unsigned i = 0; i < 2; i++) {
        uint64_t more = (cost[1][i] - cost[0][i]) * 100 / (MANY - 4);
        check(more < GROWTH * 100, "%s: %lu.%02lu instructions more for each hart, less than %u",
              i ? "one vector left" : "all free", more / 100, more % 100, GROWTH);
    }
}
