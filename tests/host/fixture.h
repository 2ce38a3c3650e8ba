/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A machine with the library on it, and interrupts that count their own edges and handler runs. Include this file first;
 * it includes cmocka.
 */
#ifndef FIXTURE_H
#define FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "imsic/slot.h"
#include "model/model.h"

#define T_IRQS     160 /* descriptors */
#define T_IPI      1
#define T_SYNC     2
#define T_LAZY     100000u
#define T_RETIRING 64 /* retiring vectors of one interrupt */
#define T_LIMIT    2000u
#define T_STORM    50u
#define T_WINDOW   1000000u
#define T_FILLER   0xfffff0u /* the owner that t_fill() gives to identities */
#define T_FOREVER \
    4000000u /* longer than any wait or timer; also on RV32, where the library's times are coarse */

/* An interrupt, its device, and what its handler saw. */
struct t_irq {
    struct m_dev dev;
    struct aia_irq *irq;
    uint64_t runs;    /* handler runs */
    uint64_t extra;   /* handler runs without an edge since the run before; each returned AIA_NONE */
    uint64_t seen;    /* dev.n_raised when the latest run began */
    unsigned running; /* handler runs that have begun and not ended */
    unsigned hart;    /* hart of the latest run */
    bool deny;        /* the handler always returns AIA_NONE */
    void (*during)(struct t_irq *t); /* called in the handler */
    void *arg;
};

struct t {
    struct aia aia;
    struct aia_config config;
    struct aia_hart harts[M_MAX_HARTS];
    struct imsic_file files[M_MAX_HARTS];
    _Atomic uint32_t slots[M_MAX_HARTS][IMSIC_MAX_IDS + 1];
    struct aia_irq irqs[T_IRQS];
    aia_counter runs[T_IRQS * M_MAX_HARTS];
    uint16_t reserved[T_IRQS * M_MAX_HARTS];
    struct imsic_vector found_at[64]; /* findings of the latest t_audit() */
    enum aia_finding found[64];
};

extern struct t t;

/* Make n online harts, each with a file of `ids` identities. The test runs as hart 0 with interrupts on. */
void t_machine(unsigned n, uint16_t ids);
/* Make n harts, the file of hart h with ids[h] identities. Only m_reset() has been called; t_init() does the rest. */
void t_prepare(unsigned n, const uint16_t *ids);
void t_init(void);
void t_online(unsigned hart);

/* Request an interrupt on `hart`. t_request() returns the error of aia_irq_request(). */
void t_irq(struct t_irq *q, enum aia_msi_kind kind, unsigned hart);
int t_request(struct t_irq *q, enum aia_msi_kind kind, struct aia_hartset affinity);
/* Request an interrupt for the device that q->dev already is. Fields that `r` leaves 0 are filled in. */
int t_request_as(struct t_irq *q, struct aia_request r);
int t_move(struct t_irq *q, unsigned hart);
/* t_fill() gives every free identity of `hart` except `but` an owner without a descriptor. t_unfill() frees them. */
void t_fill(unsigned hart, unsigned but);
void t_unfill(unsigned hart);
bool t_is_free(unsigned hart, unsigned id);

/*
 * Put q on hart `from`, and occupy the files so that a move to `to` can only be made by `how`. For TORN, `other`
 * owns on `from` the one identity that is free on `to`. Call t_unfill(to) afterwards.
 */
void t_force(enum aia_update how, struct t_irq *q, struct t_irq *other, unsigned from, unsigned to);

/*
 * For tests in which harts go offline: an interrupt of each kind of device on hart 1, with all delays of the fabric set to
 * `lag`. t_edges() makes each device raise one edge. t_check_kinds() checks that all edges were handled, that one more edge
 * of each device is handled, and that no edge was unowned or late.
 */
#define T_KINDS 3
extern struct t_irq t_kind[T_KINDS];
void t_machine_of_kinds(unsigned n_harts, uint32_t lag);
void t_edges(void *arg);
void t_check_kinds(void);

/* t_offline() and t_online_again() take `hart` offline and bring it back; hart `by` asks for it. t_offline_finish() does the second
 * half alone, on the hart itself. */
int t_offline(unsigned hart, unsigned by);
int t_offline_finish(unsigned hart, unsigned by);
int t_online_again(unsigned hart, unsigned by);
/* The allocator's counts. */
struct imsic_stats t_stats(void);
void t_same_stats(struct imsic_stats before);

/* Settle. Then check that every edge was followed by a run, that no handler ran without an edge, and that the books of
 * every hart balance. */
void t_check(struct t_irq *q);
void t_check_quiet(const struct t_irq *q);
void t_check_books(void);
unsigned t_audit(unsigned hart);
unsigned t_reported(unsigned what);

/*
 * Call fn(arg) before access k from now on. Access 0 is the next one. Atomic accesses count if `fine`. t_at_done() ends
 * this, and returns whether fn was called. To call fn before each access of an operation in turn:
 * for (k = 0, more = true; more; k++) { ...; t_at(k, ...); operation; more = t_at_done(); ... }
 */
void t_at(unsigned long k, bool fine, void (*fn)(void *arg), void *arg);
bool t_at_done(void);

/* A seeded generator for tests. */
uint64_t t_random(uint64_t *state);

/* If TEST_FILTER is set, only the tests whose names match this pattern run. */
#define T_RUN(tests)                                                   \
    (m_failed = t_fail, cmocka_set_test_filter(getenv("TEST_FILTER")), \
     cmocka_run_group_tests((tests), NULL, NULL))
void t_fail(const char *why);

#endif
