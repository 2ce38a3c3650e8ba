/* SPDX-License-Identifier: BSD-2-Clause */
/* The vector allocator: which identities of which hart's file are free, and who gets them. */
#include <aia/error.h>

#include "imsic/books.h"
#include "imsic/file.h"
#include "imsic/vector.h"

/* take() of the lowest identity, as order 0 is nearly all that is ever asked for. There is one. */
static inline size_t take_lowest(struct imsic_file *f, uint32_t owner)
{
    size_t w =
        lowest_bit((uint64_t)(int32_t)f->has_run[0]); /* sign-extended, as it is loaded; it does not matter */
    size_t id = w * 64 + lowest_bit(f->free[w]);

    remove_free(f, w, f->free[w] & -f->free[w], 1);
    set_slot(f, (unsigned)id, IMSIC_OWNED, owner);
    return id;
}

static bool id_valid(const struct imsic *im, unsigned hart, unsigned id)
{
    return hart < im->n_files && id >= 1 && id <= im->files[hart].n_ids;
}

static void init_file(struct imsic *im, struct imsic_file *f)
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
    set_slot(f, 0, IMSIC_INTERNAL, IMSIC_NO_OWNER); /* identity 0 does not exist */
    for (unsigned id = 1; id <= f->n_ids; id++) {
        set_slot(f, id, IMSIC_INTERNAL, IMSIC_NO_OWNER);
        if (id != im->ipi_id && id != im->sync_id)
            give_back(f, id);
    }
}

int imsic_init(struct imsic *im)
{
    im->lock = (struct aia_lock){{0}};
    for (unsigned h = 0; h < im->n_files; h++) {
        if (im->files[h].n_ids > IMSIC_MAX_IDS || im->ipi_id == im->sync_id || !id_valid(im, h, im->ipi_id) ||
            !id_valid(im, h, im->sync_id))
            return AIA_EINVAL;
        init_file(im, &im->files[h]);
    }
    return AIA_OK;
}

/* First of an aligned free run of 2^order identities, 0 if there is none or the file is closed. */
static unsigned find(struct imsic_file *f, unsigned order)
{
    while (f->open && f->has_run[order]) {
        unsigned w = lowest_bit(f->has_run[order]);
        uint64_t run = order ? runs(f->free[w], order) : f->free[w];
        if (run)
            return w * 64 + lowest_bit(run);
        f->has_run[order] &= ~(1u << w);
    }
    return 0;
}

/* The open hart of `set` with most free identities that has a block of 2^order, and its file; NULL: there is none. */
static inline struct imsic_file *least_loaded(struct imsic *im, const struct aia_hartset *set, unsigned order,
                                              size_t *hart)
{
    struct imsic_file *best = NULL;
    unsigned most = 0;
    size_t h = 0, n = (size_t)(int)im->n_files; /* as above */

    for (struct imsic_file *f = im->files; h < n; f++, h++)
        if (f->n_free > most && f->open && set->bits[h / 64] >> h % 64 & 1 && (!order || find(f, order))) {
            most = f->n_free;
            best = f;
            *hart = h;
        }
    return best;
}

/* Why there is none. */
static __attribute__((noinline)) int none_of(const struct imsic *im, const struct aia_hartset *set)
{
    for (unsigned h = 0; h < im->n_files; h++)
        if (im->files[h].open && aia_hartset_has(set, h))
            return AIA_ENOVEC;
    return AIA_ENOHART;
}

static struct imsic_vector vector(size_t hart, size_t id)
{
    return (struct imsic_vector){.hart = (uint16_t)hart, .id = (uint16_t)id};
}

/* Apart from single identities, whose way is to be short. */
static __attribute__((noinline)) int alloc_block(struct imsic *im, const struct aia_hartset *set,
                                                 unsigned order, uint32_t owner, struct imsic_vector *first)
{
    size_t hart = 0;
    int error = AIA_OK;
    unsigned long was = lock(im);
    struct imsic_file *f = least_loaded(im, set, order, &hart);

    if (f) {
        *first = vector(hart, find(f, order));
        take(f, first->id, order, owner);
    } else {
        error = none_of(im, set);
    }
    unlock(im, was);
    return error;
}

int imsic_alloc_any(struct imsic *im, const struct aia_hartset *set, unsigned order, uint32_t owner,
                    struct imsic_vector *first)
{
    size_t hart;
    int error = AIA_OK;

    if (order)
        return order > IMSIC_MAX_ORDER ? AIA_EINVAL : alloc_block(im, set, order, owner, first);
    unsigned long was = lock(im);
    struct imsic_file *f = least_loaded(im, set, 0, &hart);
    if (f)
        *first = vector(hart, take_lowest(f, owner));
    else
        error = none_of(im, set);
    unlock(im, was);
    return error;
}

int imsic_alloc(struct imsic *im, unsigned hart, unsigned order, uint32_t owner, struct imsic_vector *first)
{
    if (hart >= im->n_files || order > IMSIC_MAX_ORDER)
        return AIA_EINVAL;

    unsigned long was = lock(im);
    unsigned id = find(&im->files[hart], order);
    if (id)
        take(&im->files[hart], id, order, owner);
    unlock(im, was);
    if (!id)
        return AIA_ENOVEC;
    *first = vector(hart, id);
    return AIA_OK;
}

static bool is_free(const struct imsic_file *f, unsigned id, unsigned order)
{
    uint64_t bits = block(id, order);

    return f->open && (f->free[id / 64] & bits) == bits;
}

int imsic_alloc_id(struct imsic *im, unsigned hart, unsigned id, unsigned order, uint32_t owner)
{
    if (hart >= im->n_files || id < 1 || id > IMSIC_MAX_IDS || order > IMSIC_MAX_ORDER || id % (1u << order))
        return AIA_EINVAL;

    unsigned long was = lock(im);
    bool ok = is_free(&im->files[hart], id, order); /* what a smaller file does not have is not free there */
    if (ok)
        take(&im->files[hart], id, order, owner);
    unlock(im, was);
    return ok ? AIA_OK : AIA_ENOVEC;
}

/* The lowest block free in both files, 0 if there is none. */
static unsigned find_common(const struct imsic_file *from, const struct imsic_file *to, unsigned order)
{
    uint32_t words = from->has_run[order] & to->has_run[order];

    if (!to->open)
        return 0;
    for (; words; words &= words - 1) {
        unsigned w = lowest_bit(words);
        uint64_t both = runs(from->free[w] & to->free[w], order);
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

    unsigned long was = lock(im);
    unsigned found = find_common(&im->files[from], &im->files[to], order);
    if (found) {
        take(&im->files[from], found, order, owner);
        take(&im->files[to], found, order, owner);
    }
    unlock(im, was);
    if (!found)
        return AIA_ENOVEC;
    *id = (uint16_t)found;
    return AIA_OK;
}

void imsic_free(struct imsic *im, struct imsic_vector v)
{
    unsigned long was = lock(im);
    give_back(&im->files[v.hart], v.id);
    unlock(im, was);
}

/* Under the lock: whoever takes it next names it in no message before. */
void imsic_clear_unowned(struct imsic *im, struct imsic_vector v)
{
    unsigned long was = lock(im);
    enum imsic_state state =
        imsic_slot_state(atomic_load_explicit(&im->files[v.hart].slots[v.id], memory_order_relaxed));

    if (state == IMSIC_FREE || state == IMSIC_MANAGED)
        imsic_file_clear_pending(v.id);
    unlock(im, was);
}

static void set_open(struct imsic *im, unsigned hart, bool open)
{
    unsigned long was = lock(im);

    im->files[hart].open = open;
    unlock(im, was);
}

void imsic_open(struct imsic *im, unsigned hart)
{
    set_open(im, hart, true);
}

void imsic_close(struct imsic *im, unsigned hart)
{
    set_open(im, hart, false);
}

static __attribute__((noinline)) int least_loaded_block(struct imsic *im, const struct aia_hartset *set,
                                                        unsigned order, unsigned *hart)
{
    size_t h = 0;
    unsigned long was = lock(im);
    int error = least_loaded(im, set, order, &h) ? AIA_OK : none_of(im, set);

    if (!error)
        *hart = (unsigned)h;
    unlock(im, was);
    return error;
}

int imsic_least_loaded(struct imsic *im, const struct aia_hartset *set, unsigned order, unsigned *hart)
{
    size_t h = 0;

    if (order)
        return least_loaded_block(im, set, order, hart);
    unsigned long was = lock(im);
    int error = least_loaded(im, set, 0, &h) ? AIA_OK : none_of(im, set);
    if (!error)
        *hart = (unsigned)h;
    unlock(im, was);
    return error;
}

unsigned imsic_room_elsewhere(struct imsic *im, unsigned hart)
{
    unsigned n = 0;
    unsigned long was = lock(im);

    for (unsigned h = 0; h < im->n_files; h++)
        if (h != hart && im->files[h].open)
            n += im->files[h].n_free + atomic_load_explicit(&im->files[h].n_retiring, memory_order_relaxed);
    unlock(im, was);
    return n;
}

void imsic_stats(struct imsic *im, struct imsic_stats *stats)
{
    unsigned long was = lock(im);

    *stats = (struct imsic_stats){{0}};
    for (unsigned h = 0; h < im->n_files; h++)
        for (unsigned id = 1; id <= im->files[h].n_ids; id++)
            stats->n[imsic_slot_state(atomic_load_explicit(&im->files[h].slots[id], memory_order_relaxed))]++;
    unlock(im, was);
}
