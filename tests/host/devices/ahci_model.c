/* SPDX-License-Identifier: BSD-2-Clause */
#include "ahci_model.h"

#include <assert.h>
#include <string.h>

#define TFES 0x40000000u /* task file error status (3.3.5) */
#define DHRS 0x00000001u /* a register FIS has arrived */

struct am am;

void am_reset(void)
{
    function_reset();
    fn.vectors = 0;
    memset(&am, 0, sizeof(am));
    am.cmd = CMD_ST | CMD_CR | CMD_FRE;
    am.tfd = AM_TFD_OK;
    am.ie = INT_DONE | INT_ERROR;
    am.ghc = GHC_AHCI | GHC_INTERRUPTS;
    am.cap = CAP_64 | 31 << 8;
    am.ports = 1;
    am.sector_size = 512;
    am.sig = SIG_DISK;
    am.ssts = 0x123;
}

static void raise(uint32_t why)
{
    uint32_t before = am.global;

    am.is |= why;
    am.global |= (am.is & am.ie) != 0;
    if (!am.global || before || !(am.ghc & GHC_INTERRUPTS))
        return;
    am.messages++;
    if (am.lively)
        function_send(0);
}

static uint64_t lba_of(const struct ahci_table *t)
{
    return t->fis[4] | (uint64_t)t->fis[5] << 8 | (uint64_t)t->fis[6] << 16 | (uint64_t)t->fis[8] << 24;
}

static void fail_slot(unsigned slot)
{
    am.tfd = AM_TFD_ERR;
    am.halted = true;
    if (am.forgets)
        am.ci &= ~(1u << slot);
    raise(TFES);
}

/* Write the answer of IDENTIFY (ACS-3, 7.12.7): DMA, 48-bit addresses, the number of sectors, a checksum. */
static void identify(uint16_t *words)
{
    unsigned sum = 0xa5;

    memset(words, 0, 512);
    words[49] = 0x0100;
    words[83] = 0x4400;
    words[100] = AM_SECTORS;
    if (am.sector_size != 512) {
        words[106] = 0x5000;
        words[117] = (uint16_t)(am.sector_size / 2);
    }
    for (unsigned i = 0; i < 255; i++)
        sum += (words[i] & 0xffu) + (words[i] >> 8);
    words[255] = (uint16_t)(0xa5 | (0u - sum) << 8);
    words[100] += am.identify_garbled;
}

/* Returns false if the controller cannot execute this command. */
static bool execute(const struct ahci_table *t, void *to)
{
    if (t->fis[2] == IDENTIFY_DEVICE && !am.identify_fails)
        identify(to);
    else if (t->fis[2] == IDENTIFY_DEVICE || am.bad >> lba_of(t) & 1)
        return false;
    else
        *(uint64_t *)to = lba_of(t);
    return true;
}

bool am_work(void)
{
    unsigned slot = 0;

    if (!am.ci || am.halted || !(am.cmd & CMD_ST))
        return false;
    do
        slot = am.any_order ? random_below(&am.random, 32) : (unsigned)__builtin_ctz(am.ci);
    while (!(am.ci >> slot & 1));
    struct ahci_header *h = (struct ahci_header *)(uintptr_t)am.list + slot;
    const struct ahci_table *t = (const struct ahci_table *)(h->table | (uintptr_t)h->table_high << 32);
    assert(h->flags == (1u << 16 | 5) && t->fis[0] == 0x27 && t->fis[1] == 0x80);
    assert(t->fis[2] == READ_DMA_EXT || t->fis[2] == IDENTIFY_DEVICE);
    assert(t->count + 1 == t->fis[12] * (t->fis[2] == IDENTIFY_DEVICE ? 512u : am.sector_size));
    if (!execute(t, (void *)(t->address | (uintptr_t)t->address_high << 32))) {
        fail_slot(slot);
        return true;
    }
    h->transferred = t->count + 1 - am.short_of;
    am.ci &= ~(1u << slot);
    raise(DHRS);
    return true;
}

void device_idle(void)
{
    while (am.lively && !fn.gone && (am_work() || function_deliver()))
        ;
}

/* ---- registers ---- */

static uint32_t read_command(void)
{
    if (!(am.cmd & CMD_ST) && !am.never_stops && (!am.stops_after || !--am.stops_after))
        am.cmd &= ~CMD_CR;
    if (!(am.cmd & CMD_FRE) && am.hangs != AM_STUCK_RECEIVING)
        am.cmd &= ~CMD_FR;
    return am.cmd;
}

static uint32_t read_port(unsigned reg)
{
    switch (reg) {
    case PX_IS:
        return am.is;
    case PX_CMD:
        return read_command();
    case PX_TFD:
        return am.stays_busy && am.tfd == AM_TFD_OK ? 0x80 : am.tfd;
    case PX_SIG:
        return am.sig;
    case PX_SSTS:
        return am.ssts;
    default:
        assert(reg == PX_CI);
        return am.ci;
    }
}

static void write_command(uint32_t v)
{
    assert(!(v & CMD_FRE) || !(am.packet_cmd & (CMD_FRE | CMD_ST))); /* both ports receive at one address */
    if (am.cmd & CMD_ST && !(v & CMD_ST)) { /* the bits of PxCI are cleared (3.3.14) */
        am.ci = 0;
        am.halted = false;
        am.tfd = AM_TFD_OK;
    }
    assert(!(v & CMD_ST) || v & CMD_FRE); /* 10.3.1 */
    am.cmd = (v & ~(CMD_CR | CMD_FR)) | (v & CMD_ST || am.cmd & CMD_CR ? CMD_CR : 0) |
             (v & CMD_FRE || am.cmd & CMD_FR ? CMD_FR : 0);
}

static void write_port(unsigned reg, uint32_t v)
{
    switch (reg) {
    case PX_IS:
        am.is &= ~v;
        break;
    case PX_IE:
        am.ie = v;
        break;
    case PX_CMD:
        write_command(v);
        break;
    case PX_CLB: /* not while it is in use (3.3.1) */
        assert(!(am.cmd & CMD_CR) && v % 1024 == 0);
        am.list = v;
        break;
    case PX_CLB + 4:
        am.list |= (uint64_t)v << 32;
        break;
    case PX_FB:
        assert(!(am.cmd & CMD_FR) && v % 256 == 0);
        break;
    case PX_FB + 4:
    case PX_SERR:
        break;
    default:
        assert(reg == PX_CI && fn.fenced && am.cmd & CMD_ST && !(am.ci & v));
        am.ci |= v;
    }
}

static void write_global(uint32_t v)
{
    if (!(v & GHC_RESET)) {
        am.ghc = v;
        return;
    }
    assert(v & GHC_AHCI); /* the reset bit belongs to AHCI mode (10.4.3) */
    am.resets++;
    am.ghc = am.hangs == AM_STUCK_RESET ? v : 0;
    am.ie = am.is = am.global = am.ci = 0;
    am.cmd = am.hangs == AM_STUCK_RECEIVING ? CMD_FR : 0;
}

static unsigned disk_port(void)
{
    return (unsigned)__builtin_ctz(am.packet ? am.ports & (am.ports - 1) : am.ports);
}

/* Read a register of a port without a disk. */
static uint32_t read_other(unsigned port, unsigned reg)
{
    if (!am.packet || port != (unsigned)__builtin_ctz(am.ports))
        return 0;
    return reg == PX_SSTS  ? 0x123
           : reg == PX_SIG ? 0xeb140101
           : reg == PX_TFD ? AM_TFD_OK
           : reg == PX_CMD ? am.packet_cmd
                           : 0;
}

static void write_other(unsigned port, unsigned reg, uint32_t v)
{
    if (am.packet && port == (unsigned)__builtin_ctz(am.ports) && reg == PX_CMD)
        am.packet_cmd = v;
}

uint64_t device_read(uintptr_t at, unsigned size)
{
    unsigned port = (unsigned)(at - PORT(0)) / 0x80, reg = (unsigned)(at - PORT(0)) % 0x80;

    assert(size == 4);
    if (at >= PORT(0))
        return port == disk_port() ? read_port(reg) : read_other(port, reg);
    switch (at) {
    case CAP:
        return am.cap;
    case GHC:
        return am.ghc;
    case IS:
        return am.global;
    default:
        assert(at == PI);
        return am.ports;
    }
}

/* IS follows PxIS: a bit that is cleared while its cause is there is set again (10.7.2.1). */
void device_write(uintptr_t at, uint64_t v, unsigned size)
{
    unsigned port = (unsigned)(at - PORT(0)) / 0x80, reg = (unsigned)(at - PORT(0)) % 0x80;

    assert(size == 4);
    if (at >= PORT(0) && port == disk_port())
        write_port(reg, (uint32_t)v);
    else if (at >= PORT(0))
        write_other(port, reg, (uint32_t)v);
    else if (at == GHC)
        write_global((uint32_t)v);
    else
        am.global = (am.global & ~(uint32_t)v) | ((am.is & am.ie) != 0) | am.stuck;
}
