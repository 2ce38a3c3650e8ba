/* SPDX-License-Identifier: BSD-2-Clause */
/* The state of a domain, read from its registers ("Memory-mapped control region for an interrupt domain"), and its audit. */
#include "aplic/regs.h"
#include "aplic/source.h"
#include "lib/container.h"

void aplic_look(const struct aplic *a, unsigned number, struct aplic_look *look)
{
    uint32_t cfg = aplic_read(a, SOURCECFG + 4 * number);
    struct aplic_source s;

    *look = (struct aplic_look){.delegated = cfg & SOURCECFG_D};
    if (!look->delegated)
        look->mode = (enum aplic_mode)(cfg & SOURCECFG_SM);
    if (look->mode == APLIC_INACTIVE)
        return;
    look->pending = aplic_bit(a, SETIP, number);
    look->enabled = aplic_bit(a, SETIE, number);
    look->input = aplic_bit(a, IN_CLRIP, number);
    look->priority = a->direct ? (uint8_t)aplic_read(a, TARGET + 4 * number) : 0;
    aplic_source_fill(&s, (struct aplic *)(uintptr_t)a, number, look->mode);
    (void)s.msi.ops->read_back(&s.msi, &look->message);
}

void aplic_look_domain(const struct aplic *a, struct aplic_domain_look *look)
{
    uint32_t cfg = aplic_read(a, DOMAINCFG);

    *look = (struct aplic_domain_look){
        .enabled = cfg & DOMAINCFG_IE,
        .by_message = cfg & DOMAINCFG_DM,
    };
}

/* Read topi and not claimi, because a read of claimi claims. */
void aplic_look_hart(const struct aplic *a, unsigned hart, struct aplic_hart_look *look)
{
    unsigned idc = IDC((unsigned)a->index[hart]);
    uint32_t top = aplic_read(a, idc + TOPI);

    *look = (struct aplic_hart_look){
        .delivers = aplic_read(a, idc + IDELIVERY) & 1,
        .forced = aplic_read(a, idc + IFORCE) & 1,
        .threshold = aplic_read(a, idc + ITHRESHOLD),
        .top = (uint16_t)(top >> CLAIMI_SOURCE_SHIFT),
        .top_priority = (uint8_t)top,
    };
}

unsigned aplic_number(const struct aplic *a, const struct aia_msi *msi)
{
    while (msi && msi->below)
        msi = msi->below;
    if (!msi || (msi->barrier != &a->barrier && msi->controller != &a->controller))
        return 0;
    return container_of(msi, struct aplic_source, msi)->number;
}

/* Set a bit for each source that an interrupt owns. Bit 0 is set for interrupts without a source of this domain; ignore it. */
static void note_owned(const struct aplic *a, const struct aia *books, uint32_t *owned)
{
    for (uint32_t i = 0; i < books->config.n_irqs; i++) {
        const struct aia_irq *irq = &books->config.irqs[i];
        unsigned number = irq->used && irq->vec.id ? aplic_number(a, irq->msi) : 0;
        owned[number / 32] |= 1u << number % 32;
    }
}

/* The finding about a source. AIA_N_FINDINGS: there is none. */
static enum aia_finding audit_source(const struct aplic *a, unsigned number, bool owned)
{
    struct aplic_look look;

    aplic_look(a, number, &look);
    if (!owned && look.enabled) /* a stopped source stays active (aplic_source_stop()), but not enabled */
        return AIA_SOURCE_UNOWNED;
    return owned && !a->direct && !look.enabled ? AIA_OWNED_DISABLED : AIA_N_FINDINGS;
}

unsigned aplic_audit(const struct aplic *a, const struct aia *books,
                     void (*found)(void *arg, enum aia_finding finding, unsigned source), void *arg)
{
    uint32_t owned[APLIC_MAX_SOURCES / 32 + 1] = {0};
    struct aplic_domain_look domain;
    unsigned n = 0;

    note_owned(a, books, owned);
    for (unsigned i = 1; i <= a->n_sources; i++) {
        enum aia_finding finding = audit_source(a, i, owned[i / 32] >> i % 32 & 1);
        if (finding == AIA_N_FINDINGS)
            continue;
        found(arg, finding, i);
        n++;
    }
    aplic_look_domain(a, &domain);
    if (!domain.enabled)
        found(arg, AIA_DELIVERY_OFF, 0);
    return n + !domain.enabled;
}
