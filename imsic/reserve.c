/* SPDX-License-Identifier: BSD-2-Clause */
/* Vectors that the allocator does not give out: reserved for managed interrupts, or quarantined after a storm. */
#include <aia/error.h>

#include "imsic/books.h"
#include "imsic/file.h"
#include "imsic/vector.h"

/* ---- managed interrupts ---- */

/* An identity that is free on every hart of `set`; 0: there is none. */
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

/* Fill in ids[] for each hart of `set`: `common`, or the lowest free identity if `common` is 0. False: a file has none free. */
static bool choose_reserved(const struct imsic *im, const struct aia_hartset *set, unsigned common,
                            uint16_t *ids)
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
    unsigned long was = books_lock(im);
    unsigned common = find_in_all(im, set);
    bool ok = (common || kind != AIA_MSI_PLAIN) && choose_reserved(im, set, common, ids);

    for (unsigned h = 0; h < im->n_files && ok; h++)
        if (aia_hartset_has(set, h)) {
            books_take(&im->files[h], ids[h], 0, owner);
            books_set(&im->files[h], ids[h], IMSIC_MANAGED, owner);
        }
    books_unlock(im, was);
    return ok ? AIA_OK : AIA_ENOVEC;
}

/* Change the state of a vector from `from` to `to`. False: the vector is in another state. */
static bool change_state(struct imsic *im, struct imsic_vector v, enum imsic_state from, enum imsic_state to)
{
    struct imsic_file *f = &im->files[v.hart];
    unsigned long was = books_lock(im);
    uint32_t slot = atomic_load_explicit(&f->slots[v.id], memory_order_relaxed);
    bool ok = imsic_slot_state(slot) == from;

    if (ok)
        books_set(f, v.id, to, imsic_slot_owner(slot));
    books_unlock(im, was);
    return ok;
}

bool imsic_activate(struct imsic *im, struct imsic_vector v)
{
    return change_state(im, v, IMSIC_MANAGED, IMSIC_OWNED);
}

void imsic_deactivate(struct imsic *im, struct imsic_vector v)
{
    change_state(im, v, IMSIC_RETIRING, IMSIC_MANAGED);
}

/* ---- storms ---- */

bool imsic_quarantine(struct imsic *im, struct imsic_vector v)
{
    struct imsic_file *f = &im->files[v.hart];
    unsigned long was = books_lock(im);
    enum imsic_state state = imsic_slot_state(atomic_load_explicit(&f->slots[v.id], memory_order_relaxed));

    if (state == IMSIC_FREE) {
        books_remove(f, v.id / 64u, 1ull << v.id % 64, 1);
        books_set(f, v.id, IMSIC_QUARANTINED, IMSIC_NO_OWNER);
    }
    books_unlock(im, was);
    return state == IMSIC_FREE || state == IMSIC_MANAGED; /* else an interrupt has got the vector since */
}

void imsic_unquarantine(struct imsic *im, struct imsic_vector v)
{
    struct imsic_file *f = &im->files[v.hart];
    unsigned long was = books_lock(im);

    if (imsic_slot_state(atomic_load_explicit(&f->slots[v.id], memory_order_relaxed)) == IMSIC_QUARANTINED)
        books_give_back(f, v.id);
    books_unlock(im, was);
}
