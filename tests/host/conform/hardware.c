/* SPDX-License-Identifier: BSD-2-Clause */
/* Replaces the host model's registers: what payload/conform reads and writes arrives here. */
#include "tests/host/conform/hardware.h"
#include "payload/conform/domain.h"
#include "payload/kernel/trap.h"
#include "csr.h"
#include <string.h>

struct hardware hardware;

static bool has(enum defect d)
{
    return hardware.defect == d;
}

/* ---- guards, time ---- */

void trap_guard_begin(void)
{
    hardware.trapped = hardware.late = false;
}

unsigned long trap_guard_end(void)
{
    if (has(TRAPS_LATE) && hardware.late)
        return TRAP_ELSEWHERE;
    return hardware.trapped ? 2 : TRAP_NONE;
}

uint64_t model_time(void)
{
    return hardware.time++;
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
    if (!has(DISABLED_LOST) || hardware.eie[id / 64] >> id % 64 & 1)
        hardware.eip[id / 64] |= 1ull << id % 64;
}

static unsigned long file_top(void)
{
    if (has(TOP_NEEDS_DELIVERY) && !hardware.eidelivery)
        return 0;
    for (unsigned i = 1; i <= N_IDS; i++) {
        unsigned id = has(CLAIM_HIGHEST) ? N_IDS + 1 - i : i;
        bool over = hardware.eithreshold && id >= hardware.eithreshold + has(THRESHOLD_INCLUSIVE);
        if (hardware.eip[id / 64] >> id % 64 & hardware.eie[id / 64] >> id % 64 & 1 && !over)
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
        memset(hardware.eip, 0, sizeof(hardware.eip));
    hardware.eip[id / 64] &= ~(1ull << id % 64);
    return top;
}

static uint32_t domain_top(void);

unsigned long csr_sip(void)
{
    bool on = hardware.direct ? hardware.domaincfg & DOMAINCFG_IE && hardware.idelivery &&
                                    (hardware.iforce || domain_top())
                              : hardware.eidelivery == 1 && file_top();
    return on ? SIE_SEIE : 0;
}

unsigned long csr_stopi(void)
{
    return hardware.sie && csr_sip() ? 9ul << 16 | 1 : 0;
}

unsigned long csr_sie_external(unsigned long on)
{
    bool was = hardware.sie;

    hardware.sie = on;
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
        at = &hardware.eidelivery;
        mask = has(DELIVERY_2) ? 3 : 1;
    } else if (reg == 0x72) {
        at = &hardware.eithreshold;
        mask = 0xff;
    } else if (reg >= 0x80 && (reg % 2 == 0 || has(ODD_READABLE))) {
        at = reg >= 0xc0 ? &hardware.eie[w] : &hardware.eip[w];
        mask = w > N_IDS / 64 ? 0 : w || has(ID_0) ? ~0ull : ~1ull;
    } else if (reg >= 0x80 || has(RESERVED_TRAPS)) {
        hardware.trapped = true;
        return 0;
    }
    uint64_t old = has(ODD_READABLE) && reg >= 0x80 && reg % 2 ? 0x55 : *at;
    *at = (modify(op, old, v) & mask) | (old & ~mask);
    return old;
}

/* ---- the domain; every wire is down ---- */

static bool active(uint32_t i)
{
    return i >= 1 && i <= N_SOURCES && hardware.mode[i];
}

static bool is_level(uint32_t i)
{
    return hardware.mode[i] >= 6;
}

static bool input(uint32_t i)
{
    return hardware.mode[i] == 5 || hardware.mode[i] == 7;
}

static void consider(uint32_t i)
{
    if (is_level(i) && !input(i) && !has(LEVEL_STAYS) && !has(SETIP_ANY_LEVEL))
        hardware.pending[i] = false;
    if (hardware.direct && is_level(i) && input(i))
        hardware.pending[i] = true;
    if (!hardware.direct && (hardware.domaincfg & DOMAINCFG_IE || has(IE_IGNORED)) && hardware.pending[i] &&
        hardware.enabled[i]) {
        hardware.pending[i] = has(NOT_CLEARED_BY_MSI);
        file_pend(hardware.target[i] & 0x7ff);
    }
}

static void set(uint32_t i)
{
    if (!active(i) || (is_level(i) && (hardware.direct || !input(i)) && !has(SETIP_ANY_LEVEL)))
        return;
    hardware.pending[i] = true;
    consider(i);
}

static void clear(uint32_t i)
{
    if (active(i) && !(is_level(i) && (hardware.direct || has(CLRIP_NO_LEVEL))))
        hardware.pending[i] = false;
}

static void enable(uint32_t i)
{
    if (!active(i))
        return;
    hardware.enabled[i] = true;
    consider(i);
}

static void disable(uint32_t i)
{
    if (active(i))
        hardware.enabled[i] = false;
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
        uint32_t p = hardware.target[i] & 0xff;
        if (!hardware.pending[i] || !hardware.enabled[i] || (hardware.ithreshold && p >= hardware.ithreshold))
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
        hardware.iforce = 0;
    if (top && (!is_level(i) || has(CLAIM_CLEARS_LEVEL)))
        hardware.pending[i] = false;
    return top;
}

static uint32_t gather(unsigned w, unsigned array)
{
    uint32_t v = 0;

    for (uint32_t b = 0, i = w * 32; b < 32; b++, i++)
        if (active(i))
            v |= (uint32_t)(array == SETIP      ? hardware.pending[i]
                            : array == IN_CLRIP ? (has(RAW_INPUTS) ? false : input(i))
                                                : hardware.enabled[i])
                 << b;
    return v;
}

static uint32_t domain_read(unsigned o)
{
    unsigned array = o & ~0xffu, i = o % 0x1000 / 4;

    if (o == DOMAINCFG)
        return hardware.domaincfg;
    if (o < 0x1000)
        return i <= N_SOURCES ? hardware.mode[i] : 0;
    if ((array == SETIP || array == IN_CLRIP || array == SETIE) && o % 0x100 < 0x80)
        return gather(o % 0x100 / 4, array);
    if (o == GENMSI)
        return hardware.direct ? 0 : hardware.genmsi;
    if (o > TARGET && o < 0x4000)
        return i <= N_SOURCES && (hardware.mode[i] || has(STALE_TARGET)) ? hardware.target[i] : 0;
    if (!hardware.direct || o < 0x4000)
        return 0;
    switch (o - 0x4000) {
    case IDELIVERY:
        return hardware.idelivery;
    case IFORCE:
        return hardware.iforce;
    case ITHRESHOLD:
        return hardware.ithreshold;
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
    hardware.mode[i] = (uint8_t)m;
    if (!m) {
        hardware.pending[i] = hardware.enabled[i] = false;
        hardware.target[i] = has(STALE_TARGET) ? hardware.target[i] : 0;
    }
    consider(i);
}

static void write_target(uint32_t i, uint32_t v)
{
    uint32_t p = v & 0xff ? v & 0xff : !has(PRIORITY_0);

    if (hardware.mode[i])
        hardware.target[i] = hardware.direct ? (v & ~0x3ffffu) | p : v & ~0x3f800u;
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
        hardware.domaincfg = DOMAINCFG_FIXED | (v & DOMAINCFG_IE) | (hardware.direct ? 0 : DOMAINCFG_DM);
        for (i = 1; i <= N_SOURCES; i++)
            consider(i);
    } else if (o < 0x1000 && i <= N_SOURCES) {
        write_mode(i, v);
    } else if (o >= SETIP && o < 0x2000) {
        write_array(o, v);
    } else if (o == SETIPNUM_LE) {
        set(v);
    } else if (o == GENMSI && !hardware.direct) {
        hardware.genmsi = v & ~0x3f800u;
        if (!has(GENMSI_NEEDS_IE) || hardware.domaincfg & DOMAINCFG_IE)
            file_pend(v & 0x7ff);
    } else if (o > TARGET && o < 0x4000 && i <= N_SOURCES) {
        write_target(i, v);
    } else if (o == 0x4000 + IDELIVERY) {
        hardware.idelivery = v & 1;
    } else if (o == 0x4000 + IFORCE) {
        hardware.iforce = v & 1;
    } else if (o == 0x4000 + ITHRESHOLD) {
        hardware.ithreshold = v & 0xff;
    }
}

/* ---- the bus ---- */

uint64_t model_mmio_read(uintptr_t a, unsigned size)
{
    if (size != 4 || a % 4) {
        hardware.trapped = true;
        return 0;
    }
    return a >= FILE_AT ? 0 : domain_read((unsigned)(a - DOMAIN_AT));
}

void model_mmio_write(uintptr_t a, uint64_t v, unsigned size)
{
    hardware.late |= has(TRAPS_LATE) && size == 1;
    if (size == 8 && a % 8 == 4) { /* misaligned: the hart may split it into two accesses */
        model_mmio_write(a, (uint32_t)v, 4);
        model_mmio_write(a + 4, v >> 32, 4);
        return;
    }
    if ((size != 4 || a % 4) && !(has(HALF_WORDS) && size == 2 && a % 4 == 0)) {
        hardware.trapped = true;
        return;
    }
    if (a < FILE_AT)
        domain_write((unsigned)(a - DOMAIN_AT), (uint32_t)v);
    else if (a == FILE_AT)
        file_pend((uint32_t)v);
    else if (a == FILE_AT + 4)
        file_pend(has(BE_AS_LE) ? (uint32_t)v : __builtin_bswap32((uint32_t)v));
}
