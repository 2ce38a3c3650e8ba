/* SPDX-License-Identifier: BSD-2-Clause */
/* Finds the actions that are possible in a state, and does them. */
#include "explore.h"
#include "actions.h"
#include "unit.h"

enum kind { GO, IRQ, TIMER, STORE_OUT, LAND, RAISE, POST, EXECUTE, LET_OUT, N_KINDS };

static const char letters[N_KINDS] = "gitsl"
                                     "dpuo";

static bool can(enum kind kind, unsigned who)
{
    switch (kind) {
    case GO:
        return x_can_go(who);
    case IRQ:
        return x_can_irq(who);
    case TIMER:
        return x_can_timer(who);
    case STORE_OUT:
        return x_can_store_out(who);
    case LAND:
        return x_can_land(who);
    case RAISE:
        return x.devs[who].edges && x.devs[who].dev.enabled;
    case POST:
        return x.devs[who].dev.posted.n != 0;
    case EXECUTE:
        return x_can_execute(who);
    case LET_OUT:
        return x_can_let_out(who);
    default:
        return false;
    }
}

/* Whether this action lets another hart run before the last one, which could go on. */
static bool preempts(enum kind kind, unsigned who)
{
    return kind <= IRQ && x.last && x.last - 1u != who && x_can_go(x.last - 1u);
}

unsigned x_actions(uint8_t *a, bool *only_timers)
{
    unsigned n = 0;

    for (unsigned kind = 0; kind < N_KINDS; kind++) {
        if (kind == TIMER && !x_scenario->any_time)
            continue;
        for (unsigned who = 0; who < (kind < RAISE ? m.n_harts : X_DEVS); who++)
            if (can(kind, who) &&
                !(x_scenario->preempts && x.preempts >= x_scenario->preempts && preempts(kind, who)))
                a[n++] = (uint8_t)(kind << 4 | who);
    }
    *only_timers = true;
    for (unsigned i = 0; i < n; i++)
        *only_timers &= a[i] >> 4 == TIMER;
    if (!n)
        for (unsigned who = 0; who < m.n_harts; who++)
            if (can(TIMER, who))
                a[n++] = (uint8_t)(TIMER << 4 | who);
    return n;
}

static void perform(enum kind kind, unsigned who)
{
    static const char *const how[] = {NULL, "takes an interrupt", "takes its timer's interrupt"};

    if (x_scenario->preempts && kind <= IRQ) {
        x.preempts = (uint8_t)(x.preempts + preempts(kind, who));
        x.last = (uint8_t)(who + 1);
    }
    if (kind <= TIMER && how[kind])
        x_tell("hart %u %s", who, how[kind]);
    switch (kind) {
    case GO:
    case IRQ:
    case TIMER:
        x_go(who, (enum x_how)kind);
        break;
    case STORE_OUT:
        x_store_out(who);
        break;
    case LAND:
        x_land(who);
        break;
    case RAISE:
        x_raise(who);
        break;
    case POST:
        x_post(who);
        break;
    case EXECUTE:
        x_execute(who);
        break;
    case LET_OUT:
        x_let_out(who);
        break;
    default:
        m_die("no such action");
    }
}

/* Clear the entries that a queue no longer holds: they are not part of the state. */
static void tidy(struct m_queue *q)
{
    memset(q->w + q->n, 0, (M_QUEUE - q->n) * sizeof(q->w[0]));
}

bool x_act(uint8_t action)
{
    uint64_t before[2], after[2], now = m.now;

    x_hash(x_n_library, before);
    if (setjmp(x_escape))
        return false;
    perform((enum kind)(action >> 4), action & 15);
    for (unsigned h = 0; h < m.n_harts; h++) {
        tidy(&m.hart[h].stores);
        tidy(&m.hart[h].file.inbound);
    }
    for (unsigned d = 0; d < X_DEVS; d++)
        tidy(&x.devs[d].dev.posted);
    x_hash(x_n_library, after);
    if (before[0] != after[0] || before[1] != after[1] || now != m.now)
        for (unsigned h = 0; h < m.n_harts; h++)
            x.hart[h].changed = true;
    x_check_state();
    return true;
}

char x_action_letter(uint8_t action)
{
    return letters[action >> 4];
}

int x_action_code(const char *s)
{
    const char *kind = *s ? memchr(letters, *s, N_KINDS) : NULL;

    if (!kind || s[1] < '0' || s[1] > '9')
        return -1;
    return (int)((kind - letters) << 4 | (s[1] - '0'));
}
