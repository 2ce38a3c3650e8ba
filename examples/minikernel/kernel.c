/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A whole kernel on libaia: four harts of QEMU's virt machine, and an edu device with a plain MSI. The kernel takes the device's
 * interrupt, moves the interrupt to another hart, takes that hart offline, which moves the interrupt away, and brings the hart back.
 * load.c then shows that no edge is lost while harts move the interrupt. A real kernel reads the addresses and the number of identities from the
 * device tree; here they are constants. The port is a file of ../ports.
 */
#include "kernel.h"
#include <stddef.h>

enum { IDS = 255 };
#define IMSIC(hart) (0x28000000 + (hart)*0x1000)
#define EDU         ((volatile uint32_t *)0x40000000)                 /* BAR 0, set below */
#define CFG(offset) (*(volatile uint32_t *)(0x30008000ul + (offset))) /* bus 0, device 1 */

char stacks[HARTS][8192] __attribute__((aligned(16)));
struct aia aia;
static struct aia_hart harts[HARTS];
static struct imsic_file files[HARTS];
static _Atomic uint32_t slots[HARTS][IDS + 1];
static struct aia_irq irqs[1];
static aia_counter runs[HARTS];
static _Atomic unsigned online, handled;
static _Atomic bool leave[HARTS];

enum { SBI_PUTCHAR = 1, SBI_HSM = 0x48534d, HSM_START = 0, HSM_STOP, HSM_STATUS };
static long sbi(unsigned long ext, unsigned long fid, unsigned long arg, uintptr_t start)
{
    register unsigned long a0 __asm__("a0") = arg, a1 __asm__("a1") = start, a6 __asm__("a6") = fid;
    register unsigned long a7 __asm__("a7") = ext;
    __asm__ volatile("ecall" : "+r"(a0), "+r"(a1) : "r"(a6), "r"(a7) : "memory");
    return a0 ? (long)a0 : (long)a1;
}

void say(const char *s)
{
    while (*s) sbi(SBI_PUTCHAR, 0, (unsigned char)*s++, 0);
}

static void finish(const char *verdict, uint32_t how)
{
    say(verdict);
    for (;;) *(volatile uint32_t *)0x100000 = how; /* the test finisher */
}

void check(bool good, const char *what)
{
    if (!good) say("FAIL: "), finish(what, 1 << 16 | 0x3333); /* exit code 1 */
}

/* ---- what the port leaves to the kernel, and traps ---- */

void aia_port_ipi(unsigned n) { leave[aia_port_hart()] = n == AIA_IPI_USER; }
void aia_port_report(const struct aia_report *r) { check(!r, aia_report_text(r->what)); }

__attribute__((interrupt("supervisor"), aligned(4))) void trap(void)
{
    unsigned long cause = CSR("csrr %0, scause");
    check(cause >> 63, "an exception\n");
    if ((cause & 15) == 9 && !aia_interrupt(&aia)) return; /* true: handle the timer first */
    port_timer_interrupt(&aia);
}

/* ---- the device's end of its message: PCI's MSI capability with a 64-bit address ---- */

static unsigned cap;
static void write_addr(struct aia_msi *self, uint64_t a) { CFG(cap + 4) = (uint32_t)a; }
static void write_data(struct aia_msi *self, uint32_t d) { CFG(cap + 12) = d; }
static void stop(struct aia_msi *self) { CFG(cap) &= ~0x10000u; }

static void start(struct aia_msi *self, const struct aia_message *m)
{
    CFG(cap + 4) = (uint32_t)m->addr;
    CFG(cap + 8) = (uint32_t)(m->addr >> 32);
    CFG(cap + 12) = m->data;
    CFG(cap) |= 0x10000;
}

static int read_back(struct aia_msi *self, struct aia_message *m)
{
    *m = (struct aia_message){CFG(cap + 4) | (uint64_t)CFG(cap + 8) << 32, CFG(cap + 12)};
    return m->data == ~0u ? AIA_ESILENT : AIA_OK;
}

static const struct aia_msi_ops ops = {start, stop, write_addr, write_data, .read_back = read_back};
static struct aia_msi msi = {.ops = &ops, .kind = AIA_MSI_PLAIN};

static enum aia_result handler(void *context, struct aia_irq *irq)
{
    uint32_t status = EDU[0x24 / 4];
    EDU[0x64 / 4] = status;
    handled += status != 0;
    return status ? AIA_HANDLED : AIA_NONE;
}

void edge(void)
{
    uint64_t end = aia_port_time() + HANG, before = handled;
    EDU[0x60 / 4] = 1;
    while (handled == before) check(aia_port_time() < end, "an edge is lost\n");
}

static void edge_on(unsigned hart, const char *what)
{
    uint64_t before = aia_irq_runs(&aia, irqs, hart);
    edge();
    check(aia_irq_runs(&aia, irqs, hart) > before, what);
    say(what);
}

/* ---- the harts ---- */

static void begin(void)
{
    leave[aia_port_hart()] = false;
    check(aia_hart_online_begin(&aia) == 0, "aia_hart_online_begin\n");
    port_timer_interrupt(&aia);
    __asm__ volatile("csrw sie, %0" ::"r"(1 << 9 | 1 << 5)); /* external and timer */
    online++;
}

void second(void)
{
    begin();
    for (; aia_port_irq_save(), !leave[aia_port_hart()]; aia_port_irq_restore(SIE)) load_or_idle(irqs);
    check(aia_hart_offline_finish(&aia) == AIA_OK, "aia_hart_offline_finish\n");
    sbi(SBI_HSM, HSM_STOP, 0, 0);
}

void first(unsigned here)
{
    const unsigned there = (here + 1) % HARTS;
    const struct aia_hartset other = aia_hartset_one(there);
    // clang-format off
    const struct aia_config config = {.n_harts = HARTS, .harts = harts, .files = files, .irqs = irqs, .n_irqs = 1, .runs = runs,
        .ipi_id = 1, .sync_id = 2, .lazy_period = SECOND / 1000, .wait_limit = HANG, .max_retiring = 8,
        .storm_window = SECOND / 10, .storm_limit = 1000};
    for (unsigned h = 0; h < HARTS; h++)
        files[h] = (struct imsic_file){.mmio = IMSIC(h), .msi_addr = IMSIC(h), .n_ids = IDS, .slots = slots[h]};
    // clang-format on
    check(aia_init(&aia, &config) == AIA_OK, "aia_init\n");
    begin();

    /* As a kernel boots: interrupts are off, and this hart is the only hart that is online. */
    CFG(0x10) = (uint32_t)(uintptr_t)EDU, CFG(4) |= 6; /* BAR 0; memory and bus master on */
    for (cap = CFG(0x34) & 0xff; cap && (CFG(cap) & 0xff) != 5;) cap = CFG(cap) >> 8 & 0xff;
    struct aia_irq *irq;
    struct aia_request edu = {"edu", handler, .msi = &msi, .affinity = aia_hartset_one(here)};
    check(cap && aia_irq_request(&aia, &edu, &irq) == AIA_OK, "aia_irq_request\n");
    check(!aia_irq_free(&aia, irq) && !aia_irq_request(&aia, &edu, &irq), "a free, and a request again\n");
    aia_port_irq_restore(SIE);
    for (unsigned h = 0; h < HARTS; h++)
        check(h == here || sbi(SBI_HSM, HSM_START, h, (uintptr_t)second_start) >= 0, "hart_start\n");
    while (online < HARTS) check(aia_port_time() < HANG, "a hart does not come\n");

    edge_on(here, "an edge on the first hart\n");
    check(aia_irq_set_affinity(&aia, irq, &other) == AIA_OK, "aia_irq_set_affinity\n");
    edge_on(there, "an edge on the second hart, after a move\n");
    check(aia_hart_offline_begin(&aia, there) == AIA_OK, "aia_hart_offline_begin\n");
    aia_ipi_send(&aia, there, AIA_IPI_USER);
    while (sbi(SBI_HSM, HSM_STATUS, there, 0) != 1) check(aia_port_time() < HANG, "not STOPPED\n");
    check(irq->vec.hart != there, "the interrupt is still on the second hart\n");
    edge_on(irq->vec.hart, "an edge on another hart: the second is offline\n");
    check(sbi(SBI_HSM, HSM_START, there, (uintptr_t)second_start) >= 0, "hart_start, again\n");
    while (online <= HARTS) check(aia_port_time() < HANG, "the second hart does not come back\n");
    check(aia_hart_online_finish(&aia, there, AIA_DISPLACED_RETURN) == AIA_OK, "aia_hart_online_finish\n");
    edge_on(there, "an edge on the second hart, which is back\n");
    load(irq);
    finish("minikernel: PASS\n", 0x5555);
}
