/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "iommu_bench.h"

struct aia_iommu b_unit;
struct aia_iommu_config b_config;
struct aia_iommu_fault b_faults[64];
unsigned b_n_faults;

static void note(void *arg, const struct aia_iommu_fault *fault)
{
    assert_ptr_equal(arg, &b_unit);
    if (b_n_faults < 64)
        b_faults[b_n_faults++] = *fault;
}

void b_machine(unsigned n)
{
    t_machine(n, 63);
    i_reset();
    b_n_faults = 0;
    b_config = (struct aia_iommu_config){
        .mmio = I_MMIO,
        .phys_offset = I_OFFSET,
        .pages = i_memory,
        .n_pages = I_PAGES,
        .max_id = 63,
        .window = B_WINDOW,
        .max_devices = 6,
        .log2_commands = 4,
        .log2_faults = 3,
        .command_limit = T_LIMIT,
        .storm_window = T_WINDOW,
        .storm_limit = B_STORM,
        .fault = note,
        .arg = &b_unit,
    };
}

void b_up(void)
{
    assert_int_equal(aia_iommu_init(&b_unit, &b_config), AIA_OK);
    assert_int_equal(aia_iommu_map(&b_unit, B_MEMORY, B_MEMORY, 0x40201000), AIA_OK);
    assert_int_equal(aia_iommu_enable(&b_unit), AIA_OK);
}

void b_irq(struct b_irq *b, uint32_t id, enum aia_iommu_mode mode, enum aia_msi_kind kind, unsigned hart)
{
    memset(b, 0, sizeof(*b));
    m_dev_init(&b->q.dev, kind);
    assert_int_equal(aia_iommu_attach(&b_unit, &b->device, id, AIA_IOMMU_TRANSLATED, 1), AIA_OK);
    i_behind(id, b->device.window);
    assert_int_equal(aia_iommu_msi_init(&b->msi, &b->device, 0, mode, &b->q.dev.msi), AIA_OK);
    struct aia_request r = {.affinity = aia_hartset_one(hart), .msi = &b->msi.msi};
    assert_int_equal(t_request_as(&b->q, r), AIA_OK);
}
