/* SPDX-License-Identifier: BSD-2-Clause */
#include "payload/kernel/trap.h"
#include "payload/kernel/console.h"
#include "payload/kernel/hart.h"
#include "payload/kernel/irq.h"
#include "payload/kernel/panic.h"
#include "payload/kernel/pulse.h"
#include "payload/kernel/symbols.h"
#include "payload/kernel/time.h"
#include "csr.h"
#include "guarded.h"

/* scause without the top bit (privileged architecture, "Supervisor Cause Register"). */
enum { IRQ_SOFT = 1, IRQ_TIMER = 5 };

void trap_other(unsigned long cause)
{
    if (!hart_stack_ok(hart_index()))
        panic("stack overflow: the canary is gone");
    PULSE_SET(trap, (unsigned)cause);
    PULSE_SET(trap_at, time_now());
    PULSE_SET(in_trap, true);
    switch (cause) {
    case IRQ_TIMER:
        time_interrupt();
        break;
    case IRQ_SOFT:
        /* A kick, whose purpose was to wake this hart; or another hart's panic; or an IPI of the library. */
        csr_clear(sip, SIE_SSIE);
        panic_check();
        irq_soft();
        break;
    default:
        panic("interrupt %lu, which is not enabled", cause);
    }
    PULSE_SET(in_trap, false);
}

void trap_pending(void)
{
    unsigned long pending = csr_read(sip) & csr_read(sie);

    if (pending & SIE_SSIE)
        trap_other(IRQ_SOFT);
    if (pending & SIE_STIE)
        trap_other(IRQ_TIMER);
}

static const char *cause_name(unsigned long cause)
{
    static const char *const names[] = {
        [0] = "instruction address misaligned",
        [1] = "instruction access fault",
        [2] = "illegal instruction",
        [3] = "breakpoint",
        [4] = "load address misaligned",
        [5] = "load access fault",
        [6] = "store address misaligned",
        [7] = "store access fault",
        [8] = "environment call from U-mode",
        [9] = "environment call from S-mode",
        [12] = "instruction page fault",
        [13] = "load page fault",
        [15] = "store page fault",
        [18] = "software check",
        [19] = "hardware error",
    };
    if (cause & SCAUSE_INTERRUPT)
        return "interrupt";
    if (cause < sizeof(names) / sizeof(names[0]) && names[cause])
        return names[cause];
    return "unknown cause";
}

static void print_registers(const struct trap_frame *f)
{
    static const char names[32][5] = {
        "",   "ra", "sp", "gp", "tp", "t0", "t1", "t2", "s0", "s1", "a0",  "a1",  "a2", "a3", "a4", "a5",
        "a6", "a7", "s2", "s3", "s4", "s5", "s6", "s7", "s8", "s9", "s10", "s11", "t3", "t4", "t5", "t6",
    };
    for (unsigned i = 1; i < 32; i++)
        print("  %-3s %016lx%s", names[i], f->x[i], i % 3 == 0 || i == 31 ? "\n" : "");
}

bool trap_answers(const char *name, uintptr_t mmio)
{
    unsigned long was = csr_irq_save();

    trap_guard_begin();
    (void)guarded_load(mmio, 4);
    unsigned long cause = trap_guard_end();
    csr_irq_restore(was);
    if (cause != TRAP_NONE)
        print("%s: a read of its registers at 0x%lx traps\n", name, mmio);
    return cause == TRAP_NONE;
}

void trap_exception(const struct trap_frame *f)
{
    unsigned long pc = csr_read(sepc);

    if (!trap_guard_take(csr_read(scause), &pc))
        trap_fatal(f, false);
    csr_write(sepc, pc);
}

void trap_fatal(const struct trap_frame *f, bool bad_stack)
{
    unsigned long cause = csr_read(scause), pc = csr_read(sepc), value = csr_read(stval);
    unsigned long status = csr_read(sstatus);

    panic_begin();
    print("hart %u: %s%s at ", hart_index(), bad_stack ? "stack overflow: " : "", cause_name(cause));
    print_symbol(pc);
    print("\n  scause %lx  sepc %lx  stval %lx  sstatus %lx\n", cause, pc, value, status);
    print_registers(f);
    print("  called from ");
    print_symbol(f->x[1]);
    print("\n");
    print_backtrace(pc, f->x[1], f->x[8]);
    panic_end();
}
