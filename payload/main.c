/* SPDX-License-Identifier: BSD-2-Clause */
/* From the firmware's entry to a job: discover the machine, start its harts, run the job of test=NAME. */
#include "payload/kernel/args.h"
#include "payload/kernel/console.h"
#include "payload/kernel/early.h"
#include "payload/kernel/guard.h"
#include "payload/kernel/hart.h"
#include "payload/kernel/irq.h"
#include "payload/kernel/panic.h"
#include "payload/kernel/machine.h"
#include "payload/kernel/sbi.h"
#include "payload/kernel/symbols.h"
#include "payload/kernel/time.h"
#include "payload/report/trace.h"
#include "payload/kernel/trap.h"
#include "payload/drivers/wires.h"
#include "payload/jobs.h"
#include "payload/jobs/selfcheck.h"
#include "platform/board.h"
#include "csr.h"
#include "guarded.h"
#include "payload/shell/shell.h"
#include <aia/version.h>
#include <libfdt.h>
#include <string.h>

struct machine machine;

long start_hand_over(uint64_t hartid, const void *fdt, uint64_t ticks); /* start.S */
_Noreturn void payload_main(uint64_t hartid, const void *fdt);

static const struct arg common_args[] = {
    ARG_TEXT("test", "the job to run instead of main"),
    ARG_NUMBER("ids", "use only identities 1 to this of each interrupt file", 0, UINT64_MAX),
    ARG_NUMBER("fdt", "address of a device tree, with bootargs, to use instead of the firmware's", 0,
               UINT64_MAX),
    ARG_NUMBER("boot", "the hart id to boot on, instead of the hart that the firmware chose", 0, UINT64_MAX),
    ARG_NUMBER("iommu_ids", "the highest device id for which the IOMMU's directory has room", 0, 0xffffff),
    ARG_FLAG("iommu_wired", "the IOMMU interrupts by a wire, not by MSIs"),
    ARG_ONE_OF("iommu", "on; off: not used; bare: passes everything; basic: entries in basic translate mode",
               "on off bare basic"),
    ARG_FLAG("shell", "read commands from the console before the end, and after a panic"),
    ARG_ONE_OF("devices", "wired: use wires even if messages would work; soft: devices made of software",
               "wired soft"),
    ARG_NUMBER("lazy_us", "how long a retired vector may wait for its reclaim, in microseconds", 0,
               ARG_MAX_SECONDS * 1000000ull),
    ARG_FLAG("trace", "trace the job, and print where the records are: make trace"),
    ARG_NUMBER("trace_at", "address of free memory for the trace, instead of 8 MiB of the payload's own", 0,
               UINT64_MAX),
    ARG_NUMBER("trace_mib", "size of the memory at trace_at=, in MiB", 1, 1u << 20),
    ARGS_END,
};

static _Noreturn void refuse(const struct aia_fdt_error *e)
{
    char line[272];

    aia_fdt_error_line(e, line, sizeof(line));
    print("device tree: %s\n", line);
    machine_exit(EXIT_MACHINE);
}

const char *machine_without(enum machine_part part)
{
    static char line[272];

    return machine_why(&machine, part, line, sizeof(line));
}

/*
 * Reserve the memory that is in use, whatever the tree says: the image, the tree, and the regions that an earlier tree
 * reserved.
 */
static void claim(const void *fdt, const struct aia_fdt_region *before, size_t n)
{
    machine_reserve(&machine, &(struct aia_fdt_region){image_start(), image_end() - image_start()});
    machine_reserve(&machine, &(struct aia_fdt_region){(uintptr_t)fdt, fdt_extent(fdt)});
    while (n--)
        machine_reserve(&machine, before++);
}

/* The tree after the board's fix_tree. A blob that is no tree is returned as it is; discovery refuses it. */
static const void *mend(const void *fdt, size_t size)
{
    struct aia_fdt_error e = {"/", "", "the board has too little memory for a copy of the device tree"};

    if (!board.fix_tree || fdt_check_full(fdt, size))
        return fdt;
    if (fdt_open_into(fdt, board.tree, (int)board.tree_size) || board.fix_tree(board.tree, &e))
        refuse(&e);
    return board.tree;
}

/* Read the device tree into `machine`. Returns the tree that was read. */
static const void *discover(const void *fdt)
{
    struct aia_fdt_error e;
    size_t size = fdt && (uintptr_t)fdt % 8 == 0 ? fdt_extent(fdt) : 0;
    uint64_t finisher =
        machine.finisher; /* from the tree before this one, if any: it can still end the machine */
    struct aia_fdt_region before[MACHINE_MAX_RESERVED];
    size_t n = machine.n_reserved;

    memcpy(before, machine.reserved, sizeof(before));
    fdt = size ? mend(fdt, size) : fdt;
    if (machine_discover(fdt, fdt == board.tree ? board.tree_size : size, &machine, &e)) {
        machine.finisher = machine.finisher ? machine.finisher : finisher;
        refuse(&e);
    }
    claim(fdt, before, n);
    if (board.fix && board.fix(&machine, &e))
        refuse(&e);
    return fdt;
}

/*
 * Take the arguments from the tree if the description has no room for all of them; else from the description, which the
 * board may have changed.
 */
static void read_arguments(const void *fdt)
{
    int size = 0;
    const char *line = fdt_getprop(fdt, fdt_path_offset(fdt, "/chosen"), "bootargs", &size);

    args_parse(line && size > (int)sizeof(machine.bootargs) && !line[size - 1] ? line : machine.bootargs);
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

/*
 * Check that the running hart can be interrupted. If not, print the reason for each hart that is not used, and refuse
 * the machine.
 */
static void check_boot_hart(uint64_t hartid)
{
    char line[272];

    for (unsigned h = 0; h < hart_count(); h++)
        if (machine.aia.harts[h].hartid == hartid && irq_reaches(h))
            return;
    for (size_t i = 0; i < machine.n_unused && i < MACHINE_MAX_UNUSED; i++)
        if (machine.unused[i].part == MACHINE_PART_HART) {
            aia_fdt_error_line(&machine.unused[i].why, line, sizeof(line));
            print("not used: %s\n", line);
        }
    refuse(&(struct aia_fdt_error){"/cpus", "reg",
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

static bool in_memory(uint64_t base, uint64_t size)
{
    for (size_t i = 0; i < machine.n_memory; i++) {
        const struct aia_fdt_region *r = &machine.memory[i];
        if (base >= r->base && size <= r->size && base - r->base <= r->size - size)
            return true;
    }
    return false;
}

/* An address in memory is no UART, whatever the tree says. */
static void start_console(void)
{
    if (in_memory(machine.uart.base, 1))
        print("console: the device tree's UART is in memory: the firmware's console is used\n");
    else
        console_init(&machine.uart);
}

/* False if the read traps. */
static bool can_read(const unsigned char *at)
{
    unsigned long was = csr_irq_save();

    trap_guard_begin();
    (void)guarded_load((uintptr_t)at, 1);
    bool good = trap_guard_end() == TRAP_NONE;
    csr_irq_restore(was);
    return good;
}

/*
 * The tree at fdt=. The address must be in memory: outside of memory may be a device, and a read would change the
 * device.
 */
static const void *other_tree(void)
{
    uint64_t at = args_u64("fdt", 0);
    const unsigned char *fdt = (const unsigned char *)(uintptr_t)at;

    if (at % 8)
        args_refuse("fdt", "a device tree is at a multiple of 8");
    if (!in_memory(at, 8))
        args_refuse("fdt", "not in this machine's memory");
    if (!can_read(fdt))
        args_refuse("fdt", "what is there cannot be read");
    if (fdt_magic(fdt) != FDT_MAGIC)
        args_refuse("fdt", "there is no device tree");
    size_t size = fdt_extent(fdt);
    if (!in_memory(at, size) || !can_read(fdt + size - 1))
        args_refuse("fdt", "the %lu bytes of that device tree are not all in memory", (unsigned long)size);
    return fdt;
}

#define HAND_OVER_MS 10000u /* on a busy host a hart may not run for long */

/*
 * With boot=N: boot again on that hart, as if the firmware had chosen it, with the firmware's own tree, which describes
 * the firmware's memory.
 */
static void hand_over(uint64_t hartid, const void *fdt)
{
    uint64_t boot = args_u64("boot", hartid);
    bool listed = false;

    if (boot == hartid)
        return;
    for (unsigned h = 0; h < hart_count(); h++)
        listed |= machine.aia.harts[h].hartid == boot;
    if (!listed)
        args_refuse("boot", "the device tree has no such hart");
    long error = start_hand_over(boot, fdt, time_from_ms(HAND_OVER_MS));
    if (error > 0)
        args_refuse("boot", "not up after %u ms", HAND_OVER_MS);
    args_refuse("boot", "hart_start: %s", sbi_strerror(error));
}

/* The job of test=NAME. On return the machine has what the job needs, and the job knows all the arguments. */
static const struct job *choose_job(void)
{
    const struct job *job = find_job();

    args_check(common_args, job, jobs);
    if (is_by_message(job) && wires_wanted())
        args_refuse("test", "it needs devices that send messages, and here %s",
                    irq_by_message() ? "devices=wired" : "there are no interrupt files");
    if (job->run == job_shell && !args_get("shell"))
        args_refuse("test", "there is no shell without the word shell");
    return job;
}

void payload_main(uint64_t hartid, const void *given)
{
    const void *fdt = given;

    guard_init(time_now());
    read_arguments(discover(fdt));
    if (args_get("fdt")) {
        fdt = other_tree();
        args_only("fdt");
        read_arguments(discover(fdt));
    }
    start_console();
    selfcheck_step("the console, of board %s", board.name);
    time_init(machine.aia.timebase);
    hand_over(hartid, given);
    const struct job *job = choose_job();
    irq_needed = job->run != job_discover;
    selfcheck_step("the interrupt files' books, %u harts", hart_count());
    struct aia_trace_ring *rings = trace_rings();
    irq_init(rings, irq_by_message() ? NULL : wires_controllers());
    selfcheck_step("wires");
    trace_begin();
    if (!wires_init())
        machine_exit(EXIT_MACHINE);
    selfcheck_step("the boot hart: page tables, traps, its interrupt file");
    check_boot_hart(hartid);
    (void)hart_init(hartid);
    banner();

    selfcheck_step("the other harts start");
    if (args_get("shell"))
        shell_want(fdt);
    (void)hart_start_all();

    int code = job->run();
    trace_end();
    machine_exit(args_get("shell") ? shell_run(code) : code);
}
