/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The machine level of a kernel that is its own firmware: everything that libaia needs before S mode begins, one function for each
 * step, for QEMU's virt machine with up to four harts. before-s-mode.md says how each step's absence shows. The kernel is that of
 * ../wired, and the second half of this file is the part of SBI that it calls.
 */
#include <stdint.h>

/* ---- the board ---- */

enum { HARTS = 4, HART_BITS = 2, SOURCES = 96 };
#define CLINT         0x02000000ul
#define MACHINE_APLIC 0x0c000000ul /* the root domain */
#define APLIC         0x0d000000ul /* the supervisor level's domain: child 0 of the root */
#define MACHINE_IMSIC 0x24000000ul /* a page for each hart */
#define IMSIC         0x28000000ul /* the supervisor level's files: a page for each hart */
#define UART          0x10000000ul
#define FINISHER      0x00100000ul
#define MEMORY        0x80000000ul

#define REG32(addr)   (*(volatile uint32_t *)(addr))
#define WRITE(csr, v) __asm__ volatile("csrw " #csr ", %0" ::"r"((unsigned long)(v)) : "memory")
#define SET(csr, v)   __asm__ volatile("csrs " #csr ", %0" ::"r"((unsigned long)(v)) : "memory")
// clang-format off
#define READ(csr)       ({ unsigned long v_; __asm__ volatile("csrr %0, " #csr : "=r"(v_)::"memory"); v_; })
// clang-format on
/*
 * Registers that a hart may lack, by number, because an assembler may not know the names. If the hart has no such register, the
 * write traps to the label after it, and there is nothing to set up. Such a trap overwrites mepc, mcause, mtval, and MPP, MPIE and
 * MIE of mstatus, so all probes come before enter(), which sets these registers.
 */
enum { MVIEN = 0x308, MENVCFG = 0x30a, MSTATEEN0 = 0x30c };
#define TRY(csr, v)                                                                                         \
    __asm__ volatile("la t0, 1f\ncsrrw t0, mtvec, t0\ncsrw %0, %1\n.align 2\n1: csrw mtvec, t0" ::"i"(csr), \
                     "r"((unsigned long)(v))                                                                \
                     : "t0", "memory")

/* ---- each hart ---- */

/* Exceptions to S mode, but not an ecall of S mode (9), and not a fetch that PMP forbids (1), from which S mode cannot recover. */
static void delegate_exceptions(void) { WRITE(medeleg, 0xb1fd); }

/* Interrupts to S mode: software (1), timer (5), external (9), and counter overflow (13), which only Sscofpmf has. */
static void delegate_interrupts(void) { WRITE(mideleg, 1 << 1 | 1 << 5 | 1 << 9 | 1 << 13); }

/* MSLevel.adoc, "Interrupt filtering and virtual interrupts": with bit 9 set S mode may not access its interrupt file. */
static void clear_filter(void) { TRY(MVIEN, 0); }

/* CSRs.adoc, "Access control by the state-enable CSRs" (Smstateen): CSRIND, AIA, IMSIC. */
static void allow_state(void) { TRY(MSTATEEN0, 1ul << 60 | 1ul << 59 | 1ul << 58); }

/* Sstc: S mode may write stimecmp (STCE). The other bits are of extensions that this kernel does not use. */
static void allow_timer(void) { TRY(MENVCFG, 1ul << 63); }

/* rdcycle, rdtime, rdinstret. */
static void allow_time(void) { WRITE(mcounteren, 7); }

/* A region of PMP: size is a power of two, base a multiple of it. The first region that has an address decides. */
enum { NONE = 0x18, READ_WRITE = 0x1b, ALL = 0x1f }; /* NAPOT, with X, W, R */
#define PMP(n, base, size, may)                                                    \
    do {                                                                           \
        WRITE(pmpaddr##n, (base) >> 2 | ((size) / 8 - 1));                         \
        __asm__ volatile("csrs pmpcfg0, %0" ::"r"((unsigned long)(may) << (n)*8)); \
    } while (0)

/* What S mode may reach. The machine level's memory, domain and interrupt files are not among it. */
static void open_memory(void)
{
    WRITE(pmpcfg0, 0);
    PMP(0, MEMORY, 0x200000ul, NONE); /* this file, before the memory that has it */
    PMP(1, MEMORY, 0x80000000ul, ALL);
    PMP(2, APLIC, 0x8000ul, READ_WRITE);
    PMP(3, IMSIC, 0x1000000ul, READ_WRITE);
    PMP(4, UART, 0x10000ul, READ_WRITE); /* and virtio */
    PMP(5, FINISHER, 0x1000ul, READ_WRITE);
    __asm__ volatile("sfence.vma" ::: "memory");
}

/* ---- once ---- */

/* AdvPLIC.adoc, "Source configurations": D and child index 0. A source that is not delegated does not exist for the child. */
static void delegate_sources(void)
{
    for (unsigned i = 1; i <= SOURCES; i++) REG32(MACHINE_APLIC + 4 * i) = 1 << 10;
}

/*
 * Where messages go ("Machine MSI address configuration", "Supervisor MSI address configuration"): page number of the files, LHXS
 * 0 (files are one page apart), LHXW, and HHXS and HHXW 0 (one group). A supervisor domain takes LHXW, HHXW and HHXS from
 * mmsiaddrcfgh, as the specification has it, or from smsiaddrcfgh, as QEMU does; so both get these. The addresses are locked last.
 */
static void set_addresses(void)
{
    const uint32_t widths = HART_BITS << 12, lock = 1u << 31;

    REG32(MACHINE_APLIC + 0x1bc0) = MACHINE_IMSIC >> 12; /* mmsiaddrcfg */
    REG32(MACHINE_APLIC + 0x1bc8) = IMSIC >> 12;         /* smsiaddrcfg */
    REG32(MACHINE_APLIC + 0x1bcc) = widths;              /* smsiaddrcfgh */
    REG32(MACHINE_APLIC + 0x1bc4) = widths | lock;       /* mmsiaddrcfgh */
}

/* ---- into S mode ---- */

char machine_stacks[HARTS][4096] __attribute__((aligned(4096)));
static struct {
    uintptr_t start, arg; /* start: 0 until SBI's hart_start */
} mailbox[HARTS];
void _start(void); /* the kernel */

static _Noreturn void enter(uintptr_t start, unsigned long hartid, uintptr_t arg)
{
    register unsigned long a0 __asm__("a0") = hartid, a1 __asm__("a1") = arg;

    WRITE(satp, 0);
    WRITE(sie, 0);
    WRITE(mepc, start);
    __asm__ volatile("csrc mstatus, %0" ::"r"(3ul << 11 | 1 << 1)); /* MPP, SIE */
    SET(mstatus, 1ul << 11);                                        /* MPP: S mode */
    WRITE(mie, 1 << 3);                                             /* software interrupts: hart_kick() */
    __asm__ volatile("mret" ::"r"(a0), "r"(a1));
    __builtin_unreachable();
}

_Noreturn void machine_setup(unsigned long hartid, uintptr_t tree)
{
    delegate_exceptions();
    delegate_interrupts();
    clear_filter();
    allow_state();
    allow_timer();
    allow_time();
    open_memory();
    if (hartid == 0) {
        delegate_sources();
        set_addresses();
        enter((uintptr_t)_start, hartid, tree);
    }
    while (!__atomic_load_n(&mailbox[hartid].start, __ATOMIC_ACQUIRE)) continue;
    enter(mailbox[hartid].start, hartid, mailbox[hartid].arg);
}

/* ---- the calls that the kernel makes ---- */

struct frame {
    unsigned long ra, t[7], a0, a1, a2, a3, a4, a5, a6, a7;
};

static void put(char c)
{
    while (!(*(volatile uint8_t *)(UART + 5) & 0x20)) continue;
    *(volatile uint8_t *)UART = (uint8_t)c;
}

static void say(const char *s)
{
    while (*s) put(*s++);
}

static void say_hex(unsigned long v)
{
    for (int i = 60; i >= 0; i -= 4) put("0123456789abcdef"[v >> i & 15]);
}

static _Noreturn void refuse(void)
{
    say("machine level: cause 0x");
    say_hex(READ(mcause));
    say(" at 0x");
    say_hex(READ(mepc));
    say(", value 0x");
    say_hex(READ(mtval));
    say("\n");
    for (;;) REG32(FINISHER) = 1 << 16 | 0x3333; /* exit code 1 */
}

static long hart_start(unsigned long hart, uintptr_t start, uintptr_t arg)
{
    if (hart >= HARTS || mailbox[hart].start) return -3; /* SBI_ERR_INVALID_PARAM */
    mailbox[hart].arg = arg;
    __atomic_store_n(&mailbox[hart].start, start, __ATOMIC_RELEASE);
    return 0;
}

static long call(const struct frame *f)
{
    enum { PUTCHAR = 1, IPI = 0x735049, HSM = 0x48534d };

    if (f->a7 == PUTCHAR) {
        put((char)f->a0);
        return 0;
    }
    if (f->a7 == IPI && f->a0 == 1 && f->a1 < HARTS) {
        REG32(CLINT + 4 * f->a1) = 1;
        return 0;
    }
    return f->a7 == HSM && f->a6 == 0 ? hart_start(f->a0, f->a1, f->a2) : -2; /* SBI_ERR_NOT_SUPPORTED */
}

void machine_trap(struct frame *f)
{
    unsigned long cause = READ(mcause);

    if (cause == (1ul << 63 | 3)) { /* the machine's software interrupt becomes the supervisor's */
        REG32(CLINT + 4 * READ(mhartid)) = 0;
        SET(mip, 1 << 1);
    } else if (cause == 9) {
        f->a0 = (unsigned long)call(f);
        WRITE(mepc, READ(mepc) + 4);
    } else {
        refuse();
    }
}
