/* SPDX-License-Identifier: BSD-2-Clause */
/* A domain as a whole: its configuration, the addresses of its harts, and the message that proves a drain. */
#include "aplic/domain.h"

#include "aplic/direct.h"
#include "aplic/regs.h"
#include "aplic/source.h"
#include "lib/container.h"
#include "lib/moment.h"

/*
 * Set the mode of a source. False: sourcecfg, which is WARL, did not take the mode. sourcecfg is read-only zero if another
 * domain has the source.
 */
static bool source_has_mode(const struct aplic *a, unsigned source, enum aplic_mode mode)
{
    aplic_write(a, SOURCECFG + 4 * source, (uint32_t)mode);
    return aplic_read(a, SOURCECFG + 4 * source) == (uint32_t)mode;
}

/*
 * Read a source's bit of in_clrip under both polarities of a level. Returns:
 *   1    the bit follows the polarity: in_clrip is rectified
 *   0    the bit does not follow the polarity: in_clrip reads the wire
 *   -1   unknown: the source has no such mode, or its wire changed meanwhile
 */
static int source_rectifies(const struct aplic *a, unsigned source)
{
    bool high, low, again;

    if (!source_has_mode(a, source, APLIC_LEVEL_HIGH))
        return -1;
    high = aplic_bit(a, IN_CLRIP, source);
    if (!source_has_mode(a, source, APLIC_LEVEL_LOW))
        return -1;
    low = aplic_bit(a, IN_CLRIP, source);
    (void)source_has_mode(a, source, APLIC_LEVEL_HIGH);
    again = aplic_bit(a, IN_CLRIP, source);
    return high != again ? -1 : high != low;
}

/*
 * True if in_clrip reads the wires. "A read of an in_clrip register returns the rectified input values", but QEMU before 9.0
 * returns the values of the wires. When the polarity of a source is inverted, its rectified value changes, and the value of its
 * wire does not. No source is enabled yet, so a source that becomes pending meanwhile interrupts no hart.
 */
static bool inputs_raw(const struct aplic *a)
{
    int answer = -1;

    for (unsigned i = 1; i <= a->n_sources && answer < 0; i++) {
        answer = source_rectifies(a, i);
        aplic_write(a, SOURCECFG + 4 * i, APLIC_INACTIVE);
    }
    return answer == 0;
}

/* Wait until genmsi is not busy. False: it stayed busy for wait_limit. */
static bool genmsi_idle(const struct aplic *a)
{
    uint64_t end = later(aia_port_time(), a->wait_limit);

    while (aplic_read(a, GENMSI) & GENMSI_BUSY)
        if (aia_port_time() > end)
            return false;
    return true;
}

static uint32_t index_of_address(const struct aplic *a, uint64_t addr)
{
    const struct aplic_layout *l = &a->layout;
    uint64_t hart = addr >> l->hart_shift & ((1u << l->hart_bits) - 1);
    uint64_t group = addr >> l->group_shift & ((1u << l->group_bits) - 1);

    return (uint32_t)(group << l->hart_bits | hart);
}

static uint64_t address_of_index(const struct aplic *a, uint32_t index)
{
    const struct aplic_layout *l = &a->layout;
    uint64_t hart = index & ((1u << l->hart_bits) - 1);
    uint64_t group = index >> l->hart_bits & ((1u << l->group_bits) - 1);

    return l->base | group << l->group_shift | hart << l->hart_shift;
}

uint32_t aplic_target(const struct aplic *a, const struct aia_message *m)
{
    return index_of_address(a, m->addr) << TARGET_INDEX_SHIFT | m->data;
}

struct aia_message aplic_message(const struct aplic *a, uint32_t target)
{
    return (struct aia_message){
        .addr = address_of_index(a, target >> TARGET_INDEX_SHIFT),
        .data = target & TARGET_EIID,
    };
}

int aplic_can_send(const struct aplic *a, uint64_t addr)
{
    return address_of_index(a, index_of_address(a, addr)) == addr ? AIA_OK : AIA_EINVAL;
}

/*
 * Send `m` by genmsi: "All MSIs previously sent from this APLIC to the same hart must be visible at the hart's IMSIC before
 * the extempore MSI becomes visible" ("Generate MSI"). Writes to genmsi are ignored while Busy is true, so a lock and a wait
 * come before the write. No wait comes after the write, because the caller waits until the message has arrived
 * ("Synchronizing interactions between a hart and the APLIC", step 6).
 */
static int send_extempore(struct aia_barrier *b, const struct aia_message *m)
{
    struct aplic *a = container_of(b, struct aplic, barrier);
    bool free;

    aia_port_lock(&a->genmsi);
    free = genmsi_idle(a);
    if (free)
        aplic_write(a, GENMSI, aplic_target(a, m));
    fence_io_w();
    aia_port_unlock(&a->genmsi);
    return free ? AIA_OK : AIA_ETIMEOUT;
}

static bool layout_valid(const struct aplic_layout *l)
{
    return l->hart_shift >= 12 && l->hart_bits + l->group_bits <= 14 && l->hart_shift + l->hart_bits <= 56 &&
           (!l->group_bits || (l->group_shift >= 24 && l->group_shift >= l->hart_shift + l->hart_bits &&
                               l->group_shift + l->group_bits <= 56));
}

/* Enable the domain. No source is active yet ("Domain configuration"). */
static int domain_enable(const struct aplic *a)
{
    const uint32_t cfg = DOMAINCFG_FIXED | DOMAINCFG_IE | (a->direct ? 0 : DOMAINCFG_DM);

    aplic_write(a, DOMAINCFG, cfg);
    return aplic_read(a, DOMAINCFG) == cfg ? AIA_OK : AIA_EINVAL;
}

/* True if each hart of index[] is in the domain under a hart index that exists, or is not in the domain. */
static bool indexes_valid(const struct aplic *a)
{
    if (!a->index || a->n_harts < 1 || a->n_harts > a->aia->config.n_harts)
        return false;
    for (unsigned h = 0; h < a->n_harts; h++)
        if (a->index[h] < -1 || a->index[h] > APLIC_MAX_INDEX)
            return false;
    return true;
}

static bool is_valid(const struct aplic *a)
{
    bool delivered = a->direct ? indexes_valid(a) && a->sources : layout_valid(&a->layout);

    return a->n_sources >= 1 && a->n_sources <= APLIC_MAX_SOURCES && delivered &&
           a->direct == !a->aia->config.files;
}

/* The first write of domaincfg is 0, which is the same in either byte order. Its BE = 0 makes the registers little-endian. */
int aplic_init(struct aplic *a, struct aia *aia)
{
    a->aia = aia;
    if (!is_valid(a))
        return AIA_EINVAL;
    aia_port_lock_init(&a->genmsi, "aplic genmsi");
    a->barrier.send = send_extempore;
    aplic_write(a, DOMAINCFG, 0);
    for (unsigned i = 1; i <= a->n_sources; i++)
        aplic_write(a, SOURCECFG + 4 * i, APLIC_INACTIVE); /* this clears the pending and the enable bit */
    a->raw_inputs = inputs_raw(a);
    if (a->direct)
        aplic_direct_init(a);
    int error = domain_enable(a);

    return error || a->direct ? error : aia_barrier_add(aia, &a->barrier);
}

int aplic_restore(struct aplic *a)
{
    aplic_write(a, DOMAINCFG, 0);
    if (a->direct)
        aplic_direct_init(a);
    return domain_enable(a);
}

int aplic_source_init(struct aplic_source *s, struct aplic *a, unsigned number, enum aplic_mode mode)
{
    if (number < 1 || number > a->n_sources || mode == APLIC_INACTIVE)
        return AIA_EINVAL;
    bool ours = source_has_mode(a, number, mode);
    aplic_write(a, SOURCECFG + 4 * number, APLIC_INACTIVE);
    if (!ours)
        return AIA_EINVAL;
    aplic_source_fill(s, a, number, mode);
    return AIA_OK;
}

/* ---- the machine level's address registers ---- */

#define HIGH_L         0x80000000u
#define HIGH_HHXS(v)   ((v) >> 24 & 0x1f)
#define HIGH_LHXS(v)   ((v) >> 20 & 0x7)
#define HIGH_HHXW(v)   ((v) >> 16 & 0x7)
#define HIGH_LHXW(v)   ((v) >> 12 & 0xf)
#define HIGH_PPN(h, l) ((uint64_t)((h)&0xfff) << 32 | (l))

int aplic_check_layout(const struct aplic *a, uintptr_t machine)
{
    const struct aplic_layout *l = &a->layout;
    uint32_t mlow = mmio_read32(machine + MMSIADDRCFG), mhigh = mmio_read32(machine + MMSIADDRCFGH);
    uint32_t slow = mmio_read32(machine + SMSIADDRCFG), shigh = mmio_read32(machine + SMSIADDRCFGH);

    if (!mlow && !(mhigh & ~HIGH_L)) /* mmsiaddrcfg is hidden, and then smsiaddrcfg is hidden too */
        return AIA_EAGAIN;
    bool same = HIGH_PPN(shigh, slow) == l->base >> 12 && HIGH_LHXS(shigh) + 12 == l->hart_shift &&
                HIGH_LHXW(mhigh) == l->hart_bits && HIGH_HHXW(mhigh) == l->group_bits &&
                (!l->group_bits || HIGH_HHXS(mhigh) + 24 == l->group_shift);
    return same ? AIA_OK : AIA_EINVAL;
}
