/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The harts: what each hart owns, and how harts are started and stopped through SBI HSM. Everywhere a hart is named by
 * its index in machine.aia.harts. work.h has the waits of one hart for another, and the handing over of jobs.
 */
#ifndef PAYLOAD_KERNEL_HART_H
#define PAYLOAD_KERNEL_HART_H

/*
 * A hart's stack area, from low to high addresses: the emergency stack, then the guard page, then the stack. A trap
 * with sp out of bounds is reported on the emergency stack. The canary is the lowest words of the stack. A trap needs
 * STACK_MARGIN bytes above the stack's low end; with less the stack has overflowed.
 */
#define STACK_EMERGENCY 4096
#define STACK_GUARD     4096
#define STACK_SIZE      16384
#define STACK_AREA      (STACK_EMERGENCY + STACK_GUARD + STACK_SIZE)
#define STACK_MARGIN    512

/* Offsets in struct hart, for start.S. */
#define HART_STACK_TOP   0
#define HART_STACK_LIMIT 8
#define HART_TLS         16

#ifndef __ASSEMBLER__

#include "platform/machine.h"
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum hart_state {
    HART_ABSENT,   /* in the tree, never started */
    HART_STARTING, /* hart_start was called, and the hart has not arrived yet */
    HART_ENTERING, /* the hart has arrived, and sets itself up */
    HART_ONLINE,   /* runs our code with interrupts on */
    HART_STOPPING, /* on its way into SBI HSM stop */
    HART_STOPPED,  /* another hart has seen it stopped */
    HART_FAILED,   /* did not arrive in time: left out; a hart that arrives later stops itself */
};

/* The errors of the calls below. */
enum hart_error {
    HART_OK = 0,
    HART_EINVAL = -1,    /* no such hart, or the calling hart where another hart is needed */
    HART_EBUSY = -2,     /* the hart's mailbox has a job, or the hart is up already */
    HART_EOFFLINE = -3,  /* the hart is not online */
    HART_ETIMEOUT = -4,  /* the wait's bound has passed */
    HART_EFIRMWARE = -5, /* the SBI call failed; hart_firmware_error() says how */
    /* The hart has no S-level interrupt file and no APLIC: no interrupt could reach the hart. */
    HART_ENOFILE = -6,
    /* The hart came, could not take interrupts, and stopped; hart_firmware_error() returns an AIA error. */
    HART_EIRQ = -7,
};

#define HART_START_MS \
    10000 /* the time in which harts must come up; a busy host may not run a hart for a while */

struct hart {
    /* start.S reads these three. */
    uintptr_t stack_top;
    uintptr_t stack_limit; /* the value of sscratch: the lowest sp that a trap accepts */
    uintptr_t tls;

    unsigned index;
    uint64_t hartid;
    _Atomic int state; /* enum hart_state */
    _Atomic int sbi_error;
    _Atomic uint64_t started_at; /* the time of the last start that the firmware accepted; 0: never */

    /* The mailbox: one job at a time. */
    _Atomic int job;
    void (*fn)(void *);
    void *arg;
} __attribute__((aligned(64)));

_Static_assert(offsetof(struct hart, stack_top) == HART_STACK_TOP, "start.S");
_Static_assert(offsetof(struct hart, stack_limit) == HART_STACK_LIMIT, "start.S");
_Static_assert(offsetof(struct hart, tls) == HART_TLS, "start.S");

extern struct hart harts[MACHINE_MAX_HARTS];
extern _Thread_local unsigned hart_index_; /* use hart_index() */

/* The running hart's index: one load. */
static inline unsigned hart_index(void)
{
    return hart_index_;
}

/* The number of harts in the device tree. Indexes run from 0 to this number, whatever state each hart is in. */
unsigned hart_count(void);
unsigned hart_online_count(void);
enum hart_state hart_state(unsigned index);
static inline bool hart_is_online(unsigned index)
{
    return hart_state(index) == HART_ONLINE;
}
/* The first online hart from this index on, counted round. There is always one: the calling hart. */
unsigned hart_from(unsigned index);
/* The hart that the firmware booted. */
unsigned hart_boot_index(void);

/*
 * Give every hart its stack and TLS. Once, on the boot hart, when `machine` is known. Returns false if the running hart
 * is not in the tree.
 */
bool hart_init(uint64_t boot_hartid);

/*
 * Start all other harts, waiting for all of them at the same time. Print each hart that does not come up. Returns the
 * number of online harts.
 */
unsigned hart_start_all(void);

/*
 * Start one hart and wait until it is online. _Thread_local variables are initialised once, before a hart's first
 * start; at a later start the hart has the values from before its stop. Returns HART_OK, EBUSY, ETIMEOUT, EFIRMWARE,
 * EINVAL, ENOFILE or EIRQ.
 */
int hart_start(unsigned index, uint64_t ticks);

/*
 * Stop the running hart, with interrupts off. Returns only on failure (EFIRMWARE), with the hart online and interrupts
 * as before. Another hart waits for the stop with hart_wait_stopped().
 */
int hart_stop_self(void);

/* The firmware calls of the two functions above and of hart_suspend(). A test replaces them. */
extern long (*hart_stop_call)(void);
extern long (*hart_start_call)(uint64_t hartid, uintptr_t address, uintptr_t opaque);
extern long (*hart_suspend_call)(bool retentive);

/*
 * HSM hart_suspend of the running hart, with interrupts off. A retentive suspend returns when an interrupt is pending.
 * After a non-retentive suspend the hart resumes in hart_resume (start.S) with its stack alone; this function restores
 * the registers. The caller must save and restore the interrupt file. Returns an SBI error.
 */
long hart_suspend(bool retentive);

/* Wait until the firmware reports this hart as stopped. Returns HART_OK, EINVAL, ETIMEOUT or EFIRMWARE. */
int hart_wait_stopped(unsigned index, uint64_t ticks);

/* Wake a hart from wfi. Has no other effect. */
void hart_kick(unsigned index);

/* Discard the running hart's stack and call fn at its top. */
_Noreturn void hart_abandon_stack(void (*fn)(void));

/* False if the lowest words of a hart's stack were overwritten. */
bool hart_stack_ok(unsigned index);
void hart_stack_bounds(uintptr_t *low, uintptr_t *high); /* of the running hart */

const char *hart_strerror(int error);
const char *hart_state_name(enum hart_state state);
/* The SBI error of the last EFIRMWARE of this hart, or the AIA error of the last EIRQ. */
long hart_firmware_error(unsigned index);

#endif /* __ASSEMBLER__ */
#endif
