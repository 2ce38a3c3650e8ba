/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The harts: what each one owns, and how they are brought up and taken down through SBI HSM. A hart is named by its index in
 * machine.harts, everywhere. How one waits for another, and hands it work: work.h.
 */
#ifndef PAYLOAD_KERNEL_HART_H
#define PAYLOAD_KERNEL_HART_H

/*
 * A hart's stack area, from low to high addresses: the emergency stack, on which a trap that found sp
 * out of bounds is reported; the guard page; the stack. The canary is its lowest words. A trap needs
 * STACK_MARGIN bytes above the stack's low end, or it is an overflow.
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
    HART_STARTING, /* hart_start was called, and it has not arrived yet */
    HART_ENTERING, /* has arrived, and sets itself up */
    HART_ONLINE,   /* runs our code with interrupts on */
    HART_STOPPING, /* on its way into SBI HSM stop */
    HART_STOPPED,  /* another hart has seen it stopped */
    HART_FAILED,   /* did not arrive in time: left out; should it arrive later, it stops itself */
};

/* What the calls below return, negative. */
enum hart_error {
    HART_OK = 0,
    HART_EINVAL = -1,    /* no such hart, or the calling one where another is needed */
    HART_EBUSY = -2,     /* a job is already in its mailbox, or it is up already */
    HART_EOFFLINE = -3,  /* it is not online */
    HART_ETIMEOUT = -4,  /* the bound of the wait has passed */
    HART_EFIRMWARE = -5, /* the SBI call failed; hart_firmware_error() says how */
    HART_ENOFILE = -6,   /* it has no S-level interrupt file, nor an APLIC: no interrupt could reach it */
    HART_EIRQ = -7, /* it came, could not take interrupts, and stopped; hart_firmware_error(): an AIA error */
};

#define HART_START_MS 10000 /* for harts to come up in; on a busy host a hart may not run for long */

struct hart {
    /* start.S reads these three. */
    uintptr_t stack_top;
    uintptr_t stack_limit; /* what sscratch holds: the lowest sp that a trap accepts */
    uintptr_t tls;

    unsigned index;
    uint64_t hartid;
    _Atomic int state; /* enum hart_state */
    _Atomic int sbi_error;
    _Atomic uint64_t started_at; /* when the firmware last agreed to start it; 0: never */

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

/* How many harts the machine lists; indexes run from 0 to here, whatever state each is in. */
unsigned hart_count(void);
unsigned hart_online_count(void);
enum hart_state hart_state(unsigned index);
static inline bool hart_is_online(unsigned index)
{
    return hart_state(index) == HART_ONLINE;
}
/* The first hart from this index on, round and round, that is online. There is one: whoever asks. */
unsigned hart_from(unsigned index);
/* The hart that the firmware booted. */
unsigned hart_boot_index(void);

/*
 * Once, on the boot hart, when machine is known: give every hart its stack and TLS. False: the hart
 * we run on is not in the tree.
 */
bool hart_init(uint64_t boot_hartid);

/* Bring up all others, their waits overlapped; the ones that do not come are printed. Returns how many are up. */
unsigned hart_start_all(void);

/*
 * Start one hart and wait until it is online. Its TLS is what it was when it stopped: _Thread_local
 * variables are initialised once, before a hart's first start. EBUSY, ETIMEOUT, EFIRMWARE.
 */
int hart_start(unsigned index, uint64_t ticks);

/*
 * Stop the running hart. Interrupts go off, whatever they were. Returns only on failure (EFIRMWARE),
 * with the hart online and interrupts as before. Another hart follows with hart_wait_stopped().
 */
int hart_stop_self(void);

/* The calls by which these two, and hart_suspend(), reach the firmware. A test puts others in their place. */
extern long (*hart_stop_call)(void);
extern long (*hart_start_call)(uint64_t hartid, uintptr_t address, uintptr_t opaque);
extern long (*hart_suspend_call)(bool retentive);

/*
 * HSM hart_suspend of the running hart, interrupts off. Retentive: returns when an interrupt is pending. Else the
 * hart comes back through hart_resume (start.S) with nothing but its stack, and this puts back what it had; the
 * interrupt file is the caller's to save. Returns an SBI error.
 */
long hart_suspend(bool retentive);

/* Wait until the firmware says that this hart is stopped. ETIMEOUT, EFIRMWARE. */
int hart_wait_stopped(unsigned index, uint64_t ticks);

/* Wake a hart out of wfi. Has no other effect. */
void hart_kick(unsigned index);

/* Begin again at the top of the running hart's stack, in fn, whatever is on it. */
_Noreturn void hart_abandon_stack(void (*fn)(void));

/* False if the lowest words of a hart's stack were overwritten. */
bool hart_stack_ok(unsigned index);
void hart_stack_bounds(uintptr_t *low, uintptr_t *high); /* of the running hart */

const char *hart_strerror(int error);
const char *hart_state_name(enum hart_state state);
/* The SBI error that the last EFIRMWARE about this hart was. */
long hart_firmware_error(unsigned index);

#endif /* __ASSEMBLER__ */
#endif
