/* SPDX-License-Identifier: BSD-2-Clause */
#include "payload/drivers/nvme.h"

/* NVM command set 1.0, figure 97: Identify Namespace. */
#define NSZE  0
#define NCAP  8
#define NLBAF 25
#define FLBAS 26
#define LBAF0 128

static uint64_t le64(const uint8_t *p)
{
    uint64_t v = 0;

    for (unsigned i = 8; i-- > 0;)
        v = v << 8 | p[i];
    return v;
}

/*
 * The format in use is bits 3:0 of FLBAS, its number of formats is 0-based; a format is metadata size, and the data
 * size's logarithm. A namespace that is not there reads as zeros.
 */
int nvme_parse_namespace(const uint8_t *page, struct nvme_namespace *ns)
{
    uint64_t size = le64(page + NSZE), capacity = le64(page + NCAP);
    unsigned format = page[FLBAS] & 15u;
    const uint8_t *lbaf = page + LBAF0 + 4 * format;

    if (size == 0 || capacity == 0 || capacity > size || format > page[NLBAF])
        return DISK_EIDENTIFY;
    if (lbaf[2] < 9 || lbaf[2] > 12 || lbaf[0] || lbaf[1])
        return DISK_EFEATURE;
    ns->sectors = size;
    ns->sector_size = 1u << lbaf[2];
    return DISK_OK;
}
