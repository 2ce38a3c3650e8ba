/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A kernel for QEMU's virt machine around the code of docs/embedding.md, which embedding.t puts into page.c. The start code and
 * the linker script are the minikernel's. The kernel takes an interrupt of edu and one of the UART's wire, moves, takes a hart
 * offline and back, and suspends, each by the functions of the page. With NO_TREE_NO_HSM the wire is that of the page's constants,
 * and a hart that goes offline parks.
 */
#include "page.c"

enum { HANG = 100 * SECOND, STACK = 8192 }; /* on a busy host a hart may not run for seconds */
#define CFG(offset) ((volatile uint32_t *)(0x30008000ul + (offset))) /* bus 0, device 1 */
#define UART(n)     (*(volatile uint8_t *)(0x10000000ul + (n)))

struct lock {
    int taken;
};

char stacks[HARTS][STACK] __attribute__((aligned(16)));
static struct lock edu_lock;
static struct device edu = {.lock = &edu_lock};
static struct device *_Atomic to_move;
static _Atomic unsigned online, sent, reports;
void second_start(void); /* start.S */

enum { SBI_PUTCHAR = 1, SBI_HSM = 0x48534d, HSM_START = 0, HSM_STOP, HSM_STATUS, HSM_SUSPEND };
enum { SBI_IPI = 0x735049 };
static long sbi(unsigned long ext, unsigned long fid, unsigned long arg, uintptr_t start)
{
    register unsigned long a0 __asm__("a0") = arg, a1 __asm__("a1") = start, a6 __asm__("a6") = fid;
    register unsigned long a7 __asm__("a7") = ext;
    __asm__ volatile("ecall" : "+r"(a0), "+r"(a1) : "r"(a6), "r"(a7) : "memory");
    return a0 ? (long)a0 : (long)a1;
}

static void say(const char *s)
{
    while (*s)
        sbi(SBI_PUTCHAR, 0, (unsigned char)*s++, 0);
}

static _Noreturn void finish(const char *verdict, uint32_t how)
{
    say(verdict);
    say("\n");
    for (;;)
        *(volatile uint32_t *)0x100000 = how; /* the test finisher */
}

_Noreturn void panic(const char *why)
{
    say("FAIL: ");
    finish(why, 1 << 16 | 0x3333); /* exit code 1 */
}

static void check(bool good, const char *what)
{
    if (!good)
        panic(what);
}

static void done(int error, const char *what)
{
    if (error)
        say(what), say(": "), panic(aia_strerror(error));
}

/* ---- what the page takes from its kernel ---- */

void kprintf(const char *format, ...)
{
    (void)format;
    reports++;
}

unsigned long lock(struct lock *l)
{
    unsigned long was = aia_port_irq_save();
    while (__atomic_exchange_n(&l->taken, 1, __ATOMIC_ACQUIRE))
        port_pause();
    return was;
}

void unlock(struct lock *l, unsigned long was)
{
    __atomic_store_n(&l->taken, 0, __ATOMIC_RELEASE);
    aia_port_irq_restore(was);
}

uintptr_t file_mapped(unsigned hart)
{
    return 0x28000000 + hart * 0x1000;
}
uint64_t file_address(unsigned hart)
{
    return file_mapped(hart);
}
void wake_mover(struct device *d)
{
    to_move = d;
}
#ifdef NO_TREE_NO_HSM
void second(void);
void hart_stop(void)
{
    hart_park();
    second();
}
bool hart_is_stopped(unsigned hart)
{
    return parked[hart];
}
#else
void hart_stop(void)
{
    sbi(SBI_HSM, HSM_STOP, 0, 0);
}
bool hart_is_stopped(unsigned hart)
{
    return sbi(SBI_HSM, HSM_STATUS, hart, 0) == 1;
}
#endif

void hart_start(unsigned hart)
{
    unsigned before = online;
    if (parked[hart]) {
        parked[hart] = false;
        sbi(SBI_IPI, 0, 1, hart); /* the set of hart `hart` alone */
    } else
        check(sbi(SBI_HSM, HSM_START, hart, (uintptr_t)second_start) >= 0, "hart_start");
    while (online == before)
        port_pause();
}

/* A retentive suspension, after which the file has lost its delivery all the same. */
void hart_suspend(void)
{
    sbi(SBI_HSM, HSM_SUSPEND, 0, 0);
    __asm__ volatile("csrw siselect, %0\n csrw sireg, zero" ::"r"(0x70)); /* eidelivery */
}

__attribute__((interrupt("supervisor"), aligned(4))) void trap(void)
{
    unsigned long cause = CSR("csrr %0, scause");
    check(cause >> 63, "an exception");
    device_trap(cause);
}

/* ---- the devices ---- */

static void edge(void)
{
    uint64_t end = aia_port_time() + HANG;
    unsigned before = edu.handled;
    edu.regs[0x60 / 4] = 1;
    while (edu.handled == before)
        check(aia_port_time() < end, "an edge is lost");
}

static void edge_on(unsigned hart, const char *what)
{
    uint64_t before = aia_irq_runs(&aia, edu.irq, hart);
    edge();
    check(aia_irq_runs(&aia, edu.irq, hart) > before, what);
}

static enum aia_result uart_handler(void *context, struct aia_irq *irq)
{
    (void)context, (void)irq;
    if ((UART(2) & 0xf) != 2)
        return AIA_NONE; /* IIR: the transmitter is empty; this read clears the cause */
    sent++;
    return AIA_HANDLED;
}

static void find_edu(void)
{
    unsigned cap = *CFG(0x34) & 0xff;
    *CFG(0x10) = 0x40000000, *CFG(4) |= 6; /* BAR 0; memory and bus master on */
    while (cap && (*CFG(cap) & 0xff) != 5)
        cap = *CFG(cap) >> 8 & 0xff;
    check(cap, "no edu");
    edu.cap = CFG(cap);
    edu.regs = (volatile uint32_t *)0x40000000;
}

/* ---- the harts ---- */

void second(void)
{
    hart_begin();
    online++;
    for (;; aia_port_irq_restore(SIE)) {
        __asm__ volatile("wfi");
        aia_port_irq_save();
        hart_idle();
    }
}

static void wire(const uint8_t *blob)
{
    struct aia_irq *irq;
#ifdef NO_TREE_NO_HSM
    (void)blob;
    done(uart_attach(uart_handler, &irq), "uart_attach");
#else
    static struct aplic_source source;
    const uint32_t size = (uint32_t)blob[4] << 24 | blob[5] << 16 | blob[6] << 8 | blob[7];

    done(wires_init(blob, size), "wires_init");
    done(wire_attach(&source, aia_fdt_next(&tree, -1, "ns16550a"), uart_handler, NULL, &irq), "wire_attach");
#endif
}

static void nest(void)
{
    unsigned before = edu.handled;
    device_disable(&edu);
    device_disable(&edu);
    edu.regs[0x60 / 4] = 1;
    device_enable(&edu);
    for (uint64_t end = aia_port_time() + SECOND / 100; aia_port_time() < end;)
        continue;
    check(edu.handled == before, "one enable for two disables is enough");
    device_enable(&edu);
    for (uint64_t end = aia_port_time() + HANG; edu.handled == before;)
        check(aia_port_time() < end, "a kept edge is lost");
}

static void move(unsigned hart)
{
    unsigned long was = aia_port_irq_save();
    int error = device_set_hart(&edu, hart);
    aia_port_irq_restore(was);
    done(error, "device_set_hart");
    if (to_move)
        done(device_move(&edu), "device_move");
    check(edu.hart == hart, "moved() has not been called");
    edge_on(hart, "an edge on another hart, after a move");
}

static void sleep_once(void)
{
    static struct imsic_saved saved;
    unsigned before = edu.handled;
    unsigned long was = aia_port_irq_save();
    edu.regs[0x60 / 4] = 1;
    hart_sleep(&saved);
    check(edu.handled == before, "interrupts are on");
    aia_port_irq_restore(was);
    for (uint64_t end = aia_port_time() + HANG; edu.handled == before;)
        check(aia_port_time() < end, "a suspension loses an edge");
}

void first(unsigned here, const uint8_t *blob)
{
    const unsigned there = (here + 1) % HARTS;

    done(set_up(), "set_up");
    hart_begin();
    wire(blob);
    find_edu();
    done(device_attach(&edu), "device_attach");
    aia_port_irq_restore(SIE);
    UART(1) = 2; /* IER: an interrupt when the transmitter is empty */
    for (unsigned h = 0; h < HARTS; h++)
        if (h != here)
            hart_start(h);
    edge();
    nest();
    move(there);
    done(hart_off(there), "hart_off");
    check(edu.hart != there, "the interrupt is still on a hart that is offline");
    edge_on(edu.hart, "an edge while a hart is offline");
    done(hart_on(there), "hart_on");
    move(there);
    move(here);
    sleep_once();
    check(sent, "no interrupt of the uart's wire");
    check(!reports, "a report");
    finish("embedding: PASS", 0x5555);
}
