/* SPDX-License-Identifier: BSD-2-Clause */
/* The payload as the library's embedder: the library's memory, its entries, its reports. port.c has the functions of aia/port.h. */
#include "payload/kernel/irq.h"
#include "payload/kernel/args.h"
#include "payload/kernel/console.h"
#include "payload/kernel/work.h"
#include "payload/kernel/panic.h"
#include "payload/kernel/machine.h"
#include "payload/kernel/time.h"
#include "payload/kernel/trap.h"
#include <stdio.h>
#include <aia/aplic.h>
#include "csr.h"
#include "lib/container.h"
#include "mmio.h"

struct aia aia
    __attribute__((section(".sdata"))); /* near gp: vector.S loads the address of `aia` at each interrupt */

static struct aia_hart aia_harts[MACHINE_MAX_HARTS];
static struct imsic_file files[MACHINE_MAX_HARTS];
static _Atomic uint32_t slots[MACHINE_MAX_HARTS][IMSIC_MAX_IDS + 1];
static struct aia_irq irqs[IRQ_MAX];
static uint16_t reserved[IRQ_MAX * MACHINE_MAX_HARTS];
static aia_counter runs[IRQ_MAX * MACHINE_MAX_HARTS];

static void (*test_ipi)(unsigned n);

#define REPORTS 64
static struct aia_report reports[REPORTS];
static _Atomic unsigned n_reports;
static _Atomic unsigned reports_of[AIA_N_REPORTS];

_Static_assert(MACHINE_MAX_HARTS <= AIA_MAX_HARTS, "a hart set holds all harts");

/*
 * The number of identities of each interrupt file. `ids=` makes it smaller than it is, so that a test can use up all
 * identities.
 */
static uint16_t implemented_ids(void)
{
    uint64_t ids = args_u64("ids", machine.aia.imsic.num_ids);

    if (ids > machine.aia.imsic.num_ids)
        args_refuse("ids", "the interrupt files have %u", machine.aia.imsic.num_ids);
    if (ids <= RESERVED_IDS)
        args_refuse("ids", "the payload itself needs %u, and a device at least one", RESERVED_IDS);
    if (ids < machine.aia.imsic.ipi_id)
        args_refuse("ids", "riscv,ipi-id is %u", machine.aia.imsic.ipi_id);
    return (uint16_t)ids;
}

void irq_need_ids(unsigned n)
{
    if (irq_by_message() && args_get("ids") && n + RESERVED_IDS > implemented_ids())
        args_refuse("ids", "too few: this job needs %u", n + RESERVED_IDS);
}

void irq_had_ids(int error)
{
    if (error == AIA_ENOVEC && args_get("ids"))
        args_refuse("ids", "too few for the interrupts of this job");
}

void irq_init(struct aia_trace_ring *rings, struct aia_controller **controllers)
{
    struct aia_config c = {
        .n_harts = hart_count(),
        .harts = aia_harts,
        .files = files,
        .irqs = irqs,
        .n_irqs = IRQ_MAX,
        .reserved = reserved,
        .runs = runs,
        .trace = rings,
        .ipi_id = (uint16_t)machine.aia.imsic.ipi_id,
        .max_retiring = 64,
        .lazy_period = time_from_us(args_u64("lazy_us", 1000)),
        .wait_limit = time_from_ms(5000),
        .storm_window = time_from_ms(100),
        .storm_limit = 1000,
    };

    for (unsigned h = 0; h < c.n_harts && irq_by_message(); h++) {
        aia_fdt_file(&machine.aia, h, slots[h], &files[h]);
        files[h].n_ids = implemented_ids();
    }
    /*
     * Identity 0 does not exist. So identity 1 belongs to no block, and 2 to none but a pair: with these two the blocks
     * of 4 and more stay whole.
     */
    c.sync_id = c.ipi_id == 1 ? 2 : 1;
    if (controllers) {
        c.files = NULL;
        c.reserved = NULL;
        c.controllers = controllers;
        c.kick = hart_kick;
    }
    int error = aia_init(&aia, &c);
    require(!error, "aia_init: %s", aia_strerror(error));
}

void irq_most_ids(unsigned n)
{
    if (irq_by_message() && files[0].n_ids > n)
        args_refuse("ids", "this job needs one that is at most %u", n);
}

bool irq_by_message(void)
{
    return machine.aia.imsic.present;
}

bool irq_reaches(unsigned hart)
{
    return aia.config.controllers ? aia.config.controllers[hart] != NULL
                                  : machine.aia.harts[hart].imsic_addr != 0;
}

bool irq_goes(const struct aia_irq *irq, unsigned hart)
{
    return irq_by_message() || aia.config.controllers[hart] == irq->msi->controller;
}

unsigned irq_nth_hart(const struct aia_irq *irq, unsigned n)
{
    unsigned hart = 0;

    for (n++; n; hart++)
        n -= hart_is_online(hart % hart_count()) && irq_goes(irq, hart % hart_count());
    return (hart - 1) % hart_count();
}

/* The caller has cleared the interrupt. */
void irq_soft(void)
{
    if (!irq_by_message())
        aia_soft_interrupt(&aia);
}

static void (*watch_unowned)(unsigned id);

void irq_watch_unowned(void (*fn)(unsigned id))
{
    watch_unowned = fn;
}

void irq_lazy_timer(void)
{
    aia_timer(&aia);
}

bool irq_needed = true;

/* Stores or messages do not reach the interrupt file that the device tree names for this hart. */
static void name_address(int error)
{
    const struct aplic *domain = container_of(aia.unheard, struct aplic, barrier);
    char where[40] = "";

    if (error == AIA_EDOMAIN)
        (void)snprintf(where, sizeof(where), "aplic at 0x%lx, ", (unsigned long)domain->mmio);
    print("%shart %u: %s\n", where, hart_index(), aia_strerror(error));
    if (irq_needed)
        machine_exit(EXIT_MACHINE);
}

int irq_hart_init(void)
{
    /* If the tree names an address where nothing is, the library's store would trap. */
    bool there = !irq_by_message() || trap_answers("imsic", aia.config.files[hart_index()].mmio);
    int late = there ? aia_hart_online_begin(&aia) : AIA_EFILE;

    if (late == AIA_EFILE || late == AIA_EDOMAIN) {
        name_address(late);
        return AIA_OK; /* the job needs no interrupts */
    }
    if (late < 0)
        return late;
    csr_set(sie, SIE_SEIE);
    return AIA_OK;
}

const char *irq_name(const struct aia_irq *irq)
{
    static char name[32];

    if (!irq->name || irq->first == irq)
        return irq->name ? irq->name : "";
    (void)snprintf(name, sizeof(name), "%.24s+%u", irq->name, (unsigned)(irq - irq->first));
    return name;
}

void irq_print_reports(void)
{
    static unsigned printed;
    unsigned n = atomic_load(&n_reports);

    if (n - printed > REPORTS) {
        print("report: and %u before these\n", n - printed - REPORTS);
        printed = n - REPORTS;
    }
    for (; printed < n; printed++) {
        const struct aia_report *r = &reports[printed % REPORTS];
        print("report: hart %u identity %u%s%s: %s\n", r->vec.hart, r->vec.id, r->irq ? " of " : "",
              r->irq ? r->irq->name : "", aia_report_text(r->what));
    }
}

void irq_test_ipi(void (*fn)(unsigned n))
{
    test_ipi = fn;
}

unsigned irq_reports(int what)
{
    return atomic_load(&reports_of[what]);
}

void irq_take_ipi(unsigned n)
{
    if (n >= IRQ_IPI_TEST && test_ipi)
        test_ipi(n);
    /* IRQ_IPI_WAKE needs no action: a sleeping hart has woken by taking this IPI. */
}

void irq_keep_report(const struct aia_report *report)
{
    /* The library counts unowned edges by hart. Only the watcher sees each edge. */
    if (report->what == AIA_REPORT_UNOWNED) {
        if (watch_unowned)
            watch_unowned(report->vec.id);
        return;
    }
    unsigned n = atomic_fetch_add(&n_reports, 1);

    reports[n % REPORTS] = *report;
    atomic_fetch_add(&reports_of[report->what], 1);
}
