/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Wired devices, from the device tree to their handlers. The kernel reads the tree with libaia-fdt, brings up every hart, and takes
 * the interrupts of a UART and of a virtio-rng, whose wires lead to an APLIC. Under load it moves both interrupts from hart to hart
 * and counts: every letter that is typed, every character that is sent and every buffer that is asked for needs an interrupt.
 * Nothing in this file depends on the machine. If the harts have interrupt files, the APLIC sends messages to these; otherwise
 * the APLIC interrupts the harts itself.
 */
#include "wired.h"

enum { SLOTS = IMSIC_MAX_IDS + 1, ROUNDS = 3, RNG_MOVES = 8, LETTERS = 20 };
static struct aia_fdt facts;
static struct aia_fdt_unused unused[8];
static struct aia_fdt_tree tree = {.unused = unused, .max_unused = 8, .max = 2 << 20};
static struct aplic domains[AIA_FDT_MAX_APLICS];
static struct aplic_source *_Atomic claimed[AIA_FDT_MAX_APLICS][AIA_FDT_SOURCES]; /* direct: aplic.sources */
static struct aia_controller *controllers[MAX_HARTS];
static struct aia_hart harts[MAX_HARTS];
static struct imsic_file files[MAX_HARTS];
static _Atomic uint32_t slots[MAX_HARTS][SLOTS];
static struct aia_irq irqs[IRQS];
static aia_counter runs[IRQS * MAX_HARTS];
static _Atomic unsigned online;
static unsigned moves;

/* ---- the tree ---- */

static void check_fdt(int error)
{
    char line[270];

    if (!error) return;
    aia_fdt_error_line(&tree.error, line, sizeof(line));
    check(false, line);
}

static void read_tree(const void *blob)
{
    struct aia_fdt_region r;

    tree.blob = blob;
    check_fdt(aia_fdt_check(&tree));
    int node = aia_fdt_next(&tree, -1, "sifive,test0");
    if (node >= 0 && !aia_fdt_reg(&tree, node, 0, &r)) finisher = r.base;
    check_fdt(aia_fdt_read(&tree, &facts));
    for (size_t i = 0; i < tree.n_unused && i < 8; i++) {
        char line[270];
        aia_fdt_error_line(&unused[i].why, line, sizeof(line));
        say("not used: ");
        say(line);
        say("\n");
    }
    check(facts.n_harts <= MAX_HARTS, "more than 32 harts");
    machine = &facts;
    second = facts.timebase;
}

/* Whether interrupts of this domain can go to the hart. */
static bool reaches(unsigned domain, unsigned hart)
{
    const struct aia_fdt_aplic *a = &facts.aplics[domain];
    return a->msi_mode ? facts.harts[hart].imsic_addr != 0 : a->index[hart] >= 0;
}

static void init_library(void)
{
    const uint16_t ipi = (uint16_t)facts.imsic.ipi_id;
    // clang-format off
    struct aia_config config = {
        .n_harts = (unsigned)facts.n_harts, .harts = harts, .irqs = irqs, .n_irqs = IRQS, .runs = runs,
        .lazy_period = second / 1000, .wait_limit = 50 * second, .max_retiring = 8, .storm_window = second / 10,
        .storm_limit = 1000};
    // clang-format on
    if (facts.imsic.present) {
        for (unsigned h = 0; h < facts.n_harts; h++) aia_fdt_file(&facts, h, slots[h], &files[h]);
        config.files = files;
        config.ipi_id = ipi;
        config.sync_id = ipi == 1 ? 2 : 1;
    } else {
        for (unsigned i = 0; i < facts.n_aplics; i++)
            for (unsigned h = 0; h < facts.n_harts; h++)
                if (reaches(i, h)) controllers[h] = &domains[i].controller;
        config.controllers = controllers;
        config.kick = kick;
    }
    check_aia(aia_init(&aia, &config), "aia_init");
    for (unsigned i = 0; i < facts.n_aplics; i++) {
        domains[i].wait_limit = config.wait_limit;
        domains[i].sources = claimed[i];
        aia_fdt_domain(&facts, i, &domains[i]);
        check_aia(aplic_init(&domains[i], &aia), "aplic_init");
    }
}

/* The device's wire: its domain, its source and the source's mode; and a handler for its interrupt. */
static void connect(struct device *d, int node)
{
    struct aia_fdt_wire w;
    unsigned hart = 0;
    struct aia_request request = {.name = d->name, .handler = d->handler, .context = d};

    check_fdt(aia_fdt_wire(&tree, node, 0, &w));
    while (!reaches(w.aplic, hart)) hart++; /* a domain that is used reaches a hart */
    request.affinity = aia_hartset_one(hart);
    check_aia(aplic_source_init(&d->source, &domains[w.aplic], w.source, (enum aplic_mode)w.mode),
              "aplic_source_init");
    request.msi = &d->source.msi;
    check_aia(aia_irq_request(&aia, &request, &d->irq), "aia_irq_request");
    say(d->name);
    say_number(": source ", w.source, "");
    say_number(" of domain ", w.aplic, facts.aplics[w.aplic].msi_mode ? ", by message\n" : ", directly\n");
}

static void find_devices(void)
{
    struct aia_fdt_region r;
    int node = aia_fdt_next(&tree, -1, "ns16550a");

    check(node >= 0, "no ns16550a in the device tree");
    check_fdt(aia_fdt_reg(&tree, node, 0, &r));
    uart.regs = r.base;
    connect(&uart, node);
    uart_start();
    for (node = aia_fdt_next(&tree, -1, "virtio,mmio"); node >= 0;
         node = aia_fdt_next(&tree, node, "virtio,mmio")) {
        check_fdt(aia_fdt_reg(&tree, node, 0, &r));
        if (!rng_find(r.base)) continue;
        connect(&rng, node);
        rng_start();
        return;
    }
    check(false, "no virtio-rng (-device virtio-rng-device)");
}

/* ---- the load ---- */

static void wait_for(_Atomic unsigned *count, unsigned least, const char *what)
{
    for (uint64_t end = hang(); *count < least;) check(aia_port_time() < end, what);
}

/* Move the interrupt; true if its domain reaches that hart. */
static bool move(struct device *d, unsigned hart)
{
    const struct aia_hartset to = aia_hartset_one(hart);

    if (!reaches((unsigned)(d->source.aplic - domains), hart)) return false;
    check_aia(aia_irq_set_affinity(&aia, d->irq, &to), d->name);
    moves++;
    return true;
}

static void wait_for_run(struct device *d, unsigned hart, uint64_t before)
{
    for (uint64_t end = hang(); aia_irq_runs(&aia, d->irq, hart) == before;)
        if (aia_port_time() >= end) {
            say(d->name);
            say_number(": no interrupt on hart ", hart, ", to which it has moved\n");
            check(false, "an interrupt is lost");
        }
}

/* Send a line by interrupts that this hart takes. */
static void send_from(unsigned hart)
{
    static char line[] = "sent by interrupts of hart 00\n";
    uint64_t before = aia_irq_runs(&aia, uart.irq, hart);

    if (!move(&uart, hart)) return;
    line[sizeof(line) - 4] = (char)('0' + hart / 10);
    line[sizeof(line) - 3] = (char)('0' + hart % 10);
    uart_send(line);
    for (uint64_t end = hang(); uart_unsent;)
        check(aia_port_time() < end, "the uart's interrupt is lost: unsent characters");
    wait_for_run(&uart, hart, before);
}

/* The rng goes round the harts: each of them takes its interrupt before the next move. */
static void move_rng(unsigned from)
{
    for (unsigned i = 0; i < RNG_MOVES; i++) {
        unsigned to = (unsigned)((from + i) % facts.n_harts);
        uint64_t before = aia_irq_runs(&aia, rng.irq, to);
        if (move(&rng, to)) wait_for_run(&rng, to, before);
    }
}

/* At least ROUNDS times round the harts, and until the letters have come, which are typed while the UART's interrupt moves. */
static void load(void)
{
    uint64_t end = hang();

    say_number("type: ", LETTERS, " letters, a b c ...\n");
    rng_ask();
    for (unsigned round = 0; round < ROUNDS || uart_received < LETTERS; round++) {
        check(aia_port_time() < end, "the uart's interrupt is lost: letters are missing");
        for (unsigned h = 0; h < facts.n_harts; h++) {
            move_rng(h);
            if (round < ROUNDS)
                send_from(h);
            else
                move(&uart, h);
        }
    }
    rng_stop();
    for (end = hang(); rng_filled != rng_asked;)
        check(aia_port_time() < end, "the rng's interrupt is lost at the end");
    check(!uart_wrong && uart_received == LETTERS, "other letters than were asked for");
}

/* ---- the harts ---- */

static void begin(void)
{
    unsigned long want = 1 << 9 | 1 << 5 | 1 << 1; /* external, timer and software interrupts */

    __asm__ volatile("csrw sie, %0" ::"r"(want));
    check((CSR("csrr %0, sie") & want) == want, "sie does not take its bits: mideleg does not delegate them");
    __asm__ volatile("csrw sie, zero");
    check_aia(aia_hart_online_begin(&aia), "aia_hart_online_begin");
    aia_port_timer(UINT64_MAX);
    __asm__ volatile("csrw sie, %0" ::"r"(want));
    online++;
    aia_port_irq_restore(2);
}

void second_hart(void)
{
    begin();
    for (;;) __asm__ volatile("wfi");
}

void first(uint64_t hartid, const void *blob)
{
    read_tree(blob);
    int here = aia_fdt_hart(&facts, hartid);
    check(here >= 0, "the device tree does not list the hart that runs this");
    __asm__ volatile("mv tp, %0" ::"r"((long)here)); /* aia_port_hart() */
    init_library();
    begin();
    for (unsigned h = 0; h < facts.n_harts; h++) {
        if (h == (unsigned)here) continue;
        unsigned before = online;
        hart_start(h);
        wait_for(&online, before + 1, "a hart does not come");
    }
    say_number("harts: ", facts.n_harts, "\n");
    find_devices();
    load();
    say_number("moves: ", moves, "\n");
    say_number("letters received: ", uart_received, "\n");
    say_number("buffers filled: ", rng_filled, "");
    say_number(" of ", rng_asked, "\n");
    finish("wired: PASS\n", 0x5555);
}
