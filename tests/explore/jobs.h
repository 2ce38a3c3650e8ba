/* SPDX-License-Identifier: BSD-2-Clause */
/* The jobs of the scenarios. Devices 0, 1, 2 are I, J, K; harts 0, 1, 2 are A, B, C. */
#ifndef JOBS_H
#define JOBS_H

#include "explore.h"

enum { I, J, K };
enum { A, B, C };

/* Put I on A, with a device of the kind for x_scenario->how, and occupy the files so that a move to B is made by `how`. */
void on_a(void);
/* The same, and in this order: J on B too; J on A too; I disabled; I's device silent from then on; I's drain never proven. */
void on_a_and_b(void), on_a_both(void), on_a_disabled(void), on_a_silent(void), on_a_undrained(void);
/* The same, and I's device has lost an edge between two messages, which no one can see. */
void on_a_lost(void);
/* Put I on A as a managed interrupt that may be on no other hart. */
void on_a_managed(void);
/* Put I on A, its device silent from then on, and J on A too. */
void on_a_both_silent(void);
/* Put I on A, and leave one free identity in each file: the next move has to wait for a reclaim. */
void on_a_tight(void);

/* Move `dev` to `hart`. An error ends the path, except those in `errors`. After any error the affinity must be unchanged. */
#define OR(error) (1u << -(error))
void move_or(unsigned dev, unsigned hart, unsigned errors);

void i_to_a(void), i_to_b(void), i_to_c(void), j_to_a(void), j_to_b(void);
/* The same where the interrupt may have been freed or the hart may be offline. */
void i_to_a_if(void), i_to_b_if(void), i_to_c_if(void);
/* The same by one try, with interrupts off and a lock of the embedder held; if that is refused, as above. */
void try_i_to_b(void), try_i_to_a_if(void), try_i_to_b_if(void);
/* The same where I's device is silent. */
void i_to_b_silent(void);

void disable_i(void), enable_i(void), disable_enable_i(void);
void free_i(void);
/* I's device has an edge now. */
void raise_i(void);
/* Request a new interrupt K where I was. */
void request_k(void), request_k_if(void);

/* offline_a() begins to take A offline, and so on. On the hart itself, offline_finish() ends this, and online() brings the
 * hart back. online_finish_a() starts again what was shut down for A. */
void offline_a(void), offline_b(void), offline_c(void);
void offline_finish(void), online(void), online_finish_a(void);
/* A cannot go offline, because I's device is silent. */
void offline_a_silent(void);
/* The running hart goes offline, all of it, while other harts may do the same: one begins at a time, and finishes while
 * others begin. */
void offline_self(void), offline_self_unless_last(void);

/* An IPI to B; a call on B; a call on B, which may be offline. */
void ipi_b(void), call_b(void), call_b_if(void);

/* The kind of device whose message is moved in this way. */
enum aia_msi_kind kind_for(enum aia_update how);

#endif
