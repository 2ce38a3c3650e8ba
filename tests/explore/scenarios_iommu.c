/* SPDX-License-Identifier: BSD-2-Clause */
/* Moves through an IOMMU that keeps its entries for as long as it may. */
#include "jobs.h"

#define REMAPPED(n_edges, ...) \
    .set_up = on_a, .how = AIA_UPDATE_STORE, .remapped = true, .edges = {n_edges}, __VA_ARGS__

/* A copy is sent for what waited; where the unit undoes a clear, for one too many. */
#define PARKED(n_edges, ...)                                                                         \
    .set_up = on_a_managed, .how = AIA_N_UPDATES, .remapped = true, .managed = true, .strays = true, \
    .edges = {n_edges}, .quick = true, .n_harts = 2, __VA_ARGS__

const struct scenario x_iommu[] = {
    {"remapped-old-1", "through the IOMMU; one edge; the old hart moves it",
     REMAPPED(1, .quick = true, .n_harts = 2, .job = {[A] = {{i_to_b, 0}}})},
    {"remapped-new-2", "two edges; the new hart moves it",
     REMAPPED(2, .quick = true, .n_harts = 2, .job = {[B] = {{i_to_b, 0}}})},
    {"remapped-back-1", "there and back, its vectors reclaimed at any time",
     REMAPPED(1, .quick = true, .any_time = true, .n_harts = 2, .job = {[A] = {{i_to_b, 0}, {i_to_a, 1}}})},
    {"remapped-leave-2", "its hart goes and comes back; two edges",
     REMAPPED(2, .quick = true, .n_harts = 2,
              .job = {[B] = {{leave_a, 0}}, [A] = {{die, 1}, {come_back, 2}}})},
    {"remapped-third-2", "a third hart moves it", REMAPPED(2, .n_harts = 3, .job = {[C] = {{i_to_b, 0}}})},
    {"parked-1", "managed, and its only hart goes and comes back: an edge waits in memory",
     PARKED(1, .job = {[B] = {{leave_a, 0}}, [A] = {{die, 1}, {come_back, 2}, {return_a, 3}}})},
    {"parked-2", "the same, two edges",
     PARKED(2, .job = {[B] = {{leave_a, 0}}, [A] = {{die, 1}, {come_back, 2}, {return_a, 3}}})},
    {0},
};
