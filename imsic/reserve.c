/* SPDX-License-Identifier: BSD-2-Clause */
/* Vectors kept from the allocator: for managed interrupts to come back to, or because they storm and nobody owns them. */
#include <aia/error.h>

#include "imsic/books.h"
#include "imsic/file.h"
#include "imsic/vector.h"

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

void imsic_deactivate(struct imsic *im, struct imsic_vector v)
{
    change(im, v, IMSIC_RETIRING, IMSIC_MANAGED);
}

/* ---- storms ---- */

bool imsic_quarantine(struct imsic *im, struct imsic_vector v)
{
    struct imsic_file *f = &im->files[v.hart];
    unsigned long was = lock(im);
    enum imsic_state state = imsic_slot_state(atomic_load_explicit(&f->slots[v.id], memory_order_relaxed));

    if (state == IMSIC_FREE) {
        remove_free(f, v.id / 64u, 1ull << v.id % 64, 1);
        set_slot(f, v.id, IMSIC_QUARANTINED, IMSIC_NO_OWNER);
    }
    unlock(im, was);
    return state == IMSIC_FREE || state == IMSIC_MANAGED; /* else it has found an owner since it fired */
}

void imsic_unquarantine(struct imsic *im, struct imsic_vector v)
{
    struct imsic_file *f = &im->files[v.hart];
    unsigned long was = lock(im);

    if (imsic_slot_state(atomic_load_explicit(&f->slots[v.id], memory_order_relaxed)) == IMSIC_QUARANTINED)
        give_back(f, v.id);
    unlock(im, was);
}
