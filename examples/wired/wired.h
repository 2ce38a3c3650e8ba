/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files of this kernel share. */
#include <aia/aia.h>
#include <aia/fdt.h>

enum { MAX_HARTS = 32, IRQS = 2 };

// clang-format off
#define CSR(instruction) ({ unsigned long v_; __asm__ volatile(instruction : "=r"(v_)::"memory"); v_; })
// clang-format on

/* ---- port.c ---- */
extern struct aia aia;
extern uint64_t finisher; /* the register of the test finisher; 0: not known yet */
extern uint64_t second;   /* ticks of a second */
extern const struct aia_fdt *machine;
void say(const char *s);
void say_number(const char *before, uint64_t n, const char *after);
_Noreturn void finish(const char *verdict, uint32_t how); /* 0x5555: pass */
void check(bool good, const char *what);                  /* not good: FAIL, and exit code 1 */
void check_aia(int error, const char *what);              /* the same for an error of the library */
void hart_start(unsigned hart);
void kick(unsigned hart); /* aia_config.kick */
uint64_t hang(void); /* a time after which a wait has failed; on a busy host a hart may not run for seconds */

/* ---- devices.c ---- */
struct device {
    const char *name;
    uint64_t regs;
    struct aplic_source source;
    struct aia_irq *irq;
    aia_handler handler;
};
extern struct device uart, rng;
extern _Atomic unsigned uart_unsent, uart_received, uart_wrong; /* characters */
extern _Atomic unsigned rng_asked, rng_filled;                  /* buffers */
void uart_start(void);
void uart_send(const char *s); /* a string that stays where it is, after the earlier one is sent */
bool rng_find(uint64_t regs);  /* whether a virtio slot has an rng */
void rng_start(void);
void rng_ask(void); /* for a buffer; the handler asks for the next, until rng_stop() */
void rng_stop(void);
