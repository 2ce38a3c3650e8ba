/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test=conform: this hart's interrupt file and the S-level APLIC domains against the specification (payload/conform).
 * The verdict is PASS if exactly the checks that `expect=` names fail.
 */
#include "payload/conform/conform.h"
#include "payload/kernel/console.h"
#include "payload/kernel/hart.h"
#include "payload/kernel/irq.h"
#include "payload/kernel/panic.h"
#include "payload/kernel/machine.h"
#include "payload/report/check.h"
#include "payload/jobs.h"
#include "csr.h"
#include <string.h>

const struct arg job_conform_args[] = {
    ARG_TEXT("expect", "ids of checks that are known to fail here, separated by commas"),
    ARGS_END,
};

static unsigned counts[CONFORM_SKIPPED + 1];
static unsigned surprises;

/* True if `id` is a word of the list. */
static bool listed(const char *list, const char *id)
{
    size_t n = strlen(id);

    for (const char *p = list; p; p = strchr(p, ',')) {
        p += *p == ',';
        if (!strncmp(p, id, n) && (p[n] == ',' || !p[n]))
            return true;
    }
    return false;
}

/* Refuse expect= if it names a check that does not exist. */
static void check_expected(const char *expected)
{
    static const struct conform_check *const tables[] = {conform_imsic,        conform_imsic_page,
                                                         conform_aplic,        conform_aplic_bits,
                                                         conform_aplic_direct, conform_aplic_msi};
    size_t length;

    for (const char *id = expected; id && *id; id += length + (id[length] == ',')) {
        bool found = false;
        length = strcspn(id, ",");
        for (unsigned t = 0; t < sizeof(tables) / sizeof(tables[0]); t++)
            for (const struct conform_check *c = tables[t]; c->id; c++)
                found |= strlen(c->id) == length && !strncmp(c->id, id, length);
        if (!found)
            args_refuse("expect", "no check \"%.*s\"", (int)length, id);
    }
}

static void report(const struct conform_check *check, const struct conform *c)
{
    const char *expected = args_get("expect");
    bool known = expected && listed(expected, check->id);

    counts[c->result]++;
    print("%-11s %-30s %s\n", conform_result_name(c->result), check->id, check->rule);
    if (c->result != CONFORM_PASS)
        print("            %s\n            %s\n", c->seen, check->section);
    if (known != (c->result == CONFORM_FAIL)) {
        print("            %s\n", known ? "expected to fail, and does not" : "not expected to fail");
        surprises++;
    }
}

static void run_table(const struct conform_check *table, const struct conform *on)
{
    for (; table->id; table++) {
        struct conform c = *on;
        unsigned long was = csr_irq_save();
        conform_run(table, &c);
        csr_irq_restore(was);
        report(table, &c);
    }
}

static void on_domain(const struct aia_fdt_aplic *m, const struct conform_file *file)
{
    struct conform_domain d = {
        .mmio = (uintptr_t)m->reg.base,
        .n_sources = m->num_sources,
        .direct = !m->msi_mode,
        .index = m->msi_mode ? hart_index() : (unsigned)m->index[hart_index()],
        .file = file,
    };

    print("APLIC domain at 0x%lx, %u sources, %s:\n", d.mmio, d.n_sources, d.direct ? "direct" : "by MSI");
    unsigned long was = csr_irq_save();
    bool quiet = conform_find_sources(&d);
    csr_irq_restore(was);
    if (!quiet) {
        print("            not checked: a source is in use, or no source is free with its wire down\n");
        return;
    }
    print("            with sources %u and %u\n", d.source[0], d.source[1]);
    struct conform c = {.file = file, .domain = &d};
    run_table(conform_aplic, &c);
    run_table(conform_aplic_bits, &c);
    run_table(d.direct ? conform_aplic_direct : conform_aplic_msi, &c);
}

int job_conform(void)
{
    struct conform_file file = {
        .mmio = (uintptr_t)machine.aia.harts[hart_index()].imsic_addr,
        .n_ids = machine.aia.imsic.num_ids,
    };
    bool imsic = machine.aia.imsic.present && file.mmio;

    check_expected(args_get("expect"));

    if (imsic) {
        print("interrupt file of hart %u at 0x%lx, %u identities:\n", hart_index(), file.mmio, file.n_ids);
        run_table(conform_imsic, &(struct conform){.file = &file});
        run_table(conform_imsic_page, &(struct conform){.file = &file});
    }
    for (size_t i = 0; i < machine.aia.n_aplics; i++)
        if (machine.aia.aplics[i].msi_mode == imsic)
            on_domain(&machine.aia.aplics[i], imsic ? &file : NULL);
    print("conform: %u pass, %u fail, %u unspecified, %u skipped\n", counts[CONFORM_PASS],
          counts[CONFORM_FAIL], counts[CONFORM_UNSPECIFIED], counts[CONFORM_SKIPPED]);
    worked(counts[CONFORM_PASS] + counts[CONFORM_FAIL] + counts[CONFORM_UNSPECIFIED],
           "no rule could be checked here");
    return verdict_of(!surprises);
}
