/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Breadth-first search over states. Of each state that was seen, its hash of 128 bits is kept, and how it was reached. Of the
 * states of the current and the next depth, the whole memory is kept.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>

#include "explore.h"
#include "actions.h"

/* ---- states that have been seen ---- */

struct node {
    uint64_t hash[2];
    uint32_t parent;
    uint8_t action;
};

static struct node *nodes;
static uint32_t n_nodes;
static uint32_t *table; /* node + 1, by hash */
static uint32_t table_size;

#define MAX_NODES (1u << 28)
#define ROOM      (1ull << 36)

static void *reserve(size_t size)
{
    void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    if (p == MAP_FAILED) {
        perror("explore: mmap");
        exit(2);
    }
    return p;
}

static void insert(uint32_t node)
{
    uint32_t i = (uint32_t)nodes[node].hash[0] & (table_size - 1);

    while (table[i])
        i = (i + 1) & (table_size - 1);
    table[i] = node + 1;
}

static void grow(void)
{
    free(table);
    table_size = table_size ? table_size * 4 : 1u << 14;
    table = calloc(table_size, sizeof(*table));
    if (!table)
        abort();
    for (uint32_t i = 0; i < n_nodes; i++)
        insert(i);
}

static bool seen(const uint64_t hash[2])
{
    for (uint32_t i = (uint32_t)hash[0] & (table_size - 1); table[i]; i = (i + 1) & (table_size - 1))
        if (nodes[table[i] - 1].hash[0] == hash[0] && nodes[table[i] - 1].hash[1] == hash[1])
            return true;
    return false;
}

static uint32_t add(const uint64_t hash[2], uint32_t parent, uint8_t action)
{
    if (n_nodes * 2 >= table_size)
        grow();
    nodes[n_nodes] = (struct node){{hash[0], hash[1]}, parent, action};
    insert(n_nodes);
    return n_nodes++;
}

/* ---- memory ---- */

static uint64_t fold(uint64_t a, uint64_t b)
{
    unsigned __int128 p = (unsigned __int128)a * b;

    return (uint64_t)p ^ (uint64_t)(p >> 64);
}

static void hash_bytes(uint64_t h[2], const char *p, size_t n)
{
    uint64_t w[2];

    h[0] += n;
    for (; n >= 16; n -= 16, p += 16) {
        memcpy(w, p, 16);
        h[0] = fold(h[0] ^ w[0], w[1] ^ 0x9e3779b97f4a7c15ull) + w[1];
        h[1] = fold(h[1] ^ w[1], w[0] ^ 0xc2b2ae3d27d4eb4full) + w[0];
    }
    if (n) {
        w[0] = w[1] = 0;
        memcpy(w, p, n);
        h[0] = fold(h[0] ^ w[0], w[1] ^ 0x9e3779b97f4a7c15ull) + w[1];
        h[1] = fold(h[1] ^ w[1], w[0] ^ 0xc2b2ae3d27d4eb4full) + w[0];
    }
}

void x_hash(unsigned n, uint64_t h[2])
{
    h[0] = 0x243f6a8885a308d3ull;
    h[1] = 0x13198a2e03707344ull;
    for (unsigned i = 0; i < n; i++)
        hash_bytes(h, x_regions[i].at, x_regions[i].size);
}

static size_t live(unsigned hart)
{
    return (size_t)(x_stacks[hart] + X_STACK - (char *)x.hart[hart].sp);
}

static void hash_state(uint64_t h[2])
{
    x_hash(x_n_regions, h);
    for (unsigned i = 0; i < m.n_harts; i++)
        hash_bytes(h, x.hart[i].sp, live(i));
}

/*
 * save() copies the state to `to`, and load() copies it back. Each returns the end. Counters are 0 at the start of each step:
 * the library copies them to its stack now and then, and a value that is in no state would reach the next state by that.
 */
static char *save(char *to)
{
    for (unsigned i = 0; i < x_n_regions; i++) {
        memcpy(to, x_regions[i].at, x_regions[i].size);
        to += x_regions[i].size;
    }
    for (unsigned i = 0; i < m.n_harts; i++) {
        memcpy(to, x.hart[i].sp, live(i));
        to += live(i);
    }
    return to;
}

static const char *restore(const char *from)
{
    x_set_counters(0);
    for (unsigned i = 0; i < x_n_regions; i++) {
        memcpy(x_regions[i].at, from, x_regions[i].size);
        from += x_regions[i].size;
    }
    for (unsigned i = 0; i < m.n_harts; i++) {
        memcpy(x.hart[i].sp, from, live(i));
        from += live(i);
    }
    return from;
}

/* ---- the search ---- */

struct level {
    char *memory, *end;
    uint32_t n, first; /* number of states; node of the first state */
};

static void path_to(uint32_t node, struct found *f)
{
    f->n_path = 0;
    for (; node; node = nodes[node].parent)
        if (f->n_path < sizeof(f->path))
            f->path[f->n_path++] = nodes[node].action;
    for (unsigned i = 0; i < f->n_path / 2; i++) {
        uint8_t a = f->path[i];
        f->path[i] = f->path[f->n_path - 1 - i];
        f->path[f->n_path - 1 - i] = a;
    }
}

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Check a state in which nothing, or only a timer, can happen. The check changes the state. */
static bool check(void (*fn)(void))
{
    if (setjmp(x_escape))
        return false;
    fn();
    return true;
}

static bool check_still(const char *state, unsigned n, bool only_timers)
{
    if (n && !only_timers)
        return true;
    bool ok = check(n ? x_check_quiet : x_check_end);
    m.hook = x_access;
    x_exploring = true;
    m.here = 0;
    restore(state);
    return ok;
}

static void note_updates(struct found *f)
{
    for (unsigned k = 0; k < AIA_N_UPDATES; k++)
        f->updates |= (uint32_t)(x.aia.updates[k] != 0) << k;
}

/*
 * Repeat the step from `state` that has just given `hash`, after a different step. Returns whether it gives the same hash. If
 * not, it depends on memory that is not part of a state, and the search might not end, or might leave states out.
 */
static bool repeats(const char *state, uint8_t action, const uint64_t hash[2])
{
    uint64_t again[2];

    memset(x_stacks, 0xa5, sizeof(x_stacks));
    x_set_counters(0xa5);
    restore(state);
    if (!x_act(action))
        return false;
    hash_state(again);
    if (again[0] == hash[0] && again[1] == hash[1])
        return true;
    snprintf(x_failure, sizeof(x_failure),
             "the explorer: the same step from the same state gives a different state");
    return false;
}

/* Put all states that can follow `state`, of node `node`, into `next`. Returns the end, or NULL if the path failed. */
static const char *expand(const char *state, uint32_t node, struct level *next, struct found *f)
{
    uint8_t actions[X_MAX_ACTIONS];
    uint64_t hash[2];
    bool only_timers;
    const char *end = restore(state);
    unsigned n = x_actions(actions, &only_timers);

    f->ends += !n;
    if (!check_still(state, n, only_timers)) {
        path_to(node, f);
        return NULL;
    }
    for (unsigned i = 0; i < n; i++) {
        if (i)
            restore(state);
        f->steps++;
        bool ok = x_act(actions[i]);
        if (ok)
            hash_state(hash);
        if (ok && f->steps % 64 == 0) /* not always: the repetition takes as long as the step */
            ok = repeats(state, actions[i], hash);
        if (!ok) {
            path_to(node, f);
            f->path[f->n_path++] = actions[i];
            return NULL;
        }
        note_updates(f);
        if (seen(hash))
            continue;
        add(hash, node, actions[i]);
        next->end = save(next->end);
        next->n++;
    }
    return end;
}

static void start(struct level *present)
{
    uint64_t hash[2];

    if (!nodes)
        nodes = reserve((size_t)MAX_NODES * sizeof(*nodes));
    n_nodes = table_size = 0;
    grow();
    hash_state(hash);
    add(hash, 0, 0);
    present->end = save(present->memory);
    present->n = 1;
    present->first = 0;
}

/* Search one depth. Returns false if the search is over. */
static bool descend(struct level *present, struct level *next, struct found *f, double limit,
                    uint64_t max_states)
{
    const char *at = present->memory;

    next->end = next->memory;
    next->n = 0;
    next->first = n_nodes;
    for (uint32_t i = 0; i < present->n; i++) {
        at = expand(at, present->first + i, next, f);
        if (!at) {
            f->failed = true;
            return false;
        }
        if (n_nodes >= max_states)
            f->bound = "states";
        else if (i % 1024 == 0 && now() > limit)
            f->bound = "time";
        if (f->bound)
            return false;
    }
    return next->n != 0;
}

void x_search(const struct scenario *s, double max_seconds, uint64_t max_states, struct found *f)
{
    static struct level levels[2];
    double began = now();

    memset(f, 0, sizeof(*f));
    for (unsigned i = 0; i < 2; i++) {
        if (!levels[i].memory)
            levels[i].memory = reserve(ROOM);
        madvise(levels[i].memory, ROOM, MADV_DONTNEED);
    }
    if (setjmp(x_escape)) {
        f->failed = true;
        return;
    }
    x_set_up(s);
    start(&levels[0]);
    while (descend(&levels[f->depth % 2], &levels[(f->depth + 1) % 2], f, began + max_seconds, max_states))
        f->depth++;
    if (!f->bound && s->preempts)
        f->bound = "preemptions";
    f->states = n_nodes;
    f->seconds = now() - began;
}
