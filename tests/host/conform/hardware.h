/* SPDX-License-Identifier: BSD-2-Clause */
/* A small interrupt file and a small APLIC domain that follow the specification, but for one defect at a time. */
#ifndef TESTS_HOST_CONFORM_HARDWARE_H
#define TESTS_HOST_CONFORM_HARDWARE_H

#include <stdbool.h>
#include <stdint.h>

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
    TRAPS_LATE, /* a store of one byte is reported at a later instruction */
};

/* The whole state, which a test may set and look at. */
extern struct hardware {
    enum defect defect;
    bool direct;
    uint64_t eip[32], eie[32], eidelivery, eithreshold, time;
    bool sie, trapped, late;
    uint32_t domaincfg, genmsi;
    uint8_t mode[N_SOURCES + 1];
    uint32_t target[N_SOURCES + 1];
    bool pending[N_SOURCES + 1], enabled[N_SOURCES + 1];
    uint32_t idelivery, iforce, ithreshold;
} hardware;

#endif
