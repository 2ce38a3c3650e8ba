/* SPDX-License-Identifier: BSD-2-Clause */
#include "payload/kernel/panic.h"
#include "payload/kernel/console.h"
#include "payload/kernel/hart.h"
#include "payload/kernel/machine.h"
#include "payload/kernel/sbi.h"
#include "payload/kernel/symbols.h"
#include "payload/kernel/time.h"
#include "platform/board.h"
#include "csr.h"
#include "mmio.h"
#include <stdatomic.h>

/* SiFive test finisher: the exit code in the upper half, pass or fail in the lower half. */
#define FINISHER_PASS 0x5555u
#define FINISHER_FAIL 0x3333u
#define FINISHER_MS   30000 /* until the machine has ended: on a busy host QEMU itself may not run for long */

int (*panic_then)(int code);

static atomic_uint panicking; /* the index + 1 of the hart that panics */
static unsigned nested;       /* traps of that hart during the report */

static _Noreturn void halt(void)
{
    csr_write(sie, 0);
    csr_irq_save();
    for (;;)
        hart_wfi();
}

/*
 * The ways to end the machine. Each way may trap; the panic then enters machine_exit() again, which takes the next way.
 */
enum { WAY_BOARD = 1u << 0, WAY_FINISHER = 1u << 1 };

static bool is_untried(unsigned way)
{
    static _Thread_local unsigned tried;
    bool first = !(tried & way);

    tried |= way;
    return first;
}

void machine_exit(int code)
{
    csr_irq_save();
    console_drain();
    if (board.end && is_untried(WAY_BOARD))
        board.end(code);
    if (machine.finisher && is_untried(WAY_FINISHER)) {
        mmio_write32(machine.finisher, code ? (uint32_t)code << 16 | FINISHER_FAIL : FINISHER_PASS);
        fence_all();
        for (uint64_t until = time_after(time_from_ms(FINISHER_MS)); time_now() < until;)
            hart_pause();
    }
    print("exit code %d, which this machine %s: shutting down by SBI\n", code,
          machine.finisher ? "did not take through its finisher" : "has no finisher for");
    console_drain();
    long error = sbi_shutdown();
    print("SBI shutdown: %s; halted\n", sbi_strerror(error));
    halt();
}

void panic_begin(void)
{
    unsigned none = 0, self = hart_index() + 1;

    csr_irq_save();
    if (!atomic_compare_exchange_strong(&panicking, &none, self)) {
        if (none != self)
            halt();
        console_by_firmware(); /* the payload's own console may be what traps */
        if (nested++)
            machine_exit(EXIT_PANIC);
        print("\nhart %u: a second trap or panic while reporting: scause %lx sepc %lx stval %lx\n",
              hart_index(), csr_read(scause), csr_read(sepc), csr_read(stval));
        machine_exit(EXIT_PANIC);
    }
    /* By SBI, not by the library's IPIs, which may be broken. A hart with interrupts off is not stopped. */
    for (unsigned i = 0; i < hart_count(); i++)
        if (i != hart_index() && hart_is_online(i))
            (void)sbi_send_ipi(harts[i].hartid);
    console_lock_panic();
    print("\nPANIC: ");
}

void panic_check(void)
{
    unsigned panicked = atomic_load(&panicking);

    if (panicked && panicked != hart_index() + 1)
        halt();
}

void panic_end(void)
{
    for (unsigned i = 0; i < hart_count(); i++)
        if (!hart_stack_ok(i))
            print("hart %u: its stack has overflowed\n", i);
    machine_exit(panic_then ? panic_then(EXIT_PANIC) : EXIT_PANIC);
}

/*
 * Print the callers of the function whose frame this is. - 2 names the call itself, not the instruction after the call.
 */
static void backtrace(const uintptr_t *fp)
{
    print_backtrace(fp[-1] - 2, 0, fp[-2]);
}

void panic(const char *fmt, ...)
{
    va_list ap;

    panic_begin();
    print("hart %u: ", hart_index());
    va_start(ap, fmt);
    vprint(fmt, ap);
    va_end(ap);
    print("\n");
    backtrace(__builtin_frame_address(0));
    panic_end();
}

void panic_require(const char *cond, const char *file, int line, const char *fmt, ...)
{
    va_list ap;

    panic_begin();
    print("hart %u: %s:%d: %s does not hold: ", hart_index(), file, line, cond);
    va_start(ap, fmt);
    vprint(fmt, ap);
    va_end(ap);
    print("\n");
    backtrace(__builtin_frame_address(0));
    panic_end();
}
