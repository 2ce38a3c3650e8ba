/* SPDX-License-Identifier: BSD-2-Clause */
/* From the firmware to a job: find out what machine this is, bring up its harts, run what was asked for. */
#include "payload/args.h"
#include "payload/console.h"
#include "payload/early.h"
#include "payload/guard.h"
#include "payload/hart.h"
#include "payload/irq.h"
#include "payload/panic.h"
#include "payload/payload.h"
#include "payload/sbi.h"
#include "payload/symbols.h"
#include "payload/time.h"
#include "payload/trace.h"
#include "payload/wires.h"
#include "payload/jobs/jobs.h"
#include "payload/jobs/selfcheck.h"
#include "platform/board.h"
#include "payload/shell/shell.h"
#include <aia/version.h>
#include <string.h>

struct machine machine;

long start_hand_over(uint64_t hartid, const void *fdt); /* start.S */
_Noreturn void payload_main(uint64_t hartid, const void *fdt);

static const struct arg common_args[] = {
    {"test", "the job to run instead of main"},
    {"ids", "use only identities 1 to this of each interrupt file"},
    {"fdt", "where another device tree is, to use in place of the firmware's, bootargs and all"},
    {"boot", "the hart id to boot on, in place of the one the firmware chose"},
    {"iommu_ids", "the highest device id that the IOMMU's directory is to have room for"},
    {"iommu_wired", "the IOMMU's own interrupts by a wire, not by MSIs"},
    {"iommu", "on; off: devices pass it by; bare: it lets all pass; basic: entries in basic translate mode"},
    {"shell", "read commands from the console before the end, and after a panic"},
    {"devices", "wired: by their wires, where messages would do as well"},
    {"lazy_us", "how long a retired vector may wait for its reclaim, microseconds"},
    {"trace", "trace the job, and say where the records are: make trace"},
    {"trace_at", "free memory for the trace, in place of 8 MiB of our own; trace_mib= of it"},
    {"trace_mib", "how much of it"},
    {NULL, NULL},
};

static _Noreturn void refuse(const struct machine_error *e)
{
    char line[272];

    machine_error_line(e, line, sizeof(line));
    print("device tree: %s\n", line);
    machine_exit(EXIT_MACHINE);
}

const char *machine_without(enum machine_part part)
{
    static char line[272];

    return machine_why(&machine, part, line, sizeof(line));
}

/* What is not free, whatever the tree says: our image, the tree, and what the tree before this one knew of. */
static void claim(const void *fdt, const struct machine_region *before, size_t n)
{
    machine_reserve(&machine, &(struct machine_region){image_start(), image_end() - image_start()});
    machine_reserve(&machine, &(struct machine_region){(uintptr_t)fdt, fdt_extent(fdt)});
    while (n--)
        machine_reserve(&machine, before++);
}

static void discover(const void *fdt)
{
    struct machine_error e;
    uint64_t finisher =
        machine.finisher; /* of the tree before this one, if any: it can still end the machine */
    struct machine_region before[MACHINE_MAX_RESERVED];
    size_t n = machine.n_reserved;

    memcpy(before, machine.reserved, sizeof(before));
    if (machine_discover(fdt, fdt_extent(fdt), &machine, &e)) {
        machine.finisher = machine.finisher ? machine.finisher : finisher;
        refuse(&e);
    }
    claim(fdt, before, n);
    if (board.fix && board.fix(&machine, &e))
        refuse(&e);
}

static void banner(void)
{
    unsigned long spec = sbi_spec_version(), impl = sbi_impl_id(), version = sbi_impl_version();

    print("imsicle %s on %s, %u harts, booted on %u; at 0x%lx\n", AIA_VERSION, machine.model, hart_count(),
          hart_boot_index(), image_start());
    print("SBI %lu.%lu, %s ", spec >> 24 & 0x7f, spec & 0xffffff, sbi_impl_name(impl));
    if (impl == 1) /* OpenSBI: major and minor */
        print("%lu.%lu\n", version >> 16, version & 0xffff);
    else
        print("0x%lx\n", version);
    if (machine.n_unused)
        print("%u part%s of the tree %s not used: test=discover names them\n", (unsigned)machine.n_unused,
              machine.n_unused > 1 ? "s" : "", machine.n_unused > 1 ? "are" : "is");
}

/* The hart that runs this is one that can be interrupted. Why another is not used is said of each that is not. */
static void check_boot_hart(uint64_t hartid)
{
    char line[272];

    for (unsigned h = 0; h < hart_count(); h++)
        if (machine.harts[h].hartid == hartid && irq_reaches(h))
            return;
    for (size_t i = 0; i < machine.n_unused && i < MACHINE_MAX_UNUSED; i++)
        if (machine.unused[i].part == MACHINE_PART_HART) {
            machine_error_line(&machine.unused[i].why, line, sizeof(line));
            print("not used: %s\n", line);
        }
    refuse(&(struct machine_error){"/cpus", "reg",
                                   "the hart that runs this is not listed, disabled, or not used"});
}

static const struct job *find_job(void)
{
    const char *name = args_get("test");

    if (!name)
        name = "main";
    for (const struct job *j = jobs; j->name; j++)
        if (!strcmp(j->name, name))
            return j;
    print("argument test=%s: no such job; there are:", name);
    for (const struct job *j = jobs; j->name; j++)
        print(" %s", j->name);
    print("\n");
    machine_exit(EXIT_MACHINE);
}

static bool is_by_message(const struct job *job)
{
    for (const char *const *name = jobs_by_message; *name; name++)
        if (!strcmp(*name, job->name))
            return true;
    return false;
}

static void read_arguments(void)
{
    if (args_parse(machine.bootargs))
        return;
    print("arguments: too many\n");
    machine_exit(EXIT_MACHINE);
}

/* With boot=N: begin again on that hart, as if the firmware had chosen it: with its own tree, which knows its memory. */
static void hand_over(uint64_t hartid, const void *fdt)
{
    uint64_t boot = args_u64("boot", hartid);

    if (boot == hartid)
        return;
    long error = start_hand_over(boot, fdt);
    print("argument boot=%lu: hart_start: %s\n", boot, sbi_strerror(error));
    machine_exit(EXIT_MACHINE);
}

/* The job that was asked for. This machine has what it needs, and it knows the arguments. */
static const struct job *choose_job(void)
{
    const struct job *job = find_job();

    if (is_by_message(job) && wires_wanted()) {
        print("argument test=%s: it needs devices that send messages, and here %s\n", job->name,
              irq_by_message() ? "devices=wired" : "there are no interrupt files");
        machine_exit(EXIT_MACHINE);
    }
    const char *unknown = args_unknown(common_args, job->args);
    if (unknown) {
        print("argument %s: job %s does not know it\n", unknown, job->name);
        machine_exit(EXIT_MACHINE);
    }
    return job;
}

void payload_main(uint64_t hartid, const void *given)
{
    const void *fdt = given;

    guard_init(time_now());
    discover(fdt);
    read_arguments();
    if (args_get("fdt")) {
        fdt = (const void *)(uintptr_t)args_u64("fdt", 0);
        discover(fdt);
        read_arguments();
    }
    console_init(&machine.uart);
    selfcheck_step("the console, of board %s", board.name);
    time_init(machine.timebase);
    hand_over(hartid, given);
    selfcheck_step("the interrupt files' books, %u harts", hart_count());
    irq_init();
    selfcheck_step("wires");
    trace_begin();
    if (!wires_init())
        machine_exit(EXIT_MACHINE);
    selfcheck_step("the boot hart: page tables, traps, its interrupt file");
    check_boot_hart(hartid);
    (void)hart_init(hartid);
    banner();

    const struct job *job = choose_job();
    selfcheck_step("the other harts start");
    if (args_get("shell"))
        shell_want(fdt);
    (void)hart_start_all();

    int code = job->run();
    trace_end();
    machine_exit(args_get("shell") ? shell_run(code) : code);
}
