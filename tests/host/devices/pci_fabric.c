/* SPDX-License-Identifier: BSD-2-Clause */
/* Every access goes to the model of a PCI fabric (tests/host/model/pci_model.h). This file is linked by name. */
#include "mmio.h"
#include "pci_model.h"

uint64_t model_mmio_read(uintptr_t a, unsigned size)
{
    return pm_read(a, size);
}

void model_mmio_write(uintptr_t a, uint64_t v, unsigned size)
{
    pm_write(a, v, size);
}

void model_fence(int kind)
{
    pm_fence(kind);
}
