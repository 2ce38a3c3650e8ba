/* SPDX-License-Identifier: BSD-2-Clause */
/* Prints a path in the words of the protocol: what each actor does, and what that changes. */
#include <stdarg.h>
#include <stdio.h>

#include "explore.h"
#include "unit.h"
#include "actions.h"
#include "mmio.h"

bool x_telling;
static unsigned line;

/* The values as last printed: changes are found by comparison. */
static struct shadow {
    uint32_t slots[X_HARTS][X_IDS + 1];
    uint64_t eip[X_HARTS];
    uint32_t state[X_HARTS], ipis[X_HARTS];
    bool open[X_HARTS], delivers[X_HARTS];
    uint32_t flow[X_IRQS], retiring[X_IRQS];
    struct imsic_vector vec[X_IRQS];
    struct aia_message message[X_DEVS];
} shadow;

void x_tell(const char *format, ...)
{
    va_list args;

    if (!x_telling)
        return;
    printf("%4u  ", ++line);
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
    printf("\n");
}

/* ---- names ---- */

static const char *owner_name(uint32_t owner)
{
    static const char names[][4] = {"I's", "J's", "K's"};

    if (owner == IMSIC_NO_OWNER)
        return "unowned";
    for (unsigned d = 0; d < X_DEVS && owner < X_IRQS; d++)
        if (x.irqs[owner].context == &x.devs[d])
            return names[d];
    return "filler's";
}

static const char *state_name(uint32_t slot)
{
    static const char *const names[IMSIC_N_STATES] = {"FREE",     "OWNED",       "RETIRING",
                                                      "INTERNAL", "QUARANTINED", "MANAGED"};

    return names[imsic_slot_state(slot)];
}

static bool inside(uintptr_t at, const volatile void *from, size_t size, unsigned *index, size_t each)
{
    uintptr_t start = (uintptr_t)from;

    *index = (unsigned)((at - start) / each);
    return at >= start && at < start + size;
}

#define FIELD(array, field)                                                                                \
    (inside(at - offsetof(__typeof__((array)[0]), field), array, sizeof(array), &i, sizeof((array)[0])) && \
     at == (uintptr_t) & (array)[i].field)

static void word_name(uintptr_t at, char *name, size_t size)
{
    unsigned i;

    if (inside(at, x.slots, sizeof(x.slots), &i, sizeof(x.slots[0])))
        snprintf(name, size, "slot of (hart %u, identity %u)", i,
                 (unsigned)((at - (uintptr_t)x.slots[i]) / sizeof(x.slots[0][0])));
    else if (FIELD(x.irqs, flow))
        snprintf(name, size, "%s flow word", owner_name(i));
    else if (FIELD(x.irqs, n_retiring))
        snprintf(name, size, "%s number of retiring vectors", owner_name(i));
    else if (FIELD(x.files, n_retiring))
        snprintf(name, size, "hart %u's number of retiring vectors", i);
    else if (FIELD(x.files, retiring))
        snprintf(name, size, "hart %u's set of retiring vectors", i);
    else if (FIELD(x.harts, state))
        snprintf(name, size, "hart %u's state", i);
    else if (FIELD(x.harts, ipis))
        snprintf(name, size, "hart %u's IPI word", i);
    else if (FIELD(x.harts, calls))
        snprintf(name, size, "hart %u's list of calls", i);
    else if (FIELD(x.harts, call.state))
        snprintf(name, size, "state of hart %u's call", i);
    else if (FIELD(x.harts, call.next))
        snprintf(name, size, "link of hart %u's call", i);
    else
        snprintf(name, size, "word %p", (void *)at);
}

static void lock_name(uintptr_t at, char *name, size_t size)
{
    unsigned i;

    if (FIELD(x.irqs, lock))
        snprintf(name, size, "%s lock", owner_name(i));
    else
        snprintf(name, size, "%s lock",
                 at == (uintptr_t)&x.aia.imsic.lock ? "the allocator's" : "the descriptors'");
}

/* ---- changes ---- */

static void changed_vectors(void)
{
    for (unsigned h = 0; h < m.n_harts; h++) {
        for (unsigned id = 1; id <= X_IDS; id++)
            if (shadow.slots[h][id] != x.slots[h][id])
                x_tell("    slot of (hart %u, identity %u): %s of %s -> %s of %s", h, id,
                       state_name(shadow.slots[h][id]), owner_name(imsic_slot_owner(shadow.slots[h][id])),
                       state_name(x.slots[h][id]), owner_name(imsic_slot_owner(x.slots[h][id])));
        if (shadow.eip[h] != m.hart[h].file.eip[0])
            x_tell("    pending in hart %u's file: %#llx -> %#llx", h, (unsigned long long)shadow.eip[h],
                   (unsigned long long)m.hart[h].file.eip[0]);
    }
}

static void changed_harts(void)
{
    static const char *const states[] = {"OFFLINE", "ONLINE", "CLOSED", "EVACUATED",
                                         "FORCED",  "QUIET",  "SWEPT"};

    for (unsigned h = 0; h < m.n_harts; h++) {
        if (shadow.state[h] != x.harts[h].state)
            x_tell("    hart %u: %s -> %s", h, states[shadow.state[h]], states[x.harts[h].state]);
        if (shadow.ipis[h] != x.harts[h].ipis)
            x_tell("    IPI word of hart %u: %#x -> %#x", h, shadow.ipis[h], x.harts[h].ipis);
        if (shadow.open[h] != x.files[h].open)
            x_tell("    hart %u is %s to allocation", h, x.files[h].open ? "open" : "closed");
        if (shadow.delivers[h] != (m.hart[h].file.eidelivery != 0))
            x_tell("    hart %u's file delivery: %s", h, m.hart[h].file.eidelivery ? "on" : "off");
    }
}

static void flow_name(uint32_t flow, char *name, size_t size)
{
    snprintf(name, size, "%s%s%s%s", flow ? "" : "idle", flow & AIA_FLOW_RUNNING ? "RUNNING " : "",
             flow & AIA_FLOW_PENDING ? "PENDING " : "", flow & AIA_FLOW_DISABLED ? "DISABLED" : "");
}

static void changed_irqs(void)
{
    char before[64], after[64];

    for (unsigned i = 0; i < X_IRQS; i++) {
        const struct aia_irq *irq = &x.irqs[i];
        flow_name(shadow.flow[i], before, sizeof(before));
        flow_name(irq->flow, after, sizeof(after));
        if (shadow.flow[i] != irq->flow)
            x_tell("    %s flow: %s -> %s", owner_name(i), before, after);
        if (shadow.vec[i].hart != irq->vec.hart || shadow.vec[i].id != irq->vec.id)
            x_tell("    %s vector: (hart %u, identity %u) -> (hart %u, identity %u)", owner_name(i),
                   shadow.vec[i].hart, shadow.vec[i].id, irq->vec.hart, irq->vec.id);
        if (shadow.retiring[i] != irq->n_retiring)
            x_tell("    %s retiring vectors: %u -> %u", owner_name(i), shadow.retiring[i], irq->n_retiring);
    }
    for (unsigned d = 0; d < X_DEVS; d++) {
        const struct aia_message *was = &shadow.message[d], *is = &x.devs[d].dev.message;
        if (was->addr != is->addr || was->data != is->data)
            x_tell("    device %c's message: (hart %u, identity %u) -> (hart %u, identity %u)", 'I' + (char)d,
                   x_hart_of(was->addr), was->data, x_hart_of(is->addr), is->data);
    }
}

static void look(void)
{
    for (unsigned h = 0; h < m.n_harts; h++) {
        for (unsigned id = 1; id <= X_IDS; id++)
            shadow.slots[h][id] = x.slots[h][id];
        shadow.eip[h] = m.hart[h].file.eip[0];
        shadow.state[h] = x.harts[h].state;
        shadow.ipis[h] = x.harts[h].ipis;
        shadow.open[h] = x.files[h].open;
        shadow.delivers[h] = m.hart[h].file.eidelivery != 0;
    }
    for (unsigned i = 0; i < X_IRQS; i++) {
        shadow.flow[i] = x.irqs[i].flow;
        shadow.vec[i] = x.irqs[i].vec;
        shadow.retiring[i] = x.irqs[i].n_retiring;
    }
    for (unsigned d = 0; d < X_DEVS; d++)
        shadow.message[d] = x.devs[d].dev.message;
}

static void tell_changes(void)
{
    changed_vectors();
    changed_harts();
    changed_irqs();
    look();
}

/* ---- accesses ---- */

static void tell_csr(const struct m_event *e)
{
    static const char *const ops[] = {"reads", "writes", "sets bits of", "clears bits of"};

    if (e->where == 0) {
        unsigned id = m_file_top(&m.hart[m.here].file);
        if (id)
            x_tell("hart %u: claims identity %u, slot %s of %s", m.here, id, state_name(x.slots[m.here][id]),
                   owner_name(imsic_slot_owner(x.slots[m.here][id])));
        else
            x_tell("hart %u: claims: nothing pending", m.here);
    } else {
        x_tell("hart %u: %s %s", m.here, ops[e->what],
               e->where >= 0xc0   ? "eie"
               : e->where >= 0x80 ? "eip"
               : e->where == 0x70 ? "eidelivery"
                                  : "eithreshold");
    }
}

static void tell_device(const struct m_event *e)
{
    static const char *const ops[] = {"starts it",
                                      "stops it",
                                      "address",
                                      "data",
                                      "masks it",
                                      "unmasks it",
                                      "writes it in one store",
                                      "reads back: drain",
                                      "sends a message after those under way: barrier"};

    for (unsigned d = 0; d < X_DEVS; d++) {
        if (e->where != (uintptr_t)&x.devs[d].dev)
            continue;
        if (e->what == M_ADDR)
            x_tell("hart %u: message of %c: address := hart %u", m.here, 'I' + (char)d, x_hart_of(e->value));
        else if (e->what == M_DATA)
            x_tell("hart %u: message of %c: data := %u", m.here, 'I' + (char)d, (unsigned)e->value);
        else
            x_tell("hart %u: message of %c: %s", m.here, 'I' + (char)d, ops[e->what]);
    }
}

static void tell_atomic(const struct m_event *e)
{
    char name[64];

    if (x_is_counter((void *)e->where))
        return;
    word_name(e->where, name, sizeof(name));
    x_tell("hart %u: %s the %s", m.here, e->what ? "updates" : "reads", name);
}

void x_tell_event(const struct m_event *e)
{
    static const char *const fences[] = {"rw, o", "io, w", "io, iorw", "iorw, iorw"};
    char name[64];

    tell_changes();
    switch (e->kind) {
    case M_CSR:
        tell_csr(e);
        break;
    case M_DEVICE:
        tell_device(e);
        break;
    case M_MMIO:
        if (x_unit_visible(e->where) || (e->where >= X_UNIT && e->where < X_UNIT + 0x1000)) {
            if (e->what)
                x_tell("hart %u: writes %#llx to the IOMMU's %s", m.here, (unsigned long long)e->value,
                       e->where == X_UNIT + 36 ? "tail" : "memory");
            break;
        }
        x_tell("hart %u: sends (hart %u, identity %u)", m.here,
               (unsigned)((e->where - m.hart[0].mmio) / 0x1000), (unsigned)e->value);
        break;
    case M_FENCE:
        x_tell("hart %u: fence %s", m.here, fences[e->what]);
        break;
    case M_LOCK:
    case M_UNLOCK:
        lock_name(e->where, name, sizeof(name));
        x_tell("hart %u: %s %s", m.here, e->kind == M_LOCK ? "takes" : "releases", name);
        break;
    case M_ATOMIC:
        tell_atomic(e);
        break;
    default:
        break;
    }
}

/* ---- a whole path ---- */

void x_replay(const struct scenario *s, const uint8_t *path, unsigned n)
{
    uint8_t actions[X_MAX_ACTIONS];
    bool only_timers;

    if (setjmp(x_escape)) { /* the set-up itself failed */
        printf("      %s\n", x_failure);
        return;
    }
    x_set_up(s);
    look();
    line = 0;
    x_telling = true;
    bool ok = true;
    for (unsigned i = 0; i < n && ok; i++) {
        if (!memchr(actions, path[i], x_actions(actions, &only_timers))) {
            printf("      %c%u cannot happen here\n", x_action_letter(path[i]), path[i] & 15);
            break;
        }
        ok = x_act(path[i]);
        tell_changes();
    }
    x_telling = false;
    if (ok) {
        unsigned left = x_actions(actions, &only_timers);
        printf("      possible next:");
        for (unsigned i = 0; i < left; i++)
            printf(" %c%u", x_action_letter(actions[i]), actions[i] & 15);
        printf("%s\n", left ? "" : " nothing");
    } else {
        printf("      %s\n", x_failure);
    }
}
