/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Does test=conform find defects? Its checks run against a small file and a small APLIC domain that follow the specification:
 * none may fail. Then one defect is put in at a time, and the check for it must fail.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "payload/conform/conform.h"
#include "payload/conform/domain.h"
#include "tests/host/conform/hardware.h"

static const struct conform_file file = {.mmio = FILE_AT, .n_ids = N_IDS};

static void begin(enum defect d, bool direct)
{
    memset(&hardware, 0, sizeof(hardware));
    hardware.defect = d;
    hardware.direct = direct;
    hardware.domaincfg = DOMAINCFG_FIXED | (direct ? 0 : DOMAINCFG_DM);
    hardware.eidelivery = 1;
    hardware.eie[1] = 0x30;
}

static const char *told; /* the check whose explanation is kept */
static char *tells;

/* Run a table of checks. Returns how many failed; sets *hit if `id` did. */
static unsigned run(const struct conform_check *table, const struct conform *on, const char *id, bool *hit)
{
    unsigned n = 0;

    for (; table->id; table++) {
        struct conform c = *on;
        conform_run(table, &c);
        if (c.result != CONFORM_FAIL)
            continue;
        n++;
        *hit |= id && !strcmp(table->id, id);
        if (told && !strcmp(table->id, told))
            (void)strcpy(tells, c.seen);
        if (!id)
            print_message("%s: %s\n", table->id, c.seen);
    }
    return n;
}

static unsigned run_all(enum defect d, bool direct, const char *id, bool *hit)
{
    struct conform_domain domain = {
        .mmio = DOMAIN_AT, .n_sources = N_SOURCES, .direct = direct, .file = direct ? NULL : &file};
    struct conform c = {.file = direct ? NULL : &file};
    unsigned n = 0;

    begin(d, direct);
    if (!direct)
        n += run(conform_imsic, &c, id, hit) + run(conform_imsic_page, &c, id, hit);
    if (!conform_find_sources(&domain))
        return n;
    c.domain = &domain;
    n += run(conform_aplic, &c, id, hit) + run(conform_aplic_bits, &c, id, hit);
    return n + run(direct ? conform_aplic_direct : conform_aplic_msi, &c, id, hit);
}

static void test_good_passes(void **state)
{
    bool hit = false;

    (void)state;
    for (unsigned direct = 0; direct < 2; direct++)
        assert_int_equal(run_all(NONE, direct, NULL, &hit), 0);
}

/* The registers have their former contents afterwards. */
static void test_restores(void **state)
{
    bool hit = false;

    (void)state;
    run_all(NONE, false, NULL, &hit);
    assert_int_equal(hardware.eidelivery, 1);
    assert_int_equal(hardware.eie[1], 0x30);
    for (unsigned w = 0; w < 32; w++)
        assert_true(!hardware.eip[w] && (w == 1 || !hardware.eie[w]));
    for (unsigned i = 1; i <= N_SOURCES; i++)
        assert_true(!hardware.mode[i] && !hardware.pending[i] && !hardware.enabled[i]);
    assert_int_equal(hardware.domaincfg, DOMAINCFG_FIXED | DOMAINCFG_DM);
}

static void test_busy_domain_left_alone(void **state)
{
    struct conform_domain domain = {.mmio = DOMAIN_AT, .n_sources = N_SOURCES, .file = &file};

    (void)state;
    begin(NONE, false);
    hardware.mode[7] = APLIC_EDGE_RISE;
    assert_false(conform_find_sources(&domain));
    assert_int_equal(hardware.mode[7], APLIC_EDGE_RISE);
}

static void test_defects_found(void **state)
{
    static const struct {
        enum defect defect;
        bool direct;
        const char *id;
    } rows[] = {
        {ID_0, false, "imsic.eip"},
        {CLAIM_HIGHEST, false, "imsic.stopei-priority"},
        {CLAIM_ALL, false, "imsic.claim"},
        {THRESHOLD_INCLUSIVE, false, "imsic.threshold"},
        {TOP_NEEDS_DELIVERY, false, "imsic.stopei-undelivered"},
        {ODD_READABLE, false, "imsic.odd-registers"},
        {DATA_16_BITS, false, "imsic.seteipnum-ignored"},
        {DISABLED_LOST, false, "imsic.latches-disabled"},
        {HALF_WORDS, false, "imsic.page-access"},
        {DELIVERY_2, false, "imsic.eidelivery-warl"},
        {RESERVED_TRAPS, false, "imsic.reserved-registers"},
        {BE_AS_LE, false, "imsic.seteipnum-be"},
        {HALF_WORDS, true, "aplic.access"},
        {SETIP_ANY_LEVEL, false, "aplic.level-down"},
        {SETIP_ANY_LEVEL, true, "aplic.level-down"},
        {CLRIP_NO_LEVEL, false, "aplic.level-msi"},
        {RAW_INPUTS, false, "aplic.in_clrip-rectified"},
        {MODE_2, true, "aplic.sourcecfg-reserved-modes"},
        {NOT_CLEARED_BY_MSI, false, "aplic.forward"},
        {IE_IGNORED, false, "aplic.forward"},
        {STALE_TARGET, true, "aplic.inactive-zero"},
        {CLRIE_BY_NUMBER_ALL, true, "aplic.setienum-clrienum"},
        {GENMSI_NEEDS_IE, false, "aplic.genmsi"},
        {LEVEL_STAYS, false, "aplic.level-falls"},
        {PRIORITY_0, true, "aplic.target-priority"},
        {CLAIM_CLEARS_LEVEL, true, "aplic.level-claim"},
        {TIES_BY_HIGHEST, true, "aplic.topi"},
        {FORCE_STAYS, true, "aplic.iforce"},
    };

    (void)state;
    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        bool hit = false;
        unsigned n = run_all(rows[i].defect, rows[i].direct, rows[i].id, &hit);
        if (!hit)
            print_message("defect %d: %s does not fail, %u others do\n", rows[i].defect, rows[i].id, n);
        assert_true(hit);
    }
}

/* The explanation of a failure, which includes the value that was read. */
static const char *says(enum defect d, bool direct, const char *id)
{
    static char said[128];
    bool hit = false;

    told = id;
    tells = said;
    run_all(d, direct, id, &hit);
    told = NULL;
    assert_true(hit);
    return said;
}

static void test_values_are_told(void **state)
{
    (void)state;
    assert_string_equal(says(ODD_READABLE, false, "imsic.odd-registers"),
                        "siselect 0x81: a read does not trap, and gives 0x55");
    assert_string_equal(says(STALE_TARGET, true, "aplic.inactive-zero"),
                        "made inactive, its target reads 0x1");
    assert_string_equal(
        says(LEVEL_STAYS, false, "aplic.level-falls"),
        "the rectified input went down, and the source stays pending (offset 0x1c04 read 0x100)");
    assert_string_equal(says(ID_0, false, "imsic.eip"),
                        "eip0: all ones reads 0xffffffffffffffff, not 0xfffffffffffffffe");
    assert_string_equal(says(HALF_WORDS, true, "aplic.access"),
                        "a write of 2 bytes at offset 0x1cdc has an effect (offset 0x1c04 read 0x100)");
}

/* The result of a check with this defect, and its explanation. */
static enum conform_result result_of(enum defect d, const struct conform_check *table, const char *id,
                                     char *seen)
{
    struct conform_domain domain = {.mmio = DOMAIN_AT, .n_sources = N_SOURCES, .file = &file};
    struct conform c = {.file = &file, .domain = &domain};

    begin(d, false);
    assert_true(conform_find_sources(&domain));
    while (strcmp(table->id, id) != 0)
        table++;
    conform_run(table, &c);
    (void)strcpy(seen, c.seen);
    return c.result;
}

/* A check whose access traps at a later instruction has no result, and is no failure; the other checks run. */
static void test_late_traps(void **state)
{
    char seen[128];

    (void)state;
    assert_int_equal(result_of(TRAPS_LATE, conform_aplic, "aplic.access", seen), CONFORM_SKIPPED);
    assert_string_equal(seen, "not here: an access makes the machine take a trap at another instruction");
    assert_int_equal(result_of(TRAPS_LATE, conform_imsic_page, "imsic.page-access", seen), CONFORM_SKIPPED);
    assert_int_equal(result_of(TRAPS_LATE, conform_aplic, "aplic.reserved-bytes", seen), CONFORM_PASS);
    assert_int_equal(result_of(NONE, conform_aplic, "aplic.access", seen), CONFORM_PASS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good_passes),
        cmocka_unit_test(test_restores),
        cmocka_unit_test(test_busy_domain_left_alone),
        cmocka_unit_test(test_defects_found),
        cmocka_unit_test(test_values_are_told),
        cmocka_unit_test(test_late_traps),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
