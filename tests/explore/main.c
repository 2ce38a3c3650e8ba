/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * explore [--quick] [--tap] [--full] [--stop] [--seconds N] [--states N] [NAME...]
 *     --quick     only the scenarios of `make test`
 *     --full      no reduction
 *     --stop      stop at the first counterexample
 *     --seconds, --states   bounds for each scenario
 *     NAME        only the scenarios whose names begin so
 * explore NAME --replay g0.d0.p0
 * explore --list
 *
 * Exit code 0: no counterexample. 1: a counterexample, which is printed.
 */
#include <stdio.h>
#include <stdlib.h>

#include "explore.h"

static struct {
    bool quick, tap, list, stop;
    const char *replay;
    double seconds;
    uint64_t states;
    const char **names;
    int n_names;
} opt = {.seconds = 600, .states = 200000000};

static const struct scenario *const tables[] = {x_moves, x_races, x_harts, x_wires, x_iommu};

static bool selected(const struct scenario *s)
{
    for (int i = 0; i < opt.n_names; i++)
        if (strncmp(s->name, opt.names[i], strlen(opt.names[i])) == 0)
            return true;
    return !opt.n_names && (s->quick || !opt.quick);
}

static void print_path(const struct scenario *s, const struct found *f)
{
    printf("%s--- %s: %s\n", opt.tap ? "# " : "", s->name, x_failure);
    printf("%s    replay: tests/explore/explore %s --replay ", opt.tap ? "# " : "", s->name);
    for (unsigned i = 0; i < f->n_path; i++)
        printf("%s%c%u", i ? "." : "", x_action_letter(f->path[i]), f->path[i] & 15);
    printf("\n");
}

static void print_found(const struct scenario *s, const struct found *f, unsigned n)
{
    char bound[64];

    snprintf(bound, sizeof(bound), f->bound ? "bounded by %s" : "exhaustive", f->bound);
    if (opt.tap)
        printf("%sok %u - %s: ", f->failed ? "not " : "", n, s->name);
    else
        printf("%-28s ", s->name);
    printf("%10llu states %11llu steps depth %4u ends %4u %7.2f s  %s\n", (unsigned long long)f->states,
           (unsigned long long)f->steps, f->depth, f->ends, f->seconds, f->failed ? "COUNTEREXAMPLE" : bound);
}

/* Returns why a search that found no counterexample proves nothing, or NULL. */
static const char *idle(const struct scenario *s, const struct found *f)
{
    if (s->how < AIA_N_UPDATES && !s->needs_time && !(f->updates >> s->how & 1))
        return "no path made the kind of update that the scenario is about";
    if (!f->bound && !f->ends)
        return "no path comes to an end: harts take turns in waiting for each other";
    return NULL;
}

/* Explore one scenario. Returns true if it has no counterexample and proves something. */
static bool explore(const struct scenario *s, unsigned n)
{
    static struct found f;
    char why[sizeof(x_failure)];

    x_search(s, opt.seconds, opt.states, &f);
    const char *nothing = f.failed ? NULL : idle(s, &f);
    f.failed |= nothing != NULL;
    print_found(s, &f, n);
    if (nothing) {
        printf("%s=== %s: %s\n", opt.tap ? "# " : "", s->name, nothing);
    } else if (f.failed) {
        print_path(s, &f);
        memcpy(why, x_failure, sizeof(why));
        x_replay(s, f.path, f.n_path);
        printf("%s=== %s\n", opt.tap ? "# " : "", why);
    }
    fflush(stdout);
    return !f.failed;
}

static int replay(const struct scenario *s)
{
    static uint8_t path[4096];
    unsigned n = 0;

    for (const char *p = opt.replay; *p && n < sizeof(path); p += strcspn(p, "."), p += *p == '.') {
        int code = x_action_code(p);
        if (code < 0) {
            fprintf(stderr, "explore: not an action: %s\n", p);
            return 2;
        }
        path[n++] = (uint8_t)code;
    }
    x_replay(s, path, n);
    return 0;
}

static void options(int argc, char **argv)
{
    static const char *names[64];

    opt.names = names;
    for (int i = 1; i < argc; i++) {
        const char *value = i + 1 < argc ? argv[i + 1] : "";
        if (!strcmp(argv[i], "--quick"))
            opt.quick = true;
        else if (!strcmp(argv[i], "--tap"))
            opt.tap = true;
        else if (!strcmp(argv[i], "--full"))
            x_full = true;
        else if (!strcmp(argv[i], "--stop"))
            opt.stop = true;
        else if (!strcmp(argv[i], "--list"))
            opt.list = true;
        else if (!strcmp(argv[i], "--replay"))
            opt.replay = value, i++;
        else if (!strcmp(argv[i], "--seconds"))
            opt.seconds = atof(value), i++;
        else if (!strcmp(argv[i], "--states"))
            opt.states = (uint64_t)atoll(value), i++;
        else if (opt.n_names < 64)
            names[opt.n_names++] = argv[i];
    }
}

static unsigned count(void)
{
    unsigned n = 0;

    for (unsigned t = 0; t < sizeof(tables) / sizeof(tables[0]); t++)
        for (const struct scenario *s = tables[t]; s->name; s++)
            n += selected(s);
    return n;
}

static bool run(const struct scenario *s, unsigned n)
{
    if (opt.list) {
        printf("%-28s %s%s\n", s->name, s->what, s->quick ? " (quick)" : "");
        return true;
    }
    return explore(s, n);
}

int main(int argc, char **argv)
{
    unsigned n = 0;
    bool ok = true;

    options(argc, argv);
    if (opt.tap)
        printf("1..%u\n", count());
    for (unsigned t = 0; t < sizeof(tables) / sizeof(tables[0]); t++)
        for (const struct scenario *s = tables[t]; s->name; s++) {
            if (!selected(s))
                continue;
            if (opt.replay)
                return replay(s);
            ok &= run(s, ++n);
            if (!ok && opt.stop)
                return 1;
        }
    if (!n)
        fprintf(stderr, "explore: no such scenario; see --list\n");
    return ok && n ? 0 : 1;
}
