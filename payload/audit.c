/* SPDX-License-Identifier: BSD-2-Clause */
#include "payload/audit.h"
#include "payload/console.h"
#include "payload/hart.h"
#include "payload/irq.h"

static void found(void *arg, enum aia_finding finding, struct imsic_vector v, uint32_t owner)
{
    (void)arg;
    if (owner < aia.config.n_irqs && aia.config.irqs[owner].used)
        print("audit: hart %u identity %u (%s): %s\n", v.hart, v.id, aia.config.irqs[owner].name,
              aia_finding_name(finding));
    else
        print("audit: hart %u identity %u: %s\n", v.hart, v.id, aia_finding_name(finding));
}

static void audit_here(void *arg)
{
    aia_timer(&aia); /* what retired and has drained is no finding */
    *(unsigned *)arg += aia_audit(&aia, found, NULL);
}

unsigned audit_all(void)
{
    unsigned findings = 0;

    for (unsigned h = 0; h < hart_count(); h++) {
        if (!hart_is_online(h))
            continue;
        int error = aia_call(&aia, h, audit_here, &findings);
        if (error) {
            print("audit: hart %u: %s\n", h, aia_strerror(error));
            findings++;
        }
    }
    return findings;
}
