/* SPDX-License-Identifier: BSD-2-Clause */
/* The port of libaia (aia/port.h), traps, and the calls of SBI. */
#include "wired.h"

struct aia aia;
uint64_t finisher, second;
const struct aia_fdt *machine;
enum { STACK = 8192 };
char stacks[MAX_HARTS + 1][STACK] __attribute__((aligned(16)));
__asm__(".globl stacks_end\n.set stacks_end, stacks + 33 * 8192");
_Static_assert(MAX_HARTS == 32 && STACK == 8192, "stacks_end above, and start.S, have these numbers");
void second_start(void); /* start.S */

enum {
    SBI_PUTCHAR = 1,
    SBI_TIMER = 0x54494d45,
    SBI_IPI = 0x735049,
    SBI_HSM = 0x48534d,
    SBI_RESET = 0x53525354
};
static long sbi(unsigned long ext, unsigned long arg0, unsigned long arg1, unsigned long arg2)
{
    register unsigned long a0 __asm__("a0") = arg0, a1 __asm__("a1") = arg1, a2 __asm__("a2") = arg2;
    register unsigned long a6 __asm__("a6") = 0, a7 __asm__("a7") = ext;
    __asm__ volatile("ecall" : "+r"(a0), "+r"(a1) : "r"(a2), "r"(a6), "r"(a7) : "memory");
    return (long)a0;
}

void say(const char *s)
{
    while (*s) sbi(SBI_PUTCHAR, (unsigned char)*s++, 0, 0);
}

static void say_digits(uint64_t n, unsigned base)
{
    if (n >= base) say_digits(n / base, base);
    sbi(SBI_PUTCHAR, (unsigned char)"0123456789abcdef"[n % base], 0, 0);
}

void say_number(const char *before, uint64_t n, const char *after)
{
    say(before);
    say_digits(n, 10);
    say(after);
}

void finish(const char *verdict, uint32_t how)
{
    say(verdict);
    if (!finisher) sbi(SBI_RESET, 0, 1, 0);
    for (;;)
        if (finisher) *(volatile uint32_t *)finisher = how;
}

static void fail(const char *what, const char *before_why, const char *why)
{
    say("FAIL: ");
    say(what);
    say(before_why);
    say(why);
    finish("\n", 1 << 16 | 0x3333); /* exit code 1 */
}

void check(bool good, const char *what)
{
    if (!good) fail(what, "", "");
}

void check_aia(int error, const char *what)
{
    if (error < 0) fail(what, ": ", aia_strerror(error));
}

void hart_start(unsigned hart)
{
    check(!sbi(SBI_HSM, machine->harts[hart].hartid, (uintptr_t)second_start, hart), "hart_start");
}

void kick(unsigned hart) { sbi(SBI_IPI, 1, machine->harts[hart].hartid, 0); }
uint64_t hang(void) { return aia_port_time() + 100 * second; }

/* ---- the port ---- */

unsigned aia_port_hart(void) { return (unsigned)(uintptr_t)__builtin_thread_pointer(); }
uint64_t aia_port_time(void) { return CSR("rdtime %0"); }
unsigned long aia_port_irq_save(void) { return CSR("csrrci %0, sstatus, 2") & 2; }
void aia_port_irq_restore(unsigned long was) { __asm__ volatile("csrs sstatus, %0" ::"r"(was) : "memory"); }

void aia_port_lock_init(struct aia_lock *l, const char *name)
{
    (void)name;
    __atomic_store_n(&l->opaque[0], 0, __ATOMIC_RELEASE);
}

void aia_port_lock(struct aia_lock *l)
{
    while (__atomic_exchange_n(&l->opaque[0], 1, __ATOMIC_ACQUIRE)) continue;
}

void aia_port_unlock(struct aia_lock *l) { __atomic_store_n(&l->opaque[0], 0, __ATOMIC_RELEASE); }
void aia_port_relax(void) {}

void aia_port_timer(uint64_t when)
{
    if (machine->harts[aia_port_hart()].sstc)
        __asm__ volatile("csrw 0x14d, %0" ::"r"(when)); /* stimecmp */
    else
        sbi(SBI_TIMER, when, 0, 0);
}

void aia_port_ipi(unsigned n) { (void)n; }
void aia_port_report(const struct aia_report *r) { check(!r, "a storm, or a late edge"); }

/* ---- traps ---- */

static void exception(unsigned long cause)
{
    say("FAIL: exception ");
    say_digits(cause, 10);
    say(" at 0x");
    say_digits(CSR("csrr %0, sepc"), 16);
    say(", value 0x");
    say_digits(CSR("csrr %0, stval"), 16);
    finish("\n", 1 << 16 | 0x3333); /* exit code 1 */
}

__attribute__((interrupt("supervisor"), aligned(4))) void trap(void)
{
    unsigned long cause = CSR("csrr %0, scause");

    if (!(cause >> 63)) exception(cause);
    if ((cause & 15) == 9 && !aia_interrupt(&aia)) return; /* true: handle the others first */
    unsigned long pending = CSR("csrr %0, sip");
    if (pending & 1 << 1) { /* kick() */
        __asm__ volatile("csrc sip, %0\nfence" ::"r"(1 << 1) : "memory");
        aia_soft_interrupt(&aia);
    }
    if (pending & 1 << 5) {
        aia_port_timer(UINT64_MAX);
        aia_timer(&aia);
    }
}
