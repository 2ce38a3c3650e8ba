/* SPDX-License-Identifier: BSD-2-Clause */
/* Wired interrupts that keep account of themselves, on a machine with the library and an APLIC domain. */
#ifndef WIRES_H
#define WIRES_H

#include "fixture.h"

#include <aia/aplic.h>

#include "model/aplic_model.h"

#define W_DOMAINS 2

/* The modes that have a wire. */
#define W_MODES 4
extern const enum aplic_mode w_modes[W_MODES];

/* What implementations make of the text where it leaves a choice, or against it: for w_machine(), w_direct_machine(). */
#define W_HOWS 7
extern const unsigned w_hows[W_HOWS];
#define W_DIRECT_HOWS 4
extern const unsigned w_direct_hows[W_DIRECT_HOWS];

struct wire {
    struct aplic_source source;
    struct aia_irq *irq;
    struct am *domain;
    unsigned causes;                /* a level is up while there are some; a handler run takes one */
    unsigned raised;                /* edges, or causes */
    unsigned seen;                  /* raised, when the latest run began */
    unsigned runs;                  /* of the driver's handler */
    unsigned idle;                  /* of these, of a level with no cause */
    unsigned running;               /* handlers inside */
    unsigned hart;                  /* of the latest run */
    void (*during)(struct wire *w); /* called in the handler */
};

extern struct am w_models[W_DOMAINS];
extern struct aplic w_domains[W_DOMAINS];
#define w_model  w_models[0]
#define w_domain w_domains[0]

/* How many sources a domain has that is made from now on: 96. */
extern unsigned w_sources;

/* `n` harts with 63 identities, and a domain that differs from the text as `how` says. */
void w_machine(unsigned n, unsigned how);

/*
 * The same of harts without interrupt files: domains of `n_each` harts, each delivering to its own. w_model and w_domain
 * are the first; sources are taken in the one that w_use() says, at first that one.
 */
void w_direct_machine(unsigned n, unsigned n_each, unsigned how);
void w_use(unsigned domain);

/* Source `number` of it, requested on `hart`. */
void w_source(struct wire *w, unsigned number, enum aplic_mode mode);
int w_request(struct wire *w, struct aia_hartset affinity);
int w_request_managed(struct wire *w, struct aia_hartset affinity);
void w_irq(struct wire *w, unsigned number, enum aplic_mode mode, unsigned hart);
int w_move(struct wire *w, unsigned hart);

/* An edge; causes of a level. */
void w_edge(struct wire *w);
void w_cause(struct wire *w, unsigned n);
/* One of what its mode has. */
void w_rise(void *wire);

/* A handler that makes nothing of what comes, and how often it ran since the machine was made. */
enum aia_result w_deny(void *context, struct aia_irq *irq);
extern unsigned w_denied;

/* Everything that was raised has been handled. Settles first. */
void w_check(struct wire *w);

#endif
