/* SPDX-License-Identifier: BSD-2-Clause */
#include "payload/report/audit.h"
#include "payload/kernel/console.h"
#include "payload/kernel/hang.h"
#include "payload/kernel/hart.h"
#include "payload/kernel/irq.h"
#include "payload/drivers/wires.h"

static void found(void *arg, enum aia_finding finding, struct imsic_vector v, uint32_t owner)
{
    (void)arg;
    if (owner < aia.config.n_irqs && aia.config.irqs[owner].used)
        print("audit: hart %u identity %u (%s): %s\n", v.hart, v.id, irq_name(&aia.config.irqs[owner]),
              aia_finding_name(finding));
    else
        print("audit: hart %u identity %u: %s\n", v.hart, v.id, aia_finding_name(finding));
}

static void found_source(void *arg, enum aia_finding finding, unsigned source)
{
    const struct aplic *a = arg;

    print("audit: APLIC at 0x%lx source %u: %s\n", a->mmio, source, aia_finding_name(finding));
}

struct audit {
    unsigned findings;
    struct aplic *domain;
};

static void audit_here(void *arg)
{
    aia_timer(&aia); /* reclaims retiring vectors that have drained, which are no findings */
    ((struct audit *)arg)->findings += aia_audit(&aia, found, NULL);
}

static void audit_domain(void *arg)
{
    struct audit *t = arg;

    t->findings += aplic_audit(t->domain, &aia, found_source, t->domain);
}

unsigned audit_all(void)
{
    struct audit t = {0};

    for (unsigned h = 0; h < hart_count(); h++) {
        if (!hart_is_online(h))
            continue;
        int error = hang_call(h, audit_here, &t);
        if (error) {
            if (hang_first() != HANG_NONE)
                print("audit: hart %u: unknown, hart %u hangs\n", h, hang_is(h) ? h : hang_first());
            else
                print("audit: hart %u: %s\n", h, aia_strerror(error));
            t.findings++;
        }
    }
    for (unsigned n = 0; (t.domain = wires_domain(n)); n++)
        (void)aia_call(&aia, hart_index(), audit_domain, &t); /* runs with interrupts off; cannot fail */
    return t.findings;
}
