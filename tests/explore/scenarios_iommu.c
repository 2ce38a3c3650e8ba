/* SPDX-License-Identifier: BSD-2-Clause */
/* Moves through an IOMMU that keeps its cached entries as long as the specification allows. */
#include "jobs.h"

#define REMAPPED(n_edges, ...) \
    .set_up = on_a, .how = AIA_UPDATE_STORE, .remapped = true, .edges = {n_edges}, __VA_ARGS__

/* A copy is sent for an edge that waited. Where the unit undoes a clear, one copy too many is sent. */
#define PARKED(n_edges, ...)                                                                             \
    .set_up = on_a_managed, .how = AIA_N_UPDATES, .remapped = true, .managed = true, .extra_runs = true, \
    .edges = {n_edges}, .quick = true, .n_harts = 2, __VA_ARGS__

const struct scenario x_iommu[] = {
    {"remapped-old-1", "through the IOMMU; one edge; the old hart moves it",
     REMAPPED(1, .quick = true, .n_harts = 2, .job = {[A] = {{i_to_b, 0}}})},
    {"remapped-new-2", "two edges; the new hart moves it",
     REMAPPED(2, .quick = true, .n_harts = 2, .job = {[B] = {{i_to_b, 0}}})},
    {"remapped-back-1", "moved there and back, its vectors reclaimed at any time",
     REMAPPED(1, .quick = true, .any_time = true, .n_harts = 2, .job = {[A] = {{i_to_b, 0}, {i_to_a, 1}}})},
    {"remapped-offline-2", "its hart goes offline and comes back; two edges",
     REMAPPED(2, .quick = true, .n_harts = 2,
              .job = {[B] = {{offline_a, 0}}, [A] = {{offline_finish, 1}, {online, 2}}})},
    {"remapped-third-2", "a third hart moves it", REMAPPED(2, .n_harts = 3, .job = {[C] = {{i_to_b, 0}}})},
    {"parked-1", "managed, and its only hart goes offline and comes back: an edge waits in memory",
     PARKED(1,
            .job = {[B] = {{offline_a, 0}}, [A] = {{offline_finish, 1}, {online, 2}, {online_finish_a, 3}}})},
    {"parked-2", "the same, two edges",
     PARKED(2,
            .job = {[B] = {{offline_a, 0}}, [A] = {{offline_finish, 1}, {online, 2}, {online_finish_a, 3}}})},
    {0},
};
