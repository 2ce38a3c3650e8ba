/* SPDX-License-Identifier: BSD-2-Clause */
#include "payload/drivers/ahci.h"

/* Words of IDENTIFY DEVICE: ACS-3, table 45. */
#define CAPABILITIES 49u
#define COMMANDS     83u
#define SECTORS_48   100u
#define SECTOR_SIZE  106u
#define SECTOR_WORDS 117u /* and 118: size of a sector in words, where it is not 256 */
#define INTEGRITY    255u

#define HAS_DMA       0x0100u
#define HAS_48        0x0400u
#define VALID         0x4000u /* bits 15:14 of words 83 and 106 are 01 where they mean something */
#define LONG_SECTORS  0x1000u
#define CHECKSUM_SIGN 0xa5u

static bool sum_wrong(const uint16_t *words)
{
    unsigned sum = 0;

    if ((words[INTEGRITY] & 0xffu) != CHECKSUM_SIGN)
        return false; /* it has none */
    for (unsigned i = 0; i < 256; i++)
        sum += (words[i] & 0xffu) + (words[i] >> 8);
    return (sum & 0xffu) != 0;
}

static uint64_t sector_size(const uint16_t *words)
{
    if ((words[SECTOR_SIZE] & (0xc000u | LONG_SECTORS)) != (VALID | LONG_SECTORS))
        return DISK_SECTOR;
    return 2 * ((uint64_t)words[SECTOR_WORDS + 1] << 16 | words[SECTOR_WORDS]);
}

int ahci_parse_identify(const uint16_t *words, struct disk *d)
{
    uint64_t n = 0;

    for (unsigned i = 4; i-- > 0;)
        n = n << 16 | words[SECTORS_48 + i];
    if (sum_wrong(words))
        return DISK_EIDENTIFY;
    if (!(words[CAPABILITIES] & HAS_DMA) || (words[COMMANDS] & (0xc000u | HAS_48)) != (VALID | HAS_48))
        return DISK_EFEATURE;
    if (n == 0 || n >> 48)
        return DISK_EIDENTIFY;
    d->sectors = n;
    return disk_set_sector(d, sector_size(words));
}
