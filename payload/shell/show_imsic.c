/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The command `imsic`: a hart's interrupt file, with the library's books (IMSIC.adoc, "Indirectly accessed interrupt-file
 * registers").
 */
#include "imsic/file.h"
#include "payload/shell/commands.h"
#include "payload/kernel/console.h"
#include "payload/kernel/hart.h"
#include <stdio.h>

/* The state of a file, which only its own hart can read. */
struct reading {
    struct imsic_saved file;
    uint32_t slots[IMSIC_MAX_IDS + 1]; /* at the same moment */
};

static struct reading reading;

static void read_here(void *arg)
{
    const struct imsic_file *f = &aia.imsic.files[hart_index()];

    (void)arg;
    imsic_file_save(f, &reading.file);
    for (unsigned id = 1; id <= f->n_ids; id++)
        reading.slots[id] = atomic_load(&f->slots[id]);
}

static bool bit(const uint64_t *words, unsigned id)
{
    return words[id / 64] >> id % 64 & 1;
}

/* True if the same line can describe both identities. A row of such identities is printed as one line. */
static bool same(unsigned a, unsigned b)
{
    uint32_t x = reading.slots[a], y = reading.slots[b];

    return imsic_slot_state(x) == IMSIC_FREE && imsic_slot_state(y) == IMSIC_FREE &&
           bit(reading.file.eip, a) == bit(reading.file.eip, b) &&
           bit(reading.file.eie, a) == bit(reading.file.eie, b);
}

static void print_identities(unsigned first, unsigned last)
{
    uint32_t slot = reading.slots[first];
    bool pending = bit(reading.file.eip, first), enabled = bit(reading.file.eie, first);
    const char *owner = name_owner(first, slot);
    char ids[16];

    (void)snprintf(ids, sizeof(ids), first == last ? "%u" : "%u - %u", first, last);
    print("    %-11s eip%c eie%c  %s%s%s\n", ids, pending ? '+' : '-', enabled ? '+' : '-',
          name_state(imsic_slot_state(slot)), *owner ? ": " : "", owner);
}

static void print_registers(void)
{
    unsigned long delivery = reading.file.eidelivery, threshold = reading.file.eithreshold;

    print("    eidelivery 0x%lx: %s\n", delivery,
          delivery == 0            ? "nothing is delivered"
          : delivery == 1          ? "this file delivers"
          : delivery == 0x40000000 ? "the APLIC delivers"
                                   : "reserved");
    print("    eithreshold %lu: %s\n", threshold,
          threshold ? "only lower identities are delivered" : "every enabled identity is delivered");
}

/* Read the file of `hart` to `reading`. False: this is not possible, and a line says why. */
static bool read_file(unsigned hart)
{
    if (shell.panicked && hart != hart_index()) {
        print("    halted by the panic, and only the hart can read its file; `vectors' has the books\n");
        return false;
    }
    if (!hart_is_online(hart)) {
        print("    the hart is not online (%s), and only it can read its file; `vectors' has the books\n",
              hart_state_name(hart_state(hart)));
        return false;
    }
    if (shell.panicked) {
        read_here(NULL);
        return true;
    }
    int error = aia_call(&aia, hart, read_here, NULL);
    if (error)
        print("    the hart was asked to read it: %s\n", aia_strerror(error));
    return !error;
}

static void show(unsigned hart)
{
    const struct imsic_file *f = &aia.imsic.files[hart];

    print("hart %u: interrupt file at 0x%lx, identities 1 to %u\n", hart, f->msi_addr, f->n_ids);
    if (!read_file(hart))
        return;
    print_registers();
    for (unsigned id = 1, last; id <= f->n_ids; id = last + 1) {
        for (last = id; last < f->n_ids && same(id, last + 1); last++)
            ;
        print_identities(id, last);
    }
}

enum command_result command_imsic(int argc, char *argv[])
{
    unsigned hart;

    if (!have_files(argv) || !arg_count(argc, argv, 0, 1) || (argc == 2 && !arg_hart(argv, argv[1], &hart)))
        return COMMAND_FAILED;
    for (unsigned h = 0; h < hart_count(); h++)
        if (argc == 1 || h == hart)
            show(h);
    return COMMAND_OK;
}
