/* SPDX-License-Identifier: BSD-2-Clause */
/* The end of the program: by machine_exit() with an exit code, or by a panic that stops every hart. */
#ifndef PAYLOAD_KERNEL_PANIC_H
#define PAYLOAD_KERNEL_PANIC_H

#include <stdbool.h>

/* The exit codes of QEMU. */
enum exit_code {
    EXIT_PASS = 0,
    EXIT_FAIL = 1,    /* a verdict */
    EXIT_MACHINE = 2, /* the device tree or the arguments are wrong, or the machine lacks something */
    EXIT_PANIC = 3,
};

/*
 * End the machine. The finisher takes the exit code. Without a finisher, print the code and call SBI SRST, which cannot
 * carry a code.
 */
_Noreturn void machine_exit(int code);

/*
 * The function that a panic calls after its report, with EXIT_PANIC. It returns the exit code, or ends the machine
 * itself. It runs with interrupts off, on any stack, and all other harts are halted. NULL: no function.
 */
extern int (*panic_then)(int code);

/* Print the message and a backtrace, and exit with EXIT_PANIC. Any hart, any context, at any time. */
_Noreturn void panic(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Panic unless the condition holds. The message says what the failure means. */
#define require(cond, ...)                                         \
    do {                                                           \
        if (!(cond))                                               \
            panic_require(#cond, __FILE__, __LINE__, __VA_ARGS__); \
    } while (0)
_Noreturn void panic_require(const char *cond, const char *file, int line, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/*
 * The two parts of a panic, for trap.c. panic_begin(): the first hart that calls it stops all other harts and owns the
 * console. Any other hart that calls it halts. If the same hart calls it again, because of a trap during the report,
 * the machine exits. panic_end() prints the end of every report and exits.
 */
void panic_begin(void);
_Noreturn void panic_end(void);
/* Called in the software interrupt: halt if another hart panics. */
void panic_check(void);

#endif
