/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test=suspend: a hart suspends, retentive and non-retentive. An edge is pending before, comes while the hart sleeps, or
 * comes at any time: each edge wakes the hart and is handled. The same with an interrupt file that loses its state, which
 * QEMU's never does by itself.
 */
#include "imsic/file.h"
#include "payload/kernel/args.h"
#include "payload/kernel/console.h"
#include "payload/kernel/work.h"
#include "payload/kernel/panic.h"
#include "payload/kernel/machine.h"
#include "payload/kernel/pulse.h"
#include "payload/kernel/sbi.h"
#include "payload/kernel/time.h"
#include "payload/report/check.h"
#include "payload/load/cycle.h"
#include "payload/jobs.h"
#include "payload/load/tally.h"
#include "csr.h"
#include <string.h>

const struct arg job_suspend_args[] = {
    ARG_WORK("rounds", "suspensions of each kind (500)", ARG_MAX_ROUNDS),
    ARG_ONE_OF(
        "refuse",
        "act as firmware without retentive, or without all; or whose suspension returns immediately (at-once), "
        "or, each second time, before the edge comes (early)",
        "retentive all at-once early"),
    ARGS_END,
};

#define WAIT_MS  10000 /* on a busy host a hart may not run for long */
#define TIMER_US 500
#define TRIES    3 /* a suspension may end early */

enum kind { RETENTIVE, NON_RETENTIVE, LOST, N_KINDS };
enum when { PENDING, ASLEEP, ANY_TIME, N_WHEN };

static struct tally one;
static enum kind kind;
static enum when when;
static _Atomic unsigned ready, go, woken; /* round numbers */
static _Atomic int quit;
static _Atomic long error;
static long (*firmware)(bool retentive);
static _Atomic unsigned timers_lost;

static struct imsic_saved saved;

/* Make the file lose its state: an edge that was pending before is then only in `saved`. */
static void lose(void)
{
    struct imsic_file *f = &aia.imsic.files[hart_index()];

    imsic_file_off(f);
    if (when == PENDING) /* else an edge that came since would be lost, which no hardware may do */
        imsic_file_clear(f);
}

/* Set the hart's timer, without the knowledge of time.h. */
static void set_timer(uint64_t moment)
{
    if (machine.aia.harts[hart_index()].sstc)
        csr_write(CSR_STIMECMP, moment);
    else
        (void)sbi_set_timer(moment);
}

/* True if the timer fires. Interrupts are on. No wait of hart.h here, because these waits set the timer themselves. */
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
        set_timer(TIME_NEVER); /* the timer loses the time that time_arm_wake() has set */
    }
    atomic_store(&error, hart_suspend(false));
    if (kind == LOST)
        lose();
    aia_hart_restore(&aia, &saved);
}

/*
 * Suspend until the edge comes. Interrupts are off. A suspension may end with nothing pending, as a wfi may. Where the edge
 * must come to a hart that sleeps, the hart takes the interrupt that woke it and suspends again.
 */
static void suspend_for(uint64_t edge)
{
    suspend_once();
    while (when == ASLEEP && !atomic_load(&error) && !atomic_load(&quit)) {
        csr_irq_restore(SSTATUS_SIE);
        (void)csr_irq_save();
        if (atomic_load(&one.seen) >= edge)
            return;
        suspend_once();
    }
}

static void sleeper(void *arg)
{
    unsigned n = 0;

    (void)arg;
    while (!atomic_load(&quit)) {
        unsigned long was = csr_irq_save();
        struct hart_wait w = hart_wait_begin(time_from_ms(WAIT_MS));
        uint64_t edge = atomic_load(&one.sent) + 1;
        n++;
        atomic_store(&ready, n);
        while (when == PENDING && atomic_load(&go) < n && !atomic_load(&quit) && hart_wait_more(&w))
            ;
        if (!atomic_load(&quit))
            suspend_for(edge);
        csr_irq_restore(was);
        if (!timer_comes())
            atomic_fetch_add(&timers_lost, 1);
        atomic_store(&woken, n);
        while (atomic_load(&go) < n && !atomic_load(&quit))
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

    while (sbi_hart_status(machine.aia.harts[hart].hartid) != SBI_HSM_SUSPENDED)
        if (!hart_wait_more(&w))
            return false;
    return true;
}

/* ---- what the firmware does not have ---- */

static long no_retentive(bool retentive)
{
    return retentive ? SBI_ERR_NOT_SUPPORTED : firmware(false);
}

static long none(bool retentive)
{
    (void)retentive;
    return SBI_ERR_NOT_SUPPORTED;
}

static long returns_immediately(bool retentive)
{
    (void)retentive;
    return SBI_SUCCESS;
}

static long early(bool retentive)
{
    static _Atomic unsigned calls;

    if (atomic_fetch_add(&calls, 1) % 2)
        set_timer(0); /* the timer's interrupt is pending from now on */
    return firmware(retentive);
}

static void set_firmware(void)
{
    static const struct {
        const char *name;
        long (*call)(bool retentive);
    } others[] = {
        {"retentive", no_retentive}, {"all", none}, {"at-once", returns_immediately}, {"early", early}};
    const char *refuse = args_get("refuse");

    firmware = hart_suspend_call;
    for (unsigned i = 0; refuse && i < sizeof(others) / sizeof(others[0]); i++)
        if (!strcmp(refuse, others[i].name))
            hart_suspend_call = others[i].call;
}

static _Atomic bool tried;

static void try_once(void *arg)
{
    unsigned long was = hart_irq_save();

    (void)arg;
    suspend_once();
    hart_irq_restore(was);
    atomic_store(&tried, true);
}

/* True if the hart was seen asleep. */
static bool sleeps(unsigned hart)
{
    struct hart_wait w = hart_wait_begin(time_from_ms(WAIT_MS));
    bool slept = false;

    atomic_store(&tried, false);
    if (hart_run(hart, try_once, NULL))
        return true; /* the rounds will report the failure */
    while (!slept && !atomic_load(&tried) && hart_wait_more(&w))
        slept = sbi_hart_status(machine.aia.harts[hart].hartid) == SBI_HSM_SUSPENDED;
    for (unsigned k = 0; k < WAIT_MS / 20 && hart_join(hart, time_from_ms(20)); k++) {
        tally_send(&one);
        hart_kick(hart);
    }
    return slept;
}

/* Why this kind cannot be tested on this machine; NULL: it can. The specification allows a wfi that does not wait. */
static const char *why_not(unsigned hart)
{
    when = ASLEEP;
    must_move(one.irq, hart);
    for (unsigned i = 0; i < TRIES; i++)
        if (sleeps(hart))
            return NULL;
        else if (atomic_load(&error) == SBI_ERR_NOT_SUPPORTED)
            return sbi_strerror(SBI_ERR_NOT_SUPPORTED);
        else if (atomic_load(&error))
            return NULL;
    return "it returns immediately, with nothing pending";
}

/* ---- rounds ---- */

static void nothing(void *arg)
{
    (void)arg;
}

/* Run one round. Returns NULL, or the failure. */
static const char *one_round(unsigned hart, unsigned n)
{
    uint64_t ran = aia_irq_runs(&aia, one.irq, hart);
    const char *wrong = wait_word(&ready, n) ? NULL : "the hart does not reach its suspension";

    if (!wrong && when == ASLEEP && !asleep(hart))
        wrong = "the firmware does not say SUSPENDED";
    tally_send(&one);
    if (when == PENDING)
        atomic_store(&go, n);
    if (!wait_for(&one.seen, atomic_load(&one.sent)) && !wrong)
        wrong = "the edge's handler does not run";
    if (!wait_word(&woken, n) && !wrong)
        wrong = "the hart does not wake";
    atomic_store(&go, n);
    if (!wrong && atomic_load(&error))
        wrong = sbi_strerror(atomic_load(&error));
    return !wrong && aia_irq_runs(&aia, one.irq, hart) != ran + 1 ? "the edge's handler ran twice" : wrong;
}

static const char *const kinds[] = {"retentive", "non-retentive", "non-retentive and the file lost"};

static void rounds(unsigned hart, unsigned n_rounds)
{
    static const char *const whens[] = {"pending before", "that comes while it sleeps", "at any time"};
    const char *wrong = NULL;
    unsigned good = 0;

    atomic_store(&ready, 0);
    atomic_store(&go, 0);
    atomic_store(&woken, 0);
    atomic_store(&quit, 0);
    must_move(one.irq, hart);
    check(!hart_run(hart, sleeper, NULL), "hart %u suspends: %s, an edge %s", hart, kinds[kind], whens[when]);
    while (good < n_rounds && !(wrong = one_round(hart, good + 1)))
        good++;
    atomic_store(&quit, 1);
    for (unsigned k = 0; k < WAIT_MS / 20 && hart_join(hart, time_from_ms(20)); k++) {
        tally_send(&one); /* the hart may be asleep again */
        hart_kick(hart);
    }
    /* The hart takes its interrupts before it runs the call, so that no run of these edges is left for the next kind. */
    check(!hart_call(hart, nothing, NULL, time_from_ms(WAIT_MS)), "hart %u is awake", hart);
    check(!wrong, "%u of %u edges wake it and are handled (%s)", good, n_rounds, wrong ? wrong : "SUCCESS");
    check(atomic_load(&timers_lost) == 0, "its timer fires after each suspension");
}

int job_suspend(void)
{
    unsigned other = hart_from(hart_index() + 1), n = (unsigned)args_u64("rounds", 500);
    unsigned tested = 0;

    if (!has_harts(2))
        return EXIT_MACHINE;
    set_firmware();
    struct aia_request r = {.name = "soft", .affinity = aia_hartset_one(other)};
    if (!check(!tally_soft(&one, AIA_MSI_PLAIN, r), "an interrupt"))
        return verdict();
    for (kind = 0; kind < (irq_by_message() ? N_KINDS : LOST);
         kind++) { /* a suspended hart does not lose the state of a controller */
        const char *why = why_not(other);
        if (why)
            print("not here: hart_suspend, %s: %s\n", kinds[kind], why);
        for (when = 0; when < N_WHEN && !why; when++)
            rounds(other, n);
        tested += !why;
    }
    if (!tested)
        return untested("hart_suspend is not here");
    check(cycle_unowned() == 0, "nothing unowned");
    check(cycle_down(other) && cycle_up(other) && cycle_late() == 0, "hart %u offline and online", other);
    check(tally_edge(&one), "its interrupt works");
    return verdict();
}
