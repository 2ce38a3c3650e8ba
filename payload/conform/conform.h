/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Does this hart's interrupt file, does this APLIC domain do what the AIA specification says? A table of checks, each one
 * rule of the text, which it cites. They look at the hardware alone, not through the library.
 *
 * They touch this hart's own S-level file, and S-level domains, and there only sources that are inactive and whose wire
 * is down; all is put back. What arrives at the file meanwhile for somebody else disturbs them, so devices must be quiet.
 * An access that may trap is made under a guard (payload/kernel/trap.h).
 */
#ifndef PAYLOAD_CONFORM_CONFORM_H
#define PAYLOAD_CONFORM_CONFORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum conform_result {
    CONFORM_PASS,
    CONFORM_FAIL,
    CONFORM_UNSPECIFIED, /* the text leaves a choice: what was seen */
    CONFORM_SKIPPED,     /* cannot be looked at here: why */
};

/* This hart's file. */
struct conform_file {
    uintptr_t mmio;
    unsigned n_ids;
};

/* A domain, and what of it can be used. */
struct conform_domain {
    uintptr_t mmio;
    unsigned n_sources;
    bool direct;    /* it delivers directly, else to `file` */
    unsigned index; /* this hart's in target registers */
    const struct conform_file *file;
    unsigned source[2]; /* inactive ones of this domain; 0: there are no such */
};

/* What one check works with, and finds. */
struct conform {
    const struct conform_file *file;
    const struct conform_domain *domain;
    enum conform_result result;
    char seen[128];
};

struct conform_check {
    const char *id;      /* unique, for lists of known failures */
    const char *rule;    /* in a phrase */
    const char *section; /* where the text has it */
    void (*run)(struct conform *c);
};

/* The checks; each table ends with a NULL id. */
extern const struct conform_check conform_imsic[], conform_imsic_page[], conform_aplic[],
    conform_aplic_bits[], conform_aplic_msi[], conform_aplic_direct[];

/* Find sources for the checks. A domain that is not quiet is left alone: false. Interrupts off. */
bool conform_find_sources(struct conform_domain *d);

/* Run one check, with the file or the domain saved before and put back after it. Interrupts off, on the hart of the file. */
void conform_run(const struct conform_check *check, struct conform *c);

const char *conform_result_name(enum conform_result result);

/* ---- for the checks ---- */

/* The rule holds, or the check fails with what was seen; the first time counts. Returns `good`. */
bool expect(struct conform *c, bool good, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* The text leaves it open, and this was seen; or it cannot be looked at. Unless it has failed. */
void open_choice(struct conform *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void left_out(struct conform *c, const char *why);

/* "eventually, but not necessarily immediately": look again until `want(c)` or some milliseconds have passed. */
bool eventually(const struct conform *c, bool (*want)(const struct conform *c));

/* The last value that a check has read, and where: a failure whose own text does not say it ends with it. */
void conform_read(const char *what, unsigned where, uint64_t value);

/* Guarded accesses. False: it trapped. */
bool try_ireg_read(unsigned reg, unsigned long *v);
bool try_ireg_write(unsigned reg, unsigned long v);
bool try_load(uintptr_t a, unsigned size, uint64_t *v);
bool try_store(uintptr_t a, unsigned size, uint64_t v);

/* ---- imsic.c ---- */

/* Nothing enabled, nothing pending, threshold 0, delivery off; a clean start. */
void conform_file_reset(const struct conform_file *f);
bool conform_pending(unsigned id);
void conform_clear(unsigned id);
void conform_enable(unsigned id);

#endif
