/* SPDX-License-Identifier: BSD-2-Clause */
/* A move against other moves, chains, disable and enable, free and request. */
#include "jobs.h"

#define QUICK              .quick = true
#define ADDR(n_edges, ...) .set_up = on_a, .how = AIA_UPDATE_ADDR, .edges = {n_edges}, __VA_ARGS__
#define TORN(n_edges, ...) \
    .set_up = on_a, .how = AIA_UPDATE_TORN, .edges = {n_edges, 1}, .strays = true, __VA_ARGS__
#define EAGER .policy = {.reclaim = AIA_RECLAIM_EAGER}

#define MOVE_AND_FREE(mover, freer) \
    .n_harts = 2, .job = {[mover] = {{i_to_b_if, 0}}, [freer] = {{free_i, 0}, {request_k, 2}}}

const struct scenario x_races[] = {
    {"two-old-third", "I to B by A, and to C by C",
     ADDR(1, QUICK, .n_harts = 3, .job = {[A] = {{i_to_b, 0}}, [C] = {{i_to_c, 0}}})},
    {"two-new", "I to B by B, and to C by C",
     ADDR(1, QUICK, .n_harts = 3, .job = {[B] = {{i_to_b, 0}}, [C] = {{i_to_c, 0}}})},
    {"two-new-2", "the same, two edges",
     ADDR(2, .n_harts = 3, .job = {[B] = {{i_to_b, 0}}, [C] = {{i_to_c, 0}}})},
    {"two-torn", "I to B, torn, by B and by C",
     TORN(1, .n_harts = 3, .job = {[B] = {{i_to_b, 0}}, [C] = {{i_to_b, 0}}})},
    {"swap", "I to B by A, J to A by B", .set_up = on_a_and_b, .how = AIA_UPDATE_COMMON, .edges = {1, 1},
     QUICK, .n_harts = 2, .job = {[A] = {{i_to_b, 0}}, [B] = {{j_to_a, 0}}}},
    {"back", "A to B to A, by A", ADDR(2, QUICK, .n_harts = 2, .job = {[A] = {{i_to_b, 0}, {i_to_a, 1}}})},
    {"back-each", "A to B by A, then to A by B",
     ADDR(2, QUICK, .n_harts = 2, .job = {[A] = {{i_to_b, 0}}, [B] = {{i_to_a, 1}}})},
    {"back-any", "A to B by A, and to A by B, at any time",
     ADDR(2, QUICK, .n_harts = 2, .job = {[A] = {{i_to_b, 0}}, [B] = {{i_to_a, 0}}})},
    {"back-eager", "the same, reclaimed at once",
     ADDR(2, QUICK, .n_harts = 2, EAGER, .job = {[A] = {{i_to_b, 0}}, [B] = {{i_to_a, 0}}})},
    {"chain", "A to B to C to A, by A",
     ADDR(1, QUICK, .n_harts = 3, .job = {[A] = {{i_to_b, 0}, {i_to_c, 1}, {i_to_a, 2}}})},
    {"chain-2", "the same, two edges",
     ADDR(2, .n_harts = 3, .job = {[A] = {{i_to_b, 0}, {i_to_c, 1}, {i_to_a, 2}}})},
    {"chain-each", "the same, each by the hart where it is",
     ADDR(1, QUICK, .n_harts = 3, .job = {[A] = {{i_to_b, 0}}, [B] = {{i_to_c, 1}}, [C] = {{i_to_a, 2}}})},
    {"chain-eager", "the same, reclaimed at once",
     ADDR(1, .n_harts = 3, EAGER, .job = {[A] = {{i_to_b, 0}}, [B] = {{i_to_c, 1}}, [C] = {{i_to_a, 2}}})},
    {"chain-long", "A and B in turn: as many retire as may",
     ADDR(1, .n_harts = 2,
          .job = {[A] = {{i_to_b, 0}, {i_to_a, 1}, {i_to_b, 2}}, [B] = {{i_to_a, 3}, {i_to_b, 4}}})},
    {"chain-tight", "A to B to A, and A has no free vector but the one that retires", .set_up = on_a_tight,
     .how = AIA_UPDATE_ADDR, .edges = {2}, QUICK, .n_harts = 2, .job = {[B] = {{i_to_b, 0}, {i_to_a, 1}}}},
    {"disable-old", "a move by A against disable and enable by B",
     ADDR(2, QUICK, .n_harts = 2, .job = {[A] = {{i_to_b, 0}}, [B] = {{disable_enable_i, 0}}})},
    {"disable-new", "a move by B against disable and enable by A",
     ADDR(2, QUICK, .n_harts = 2, .job = {[B] = {{i_to_b, 0}}, [A] = {{disable_enable_i, 0}}})},
    {"disable-torn", "the same, torn",
     TORN(1, QUICK, .n_harts = 2, .job = {[B] = {{i_to_b, 0}}, [A] = {{disable_enable_i, 0}}})},
    {"disable-eager", "the same, reclaimed at once",
     ADDR(2, QUICK, EAGER, .n_harts = 2, .job = {[B] = {{i_to_b, 0}}, [A] = {{disable_enable_i, 0}}})},
    {"enable", "a move against enable, of one that was disabled", .set_up = on_a_disabled,
     .how = AIA_UPDATE_ADDR, .edges = {2}, QUICK, EAGER, .n_harts = 2,
     .job = {[B] = {{i_to_b, 0}}, [A] = {{enable_i, 0}}}},
    {"free-by-old", "a move by B against free by A; then K is where I was", .set_up = on_a, .edges = {1},
     .how = AIA_UPDATE_ADDR, QUICK, MOVE_AND_FREE(B, A)},
    {"free-by-new", "a move by A against free by B; then K", .set_up = on_a, .edges = {1},
     .how = AIA_UPDATE_ADDR, QUICK, MOVE_AND_FREE(A, B)},
    {"free-2-by-old", "the same by A, more edges", .set_up = on_a, .edges = {2, 0, 1}, .how = AIA_UPDATE_ADDR,
     MOVE_AND_FREE(B, A)},
    {"free-2-by-new", "the same by B, more edges", .set_up = on_a, .edges = {2, 0, 1}, .how = AIA_UPDATE_ADDR,
     MOVE_AND_FREE(A, B)},
    {"free-torn", "the same, torn",
     TORN(1, .n_harts = 2, .job = {[A] = {{i_to_b_if, 0}}, [B] = {{free_i, 0}}})},
    {"free-alone", "free with edges in flight, then K", .set_up = on_a, .edges = {2, 0, 1},
     .how = AIA_N_UPDATES, QUICK, .n_harts = 2, .job = {[B] = {{free_i, 0}, {request_k, 1}}}},
    {"free-disabled", "free of one that is disabled", .set_up = on_a_disabled, .edges = {0, 0, 1},
     .how = AIA_N_UPDATES, QUICK, .n_harts = 2, .job = {[B] = {{free_i, 0}, {request_k, 1}}}},
    {"third-free", "free by C after a move by A, edges still on their way", .set_up = on_a,
     .edges = {2, 0, 1}, .how = AIA_UPDATE_ADDR, .n_harts = 3,
     .job = {[A] = {{i_to_b, 0}}, [C] = {{free_i, 1}, {request_k, 2}}}},
    {"calls", "A and C call B, and send it an IPI", .set_up = on_a, .how = AIA_N_UPDATES, QUICK, .n_harts = 3,
     .job = {[A] = {{call_b, 0}, {ipi_b, 0}}, [C] = {{ipi_b, 0}, {call_b, 0}}}},
    {0},
};
