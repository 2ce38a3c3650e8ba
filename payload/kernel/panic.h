/* SPDX-License-Identifier: BSD-2-Clause */
/* The end of the program: in order, with an exit code, or in a panic that stops every hart. */
#ifndef PAYLOAD_KERNEL_PANIC_H
#define PAYLOAD_KERNEL_PANIC_H

#include <stdbool.h>

/* What make run and the tests see. */
enum exit_code {
    EXIT_PASS = 0,
    EXIT_FAIL = 1,    /* a verdict */
    EXIT_MACHINE = 2, /* device tree, boot arguments, or something the machine lacks */
    EXIT_PANIC = 3,
};

/* End the machine: the finisher carries the code; without one SBI SRST, which cannot, after saying so. */
_Noreturn void machine_exit(int code);

/*
 * What is called at the end of a panic's report, with EXIT_PANIC: it returns the exit code, or ends the machine itself. Interrupts off,
 * all other harts halted, on whatever stack. NULL: nothing.
 */
extern int (*panic_then)(int code);

/* Print, with a backtrace, and exit with EXIT_PANIC. Any hart, any context, at any time. */
_Noreturn void panic(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* What must hold. The message says what it means that it does not. */
#define require(cond, ...)                                         \
    do {                                                           \
        if (!(cond))                                               \
            panic_require(#cond, __FILE__, __LINE__, __VA_ARGS__); \
    } while (0)
_Noreturn void panic_require(const char *cond, const char *file, int line, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/*
 * The parts, for trap.c. panic_begin(): the first hart here stops all others and owns the console; any
 * other halts; the same hart once more (a trap while it prints) exits at once. panic_end(): what is
 * common to all reports, and exit.
 */
void panic_begin(void);
_Noreturn void panic_end(void);
/* In the software interrupt: halt if another hart panics. */
void panic_check(void);

#endif
