/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A library that tests/qemu/run preloads into QEMU where two runs of a row must print the same. With `-icount sleep=off`, QEMU's
 * main loop advances the clock while every hart sleeps. It may do so when the last hart has executed wfi and the vCPU thread has
 * not yet added the instructions of that hart to the clock: then the clock jumps too far by these instructions. This depends on
 * the host's scheduler. Here the main loop begins a turn only while the vCPU thread waits for work, which it does after it has
 * counted. docs/ci.md says more.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

#define STEP_NS  20000L
#define LIMIT_NS 300000000L /* the guest may have shut the machine down, and wait without sleeping */

static atomic_int waiting;

static int is_main(void)
{
    return gettid() == getpid();
}

static long since(const struct timespec *start)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (now.tv_sec - start->tv_sec) * 1000000000L + now.tv_nsec - start->tv_nsec;
}

int pthread_cond_wait(pthread_cond_t *cond, pthread_mutex_t *mutex)
{
    static int (*real)(pthread_cond_t *, pthread_mutex_t *);

    if (!real) /* The version by name: dlsym() may return the oldest, which has another pthread_cond_t. */
        *(void **)&real = dlvsym(RTLD_NEXT, "pthread_cond_wait", "GLIBC_2.3.2");
    if (!real)
        *(void **)&real = dlsym(RTLD_NEXT, "pthread_cond_wait");
    if (is_main())
        return real(cond, mutex);
    atomic_fetch_add(&waiting, 1);
    int error = real(cond, mutex);
    atomic_fetch_sub(&waiting, 1);
    return error;
}

int ppoll(struct pollfd *fds, nfds_t n, const struct timespec *timeout, const sigset_t *mask)
{
    static int (*real)(struct pollfd *, nfds_t, const struct timespec *, const sigset_t *);

    if (!real)
        *(void **)&real = dlsym(RTLD_NEXT, "ppoll");
    int ready = real(fds, n, timeout, mask);
    struct timespec start;
    clock_gettime(CLOCK_MONOTONIC, &start);
    while (is_main() && !atomic_load(&waiting) && since(&start) < LIMIT_NS)
        nanosleep(&(struct timespec){0, STEP_NS}, NULL);
    return ready;
}
