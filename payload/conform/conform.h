/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Checks of this hart's interrupt file and of APLIC domains against the AIA specification. Each check tests one rule of the
 * text, and cites the section. The checks access the hardware directly, without the library.
 *
 * The checks use only this hart's S-level file, and in S-level domains only sources that are inactive and whose wire is
 * down. Every register is restored. Messages of other devices to the file would disturb the checks, so devices must be
 * quiet. An access that may trap is made under a guard (payload/kernel/trap.h).
 */
#ifndef PAYLOAD_CONFORM_CONFORM_H
#define PAYLOAD_CONFORM_CONFORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum conform_result {
    CONFORM_PASS,
    CONFORM_FAIL,
    CONFORM_UNSPECIFIED, /* the text leaves a choice; `seen` says what the hardware does */
    CONFORM_SKIPPED,     /* the rule cannot be checked here; `seen` says why */
};

/* This hart's interrupt file. */
struct conform_file {
    uintptr_t mmio;
    unsigned n_ids;
};

/* A domain, and the parts of it that the checks may use. */
struct conform_domain {
    uintptr_t mmio;
    unsigned n_sources;
    bool direct;    /* the domain delivers directly; else by messages to `file` */
    unsigned index; /* this hart's index in target registers */
    const struct conform_file *file;
    unsigned source[2]; /* inactive sources for the checks; 0: not found */
};

/* The input and the result of one check. */
struct conform {
    const struct conform_file *file;
    const struct conform_domain *domain;
    enum conform_result result;
    char seen[128];
};

struct conform_check {
    const char *id;      /* unique, for lists of known failures */
    const char *rule;    /* the rule, as a phrase */
    const char *section; /* the section of the text that has the rule */
    void (*run)(struct conform *c);
};

/* The checks; each table ends with a NULL id. */
extern const struct conform_check conform_imsic[], conform_imsic_page[], conform_aplic[],
    conform_aplic_bits[], conform_aplic_msi[], conform_aplic_direct[];

/*
 * Find sources for the checks. Context: interrupts off. False: a source is in use, or there are too few free sources; the
 * domain must not be checked.
 */
bool conform_find_sources(struct conform_domain *d);

/* Run one check. The file and the domain are saved before and restored after. Context: interrupts off, the hart of the file. */
void conform_run(const struct conform_check *check, struct conform *c);

const char *conform_result_name(enum conform_result result);

/* ---- for the checks ---- */

/* If not `good`, fail the check with this text; the first failure counts. Returns `good`. */
bool expect(struct conform *c, bool good, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/*
 * open_choice: the specification leaves a choice, and the hardware does this.
 * left_out: the rule cannot be checked here.
 * Neither changes the result of a check that has failed.
 */
void open_choice(struct conform *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void left_out(struct conform *c, const char *why);

/* "eventually, but not necessarily immediately": call want(c) until it is true, or until some milliseconds have passed. */
bool eventually(const struct conform *c, bool (*want)(const struct conform *c));

/* Note the last value that a check has read, and where. A failure whose text names no value ends with this value. */
void conform_read(const char *what, unsigned where, uint64_t value);

/* Guarded accesses. False: the access trapped. */
bool try_ireg_read(unsigned reg, unsigned long *v);
bool try_ireg_write(unsigned reg, unsigned long v);
bool try_load(uintptr_t a, unsigned size, uint64_t *v);
bool try_store(uintptr_t a, unsigned size, uint64_t v);

/* ---- imsic.c ---- */

/* Reset the file: nothing enabled, nothing pending, threshold 0, delivery off. */
void conform_file_reset(const struct conform_file *f);
bool conform_pending(unsigned id);
void conform_clear(unsigned id);
void conform_enable(unsigned id);

#endif
