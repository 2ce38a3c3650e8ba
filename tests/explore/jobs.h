/* SPDX-License-Identifier: BSD-2-Clause */
/* What scenarios are made of. Devices 0, 1, 2 are I, J, K; harts 0, 1, 2 are A, B, C. */
#ifndef JOBS_H
#define JOBS_H

#include "explore.h"

enum { I, J, K };
enum { A, B, C };

/* I on A, of the kind that x_scenario->how needs, and files so occupied that a move to B is made in that way. */
void on_a(void);
/* The same, and J on B; J on A too; I disabled; its device silent from then on; or never proving its drain. */
void on_a_and_b(void), on_a_both(void), on_a_disabled(void), on_a_silent(void), on_a_undrained(void);
/* The same, and an edge that it lost between two messages, where nobody could see it. */
void on_a_lost(void);
/* I on A, managed, and on no other hart. */
void on_a_managed(void);
/* I on A, its device silent from then on, and J. */
void on_a_both_silent(void);
/* I on A, and one identity left in each file: the next move has to wait for a reclaim. */
void on_a_tight(void);

/* Move `dev` to `hart`. Errors but `errors` end the path; with any, the affinity must be as it was. */
#define OR(error) (1u << -(error))
void move_or(unsigned dev, unsigned hart, unsigned errors);

void i_to_a(void), i_to_b(void), i_to_c(void), j_to_a(void), j_to_b(void);
/* The same when the interrupt, or the hart, may be gone. */
void i_to_a_if(void), i_to_b_if(void), i_to_c_if(void);
/* The same of a device that is silent. */
void i_to_b_silent(void);

void disable_i(void), enable_i(void), disable_enable_i(void);
void free_i(void);
/* An edge, now. */
void raise_i(void);
/* Then a new interrupt K, where I was. */
void request_k(void), request_k_if(void);

/* Hart C, B or A leaves; then the hart itself, then it comes back; what was shut down for A is started again. */
void leave_a(void), leave_b(void), leave_c(void);
void die(void), come_back(void), return_a(void);
/* A cannot leave, for I's device is silent. */
void leave_a_silent(void);
/* The hart goes, all of it, and others may at the same time: each leaves by itself, and dies as others leave. */
void go(void), go_unless_last(void);

/* An IPI to B, a call on B; a call on B that may find it gone. */
void ipi_b(void), call_b(void), call_b_if(void);

/* The kind of device that is moved in this way. */
enum aia_msi_kind kind_for(enum aia_update how);

#endif
