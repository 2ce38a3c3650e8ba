/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A machine with the library on it, and interrupts that keep account of themselves. Include this first;
 * it brings cmocka.
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
#define T_RETIRING 64 /* vectors of one interrupt */
#define T_LIMIT    2000u
#define T_STORM    50u
#define T_WINDOW   1000000u
#define T_FILLER   0xfffff0u /* owner of what t_fill() takes */
#define T_FOREVER  4000000u  /* longer than any wait or timer, on RV32 too, whose moments are coarse */

/* An interrupt, its device and what its handler saw. */
struct t_irq {
    struct m_dev dev;
    struct aia_irq *irq;
    uint64_t runs;    /* of the handler */
    uint64_t strays;  /* of these, with no edge to be handled since the run before: returned AIA_NONE */
    uint64_t seen;    /* dev.n_raised when the latest run began */
    unsigned running; /* handlers inside */
    unsigned hart;    /* of the latest run */
    bool deny;        /* always say AIA_NONE */
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
    struct imsic_vector found_at[64]; /* by the latest t_audit() */
    enum aia_finding found[64];
};

extern struct t t;

/* n harts with files of `ids` identities, all online; the test is hart 0, interrupts on. */
void t_machine(unsigned n, uint16_t ids);
/* The same with every size by itself, and nothing done yet but m_reset: t_init() then. */
void t_prepare(unsigned n, const uint16_t *ids);
void t_init(void);
void t_online(unsigned hart);

/* Request an interrupt on `hart`. t_request: as the call itself, an error is returned. */
void t_irq(struct t_irq *q, enum aia_msi_kind kind, unsigned hart);
int t_request(struct t_irq *q, enum aia_msi_kind kind, struct aia_hartset affinity);
/* As `r` asks, of the device that q->dev is already; what `r` leaves out is filled in. */
int t_request_as(struct t_irq *q, struct aia_request r);
int t_move(struct t_irq *q, unsigned hart);
/* Own every free identity of `hart` but `but`, with no descriptor; give them back. */
void t_fill(unsigned hart, unsigned but);
void t_unfill(unsigned hart);
bool t_is_free(unsigned hart, unsigned id);

/*
 * q on hart `from`, and the files so occupied that a move to `to` has to be made by `how`. TORN: `other`
 * owns on `from` the one identity that is free on `to`. t_unfill(to) afterwards.
 */
void t_force(enum aia_update how, struct t_irq *q, struct t_irq *other, unsigned from, unsigned to);

/*
 * For tests of harts that go: an interrupt of each kind of device on hart 1, with all the fabric's delays at `lag`. t_edges
 * has each raise one; t_check_kinds: all edges were handled, so is one more of each, nothing was unowned or late.
 */
#define T_KINDS 3
extern struct t_irq t_kind[T_KINDS];
void t_machine_of_kinds(unsigned n_harts, uint32_t lag);
void t_edges(void *arg);
void t_check_kinds(void);

/* Offline and online by hart `by`, all of it. t_die: the second half alone, on the hart itself. */
int t_offline(unsigned hart, unsigned by);
int t_die(unsigned hart, unsigned by);
int t_back(unsigned hart, unsigned by);
/* The allocator's counts. */
struct imsic_stats t_stats(void);
void t_same_stats(struct imsic_stats before);

/* Every edge is followed by a run; nobody ran who had none; every hart's books balance. Settles first. */
void t_check(struct t_irq *q);
void t_check_quiet(const struct t_irq *q);
void t_check_books(void);
unsigned t_audit(unsigned hart);
unsigned t_reported(unsigned what);

/*
 * Call fn(arg) before the k-th access from now on, 0 the next, atomic ones counted if `fine`. t_at_done():
 * was it called? Stops it. So a sweep is: for (k = 0, more = true; more; k++) { ...; t_at(k, ...); operation;
 * more = t_at_done(); ... }
 */
void t_at(unsigned long k, bool fine, void (*fn)(void *arg), void *arg);
bool t_at_done(void);

/* A seeded generator for tests. */
uint64_t t_random(uint64_t *state);

/* TEST_FILTER: a pattern, for a look at some of them. */
#define T_RUN(tests)                                                   \
    (m_failed = t_fail, cmocka_set_test_filter(getenv("TEST_FILTER")), \
     cmocka_run_group_tests((tests), NULL, NULL))
void t_fail(const char *why);

#endif
