/* SPDX-License-Identifier: BSD-2-Clause */
/* The allocator: the free identities of the harts' interrupt files, which are given to interrupts. */
#include <aia/error.h>

#include "imsic/books.h"
#include "imsic/file.h"
#include "imsic/vector.h"

/*
 * books_take() for the lowest free identity of f, without the loops for blocks, because nearly every request is of order 0. f
 * has a free identity. The cast to int32_t lets the compiler use the loaded word as it is: RV64 loads 32 bits sign-extended,
 * and a uint32_t would cost two shifts to extend it with zeros. The sign bits are above bit 31, so the lowest bit is the same.
 */
static inline size_t take_lowest(struct imsic_file *f, uint32_t owner)
{
    size_t w = lowest_bit((uint64_t)(int32_t)f->has_run[0]);
    size_t id = w * 64 + lowest_bit(f->free[w]);

    books_remove(f, w, f->free[w] & -f->free[w], 1);
    books_set(f, (unsigned)id, IMSIC_OWNED, owner);
    return id;
}

static bool id_is_valid(const struct imsic *im, unsigned hart, unsigned id)
{
    return hart < im->n_files && id >= 1 && id <= im->files[hart].n_ids;
}

static void books_init_file(struct imsic *im, struct imsic_file *f)
{
    f->open = false;
    f->n_free = 0;
    atomic_store_explicit(&f->n_retiring, 0, memory_order_relaxed);
    atomic_store_explicit(&f->drained_at, 0, memory_order_relaxed);
    for (unsigned w = 0; w < IMSIC_WORDS; w++) {
        f->free[w] = 0;
        f->quarantined[w] = 0;
    }
    for (unsigned w = 0; w < IMSIC_WORDS * 64 / AIA_WORD_BITS; w++)
        atomic_store_explicit(&f->retiring[w], 0, memory_order_relaxed);
    for (unsigned k = 0; k <= IMSIC_MAX_ORDER; k++)
        f->has_run[k] = 0;
    books_set(f, 0, IMSIC_INTERNAL, IMSIC_NO_OWNER); /* identity 0 does not exist */
    for (unsigned id = 1; id <= f->n_ids; id++) {
        books_set(f, id, IMSIC_INTERNAL, IMSIC_NO_OWNER);
        if (id != im->ipi_id && id != im->sync_id)
            books_give_back(f, id);
    }
}

int imsic_init(struct imsic *im)
{
    aia_port_lock_init(&im->lock, "aia vectors");
    for (unsigned h = 0; h < im->n_files; h++) {
        if (im->files[h].n_ids > IMSIC_MAX_IDS || im->ipi_id == im->sync_id ||
            !id_is_valid(im, h, im->ipi_id) || !id_is_valid(im, h, im->sync_id))
            return AIA_EINVAL;
        books_init_file(im, &im->files[h]);
    }
    return AIA_OK;
}

/* The first identity of an aligned free run of 2^order. 0: there is none, or the file is closed. */
static unsigned find_free(struct imsic_file *f, unsigned order)
{
    while (f->open && f->has_run[order]) {
        unsigned w = lowest_bit(f->has_run[order]);
        uint64_t run = order ? books_runs(f->free[w], order) : f->free[w];
        if (run)
            return w * 64 + lowest_bit(run);
        f->has_run[order] &= ~(1u << w);
    }
    return 0;
}

/*
 * Of the open harts in `set` that have a free block of 2^order, find the hart with the most free identities. Returns the file of
 * the hart, or NULL. Hart numbers are size_t here, because the compiler would extend a 32-bit number to an address in each
 * round. n_files is at most AIA_MAX_HARTS, so the cast to int changes nothing, and saves extending the loaded word with zeros.
 */
static inline struct imsic_file *least_loaded(struct imsic *im, const struct aia_hartset *set, unsigned order,
                                              size_t *hart)
{
    struct imsic_file *best = NULL;
    unsigned most = 0;
    size_t h = 0, n = (size_t)(int)im->n_files;

    for (struct imsic_file *f = im->files; h < n; f++, h++)
        if (f->n_free > most && f->open && set->bits[h / 64] >> h % 64 & 1 &&
            (!order || find_free(f, order))) {
            most = f->n_free;
            best = f;
            *hart = h;
        }
    return best;
}

/*
 * The error of an allocation that found no file: AIA_ENOHART if no hart in `set` is open, else AIA_ENOVEC. Not inlined, so that
 * an allocation that succeeds does not save the registers which this loop needs.
 */
static __attribute__((noinline)) int none_of(const struct imsic *im, const struct aia_hartset *set)
{
    for (unsigned h = 0; h < im->n_files; h++)
        if (im->files[h].open && aia_hartset_has(set, h))
            return AIA_ENOVEC;
    return AIA_ENOHART;
}

static struct imsic_vector vector_at(size_t hart, size_t id)
{
    return (struct imsic_vector){.hart = (uint16_t)hart, .id = (uint16_t)id};
}

/* imsic_alloc_any() of a block. Not inlined, so that allocating a single identity does not save registers for blocks. */
static __attribute__((noinline)) int alloc_block(struct imsic *im, const struct aia_hartset *set,
                                                 unsigned order, uint32_t owner, struct imsic_vector *first)
{
    size_t hart = 0;
    int error = AIA_OK;
    unsigned long was = books_lock(im);
    struct imsic_file *f = least_loaded(im, set, order, &hart);

    if (f) {
        *first = vector_at(hart, find_free(f, order));
        books_take(f, first->id, order, owner);
    } else {
        error = none_of(im, set);
    }
    books_unlock(im, was);
    return error;
}

int imsic_alloc_any(struct imsic *im, const struct aia_hartset *set, unsigned order, uint32_t owner,
                    struct imsic_vector *first)
{
    size_t hart;
    int error = AIA_OK;

    if (order)
        return order > IMSIC_MAX_ORDER ? AIA_EINVAL : alloc_block(im, set, order, owner, first);
    unsigned long was = books_lock(im);
    struct imsic_file *f = least_loaded(im, set, 0, &hart);
    if (f)
        *first = vector_at(hart, take_lowest(f, owner));
    else
        error = none_of(im, set);
    books_unlock(im, was);
    return error;
}

int imsic_alloc(struct imsic *im, unsigned hart, unsigned order, uint32_t owner, struct imsic_vector *first)
{
    if (hart >= im->n_files || order > IMSIC_MAX_ORDER)
        return AIA_EINVAL;

    unsigned long was = books_lock(im);
    unsigned id = find_free(&im->files[hart], order);
    if (id)
        books_take(&im->files[hart], id, order, owner);
    books_unlock(im, was);
    if (!id)
        return AIA_ENOVEC;
    *first = vector_at(hart, id);
    return AIA_OK;
}

/* True if the block is free, and the file is open. An identity that the file does not have is never free. */
static bool block_is_free(const struct imsic_file *f, unsigned id, unsigned order)
{
    uint64_t bits = books_block(id, order);

    return f->open && (f->free[id / 64] & bits) == bits;
}

int imsic_alloc_id(struct imsic *im, unsigned hart, unsigned id, unsigned order, uint32_t owner)
{
    if (hart >= im->n_files || id < 1 || id > IMSIC_MAX_IDS || order > IMSIC_MAX_ORDER || id % (1u << order))
        return AIA_EINVAL;

    unsigned long was = books_lock(im);
    bool ok = block_is_free(&im->files[hart], id, order);
    if (ok)
        books_take(&im->files[hart], id, order, owner);
    books_unlock(im, was);
    return ok ? AIA_OK : AIA_ENOVEC;
}

/* The first identity of the lowest block that is free in both files; 0: there is none. */
static unsigned find_common(const struct imsic_file *from, const struct imsic_file *to, unsigned order)
{
    uint32_t words = from->has_run[order] & to->has_run[order];

    if (!to->open)
        return 0;
    for (; words; words &= words - 1) {
        unsigned w = lowest_bit(words);
        uint64_t both = books_runs(from->free[w] & to->free[w], order);
        if (both)
            return w * 64 + lowest_bit(both);
    }
    return 0;
}

int imsic_alloc_common(struct imsic *im, unsigned from, unsigned to, unsigned order, uint32_t owner,
                       uint16_t *id)
{
    if (from >= im->n_files || to >= im->n_files || from == to || order > IMSIC_MAX_ORDER)
        return AIA_EINVAL;

    unsigned long was = books_lock(im);
    unsigned found = find_common(&im->files[from], &im->files[to], order);
    if (found) {
        books_take(&im->files[from], found, order, owner);
        books_take(&im->files[to], found, order, owner);
    }
    books_unlock(im, was);
    if (!found)
        return AIA_ENOVEC;
    *id = (uint16_t)found;
    return AIA_OK;
}

void imsic_free(struct imsic *im, struct imsic_vector v)
{
    unsigned long was = books_lock(im);
    books_give_back(&im->files[v.hart], v.id);
    books_unlock(im, was);
}

/* The lock is held, so the vector gets no owner, and no message names the vector, before the bit is cleared. */
void imsic_clear_unowned(struct imsic *im, struct imsic_vector v)
{
    unsigned long was = books_lock(im);
    enum imsic_state state =
        imsic_slot_state(atomic_load_explicit(&im->files[v.hart].slots[v.id], memory_order_relaxed));

    if (state == IMSIC_FREE || state == IMSIC_MANAGED)
        imsic_file_clear_pending(v.id);
    books_unlock(im, was);
}

static void set_open(struct imsic *im, unsigned hart, bool open)
{
    unsigned long was = books_lock(im);

    im->files[hart].open = open;
    books_unlock(im, was);
}

void imsic_open(struct imsic *im, unsigned hart)
{
    set_open(im, hart, true);
}

void imsic_close(struct imsic *im, unsigned hart)
{
    set_open(im, hart, false);
}

/* imsic_least_loaded() of a block. Not inlined, for the same reason as alloc_block(). */
static __attribute__((noinline)) int least_loaded_block(struct imsic *im, const struct aia_hartset *set,
                                                        unsigned order, unsigned *hart)
{
    size_t h = 0;
    unsigned long was = books_lock(im);
    int error = least_loaded(im, set, order, &h) ? AIA_OK : none_of(im, set);

    if (!error)
        *hart = (unsigned)h;
    books_unlock(im, was);
    return error;
}

int imsic_least_loaded(struct imsic *im, const struct aia_hartset *set, unsigned order, unsigned *hart)
{
    size_t h = 0;

    if (order)
        return least_loaded_block(im, set, order, hart);
    unsigned long was = books_lock(im);
    int error = least_loaded(im, set, 0, &h) ? AIA_OK : none_of(im, set);
    if (!error)
        *hart = (unsigned)h;
    books_unlock(im, was);
    return error;
}

unsigned imsic_room_elsewhere(struct imsic *im, unsigned hart)
{
    unsigned n = 0;
    unsigned long was = books_lock(im);

    for (unsigned h = 0; h < im->n_files; h++)
        if (h != hart && im->files[h].open)
            n += im->files[h].n_free + atomic_load_explicit(&im->files[h].n_retiring, memory_order_relaxed);
    books_unlock(im, was);
    return n;
}

void imsic_stats(struct imsic *im, struct imsic_stats *stats)
{
    unsigned long was = books_lock(im);

    *stats = (struct imsic_stats){{0}};
    for (unsigned h = 0; h < im->n_files; h++)
        for (unsigned id = 1; id <= im->files[h].n_ids; id++)
            stats->n[imsic_slot_state(atomic_load_explicit(&im->files[h].slots[id], memory_order_relaxed))]++;
    books_unlock(im, was);
}
