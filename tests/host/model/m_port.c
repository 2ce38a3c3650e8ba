/* SPDX-License-Identifier: BSD-2-Clause */
/* The embedder's functions (aia/port.h), as strict as possible. */
#include "model.h"

#include <string.h>

unsigned aia_port_hart(void)
{
    return m.here;
}

uint64_t aia_port_time(void)
{
    return m.now++;
}

unsigned long aia_port_irq_save(void)
{
    bool was = m.hart[m.here].irqs_on;

    m.hart[m.here].irqs_on = false;
    return was;
}

void aia_port_irq_restore(unsigned long was)
{
    if (m.hart[m.here].irqs_on)
        m_die("hart %u: interrupts are on where they should be off", m.here);
    m.hart[m.here].irqs_on = was;
    m_take();
}

/* The kinds of lock that may nest, as aia/port.h states: the outer one, and the inner one. */
static const char *const order[][2] = {
    {"aia descriptors", "aia irq"},     {"aia irq", "aia vectors"},         {"aia irq", "iommu commands"},
    {"aia probe", "aplic genmsi"},      {"iommu tables", "iommu commands"}, {"iommu faults", "iommu tables"},
    {"iommu faults", "iommu commands"},
};

static void check_order(const struct m_hart *h, const char *name)
{
    /* A caller of the library may hold a lock of its own around every lock of the library. */
    bool stated = !h->n_locks || !strcmp(h->locks[h->n_locks - 1], "caller");

    for (unsigned i = 0; i < sizeof(order) / sizeof(order[0]) && !stated; i++)
        stated = !strcmp(order[i][0], h->locks[h->n_locks - 1]) && !strcmp(order[i][1], name);
    if (!stated)
        m_die("hart %u takes lock %s inside %s", m.here, name, h->locks[h->n_locks - 1]);
}

/* opaque[0]: the hart that holds the lock, plus 1. opaque[1]: the lock's name. */
void aia_port_lock_init(struct aia_lock *lock, const char *name)
{
    lock->opaque[0] = 0;
    lock->opaque[1] = (uintptr_t)name;
    m.n_locks_made++;
}

/* Let the hart that holds the lock run until it frees the lock. */
static void wait_for(const struct aia_lock *lock)
{
    for (unsigned n = 0; lock->opaque[0]; n++) {
        uint64_t before = m.step;

        if (m_on_own_stack()) {
            m_yield();
            continue;
        }
        m_run_others();
        if (lock->opaque[0] && (m.step == before || n > 10000))
            m_die("hart %u waits without end for a lock of hart %u", m.here, (unsigned)lock->opaque[0] - 1);
    }
}

void aia_port_lock(struct aia_lock *lock)
{
    struct m_hart *h = &m.hart[m.here];

    m_event(M_LOCK, lock, 0, 0);
    if (h->irqs_on)
        m_die("hart %u takes a lock with interrupts on", m.here);
    if (!lock->opaque[1])
        m_die("hart %u takes a lock that aia_port_lock_init() has not made", m.here);
    if (lock->opaque[0] == m.here + 1)
        m_die("hart %u takes a lock that it holds", m.here);
    check_order(h, (const char *)lock->opaque[1]);
    wait_for(lock);
    lock->opaque[0] = m.here + 1;
    h->locks[h->n_locks++] = (const char *)lock->opaque[1];
}

void aia_port_unlock(struct aia_lock *lock)
{
    m_event(M_UNLOCK, lock, 0, 0);
    if (lock->opaque[0] != m.here + 1)
        m_die("hart %u frees a lock that it does not hold", m.here);
    lock->opaque[0] = 0;
    m.hart[m.here].n_locks--;
}

void aia_port_relax(void)
{
    m_event(M_RELAX, NULL, 0, 0);
    if (m.hart[m.here].n_locks)
        m_die("hart %u waits with a lock held", m.here);
    m.now += m.relax_ticks;
    m_fabric_wait();
    if (m_on_own_stack())
        m_yield();
    else
        m_run_others();
    m_take();
}

void aia_port_timer(uint64_t when)
{
    m.hart[m.here].timer_on = true;
    m.hart[m.here].timer = when;
}

void aia_port_ipi(unsigned n)
{
    m.hart[m.here].user_ipis[n]++;
}

void aia_port_report(const struct aia_report *report)
{
    if (m.hart[m.here].n_locks)
        m_die("hart %u reports with a lock held", m.here);
    m.n_withheld += report->withheld;
    if (report->what == AIA_REPORT_UNOWNED) { /* one report for each edge; every other report is one event */
        m.n_unowned++;
        return;
    }
    if (m.n_reports < M_LOG)
        m.reports[m.n_reports++] = *report;
}
