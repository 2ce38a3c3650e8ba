/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test=suspend: a hart suspends, retentive and not, with an edge pending before, one that comes while it sleeps, or
 * whenever it comes: each wakes it and is handled. Also when the file is lost meanwhile, which QEMU's never is.
 */
#include "payload/args.h"
#include "payload/console.h"
#include "payload/hart.h"
#include "payload/payload.h"
#include "payload/sbi.h"
#include "payload/time.h"
#include "payload/jobs/check.h"
#include "payload/jobs/cycle.h"
#include "payload/jobs/jobs.h"
#include "payload/jobs/tally.h"
#include "csr.h"

const struct arg job_suspend_args[] = {
    {"rounds", "suspensions of each kind (500)"},
    {NULL, NULL},
};

#define WAIT_MS  5000 /* on a busy host a hart may not run for long */
#define TIMER_US 500

enum kind { RETENTIVE, NON_RETENTIVE, LOST, N_KINDS };
enum when { PENDING, ASLEEP, ANY_TIME, N_WHEN };

static struct tally one;
static enum kind kind;
static enum when when;
static _Atomic unsigned ready, go, woken; /* round numbers */
static _Atomic int leave;
static _Atomic long error;
static _Atomic unsigned timers_lost;

static struct imsic_saved saved;

/* A file that does not keep its state: what was pending before is only in `saved`. */
static void lose(void)
{
    struct imsic_file *f = &aia.imsic.files[hart_index()];

    imsic_file_off(f);
    if (when == PENDING) /* else it would lose what has come since, which no hardware may */
        imsic_file_clear(f);
}

/* And a timer that does not keep the moment that it was given. */
static void lose_timer(void)
{
    if (machine.harts[hart_index()].sstc)
        csr_write(CSR_STIMECMP, TIME_NEVER);
    else
        (void)sbi_set_timer(TIME_NEVER);
}

/* Interrupts on: does that moment come? Nothing here may set the timer anew, as every wait of hart.h does. */
static bool timer_comes(void)
{
    for (uint64_t end = time_after(time_from_ms(WAIT_MS)); time_wake() != TIME_NEVER;)
        if (time_now() > end)
            return false;
    return true;
}

static void suspend_once(void)
{
    if (kind == RETENTIVE) {
        atomic_store(&error, hart_suspend(true));
        return;
    }
    aia_hart_save(&aia, &saved);
    if (kind == LOST) {
        time_arm_wake(time_after(time_from_us(TIMER_US)));
        lose_timer();
    }
    atomic_store(&error, hart_suspend(false));
    if (kind == LOST)
        lose();
    aia_hart_restore(&aia, &saved);
}

static void sleeper(void *arg)
{
    unsigned n = 0;

    (void)arg;
    while (!atomic_load(&leave)) {
        unsigned long was = csr_irq_save();
        struct hart_wait w = hart_wait_begin(time_from_ms(WAIT_MS));
        n++;
        atomic_store(&ready, n);
        while (when == PENDING && atomic_load(&go) < n && !atomic_load(&leave) && hart_wait_more(&w))
            ;
        if (!atomic_load(&leave))
            suspend_once();
        csr_irq_restore(was);
        if (!timer_comes())
            atomic_fetch_add(&timers_lost, 1);
        atomic_store(&woken, n);
        while (atomic_load(&go) < n && !atomic_load(&leave))
            hart_pause();
    }
}

static bool wait_word(const _Atomic unsigned *word, unsigned n)
{
    struct hart_wait w = hart_wait_begin(time_from_ms(WAIT_MS));

    while (atomic_load(word) < n)
        if (!hart_wait_more(&w))
            return false;
    return true;
}

static bool asleep(unsigned hart)
{
    struct hart_wait w = hart_wait_begin(time_from_ms(WAIT_MS));

    while (sbi_hart_status(machine.harts[hart].hartid) != SBI_HSM_SUSPENDED)
        if (!hart_wait_more(&w))
            return false;
    return true;
}

static void nothing(void *arg)
{
    (void)arg;
}

static bool one_round(unsigned hart, unsigned n)
{
    uint64_t ran = aia_irq_runs(&aia, one.irq, hart);
    bool good = wait_word(&ready, n);

    if (when == ASLEEP)
        good &= asleep(hart);
    tally_send(&one);
    if (when == PENDING)
        atomic_store(&go, n);
    uint64_t all = atomic_load(&one.sent);
    good &= wait_for(&one.seen, all) && wait_word(&woken, n);
    atomic_store(&go, n);
    return good && atomic_load(&error) == 0 && aia_irq_runs(&aia, one.irq, hart) == ran + 1;
}

static void rounds(unsigned hart, unsigned n_rounds)
{
    static const char *const kinds[] = {"retentive", "non-retentive", "non-retentive and the file lost"};
    static const char *const whens[] = {"pending before", "that comes when it sleeps", "at any time"};
    unsigned good = 0, i;

    atomic_store(&ready, 0);
    atomic_store(&go, 0);
    atomic_store(&woken, 0);
    atomic_store(&leave, 0);
    must_move(one.irq, hart);
    check(!hart_run(hart, sleeper, NULL), "hart %u suspends: %s, an edge %s", hart, kinds[kind], whens[when]);
    for (i = 1; i <= n_rounds && good == i - 1; i++)
        good += one_round(hart, i);
    atomic_store(&leave, 1);
    for (unsigned k = 0; k < WAIT_MS / 20 && hart_join(hart, time_from_ms(20)); k++) {
        tally_send(&one); /* it may be asleep again */
        hart_kick(hart);
    }
    /* It has been through its interrupts before it does what it is asked: no run of these edges is left for the next kind. */
    check(!hart_call(hart, nothing, NULL, time_from_ms(WAIT_MS)), "hart %u is awake", hart);
    check(good == n_rounds, "%u of %u edges wake it and are handled (%s)", good, n_rounds,
          sbi_strerror(atomic_load(&error)));
    check(atomic_load(&timers_lost) == 0, "its timer comes after it");
}

int job_suspend(void)
{
    unsigned other = (hart_index() + 1) % hart_count(), n = (unsigned)args_u64("rounds", 500);

    if (!check(hart_online_count() > 1, "more than one hart"))
        return verdict();
    struct aia_request r = {.name = "soft", .affinity = aia_hartset_one(other)};
    if (!check(!tally_soft(&one, AIA_MSI_PLAIN, r), "an interrupt"))
        return verdict();
    for (kind = 0; kind < (irq_by_message() ? N_KINDS : LOST);
         kind++) /* a controller is not the hart's to lose */
        for (when = 0; when < N_WHEN; when++)
            rounds(other, n);
    check(cycle_spurious() == 0, "nothing spurious");
    check(cycle_down(other) && cycle_up(other) && cycle_late() == 0, "it goes and comes as ever");
    check(tally_edge(&one), "and its interrupt works");
    return verdict();
}
