/* SPDX-License-Identifier: BSD-2-Clause */
/* Taking a unit over ("Guidelines for initialization"), switching it to its directory, and the unit's own interrupts. */
#include "iommu/unit.h"

#include "iommu/command.h"
#include "iommu/directory.h"
#include "iommu/fault.h"
#include "lib/container.h"
#include "mmio.h"

static bool unit_config_valid(const struct aia_iommu_config *c)
{
    return c->mmio && c->pages && (uintptr_t)c->pages % (4 * PAGE) == 0 && c->phys_offset % (4 * PAGE) == 0 &&
           c->max_id <= ID_MAX && c->log2_commands >= 3 && c->log2_commands <= 8 && c->log2_faults >= 1 &&
           c->log2_faults <= 7 && c->window % AIA_IOMMU_WINDOW == 0 && c->command_limit && c->storm_limit;
}

/* Why the unit cannot be used, in words. NULL: the unit has all features that the driver needs, and no directory is in use. */
static const char *unit_refusal(const struct aia_iommu *u)
{
    uint64_t end = iommu_phys(u, u->config.pages) + (uint64_t)u->config.n_pages * PAGE;

    if ((u->capabilities >> 4 & 15) != 1)
        return "it is not of version 1.x";
    if (!(u->capabilities & CAP_MSI_FLAT))
        return "it has no MSI page tables (MSI_FLAT)";
    if (!(u->capabilities & CAP_SV39X4))
        return "it has no second stage of three levels (Sv39x4)";
    if (CAP_IGS(u->capabilities) > IGS_BOTH)
        return "it signals its interrupts in a way that is reserved (IGS)";
    if ((end - 1) >> CAP_PAS(u->capabilities))
        return "its physical addresses are too short for its memory (PAS)";
    if ((mmio_read64(u->config.mmio + DDTP) & DDTP_MODE) > DDTP_BARE)
        return "it is in use with another directory";
    return NULL;
}

/*
 * Set the features: little-endian, guests of 64 bits, and interrupts of its own by MSI or by wire. A feature may be changed
 * only while the unit is OFF and its queues are off ("Features-control register").
 */
static int unit_set_features(struct aia_iommu *u)
{
    uintptr_t fctl = u->config.mmio + FCTL;
    uint32_t was = mmio_read32(fctl);
    uint32_t want = was & ~(FCTL_BE | FCTL_GXL | FCTL_WSI);
    unsigned igs = CAP_IGS(u->capabilities);

    if (igs == IGS_WSI || (igs == IGS_BOTH && u->config.signal == AIA_IOMMU_BY_WIRE))
        want |= FCTL_WSI;
    if (was != want && !u->was_bare)
        mmio_write32(fctl, want);
    was = mmio_read32(fctl);
    u->by_wire = was & FCTL_WSI;
    if (was & (FCTL_BE | FCTL_GXL))
        u->refused = "it stays big-endian, or for guests of 32 bits (BE, GXL)";
    return u->refused ? AIA_ENOTSUP : AIA_OK;
}

/*
 * Turn the queues off. The page-request queue stays off: no context sets EN_ATS or EN_PRI, so the unit itself refuses page
 * requests ("Device-context fields").
 */
static int unit_queues_off(const struct aia_iommu *u)
{
    static const unsigned csrs[] = {CQCSR, FQCSR, PQCSR};
    int error = AIA_OK;

    for (unsigned i = 0; i < 3; i++)
        mmio_write32(u->config.mmio + csrs[i], 0);
    for (unsigned i = 0; i < 3 && !error; i++)
        error = iommu_wait(u, csrs[i], QUEUE_BUSY | QUEUE_ON, 0);
    return error;
}

static int take_unit_pages(struct aia_iommu *u)
{
    u->commands = iommu_pages(u, 1);
    u->faults = iommu_pages(u, 1);
    u->done = iommu_pages(u, 1);
    u->idle = iommu_pages(u, 1);
    return u->commands && u->faults && u->done && u->idle ? iommu_directory_init(u) : AIA_ENOMEM;
}

int aia_iommu_forget(struct aia_iommu *u)
{
    const struct iommu_command c[] = {{{IODIR_DDT, 0}}, {{IOTINVAL_VMA, 0}}, {{IOTINVAL_GVMA, 0}}};

    return iommu_do(u, c, 3);
}

int aia_iommu_init(struct aia_iommu *u, const struct aia_iommu_config *config)
{
    if (!unit_config_valid(config))
        return AIA_EINVAL;
    *u = (struct aia_iommu){.config = *config, .capabilities = mmio_read64(config->mmio + CAPABILITIES)};
    aia_port_lock_init(&u->tables, "iommu tables");
    aia_port_lock_init(&u->lock, "iommu commands");
    aia_port_lock_init(&u->fault_lock, "iommu faults");
    u->refused = unit_refusal(u);
    if (u->refused)
        return AIA_ENOTSUP;
    u->was_bare = (mmio_read64(config->mmio + DDTP) & DDTP_MODE) == DDTP_BARE;
    int error = iommu_wait(u, DDTP, DDTP_BUSY, 0);
    if (!error)
        error = unit_queues_off(u);
    if (!error)
        error = unit_set_features(u);
    if (!error)
        error = take_unit_pages(u);
    if (!error)
        error = iommu_commands_on(u);
    if (!error)
        error = iommu_faults_on(u);
    return error ? error : aia_iommu_forget(u); /* also entries cached for an earlier owner */
}

int aia_iommu_bypass(uintptr_t mmio, uint64_t limit)
{
    struct aia_iommu u = {.config = {.mmio = mmio, .command_limit = limit}};

    if (iommu_wait(&u, DDTP, DDTP_BUSY, 0))
        return AIA_ETIMEOUT;
    if ((mmio_read64(mmio + DDTP) & DDTP_MODE) > DDTP_BARE)
        return AIA_ENOTSUP;
    mmio_write64(mmio + DDTP, DDTP_BARE);
    return iommu_wait(&u, DDTP, DDTP_BUSY | DDTP_MODE, DDTP_BARE);
}

bool aia_iommu_can(const struct aia_iommu *u, enum aia_iommu_mode mode)
{
    return mode == AIA_IOMMU_BASIC || (u->capabilities & CAP_MSI_MRIF);
}

/*
 * One store switches the unit, so at every moment the unit is in the old mode or in the new mode. The mode is WARL: a unit
 * that has fewer levels keeps its old mode.
 */
int aia_iommu_enable(struct aia_iommu *u)
{
    uintptr_t ddtp = u->config.mmio + DDTP;
    uint32_t mode = u->levels + 1u;

    fence_rw_o(); /* the directory before the register that names the directory */
    mmio_write64(ddtp, iommu_ppn(iommu_phys(u, u->root)) | mode);
    if (iommu_wait(u, DDTP, DDTP_BUSY, 0))
        return AIA_ETIMEOUT;
    if ((mmio_read64(ddtp) & DDTP_MODE) != mode) {
        u->refused = "its directory has too few levels for the highest device id";
        return AIA_ENOTSUP;
    }
    u->enabled = true;
    return AIA_OK;
}

/* ---- its own interrupts: "MSI configuration table" ---- */

/* Offsets in an entry of the table, and the mask bit of its control word. */
#define ADDR    0u
#define DATA    8u
#define CONTROL 12u
#define MASKED  1u

static uintptr_t entry_of(const struct aia_msi *msi)
{
    return container_of(msi, struct aia_iommu_vector, msi)->entry;
}

static void vector_mask(struct aia_msi *msi)
{
    mmio_write32(entry_of(msi) + CONTROL, MASKED);
    (void)mmio_read32(entry_of(msi) + CONTROL);
    fence_io_rwio();
}

static void vector_unmask(struct aia_msi *msi)
{
    fence_rw_o();
    mmio_write32(entry_of(msi) + CONTROL, 0);
}

static void vector_addr(struct aia_msi *msi, uint64_t addr)
{
    mmio_write32(entry_of(msi) + ADDR, (uint32_t)addr);
    mmio_write32(entry_of(msi) + ADDR + 4, (uint32_t)(addr >> 32));
}

static void vector_data(struct aia_msi *msi, uint32_t data)
{
    mmio_write32(entry_of(msi) + DATA, data);
}

static void vector_start(struct aia_msi *msi, const struct aia_message *m)
{
    vector_mask(msi);
    vector_addr(msi, m->addr);
    vector_data(msi, m->data);
    vector_unmask(msi);
}

static int vector_read_back(struct aia_msi *msi, struct aia_message *m)
{
    m->data = mmio_read32(entry_of(msi) + DATA);
    m->addr = mmio_read32(entry_of(msi) + ADDR) | (uint64_t)mmio_read32(entry_of(msi) + ADDR + 4) << 32;
    fence_io_rwio();
    return m->addr == UINT64_MAX ? AIA_ESILENT : AIA_OK;
}

static const struct aia_msi_ops vector_ops = {
    .start = vector_start,
    .stop = vector_mask,
    .write_addr = vector_addr,
    .write_data = vector_data,
    .mask = vector_mask,
    .unmask = vector_unmask,
    .read_back = vector_read_back,
};

int aia_iommu_vector_init(struct aia_iommu_vector *v, struct aia_iommu *u)
{
    if (u->by_wire)
        return AIA_ENOTSUP;
    *v = (struct aia_iommu_vector){
        .msi = {.ops = &vector_ops, .kind = AIA_MSI_MASKABLE},
        .entry = u->config.mmio + MSI_CFG_TBL,
    };
    mmio_write64(u->config.mmio + ICVEC, 0); /* every cause uses vector 0, which every unit has */
    vector_mask(&v->msi);
    return AIA_OK;
}
