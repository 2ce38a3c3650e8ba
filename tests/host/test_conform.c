/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Would conform notice? Its checks against a small file and a small APLIC domain that do what the text says: nothing may
 * fail. Then one thing is made wrong at a time, and the check for it must fail.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "payload/conform/conform.h"
#include "payload/conform/domain.h"
#include "payload/trap.h"
#include "csr.h"
#include "mmio.h"

#define FILE_AT   0x28000000u
#define DOMAIN_AT 0x0d000000u
#define N_IDS     255u
#define N_SOURCES 40u

enum defect {
    NONE,
    ID_0,
    CLAIM_HIGHEST,
    CLAIM_ALL,
    THRESHOLD_INCLUSIVE,
    TOP_NEEDS_DELIVERY,
    ODD_READABLE,
    DATA_16_BITS,
    DISABLED_LOST,
    HALF_WORDS,
    DELIVERY_2,
    RESERVED_TRAPS,
    BE_AS_LE,
    SETIP_ANY_LEVEL,
    CLRIP_NO_LEVEL,
    RAW_INPUTS,
    MODE_2,
    NOT_CLEARED_BY_MSI,
    IE_IGNORED,
    STALE_TARGET,
    CLRIE_BY_NUMBER_ALL,
    GENMSI_NEEDS_IE,
    LEVEL_STAYS,
    PRIORITY_0,
    CLAIM_CLEARS_LEVEL,
    TIES_BY_HIGHEST,
    FORCE_STAYS,
};

static struct {
    enum defect defect;
    bool direct;
    uint64_t eip[32], eie[32], eidelivery, eithreshold, time;
    bool sie, trapped;
    uint32_t domaincfg, genmsi;
    uint8_t mode[N_SOURCES + 1];
    uint32_t target[N_SOURCES + 1];
    bool pending[N_SOURCES + 1], enabled[N_SOURCES + 1];
    uint32_t idelivery, iforce, ithreshold;
} f;

static bool has(enum defect d)
{
    return f.defect == d;
}

/* ---- guards, time ---- */

void trap_guard_begin(void)
{
    f.trapped = false;
}

unsigned long trap_guard_end(void)
{
    return f.trapped ? 2 : TRAP_NONE;
}

uint64_t model_time(void)
{
    return f.time++;
}

uint64_t time_from_ms(uint64_t ms);
uint64_t time_from_ms(uint64_t ms)
{
    return ms;
}

/* ---- the file ---- */

static void file_pend(uint32_t id)
{
    if (has(DATA_16_BITS))
        id &= 0xffff;
    if (id < 1 || id > N_IDS)
        return;
    if (!has(DISABLED_LOST) || f.eie[id / 64] >> id % 64 & 1)
        f.eip[id / 64] |= 1ull << id % 64;
}

static unsigned long file_top(void)
{
    if (has(TOP_NEEDS_DELIVERY) && !f.eidelivery)
        return 0;
    for (unsigned i = 1; i <= N_IDS; i++) {
        unsigned id = has(CLAIM_HIGHEST) ? N_IDS + 1 - i : i;
        bool over = f.eithreshold && id >= f.eithreshold + has(THRESHOLD_INCLUSIVE);
        if (f.eip[id / 64] >> id % 64 & f.eie[id / 64] >> id % 64 & 1 && !over)
            return (unsigned long)id << 16 | id;
    }
    return 0;
}

unsigned long csr_stopei(void)
{
    return file_top();
}

unsigned long model_csr_claim(void)
{
    unsigned long top = file_top(), id = top >> 16;

    if (has(CLAIM_ALL) && top)
        memset(f.eip, 0, sizeof(f.eip));
    f.eip[id / 64] &= ~(1ull << id % 64);
    return top;
}

static uint32_t domain_top(void);

unsigned long csr_sip(void)
{
    bool on = f.direct ? f.domaincfg & DOMAINCFG_IE && f.idelivery && (f.iforce || domain_top())
                       : f.eidelivery == 1 && file_top();
    return on ? SIE_SEIE : 0;
}

unsigned long csr_stopi(void)
{
    return f.sie && csr_sip() ? 9ul << 16 | 1 : 0;
}

unsigned long csr_sie_external(unsigned long on)
{
    bool was = f.sie;

    f.sie = on;
    return was;
}

static uint64_t modify(enum model_csr_op op, uint64_t old, uint64_t v)
{
    return op == MODEL_CSR_WRITE ? v : op == MODEL_CSR_SET ? old | v : op == MODEL_CSR_CLEAR ? old & ~v : old;
}

unsigned long model_csr_ireg(enum model_csr_op op, unsigned reg, unsigned long v)
{
    uint64_t none = 0, *at = &none, mask = 0;
    unsigned w = reg % 64 / 2;

    if (reg == 0x70) {
        at = &f.eidelivery;
        mask = has(DELIVERY_2) ? 3 : 1;
    } else if (reg == 0x72) {
        at = &f.eithreshold;
        mask = 0xff;
    } else if (reg >= 0x80 && (reg % 2 == 0 || has(ODD_READABLE))) {
        at = reg >= 0xc0 ? &f.eie[w] : &f.eip[w];
        mask = w > N_IDS / 64 ? 0 : w || has(ID_0) ? ~0ull : ~1ull;
    } else if (reg >= 0x80 || has(RESERVED_TRAPS)) {
        f.trapped = true;
        return 0;
    }
    uint64_t old = *at;
    *at = (modify(op, old, v) & mask) | (old & ~mask);
    return old;
}

/* ---- the domain; every wire is down ---- */

static bool active(uint32_t i)
{
    return i >= 1 && i <= N_SOURCES && f.mode[i];
}

static bool is_level(uint32_t i)
{
    return f.mode[i] >= 6;
}

static bool input(uint32_t i)
{
    return f.mode[i] == 5 || f.mode[i] == 7;
}

static void consider(uint32_t i)
{
    if (is_level(i) && !input(i) && !has(LEVEL_STAYS) && !has(SETIP_ANY_LEVEL))
        f.pending[i] = false;
    if (f.direct && is_level(i) && input(i))
        f.pending[i] = true;
    if (!f.direct && (f.domaincfg & DOMAINCFG_IE || has(IE_IGNORED)) && f.pending[i] && f.enabled[i]) {
        f.pending[i] = has(NOT_CLEARED_BY_MSI);
        file_pend(f.target[i] & 0x7ff);
    }
}

static void set(uint32_t i)
{
    if (!active(i) || (is_level(i) && (f.direct || !input(i)) && !has(SETIP_ANY_LEVEL)))
        return;
    f.pending[i] = true;
    consider(i);
}

static void clear(uint32_t i)
{
    if (active(i) && !(is_level(i) && (f.direct || has(CLRIP_NO_LEVEL))))
        f.pending[i] = false;
}

static void enable(uint32_t i)
{
    if (!active(i))
        return;
    f.enabled[i] = true;
    consider(i);
}

static void disable(uint32_t i)
{
    if (active(i))
        f.enabled[i] = false;
}

static void disable_number(uint32_t i)
{
    for (uint32_t n = 1; n <= N_SOURCES; n++)
        if (n == i || has(CLRIE_BY_NUMBER_ALL))
            disable(n);
}

static uint32_t domain_top(void)
{
    uint32_t best = 0;

    for (uint32_t i = 1; i <= N_SOURCES; i++) {
        uint32_t p = f.target[i] & 0xff;
        if (!f.pending[i] || !f.enabled[i] || (f.ithreshold && p >= f.ithreshold))
            continue;
        if (!best || p < (best & 0xff) || (has(TIES_BY_HIGHEST) && p == (best & 0xff)))
            best = i << 16 | p;
    }
    return best;
}

static uint32_t claim(void)
{
    uint32_t top = domain_top(), i = top >> 16;

    if (!top && !has(FORCE_STAYS))
        f.iforce = 0;
    if (top && (!is_level(i) || has(CLAIM_CLEARS_LEVEL)))
        f.pending[i] = false;
    return top;
}

static uint32_t gather(unsigned w, unsigned array)
{
    uint32_t v = 0;

    for (uint32_t b = 0, i = w * 32; b < 32; b++, i++)
        if (active(i))
            v |= (uint32_t)(array == SETIP      ? f.pending[i]
                            : array == IN_CLRIP ? (has(RAW_INPUTS) ? false : input(i))
                                                : f.enabled[i])
                 << b;
    return v;
}

static uint32_t domain_read(unsigned o)
{
    unsigned array = o & ~0xffu, i = o % 0x1000 / 4;

    if (o == DOMAINCFG)
        return f.domaincfg;
    if (o < 0x1000)
        return i <= N_SOURCES ? f.mode[i] : 0;
    if ((array == SETIP || array == IN_CLRIP || array == SETIE) && o % 0x100 < 0x80)
        return gather(o % 0x100 / 4, array);
    if (o == GENMSI)
        return f.direct ? 0 : f.genmsi;
    if (o > TARGET && o < 0x4000)
        return i <= N_SOURCES && (f.mode[i] || has(STALE_TARGET)) ? f.target[i] : 0;
    if (!f.direct || o < 0x4000)
        return 0;
    switch (o - 0x4000) {
    case IDELIVERY:
        return f.idelivery;
    case IFORCE:
        return f.iforce;
    case ITHRESHOLD:
        return f.ithreshold;
    case TOPI:
        return domain_top();
    case CLAIMI:
        return claim();
    default:
        return 0;
    }
}

static void write_mode(uint32_t i, uint32_t v)
{
    uint32_t m = v & 7;

    if (v & 0x400 || (m == 2 && !has(MODE_2)) || m == 3)
        m = 0;
    f.mode[i] = (uint8_t)m;
    if (!m) {
        f.pending[i] = f.enabled[i] = false;
        f.target[i] = has(STALE_TARGET) ? f.target[i] : 0;
    }
    consider(i);
}

static void write_target(uint32_t i, uint32_t v)
{
    uint32_t p = v & 0xff ? v & 0xff : !has(PRIORITY_0);

    if (f.mode[i])
        f.target[i] = f.direct ? (v & ~0x3ffffu) | p : v & ~0x3f800u;
    consider(i);
}

static void write_array(unsigned o, uint32_t v)
{
    void (*const by_bit[])(uint32_t) = {set, clear, enable, disable};
    void (*const by_number[])(uint32_t) = {set, clear, enable, disable_number};
    unsigned array = (o - SETIP) >> 8;

    if (o % 0x100 == 0xdc)
        by_number[array](v);
    for (unsigned b = 0; b < 32 && o % 0x100 < 0x80; b++)
        if (v >> b & 1)
            by_bit[array](o % 0x100 / 4 * 32 + b);
}

static void domain_write(unsigned o, uint32_t v)
{
    unsigned i = o % 0x1000 / 4;

    if (o == DOMAINCFG) {
        f.domaincfg = DOMAINCFG_FIXED | (v & DOMAINCFG_IE) | (f.direct ? 0 : DOMAINCFG_DM);
        for (i = 1; i <= N_SOURCES; i++)
            consider(i);
    } else if (o < 0x1000 && i <= N_SOURCES) {
        write_mode(i, v);
    } else if (o >= SETIP && o < 0x2000) {
        write_array(o, v);
    } else if (o == SETIPNUM_LE) {
        set(v);
    } else if (o == GENMSI && !f.direct) {
        f.genmsi = v & ~0x3f800u;
        if (!has(GENMSI_NEEDS_IE) || f.domaincfg & DOMAINCFG_IE)
            file_pend(v & 0x7ff);
    } else if (o > TARGET && o < 0x4000 && i <= N_SOURCES) {
        write_target(i, v);
    } else if (o == 0x4000 + IDELIVERY) {
        f.idelivery = v & 1;
    } else if (o == 0x4000 + IFORCE) {
        f.iforce = v & 1;
    } else if (o == 0x4000 + ITHRESHOLD) {
        f.ithreshold = v & 0xff;
    }
}

/* ---- the bus ---- */

uint64_t model_mmio_read(uintptr_t a, unsigned size)
{
    if (size != 4 || a % 4) {
        f.trapped = true;
        return 0;
    }
    return a >= FILE_AT ? 0 : domain_read((unsigned)(a - DOMAIN_AT));
}

void model_mmio_write(uintptr_t a, uint64_t v, unsigned size)
{
    if ((size != 4 || a % 4) && !(has(HALF_WORDS) && size == 2 && a % 4 == 0)) {
        f.trapped = true;
        return;
    }
    if (a < FILE_AT)
        domain_write((unsigned)(a - DOMAIN_AT), (uint32_t)v);
    else if (a == FILE_AT)
        file_pend((uint32_t)v);
    else if (a == FILE_AT + 4)
        file_pend(has(BE_AS_LE) ? (uint32_t)v : __builtin_bswap32((uint32_t)v));
}

/* ---- */

static const struct conform_file file = {.mmio = FILE_AT, .n_ids = N_IDS};

static void begin(enum defect d, bool direct)
{
    memset(&f, 0, sizeof(f));
    f.defect = d;
    f.direct = direct;
    f.domaincfg = DOMAINCFG_FIXED | (direct ? 0 : DOMAINCFG_DM);
    f.eidelivery = 1;
    f.eie[1] = 0x30;
}

/* Run a table; returns how many failed, and whether `id` did. */
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
        n += run(conform_imsic, &c, id, hit);
    if (!conform_find_sources(&domain))
        return n;
    c.domain = &domain;
    n += run(conform_aplic, &c, id, hit);
    return n + run(direct ? conform_aplic_direct : conform_aplic_msi, &c, id, hit);
}

static void test_good_passes(void **state)
{
    bool hit = false;

    (void)state;
    for (unsigned direct = 0; direct < 2; direct++)
        assert_int_equal(run_all(NONE, direct, NULL, &hit), 0);
}

/* What was there before is there again. */
static void test_restores(void **state)
{
    bool hit = false;

    (void)state;
    run_all(NONE, false, NULL, &hit);
    assert_int_equal(f.eidelivery, 1);
    assert_int_equal(f.eie[1], 0x30);
    for (unsigned w = 0; w < 32; w++)
        assert_true(!f.eip[w] && (w == 1 || !f.eie[w]));
    for (unsigned i = 1; i <= N_SOURCES; i++)
        assert_true(!f.mode[i] && !f.pending[i] && !f.enabled[i]);
    assert_int_equal(f.domaincfg, DOMAINCFG_FIXED | DOMAINCFG_DM);
}

static void test_busy_domain_left_alone(void **state)
{
    struct conform_domain domain = {.mmio = DOMAIN_AT, .n_sources = N_SOURCES, .file = &file};

    (void)state;
    begin(NONE, false);
    f.mode[7] = APLIC_EDGE_RISE;
    assert_false(conform_find_sources(&domain));
    assert_int_equal(f.mode[7], APLIC_EDGE_RISE);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good_passes),
        cmocka_unit_test(test_restores),
        cmocka_unit_test(test_busy_domain_left_alone),
        cmocka_unit_test(test_defects_found),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
