/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A library that tests/qemu/turns.t preloads into QEMU besides turns.c, so that QEMU's main loop meets the moment that turns.c
 * describes in every run: the main loop never sleeps, and a hart that leaves its code, as wfi does, waits before it is counted.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stddef.h>
#include <time.h>

#define WAIT_NS 30000L

_Noreturn void __longjmp_chk(struct __jmp_buf_tag env[1], int value);

int ppoll(struct pollfd *fds, nfds_t n, const struct timespec *timeout, const sigset_t *mask)
{
    static int (*real)(struct pollfd *, nfds_t, const struct timespec *, const sigset_t *);

    (void)timeout;
    if (!real)
        *(void **)&real = dlsym(RTLD_NEXT, "ppoll");
    return real(fds, n, &(struct timespec){0, 0}, mask);
}

/* What siglongjmp is called in a program that is built with _FORTIFY_SOURCE. */
void __longjmp_chk(struct __jmp_buf_tag env[1], int value)
{
    static __attribute__((noreturn)) void (*real)(struct __jmp_buf_tag *, int);

    if (!real)
        *(void **)&real = dlsym(RTLD_NEXT, "__longjmp_chk");
    nanosleep(&(struct timespec){0, WAIT_NS}, NULL);
    real(env, value);
}
