/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Two harts with two tasks each. On each hart a task moves an interrupt between the harts, and sends edges. On the first hart
 * the other task calls a long function on the second hart, and waits. This shows that every edge is handled, that harts queue
 * for locks, and that other tasks run while the library waits.
 */
#include "port.h"
#include "kernel.h"

enum { IDS = 255, SECOND = 10000000, MOVES = 2000, IRQS = 2 };
enum { HANG = 100 * SECOND }; /* as in the minikernel: for emulators */
#define IMSIC(hart) (0x28000000 + (hart)*0x1000)

char stacks[HARTS][8192] __attribute__((aligned(16)));
static struct aia aia;
static struct aia_hart harts[HARTS];
static struct imsic_file files[HARTS];
static _Atomic uint32_t slots[HARTS][IDS + 1];
static struct aia_irq irqs[IRQS];
static aia_counter runs[IRQS * HARTS];
static _Atomic unsigned online, done;
void second_start(void); /* ../minikernel/start.S */

long sbi(unsigned long ext, unsigned long fid, unsigned long arg, uintptr_t start)
{
    register unsigned long a0 __asm__("a0") = arg, a1 __asm__("a1") = start, a6 __asm__("a6") = fid;
    register unsigned long a7 __asm__("a7") = ext;
    __asm__ volatile("ecall" : "+r"(a0), "+r"(a1) : "r"(a6), "r"(a7) : "memory");
    return (long)a0;
}

static void say(const char *s)
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
    if (good) return;
    say("FAIL: ");
    finish(what, 1 << 16 | 0x3333);
}

__attribute__((interrupt("supervisor"), aligned(4))) void trap(void)
{
    unsigned long cause = CSR("csrr %0, scause");
    check(cause >> 63, "an exception\n");
    if ((cause & 15) == 9 && !aia_interrupt(&aia)) return; /* true: handle the timer first */
    aia_port_timer(UINT64_MAX);
    aia_timer(&aia);
}

/* ---- a device that has only a message: eight bytes, which one store changes; edge() makes it send ---- */

struct device {
    struct aia_msi msi;
    _Atomic uint64_t message; /* address and data */
    _Atomic unsigned handled;
    struct aia_irq *irq;
    struct aia_lock lock; /* for depth */
    unsigned depth;       /* disables that no enable has undone */
};

static void store(struct aia_msi *msi, const struct aia_message *m)
{
    ((struct device *)msi)->message = m->addr << 32 | m->data;
}

static void stop(struct aia_msi *msi) { ((struct device *)msi)->message = 0; }

static int read_back(struct aia_msi *msi, struct aia_message *m)
{
    uint64_t now = ((struct device *)msi)->message;
    *m = (struct aia_message){now >> 32, (uint32_t)now};
    return AIA_OK;
}

static void edge(struct device *d)
{
    uint64_t m = d->message;
    *(volatile uint32_t *)(uintptr_t)(m >> 32) = (uint32_t)m;
}

static enum aia_result handler(void *context, struct aia_irq *irq)
{
    (void)irq;
    ((struct device *)context)->handled++;
    return AIA_HANDLED;
}

static const struct aia_msi_ops ops = {.start = store, .stop = stop, .store = store, .read_back = read_back};
static struct device devices[IRQS];

/* ---- disable and enable that nest: the kernel counts ---- */

static unsigned long lock_device(struct device *d)
{
    unsigned long was = aia_port_irq_save();
    aia_port_lock(&d->lock);
    return was;
}

static void unlock_device(struct device *d, unsigned long was)
{
    aia_port_unlock(&d->lock);
    aia_port_irq_restore(was);
}

static void disable(struct device *d)
{
    unsigned long was = lock_device(d);
    if (!d->depth++) aia_irq_disable(&aia, d->irq);
    unlock_device(d, was);
}

static void enable(struct device *d)
{
    unsigned long was = lock_device(d);
    if (d->depth && !--d->depth) aia_irq_enable(&aia, d->irq);
    unlock_device(d, was);
}

static void nest(struct device *d)
{
    uint64_t end = aia_port_time() + HANG;
    enable(d); /* was not disabled: no effect */
    disable(d);
    disable(d);
    edge(d);
    enable(d);
    for (unsigned i = 0; i < 100; i++) task_yield();
    check(d->handled == MOVES, "an edge is handled, and one of two disables has not been undone\n");
    enable(d);
    for (; d->handled == MOVES; task_yield()) check(aia_port_time() < end, "a kept edge is lost\n");
}

/* ---- the tasks ---- */

static void mover(void)
{
    unsigned hart = aia_port_hart();
    struct device *d = &devices[hart];
    struct aia_irq *irq;
    struct aia_request r = {.name = "device",
                            .handler = handler,
                            .context = d,
                            .msi = &d->msi,
                            .affinity = aia_hartset_first(HARTS)};

    aia_port_lock_init(&d->lock, "device");
    d->msi = (struct aia_msi){.ops = &ops, .kind = AIA_MSI_STORE};
    check(aia_irq_request(&aia, &r, &irq) == AIA_OK, "aia_irq_request\n");
    for (unsigned i = 0; i < MOVES; i++) {
        struct aia_hartset to = aia_hartset_one(i % HARTS);
        uint64_t end = aia_port_time() + HANG;
        check(aia_irq_set_affinity(&aia, irq, &to) == AIA_OK, "aia_irq_set_affinity\n");
        edge(d);
        for (; d->handled == i; task_yield()) check(aia_port_time() < end, "an edge is lost\n");
    }
    d->irq = irq;
    nest(d);
    check(aia_irq_free(&aia, irq) == AIA_OK, "aia_irq_free\n");
    for (done++;; task_yield()) continue;
}

/* Runs on the second hart, in interrupt context. */
static void work(void *arg)
{
    for (uint64_t end = aia_port_time() + SECOND / 1000; aia_port_time() < end;) continue;
    ++*(unsigned *)arg;
}

static void caller(void)
{
    const struct task *neighbour = &tasks[0][0];
    unsigned worked = 0, turns = 0;

    for (uint64_t end = aia_port_time() + HANG; turns < 100;) {
        unsigned before = neighbour->turns;
        check(aia_call(&aia, 1, work, &worked) == AIA_OK, "aia_call\n");
        turns += neighbour->turns - before;
        check(aia_port_time() < end, "no other task runs while a task waits\n");
    }
    check(worked > 0, "the work is not done\n");
    say("while a task waited for the other hart, its neighbour ran a hundred times\n");
    while (done < HARTS) task_yield();
    check(devices[0].handled == MOVES + 1 && devices[1].handled == MOVES + 1, "edges\n");
    say("no edge was lost\n");
    finish("foreign-port: PASS\n", 0x5555);
}

static void idle(void)
{
    for (;;) task_yield();
}

/* ---- the two harts ---- */

/* Hart 0 holds a lock until hart 1 waits for it. */
static void queue_up(void)
{
    static struct aia_lock lock; /* zeroed memory: a free MCS lock */
    static _Atomic unsigned held;
    unsigned long was = aia_port_irq_save();

    while (aia_port_hart() == 1 && !held) check(aia_port_time() < HANG, "a lock is not taken\n");
    aia_port_lock(&lock);
    held = 1;
    while (!lock_waits) check(aia_port_time() < HANG, "no hart waits for the lock\n");
    aia_port_unlock(&lock);
    aia_port_irq_restore(was);
}

static void begin(void)
{
    check(aia_hart_online_begin(&aia) == 0, "aia_hart_online_begin\n");
    __asm__ volatile("csrw sie, %0" ::"r"(1 << 9 | 1 << 5)); /* external and timer */
    online++;
    aia_port_irq_restore(2);
    while (online < HARTS) check(aia_port_time() < HANG, "the second hart does not come\n");
    queue_up();
    task_start(aia_port_hart(), 0, mover);
    task_start(aia_port_hart(), 1, aia_port_hart() ? idle : caller);
    task_run();
}

void second(void) { begin(); }

void first(unsigned here)
{
    // clang-format off
    const struct aia_config config = {
        .n_harts = HARTS, .harts = harts, .files = files, .irqs = irqs, .n_irqs = IRQS, .runs = runs,
        .ipi_id = 1, .sync_id = 2, .lazy_period = SECOND / 1000, .wait_limit = HANG, .max_retiring = 8,
        .storm_window = SECOND / 10, .storm_limit = 1000};
    for (unsigned h = 0; h < HARTS; h++)
        files[h] = (struct imsic_file){.mmio = IMSIC(h), .msi_addr = IMSIC(h), .n_ids = IDS, .slots = slots[h]};
    // clang-format on
    check(aia_init(&aia, &config) == AIA_OK, "aia_init\n");
    check(sbi(SBI_HSM, HSM_START, 1 - here, (uintptr_t)second_start) == 0, "hart_start\n");
    begin();
}
