/* SPDX-License-Identifier: BSD-2-Clause */
#include "payload/kernel/hart.h"
#include "payload/kernel/console.h"
#include "payload/kernel/irq.h"
#include "payload/kernel/mmu.h"
#include "payload/kernel/panic.h"
#include "payload/kernel/machine.h"
#include "payload/kernel/pulse.h"
#include "payload/kernel/sbi.h"
#include "payload/kernel/time.h"
#include "payload/kernel/work.h"
#include "csr.h"
#include <string.h>

#define CANARY       0x6361706c6f76650aul
#define CANARY_WORDS 8

struct hart harts[MACHINE_MAX_HARTS];
long (*hart_stop_call)(void) = sbi_hart_stop;
long (*hart_start_call)(uint64_t hartid, uintptr_t address, uintptr_t opaque) = sbi_hart_start;
_Thread_local unsigned hart_index_;
static unsigned boot_index;

/* payload.ld: one stack area and one TLS block per slot, and the template of a TLS block. */
extern char hart_stacks[], __tls_blocks[];
extern const char __tdata_start[], __tdata_end[], __tbss_end[];

void hart_entry(void);
long hart_suspend_away(uint32_t type); /* start.S */
void hart_tls_init(void *tls);
_Noreturn void hart_secondary(struct hart *self);

static size_t tls_size(void)
{
    return (uintptr_t)__tbss_end - (uintptr_t)__tdata_start;
}

void hart_tls_init(void *tls)
{
    size_t data = (uintptr_t)__tdata_end - (uintptr_t)__tdata_start;

    memcpy(tls, __tdata_start, data);
    memset((char *)tls + data, 0, tls_size() - data);
}

unsigned hart_count(void)
{
    return (unsigned)machine.aia.n_harts;
}

unsigned hart_online_count(void)
{
    unsigned n = 0;

    for (unsigned i = 0; i < hart_count(); i++)
        n += hart_is_online(i);
    return n;
}

unsigned hart_from(unsigned index)
{
    while (!hart_is_online(index % hart_count()))
        index++;
    return index % hart_count();
}

enum hart_state hart_state(unsigned index)
{
    if (index >= hart_count())
        return HART_ABSENT;
    return (enum hart_state)atomic_load_explicit(&harts[index].state, memory_order_acquire);
}

static void set_state(struct hart *h, enum hart_state state)
{
    atomic_store_explicit(&h->state, (int)state, memory_order_release);
}

void hart_kick(unsigned index)
{
    (void)sbi_send_ipi(harts[index].hartid);
}

unsigned hart_boot_index(void)
{
    return boot_index;
}

static uint64_t *canary(const struct hart *h)
{
    return (uint64_t *)(h->stack_limit - STACK_MARGIN);
}

bool hart_stack_ok(unsigned index)
{
    const struct hart *h = &harts[index];

    if (!h->stack_top)
        return true;
    for (unsigned i = 0; i < CANARY_WORDS; i++)
        if (canary(h)[i] != CANARY)
            return false;
    return true;
}

void hart_stack_bounds(uintptr_t *low, uintptr_t *high)
{
    const struct hart *h = &harts[hart_index()];
    uintptr_t top = h->stack_top ? h->stack_top : (uintptr_t)hart_stacks + STACK_AREA;

    *low = top - STACK_SIZE;
    *high = top;
}

_Noreturn void start_on_stack(uintptr_t top, void (*fn)(void)); /* start.S */

void hart_abandon_stack(void (*fn)(void))
{
    uintptr_t low, top;

    hart_stack_bounds(&low, &top);
    start_on_stack(top, fn);
}

static void init_one(unsigned index, unsigned slot)
{
    struct hart *h = &harts[index];
    uintptr_t top = (uintptr_t)hart_stacks + (slot + 1ul) * STACK_AREA;

    h->index = index;
    h->hartid = machine.aia.harts[index].hartid;
    h->tls = (uintptr_t)__tls_blocks + slot * tls_size();
    h->stack_limit = top - STACK_SIZE + STACK_MARGIN;
    for (unsigned i = 0; i < CANARY_WORDS; i++)
        canary(h)[i] = CANARY;
    h->stack_top = top;
    if (index != boot_index)
        hart_tls_init((void *)h->tls);
}

/* The C part of every start of a hart. It runs on the hart itself, with interrupts off. */
static int enter(struct hart *h)
{
    hart_index_ = h->index;
    PULSE_SET(sbi, 0); /* The call that stopped this hart did not return. */
    PULSE_SET(irqs_off, false);
    pulse_step(PULSE_ENTERS);
    mmu_hart_init();
    time_hart_init(machine.aia.harts[h->index].sstc);
    csr_write(sie, SIE_SSIE | SIE_STIE);
    return irq_hart_init();
}

bool hart_init(uint64_t boot_hartid)
{
    int index = aia_fdt_hart(&machine.aia, boot_hartid);

    if (index < 0)
        return false;
    boot_index = (unsigned)index;

    /*
     * start.S put the boot hart in slot 0 without knowing its index. The hart with index 0 takes the boot hart's slot.
     */
    for (unsigned i = 0; i < hart_count(); i++)
        init_one(i, i == boot_index ? 0 : i == 0 ? boot_index : i);
    mmu_init();
    int error = enter(&harts[boot_index]);
    require(!error, "no interrupts on the boot hart: %s", aia_strerror(error));
    set_state(&harts[boot_index], HART_ONLINE);
    csr_irq_restore(SSTATUS_SIE);
    return true;
}

static bool change_state(struct hart *h, enum hart_state from, enum hart_state to)
{
    int expected = (int)from;

    return atomic_compare_exchange_strong(&h->state, &expected, (int)to);
}

/*
 * The hart first claims its start. If hart_start() has given the hart up, the claim fails: then the hart stops again,
 * and no other hart learns of it.
 */
void hart_secondary(struct hart *self)
{
    if (!change_state(self, HART_STARTING, HART_ENTERING))
        for (;;)
            (void)sbi_hart_stop();
    int error = enter(self);
    if (error) {
        csr_write(sie, 0);
        atomic_store(&self->sbi_error, error);
        set_state(self, HART_STOPPING);
        for (;;)
            (void)sbi_hart_stop();
    }
    set_state(self, HART_ONLINE);
    csr_irq_restore(SSTATUS_SIE);
    hart_loop();
}

/* Ask the firmware to start the hart, without waiting for the hart. Returns EBUSY while the hart is still stopping. */
static int request_start(struct hart *h)
{
    enum hart_state before = hart_state(h->index);

    /* A hart that was to stop may come back online without a start. */
    if (before == HART_ONLINE || !change_state(h, before, HART_STARTING))
        return HART_EBUSY;
    atomic_store(&h->job, 0);
    long error = hart_start_call(h->hartid, (uintptr_t)hart_entry, (uintptr_t)h);
    if (!error) {
        atomic_store(&h->started_at, time_now());
        return HART_OK;
    }
    (void)change_state(h, HART_STARTING, before);
    atomic_store(&h->sbi_error, (int)error);
    return error == SBI_ERR_ALREADY_AVAILABLE ? HART_EBUSY : HART_EFIRMWARE;
}

static bool coming_up(unsigned index)
{
    enum hart_state state = hart_state(index);

    return state == HART_STARTING || state == HART_ENTERING;
}

/* False: the hart arrived at the last moment. */
static bool give_up(struct hart *h)
{
    return change_state(h, HART_STARTING, HART_FAILED);
}

int hart_start(unsigned index, uint64_t ticks)
{
    struct hart_wait w = hart_wait_begin(ticks);
    struct hart *h = &harts[index];
    int error;

    if (index >= hart_count())
        return HART_EINVAL;
    if (!irq_reaches(index))
        return HART_ENOFILE;
    if (hart_state(index) == HART_ONLINE || coming_up(index))
        return HART_EBUSY;
    while ((error = request_start(h)) == HART_EBUSY)
        if (!hart_wait_more(&w))
            return HART_ETIMEOUT;
    if (error)
        return error;
    while (coming_up(index)) {
        if (hart_wait_more(&w))
            continue;
        if (give_up(h))
            return HART_ETIMEOUT;
        w = hart_wait_begin(time_from_ms(HART_START_MS)); /* once: the hart only has to set itself up */
    }
    if (hart_state(index) != HART_ONLINE) {
        (void)hart_wait_stopped(index, ticks);
        return HART_EIRQ;
    }
    return HART_OK;
}

static void report_missing(unsigned index, int error)
{
    const struct hart *h = &harts[index];

    long status = sbi_hart_status(h->hartid);

    if (error == HART_EFIRMWARE)
        print("hart %u (id %lu): left out: the firmware refuses to start it: %s\n", index, h->hartid,
              sbi_strerror(hart_firmware_error(index)));
    else if (error == HART_ENOFILE)
        print("hart %u (id %lu): left out: %s\n", index, h->hartid, hart_strerror(error));
    else
        print("hart %u (id %lu): left out: not up after %u ms, the firmware says %s%s\n", index, h->hartid,
              HART_START_MS, sbi_hsm_state_name(status),
              status == SBI_HSM_STARTED ? ": the firmware or the machine holds it" : "");
}

/*
 * Ask the firmware to start all harts, then wait for all. So harts that never come cost one second together. A hart
 * that lost the boot lottery may still be on its way to HSM stop; the request is then repeated.
 */
unsigned hart_start_all(void)
{
    struct hart_wait w = hart_wait_begin(time_from_ms(HART_START_MS));
    int error[MACHINE_MAX_HARTS];
    bool waiting, more = true;

    for (unsigned i = 0; i < hart_count(); i++)
        error[i] = i == boot_index ? HART_OK : irq_reaches(i) ? HART_EBUSY : HART_ENOFILE;
    do {
        waiting = false;
        for (unsigned i = 0; i < hart_count(); i++) {
            if (error[i] == HART_EBUSY)
                error[i] = request_start(&harts[i]);
            waiting |= error[i] == HART_EBUSY || (!error[i] && coming_up(i));
        }
        if (waiting)
            more = hart_wait_more(&w);
    } while (waiting && more);

    for (unsigned i = 0; i < hart_count(); i++)
        if (give_up(&harts[i]) || error[i])
            report_missing(i, error[i]);
    return hart_online_count();
}

int hart_stop_self(void)
{
    struct hart *h = &harts[hart_index()];
    unsigned long was = csr_irq_save(), sie = csr_swap(sie, 0);

    set_state(h, HART_STOPPING);
    atomic_store(&h->sbi_error, (int)hart_stop_call());
    set_state(h, HART_ONLINE);
    csr_write(sie, sie);
    csr_irq_restore(was);
    return HART_EFIRMWARE;
}

static long suspend(bool retentive)
{
    if (retentive)
        return sbi_hart_suspend(SBI_SUSPEND_RETENTIVE, 0, 0);

    unsigned long sie = csr_read(sie), satp = csr_read(satp);
    pulse_sbi((uint64_t)SBI_EXT_HSM << 8 | 3);
    long error = hart_suspend_away(SBI_SUSPEND_NON_RETENTIVE);
    PULSE_SET(sbi, 0);

    csr_write(satp, satp);
    csr_sfence_vma();
    time_hart_resume();
    csr_write(sie, sie);
    return error;
}

long (*hart_suspend_call)(bool retentive) = suspend;

long hart_suspend(bool retentive)
{
    return hart_suspend_call(retentive);
}

int hart_wait_stopped(unsigned index, uint64_t ticks)
{
    struct hart_wait w = hart_wait_begin(ticks);
    struct hart *h = &harts[index];
    long status;

    if (index >= hart_count() || index == hart_index())
        return HART_EINVAL;
    while ((status = sbi_hart_status(h->hartid)) != SBI_HSM_STOPPED) {
        if (status < 0) {
            atomic_store(&h->sbi_error, (int)status);
            return HART_EFIRMWARE;
        }
        if (!hart_wait_more(&w))
            return HART_ETIMEOUT;
    }
    set_state(h, HART_STOPPED);
    return HART_OK;
}

const char *hart_strerror(int error)
{
    static const char *const names[] = {
        "OK",
        "EINVAL: no such hart, or the calling hart",
        "EBUSY: the hart has a job, or is up already",
        "EOFFLINE: the hart is not online",
        "ETIMEOUT: not in time",
        "EFIRMWARE: the SBI call failed",
        "ENOFILE: the hart has no interrupt file",
        "EIRQ: the hart came, and could not take interrupts",
    };
    if (error > 0 || -error >= (int)(sizeof(names) / sizeof(names[0])))
        return "not a hart error";
    return names[-error];
}

const char *hart_state_name(enum hart_state state)
{
    static const char *const names[] = {"absent",   "starting", "entering", "online",
                                        "stopping", "stopped",  "failed"};

    return names[state];
}

long hart_firmware_error(unsigned index)
{
    return atomic_load(&harts[index].sbi_error);
}
