/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The vector allocator: which identities of which hart's file are free.
 *
 * A file's free identities are a bitmap of at most 32 words, and above it one summary word for each block size: bit w
 * says that word w holds an aligned free run of that size. A block never crosses a word, so finding one takes two
 * find-first-set, however many identities there are. For single identities the summary is exact. For larger blocks it
 * may say so of a word that has been broken up since: who looks there finds out, and corrects it; an allocation then
 * does not pay for block sizes that hardly anybody asks for.
 */
#include <stddef.h>

#include <aia/error.h>
#include <aia/imsic.h>

#include "imsic/bits.h"

/* Where an aligned run of 2^k bits may begin. */
static const uint64_t aligned[IMSIC_MAX_ORDER + 1] = {
    ~0ull,
    0x5555555555555555ull,
    0x1111111111111111ull,
    0x0101010101010101ull,
    0x0001000100010001ull,
    0x0000000100000001ull,
};

/* Bit i set: bits i .. i + 2^k - 1 of `free` are all set, and i is a multiple of 2^k. */
static uint64_t runs(uint64_t free, unsigned k)
{
    for (unsigned i = 0; i < k; i++)
        free &= free >> (1u << i);
    return free & aligned[k];
}

static void set_slot(struct imsic_file *f, unsigned id, enum imsic_state state, uint32_t owner)
{
    atomic_store_explicit(&f->slots[id], imsic_slot(state, owner), memory_order_release);
}

/* The 2^order bits of a word from identity `first` up. */
static uint64_t block(unsigned first, unsigned order)
{
    return ((1ull << (1u << order)) - 1) << first % 64;
}

/* Not free any more: `bits`, n of them, of word w. */
static inline void remove_free(struct imsic_file *f, size_t w, uint64_t bits, unsigned n)
{
    uint64_t left = f->free[w] & ~bits;

    f->free[w] = left;
    f->n_free = (uint16_t)(f->n_free - n);
    f->has_run[0] ^= (uint32_t)!left << w;
}

/* Take a block out of the free ones and give its identities to `owner` and those after it. */
static void take(struct imsic_file *f, unsigned first, unsigned order, uint32_t owner)
{
    unsigned n = 1u << order;

    remove_free(f, first / 64, block(first, order), n);
    for (unsigned i = 0; i < n; i++)
        set_slot(f, first + i, IMSIC_OWNED, owner + i);
}

/* The same of the lowest identity, as order 0 is nearly all that is ever asked for. There is one. */
static inline size_t take_lowest(struct imsic_file *f, uint32_t owner)
{
    size_t w =
        lowest_bit((uint64_t)(int32_t)f->has_run[0]); /* sign-extended, as it is loaded; it does not matter */
    size_t id = w * 64 + lowest_bit(f->free[w]);

    remove_free(f, w, f->free[w] & -f->free[w], 1);
    set_slot(f, (unsigned)id, IMSIC_OWNED, owner);
    return id;
}

/* Put one identity back; the slot keeps the name of its last owner. It may be what a block lacked. */
static void give_back(struct imsic_file *f, unsigned id)
{
    uint32_t slot = atomic_load_explicit(&f->slots[id], memory_order_relaxed);
    unsigned w = id / 64;

    set_slot(f, id, IMSIC_FREE, imsic_slot_owner(slot));
    f->free[w] |= 1ull << id % 64;
    f->n_free++;
    for (unsigned k = 0; k <= IMSIC_MAX_ORDER; k++) {
        uint64_t around = block(id & ~((1u << k) - 1), k);
        if ((f->free[w] & around) != around)
            break;
        f->has_run[k] |= 1u << w;
    }
}

static unsigned long lock(struct imsic *im)
{
    unsigned long was = aia_port_irq_save();

    aia_port_lock(&im->lock);
    return was;
}

static void unlock(struct imsic *im, unsigned long was)
{
    aia_port_unlock(&im->lock);
    aia_port_irq_restore(was);
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
        f->shut[w] = 0;
    }
    for (unsigned w = 0; w < IMSIC_WORDS * 64 / AIA_WORD_BITS; w++)
        atomic_store_explicit(&f->retiring[w], 0, memory_order_relaxed);
    for (unsigned k = 0; k <= IMSIC_MAX_ORDER; k++)
        f->has_run[k] = 0;
    set_slot(f, 0, IMSIC_RESERVED, IMSIC_NO_OWNER); /* identity 0 does not exist */
    for (unsigned id = 1; id <= f->n_ids; id++) {
        set_slot(f, id, IMSIC_RESERVED, IMSIC_NO_OWNER);
        if (id != im->ipi_id && id != im->sync_id)
            give_back(f, id);
    }
}

int imsic_init(struct imsic *im)
{
    im->lock = (struct aia_lock){{0}};
    if (im->ipi_id == im->sync_id)
        return AIA_EINVAL;
    for (unsigned h = 0; h < im->n_files; h++) {
        if (im->files[h].n_ids > IMSIC_MAX_IDS || !id_valid(im, h, im->ipi_id) ||
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

/* ---- managed interrupts ---- */

/* An identity that all of `set` have free, 0 if there is none. */
static unsigned find_in_all(const struct imsic *im, const struct aia_hartset *set)
{
    for (unsigned w = 0; w < IMSIC_WORDS; w++) {
        uint64_t all = ~0ull;
        for (unsigned h = 0; h < im->n_files; h++)
            if (aia_hartset_has(set, h))
                all &= im->files[h].free[w];
        if (all)
            return w * 64 + lowest_bit(all);
    }
    return 0;
}

/* Fill in ids[] for all of `set`: `common`, or each file's lowest free one. False: some file has none. */
static bool choose(const struct imsic *im, const struct aia_hartset *set, unsigned common, uint16_t *ids)
{
    for (unsigned h = 0; h < im->n_files; h++) {
        const struct imsic_file *f = &im->files[h];
        if (!aia_hartset_has(set, h))
            continue;
        if (!common && !f->has_run[0])
            return false;
        unsigned w = common ? 0 : lowest_bit(f->has_run[0]);
        ids[h] = (uint16_t)(common ? common : w * 64 + lowest_bit(f->free[w]));
    }
    return true;
}

int imsic_reserve(struct imsic *im, const struct aia_hartset *set, enum aia_msi_kind kind, uint32_t owner,
                  uint16_t *ids)
{
    unsigned long was = lock(im);
    unsigned common = find_in_all(im, set);
    bool ok = (common || kind != AIA_MSI_PLAIN) && choose(im, set, common, ids);

    for (unsigned h = 0; h < im->n_files && ok; h++)
        if (aia_hartset_has(set, h)) {
            take(&im->files[h], ids[h], 0, owner);
            set_slot(&im->files[h], ids[h], IMSIC_MANAGED, owner);
        }
    unlock(im, was);
    return ok ? AIA_OK : AIA_ENOVEC;
}

/* From one state to another, if it is in that one. */
static bool change(struct imsic *im, struct imsic_vector v, enum imsic_state from, enum imsic_state to)
{
    struct imsic_file *f = &im->files[v.hart];
    unsigned long was = lock(im);
    uint32_t slot = atomic_load_explicit(&f->slots[v.id], memory_order_relaxed);
    bool ok = imsic_slot_state(slot) == from;

    if (ok)
        set_slot(f, v.id, to, imsic_slot_owner(slot));
    unlock(im, was);
    return ok;
}

bool imsic_activate(struct imsic *im, struct imsic_vector v)
{
    return change(im, v, IMSIC_MANAGED, IMSIC_OWNED);
}

void imsic_park(struct imsic *im, struct imsic_vector v)
{
    change(im, v, IMSIC_RETIRING, IMSIC_MANAGED);
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

bool imsic_set_shut(struct imsic *im, struct imsic_vector v)
{
    struct imsic_file *f = &im->files[v.hart];
    unsigned long was = lock(im);
    enum imsic_state state = imsic_slot_state(atomic_load_explicit(&f->slots[v.id], memory_order_relaxed));

    if (state == IMSIC_FREE) {
        remove_free(f, v.id / 64u, 1ull << v.id % 64, 1);
        set_slot(f, v.id, IMSIC_SHUT, IMSIC_NO_OWNER);
    }
    unlock(im, was);
    return state == IMSIC_FREE || state == IMSIC_MANAGED; /* else it has found an owner since it fired */
}

void imsic_clear_shut(struct imsic *im, struct imsic_vector v)
{
    struct imsic_file *f = &im->files[v.hart];
    unsigned long was = lock(im);

    if (imsic_slot_state(atomic_load_explicit(&f->slots[v.id], memory_order_relaxed)) == IMSIC_SHUT)
        give_back(f, v.id);
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
