/* SPDX-License-Identifier: BSD-2-Clause */
/* Wired interrupts that count their own edges and handler runs, on a machine with the library and an APLIC domain. */
#ifndef WIRES_H
#define WIRES_H

#include "fixture.h"

#include <aia/aplic.h>

#include "model/aplic_model.h"

#define W_DOMAINS 2

/* The source modes in which a wire has an effect. */
#define W_MODES 4
extern const enum aplic_mode w_modes[W_MODES];

/* The choices of implementations where the specification leaves one, and their known faults. For w_machine() and
 * w_direct_machine(). */
#define W_HOWS 7
extern const unsigned w_hows[W_HOWS];
#define W_DIRECT_HOWS 4
extern const unsigned w_direct_hows[W_DIRECT_HOWS];

struct wire {
    struct aplic_source source;
    struct aia_irq *irq;
    struct am *domain;
    unsigned causes;                /* a level is up while this is not 0; a handler run removes one cause */
    unsigned raised;                /* edges, or causes */
    unsigned seen;                  /* `raised` when the latest run began */
    unsigned runs;                  /* runs of the driver's handler */
    unsigned idle;                  /* runs of a level's handler that found no cause */
    unsigned running;               /* handler runs that have begun and not ended */
    unsigned hart;                  /* hart of the latest run */
    void (*during)(struct wire *w); /* called in the handler */
};

extern struct am w_models[W_DOMAINS];
extern struct aplic w_domains[W_DOMAINS];
#define w_model  w_models[0]
#define w_domain w_domains[0]

/* The number of sources of each domain that is made from now on. It is 96 at first. */
extern unsigned w_sources;

/* Make `n` harts with 63 identities each, and a domain that deviates from the specification as `how` says. */
void w_machine(unsigned n, unsigned how);

/*
 * Make `n` harts without interrupt files, and domains of `n_each` harts; each domain delivers to its own harts. w_model and
 * w_domain are the first domain. w_use() chooses the domain from which sources are taken; it is the first one at first.
 */
void w_direct_machine(unsigned n, unsigned n_each, unsigned how);
void w_use(unsigned domain);

/* Request source `number` of the chosen domain on `hart`. */
void w_source(struct wire *w, unsigned number, enum aplic_mode mode);
int w_request(struct wire *w, struct aia_hartset affinity);
int w_request_managed(struct wire *w, struct aia_hartset affinity);
void w_irq(struct wire *w, unsigned number, enum aplic_mode mode, unsigned hart);
int w_move(struct wire *w, unsigned hart);

/* w_edge() raises an edge. w_cause() adds n causes to a level. */
void w_edge(struct wire *w);
void w_cause(struct wire *w, unsigned n);
/* Raise one edge, or add one cause, by the wire's mode. */
void w_rise(void *wire);

/* A handler that always returns AIA_NONE. w_denied counts its runs since the machine was made. */
enum aia_result w_deny(void *context, struct aia_irq *irq);
extern unsigned w_denied;

/* Settle. Then check that everything that was raised has been handled. */
void w_check(struct wire *w);

#endif
