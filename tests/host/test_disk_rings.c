/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * NVMe's queues and virtio's rings against devices that use all the freedom of their specifications: they fetch at any time,
 * complete in any order, know only what is in memory and in their registers, and fail the test where a real device would do
 * harm.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "payload/drivers/nvme_ring.h"
#include "payload/drivers/virtq.h"
#include "payload/kernel/random.h"

static struct random rnd = {1};
static int owners[NVME_COMMANDS];

/* ---- NVMe ---- */

static struct nvme_command sq[NVME_ENTRIES];
static struct nvme_completion cq[NVME_ENTRIES];
static struct nvme_ring ring;

/* The device's side: the doorbells that it has seen, and the commands that it has fetched. */
static struct {
    unsigned head, tail;       /* of the submission queue */
    unsigned cq_tail, cq_head; /* of the completion queue */
    unsigned phase;
    uint16_t fetched[NVME_COMMANDS];
    unsigned n_fetched;
} nv;

static void nvme_set_up(void)
{
    memset(sq, 0xff, sizeof(sq)); /* old contents: the phase of every entry looks new */
    memset(cq, 0xff, sizeof(cq));
    nvme_ring_init(&ring, 7, sq, cq);
    memset(&nv, 0, sizeof(nv));
    nv.phase = 1;
}

static bool nvme_put(unsigned mark, void *owner)
{
    struct nvme_command c = {.dw = {2, 0, 0, mark}};
    bool taken = nvme_ring_put(&ring, &c, owner);

    nv.tail = ring.tail;
    assert_true(nv.tail < NVME_ENTRIES);
    return taken;
}

static void nvme_fetch(void)
{
    if (nv.head == nv.tail)
        return;
    assert_int_equal(sq[nv.head].dw[0] & 0xffff, 2);
    assert_true(nv.n_fetched < NVME_COMMANDS);
    nv.fetched[nv.n_fetched++] = (uint16_t)(sq[nv.head].dw[0] >> 16);
    memset(&sq[nv.head], 0xee, sizeof(sq[0])); /* the device does not look at this entry again */
    nv.head = (nv.head + 1) % NVME_ENTRIES;
}

static void nvme_post(unsigned id, unsigned queue, unsigned sq_head, unsigned status)
{
    struct nvme_completion *e = &cq[nv.cq_tail];

    assert_int_not_equal((nv.cq_tail + 1) % NVME_ENTRIES, nv.cq_head); /* the queue has room: 3.3.1.2.1 */
    e->dw[0] = id + 1000;
    e->dw[2] = queue << 16 | sq_head;
    atomic_store(&e->status, status << 17 | nv.phase << 16 | id);
    nv.cq_tail = (nv.cq_tail + 1) % NVME_ENTRIES;
    nv.phase ^= nv.cq_tail == 0;
}

/* Complete any one of the fetched commands. */
static void nvme_complete(unsigned status)
{
    if (!nv.n_fetched)
        return;
    unsigned i = random_below(&rnd, nv.n_fetched), id = nv.fetched[i];

    nv.fetched[i] = nv.fetched[--nv.n_fetched];
    nvme_post(id, 7, nv.head, status);
}

static bool nvme_take(struct nvme_result *result)
{
    bool taken = nvme_ring_take(&ring, result);

    nv.cq_head = ring.cq_head;
    return taken;
}

/* The owner of a command: an int that is 1 while the command is under way. */
static int *idle_owner(void)
{
    for (unsigned i = 0; i < NVME_COMMANDS; i++)
        if (!owners[i])
            return &owners[i];
    return NULL;
}

static void nvme_any_order(void **state)
{
    unsigned in_flight = 0, unseen = 0, done = 0, full = 0;

    (void)state;
    nvme_set_up();
    memset(owners, 0, sizeof(owners));
    for (unsigned i = 0; i < 200000; i++) {
        unsigned what = random_below(&rnd, 4), fetched = nv.n_fetched;
        struct nvme_result result;
        int *owner = idle_owner();
        if (what == 0 && owner) {
            *owner = nvme_put(i, owner);
            in_flight += (unsigned)*owner;
            full += !*owner;
        } else if (what == 1) {
            nvme_fetch();
        } else if (what == 2) {
            nvme_complete(i & 0x7ff);
            unseen += fetched - nv.n_fetched;
        } else if (what == 3) {
            assert_int_equal(nvme_ring_unseen(&ring), unseen);
            assert_int_equal(nvme_take(&result), unseen != 0);
            if (!unseen)
                continue;
            assert_non_null(result.owner);
            assert_int_equal(*(int *)result.owner, 1);
            *(int *)result.owner = 0;
            unseen--, in_flight--, done++;
        }
        assert_int_equal(__builtin_popcount(ring.busy), in_flight);
    }
    assert_true(done > 20000); /* the rings turned hundreds of times, each time with the other phase */
    assert_int_equal(full, 0); /* there is always room for as many commands as there are identifiers */
}

static void nvme_full(void **state)
{
    struct nvme_result result;

    (void)state;
    for (unsigned start = 0; start < 2 * NVME_ENTRIES; start++) {
        nvme_set_up();
        for (unsigned i = 0; i < start; i++) { /* begin at every place in the ring */
            assert_true(nvme_put(i, owners));
            nvme_fetch();
            nvme_complete(0);
            assert_true(nvme_take(&result));
        }
        for (unsigned i = 0; i < NVME_COMMANDS; i++)
            assert_true(nvme_put(i, owners));
        assert_false(nvme_put(0, owners));
        for (unsigned i = 0; i < NVME_COMMANDS; i++)
            nvme_fetch();
        assert_int_equal(nv.head, nv.tail);
        assert_false(nvme_put(0, owners)); /* the commands are fetched, but not completed */
        for (unsigned i = 0; i < NVME_COMMANDS; i++)
            nvme_complete(0);
        assert_int_equal(nvme_ring_unseen(&ring), NVME_COMMANDS);
        assert_true(nvme_take(&result));
        assert_true(nvme_put(0, owners));
    }
}

/* A completion of a command that was never submitted is passed over, and changes nothing else. */
static void nvme_bogus(void **state)
{
    static const struct {
        unsigned id, queue, sq_head;
    } bad[] = {{1, 7, 1}, {32, 7, 1}, {0xffff, 7, 1}, {0, 6, 1}, {0, 0xffff, 1}};
    struct nvme_result result;

    (void)state;
    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        nvme_set_up();
        assert_true(nvme_put(0, owners));
        nvme_post(bad[i].id, bad[i].queue, bad[i].sq_head, 0);
        assert_true(nvme_take(&result));
        assert_null(result.owner);
        assert_int_equal(ring.sq_head, 0);
        nvme_post(0, 7, 1, 0x80);
        assert_true(nvme_take(&result));
        assert_ptr_equal(result.owner, owners);
        assert_int_equal(result.status, 0x80);
        assert_int_equal(result.value, 1000);
        nvme_post(0, 7, 1, 0); /* a second completion */
        assert_true(nvme_take(&result));
        assert_null(result.owner);
    }
    nvme_set_up();
    assert_true(nvme_put(0, owners));
    nvme_post(0, 7, NVME_ENTRIES, 0); /* a head outside the queue is ignored */
    assert_true(nvme_take(&result));
    assert_int_equal(ring.sq_head, 0);
}

static void nvme_orphans(void **state)
{
    (void)state;
    nvme_set_up();
    assert_null(nvme_ring_orphan(&ring));
    assert_true(nvme_put(0, &owners[0]));
    assert_true(nvme_put(1, &owners[1]));
    assert_ptr_equal(nvme_ring_orphan(&ring), &owners[0]);
    assert_ptr_equal(nvme_ring_orphan(&ring), &owners[1]);
    assert_null(nvme_ring_orphan(&ring));
}

/* ---- virtio ---- */

static struct virtq_memory mem;
static struct virtq vq;
static uint8_t buffers[VIRTQ_REQUESTS][4096];

static struct {
    uint16_t seen, used;
    uint16_t heads[VIRTQ_REQUESTS];
    unsigned n;
} vd;

static void virtq_set_up(unsigned size)
{
    memset(&mem, 0xff, sizeof(mem));
    assert_true(virtq_init(&vq, &mem, size, VIRTQ_BLOCK));
    memset(&vd, 0, sizeof(vd));
}

/* 2.7.13.2 and 5.2.6: a readable header, the writable data, a writable status byte, and nothing more. */
static void check_chain(unsigned head)
{
    const struct virtq_descriptor *d = &mem.descriptors[head];
    const struct virtq_header *h = (const struct virtq_header *)(uintptr_t)d->address;

    assert_int_equal(d->flags, VIRTQ_NEXT);
    assert_int_equal(d->length, 16);
    assert_int_equal(h->type, 0);
    d = &mem.descriptors[d->next];
    assert_int_equal(d->flags, VIRTQ_NEXT | VIRTQ_WRITE);
    assert_int_equal(d->length, 512 * (1 + h->sector % 8));
    d = &mem.descriptors[d->next];
    assert_int_equal(d->flags, VIRTQ_WRITE);
    assert_int_equal(d->length, 1);
}

static void virtio_fetch(void)
{
    const struct virtq_available *available = (const struct virtq_available *)&mem.descriptors[vq.size];
    uint16_t index = atomic_load(&available->index);

    for (; vd.seen != index; vd.seen++) {
        assert_true(vd.n < VIRTQ_REQUESTS);
        vd.heads[vd.n] = available->ring[vd.seen % vq.size];
        check_chain(vd.heads[vd.n++]);
    }
}

static void virtio_use(uint32_t id, uint32_t length)
{
    mem.used.ring[vd.used % vq.size].id = id;
    mem.used.ring[vd.used % vq.size].length = length;
    vd.used++;
    atomic_store(&mem.used.index, vd.used);
}

static void virtio_complete(uint8_t status, int missing)
{
    if (!vd.n)
        return;
    unsigned i = random_below(&rnd, vd.n), head = vd.heads[i];
    const struct virtq_descriptor *d = &mem.descriptors[head];

    vd.heads[i] = vd.heads[--vd.n];
    *(uint8_t *)(uintptr_t)d[2].address = status;
    virtio_use(head, d[1].length + 1 - (uint32_t)missing);
}

static void virtio_any_order(void **state)
{
    unsigned done = 0, unseen = 0;

    (void)state;
    virtq_set_up(128);
    memset(owners, 0, sizeof(owners));
    for (unsigned i = 0; done < 140000; i++) { /* the indices wrap, twice */
        unsigned what = random_below(&rnd, 4), fetched = vd.n;
        struct virtq_result result;
        int *owner = idle_owner();
        if (what == 0 && owner) {
            assert_true(virtq_put(&vq, i, buffers[owner - owners], 512 * (1 + i % 8), owner));
            *owner = 1;
        } else if (what == 0) {
            assert_false(virtq_put(&vq, i, buffers, 512, owners));
        } else if (what == 1) {
            virtio_fetch();
        } else if (what == 2) {
            virtio_complete(0, 0);
            unseen += fetched - vd.n;
        } else {
            assert_int_equal(virtq_unseen(&vq), unseen);
            assert_int_equal(virtq_take(&vq, &result), unseen != 0);
            if (!unseen)
                continue;
            assert_int_equal(*(int *)result.owner, 1);
            assert_true(result.whole && result.status == 0);
            *(int *)result.owner = 0;
            unseen--, done++;
        }
    }
}

static void virtio_sizes(void **state)
{
    (void)state;
    assert_false(virtq_init(&vq, &mem, 0, VIRTQ_BLOCK));
    assert_false(virtq_init(&vq, &mem, 2, VIRTQ_BLOCK)); /* too small for one request */
    assert_false(virtq_init(&vq, &mem, 96, VIRTQ_BLOCK));
    assert_false(virtq_init(&vq, &mem, 256, VIRTQ_BLOCK));
    assert_true(virtq_init(&vq, &mem, 128, VIRTQ_BLOCK));
    assert_false(virtq_init(&vq, &mem, 0, VIRTQ_BUFFER));
}

/* The queue takes as many requests as there are descriptors for, at any size; all are in the queue's part of the memory. */
static void virtio_small(void **state)
{
    static const unsigned requests[] = {1, 2, 5, 10, 21, 32};
    struct virtq_result result;

    (void)state;
    for (unsigned i = 0; i < 6; i++) {
        virtq_set_up(4u << i);
        assert_int_equal(vq.requests, requests[i]);
        for (unsigned round = 0; round < 40000; round++) {
            for (unsigned n = 0; n < requests[i]; n++)
                assert_true(virtq_put(&vq, n, buffers[n], 512 * (1 + n % 8), owners));
            assert_false(virtq_put(&vq, 0, buffers, 512, owners));
            virtio_fetch();
            while (vd.n)
                virtio_complete(0, 0);
            for (unsigned n = 0; n < requests[i]; n++)
                assert_true(virtq_take(&vq, &result) && result.owner == owners && result.whole);
        }
        virtio_use(3 * requests[i], 513); /* a request for which there is no room */
        assert_true(virtq_take(&vq, &result));
        assert_null(result.owner);
    }
}

/* Buffers of one descriptor each. */
static void virtio_buffers(void **state)
{
    struct virtq_result result;

    (void)state;
    for (unsigned size = 1; size <= 128; size *= 2) {
        unsigned n = size < VIRTQ_REQUESTS ? size : VIRTQ_REQUESTS;
        assert_true(virtq_init(&vq, &mem, size, VIRTQ_BUFFER));
        memset(&vd, 0, sizeof(vd));
        for (unsigned i = 0; i < n; i++)
            assert_true(virtq_put_buffer(&vq, buffers[i], 64, &owners[i]));
        assert_false(virtq_put_buffer(&vq, buffers, 64, owners));
        for (unsigned i = 0; i < n; i++) {
            const struct virtq_descriptor *d = &mem.descriptors[vq.ring->ring[i]];
            assert_true(vq.ring->ring[i] < size && d->flags == VIRTQ_WRITE && d->length == 64);
            virtio_use(vq.ring->ring[i], 64);
            assert_true(virtq_take(&vq, &result));
            assert_ptr_equal(result.owner, &owners[i]);
        }
    }
}

static void virtio_bad_answers(void **state)
{
    static const uint32_t bad[] = {1, 2, 3, 96, 127, 128, 0x10000, UINT32_MAX};
    struct virtq_result result;

    (void)state;
    virtq_set_up(128);
    assert_true(virtq_put(&vq, 8, buffers, 512, owners));
    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        virtio_use(bad[i], 513);
        assert_true(virtq_take(&vq, &result));
        assert_null(result.owner);
    }
    virtio_fetch();
    virtio_complete(1, 512); /* an error, and no data */
    assert_true(virtq_take(&vq, &result));
    assert_ptr_equal(result.owner, owners);
    assert_int_equal(result.status, 1);
    assert_false(result.whole);
    virtio_use(0, 513); /* a second time */
    assert_true(virtq_take(&vq, &result));
    assert_null(result.owner);
    assert_true(
        virtq_put(&vq, 8, buffers, 512, owners)); /* the device writes too little, and reports success */
    virtio_fetch();
    virtio_complete(0, 1);
    assert_true(virtq_take(&vq, &result));
    assert_int_equal(result.status, 0);
    assert_false(result.whole);
    assert_true(virtq_put(&vq, 8, buffers, 512, owners)); /* the device uses the chain without a status */
    virtio_use(0, 513);
    assert_true(virtq_take(&vq, &result));
    assert_int_not_equal(result.status, 0);
    assert_null(virtq_orphan(&vq));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nvme_any_order),     cmocka_unit_test(nvme_full),
        cmocka_unit_test(nvme_bogus),         cmocka_unit_test(nvme_orphans),
        cmocka_unit_test(virtio_any_order),   cmocka_unit_test(virtio_sizes),
        cmocka_unit_test(virtio_small),       cmocka_unit_test(virtio_buffers),
        cmocka_unit_test(virtio_bad_answers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
