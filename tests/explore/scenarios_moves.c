/* SPDX-License-Identifier: BSD-2-Clause */
/* One move of I from A to B: each kind of update, by each hart, with edges under way; policies and blocks. */
#include "jobs.h"

#define MOVE(kind, n_edges, ...)                                                                        \
    .set_up = on_a, .how = AIA_UPDATE_##kind, .edges = {n_edges, AIA_UPDATE_##kind == AIA_UPDATE_TORN}, \
    .extra_runs = AIA_UPDATE_##kind == AIA_UPDATE_TORN, __VA_ARGS__

#define BY_OLD   .n_harts = 2, .job = {[A] = {{i_to_b, 0}}}
#define BY_NEW   .n_harts = 2, .job = {[B] = {{i_to_b, 0}}}
#define BY_THIRD .n_harts = 3, .job = {[C] = {{i_to_b, 0}}}
#define QUICK    .quick = true

#define EAGER    .prompt = true, .policy = {.reclaim = AIA_RECLAIM_EAGER}
#define FIRST    .policy = {.reclaim = AIA_RECLAIM_FIRST_EDGE}
#define IN_PLACE .policy = {.caught = AIA_IN_PLACE}

#define OTHERWISE(kind, how_set_up, ...)                                                         \
    .set_up = how_set_up, .how = AIA_UPDATE_##kind,                                              \
    .edges = {2 - (AIA_UPDATE_##kind == AIA_UPDATE_TORN), AIA_UPDATE_##kind == AIA_UPDATE_TORN}, \
    .n_harts = 2, .extra_runs = true, QUICK, __VA_ARGS__
#define SILENT(kind)    OTHERWISE(kind, on_a_silent, .needs_time = true, .job = {[A] = {{i_to_b_silent, 0}}})
#define UNDRAINED(kind) OTHERWISE(kind, on_a_undrained, .job = {[A] = {{i_to_b, 0}}})

const struct scenario x_moves[] = {
    {"addr-old-2", "a plain device, address only; two edges; the old hart moves it",
     MOVE(ADDR, 2, BY_OLD, QUICK)},
    {"addr-new-2", "the same, by the new hart", MOVE(ADDR, 2, BY_NEW, QUICK)},
    {"addr-third-2", "the same, by a third hart", MOVE(ADDR, 2, BY_THIRD)},
    {"common-old-2", "a plain device, by a common identity", MOVE(COMMON, 2, BY_OLD, QUICK)},
    {"common-new-2", "the same, by the new hart", MOVE(COMMON, 2, BY_NEW, QUICK)},
    {"common-third-2", "the same, by a third hart", MOVE(COMMON, 2, BY_THIRD)},
    {"torn-old-1", "a plain device, torn: J owns the identity that the half-changed message names",
     MOVE(TORN, 1, BY_OLD, QUICK)},
    {"torn-new-1", "the same, by the new hart", MOVE(TORN, 1, BY_NEW, QUICK)},
    {"torn-third-1", "the same, by a third hart", MOVE(TORN, 1, BY_THIRD)},
    {"torn-old-2", "torn, two edges", MOVE(TORN, 2, BY_OLD)},
    {"masked-old-2", "a maskable device", MOVE(MASKED, 2, BY_OLD, QUICK)},
    {"masked-new-2", "the same, by the new hart", MOVE(MASKED, 2, BY_NEW, QUICK)},
    {"store-old-2", "a device with a single store", MOVE(STORE, 2, BY_OLD, QUICK)},
    {"store-new-2", "the same, by the new hart", MOVE(STORE, 2, BY_NEW, QUICK)},
    {"addr-old-3", "address only, three edges", MOVE(ADDR, 3, BY_OLD)},
    {"addr-new-3", "the same, by the new hart", MOVE(ADDR, 3, BY_NEW)},
    {"addr-old-timer", "with timers at any time", MOVE(ADDR, 2, BY_OLD, QUICK, .any_time = true)},
    {"common-new-timer", "the same", MOVE(COMMON, 2, BY_NEW, QUICK, .any_time = true)},
    {"torn-new-timer", "the same", MOVE(TORN, 1, BY_NEW, QUICK, .any_time = true)},
    {"addr-old-eager", "a reclaim is asked for immediately, by IPI", MOVE(ADDR, 2, BY_OLD, QUICK, EAGER)},
    {"addr-new-eager", "the same, by the new hart", MOVE(ADDR, 2, BY_NEW, QUICK, EAGER)},
    {"common-new-eager", "the same, by the new hart", MOVE(COMMON, 2, BY_NEW, QUICK, EAGER)},
    {"torn-new-eager", "the same, torn", MOVE(TORN, 1, BY_NEW, QUICK, EAGER)},
    {"addr-new-first", "a reclaim is asked for at the first edge", MOVE(ADDR, 2, BY_NEW, QUICK, FIRST)},
    {"first-edge", "the same, with an edge after the move", .set_up = on_a, .how = AIA_UPDATE_ADDR,
     .edges = {1}, QUICK, FIRST, .prompt = true, .n_harts = 2, .job = {[A] = {{i_to_b, 0}, {raise_i, 1}}}},
    {"addr-new-inplace", "an edge is handled where it was caught", MOVE(ADDR, 2, BY_NEW, QUICK, IN_PLACE)},
    {"torn-new-inplace", "the same, torn", MOVE(TORN, 1, BY_NEW, QUICK, IN_PLACE)},
    {"block-addr-old", "two messages", MOVE(ADDR, 2, BY_OLD, QUICK, .order = 1)},
    {"block-addr-new", "the same, by the new hart", MOVE(ADDR, 3, BY_NEW, .order = 1)},
    {"block-store-new", "two messages, single store", MOVE(STORE, 2, BY_NEW, QUICK, .order = 1)},
    {"silent-addr", "the device does not answer", SILENT(ADDR)},
    {"silent-common", "the same", SILENT(COMMON)},
    {"silent-torn", "the same", SILENT(TORN)},
    {"silent-store", "the same", SILENT(STORE)},
    {"undrained-addr", "no read-back drains the device", UNDRAINED(ADDR)},
    {"undrained-store", "the same", UNDRAINED(STORE)},
    {"undrained-lost", "the device has lost an edge between two messages: the move sends a copy",
     .set_up = on_a_lost, .how = AIA_UPDATE_STORE, QUICK, BY_OLD},
    {0},
};
