/* SPDX-License-Identifier: BSD-2-Clause */
#include "payload/kernel/sbi.h"
#include "payload/kernel/pulse.h"
#include <stddef.h>

/* SBI specification, "Binary Encoding": a7 = extension, a6 = function; the call returns a0 = error and a1 = value. */
static struct sbi_ret sbi_call(unsigned long ext, unsigned long fid, unsigned long arg0, unsigned long arg1,
                               unsigned long arg2)
{
    pulse_sbi((uint64_t)ext << 8 | fid);
    register unsigned long a0 __asm__("a0") = arg0;
    register unsigned long a1 __asm__("a1") = arg1;
    register unsigned long a2 __asm__("a2") = arg2;
    register unsigned long a6 __asm__("a6") = fid;
    register unsigned long a7 __asm__("a7") = ext;

    __asm__ __volatile__("ecall" : "+r"(a0), "+r"(a1) : "r"(a2), "r"(a6), "r"(a7) : "memory");
    struct sbi_ret ret = {(long)a0, (long)a1};
    PULSE_SET(sbi, 0);
    return ret;
}

const char *sbi_strerror(long error)
{
    static const char *const names[] = {
        "SUCCESS",
        "ERR_FAILED",
        "ERR_NOT_SUPPORTED",
        "ERR_INVALID_PARAM",
        "ERR_DENIED",
        "ERR_INVALID_ADDRESS",
        "ERR_ALREADY_AVAILABLE",
        "ERR_ALREADY_STARTED",
        "ERR_ALREADY_STOPPED",
        "ERR_NO_SHMEM",
        "ERR_INVALID_STATE",
        "ERR_BAD_RANGE",
        "ERR_TIMEOUT",
        "ERR_IO",
    };
    if (error > 0 || -error >= (long)(sizeof(names) / sizeof(names[0])))
        return "an unknown error";
    return names[-error];
}

const char *sbi_hsm_state_name(long state)
{
    static const char *const names[] = {
        "STARTED",   "STOPPED",         "START_PENDING",  "STOP_PENDING",
        "SUSPENDED", "SUSPEND_PENDING", "RESUME_PENDING",
    };
    if (state < 0)
        return sbi_strerror(state);
    return state < (long)(sizeof(names) / sizeof(names[0])) ? names[state] : "an unknown state";
}

const char *sbi_call_name(uint64_t call)
{
    static const struct {
        unsigned long extension, function;
        const char *name;
    } names[] = {
        {SBI_EXT_LEGACY_PUTCHAR, 0, "console_putchar"},
        {SBI_EXT_LEGACY_GETCHAR, 0, "console_getchar"},
        {SBI_EXT_TIME, 0, "TIME set_timer"},
        {SBI_EXT_IPI, 0, "IPI send_ipi"},
        {SBI_EXT_HSM, 0, "HSM hart_start"},
        {SBI_EXT_HSM, 1, "HSM hart_stop"},
        {SBI_EXT_HSM, 2, "HSM hart_get_status"},
        {SBI_EXT_HSM, 3, "HSM hart_suspend"},
        {SBI_EXT_SRST, 0, "SRST system_reset"},
        {SBI_EXT_DBCN, 1, "DBCN console_read"},
        {SBI_EXT_DBCN, 2, "DBCN console_write_byte"},
    };

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (call == ((uint64_t)names[i].extension << 8 | names[i].function))
            return names[i].name;
    return "of the base extension";
}

bool sbi_probe(unsigned long extension)
{
    struct sbi_ret r = sbi_call(SBI_EXT_BASE, 3, extension, 0, 0);
    return r.error == SBI_SUCCESS && r.value != 0;
}

unsigned long sbi_spec_version(void)
{
    return (unsigned long)sbi_call(SBI_EXT_BASE, 0, 0, 0, 0).value;
}

unsigned long sbi_impl_id(void)
{
    return (unsigned long)sbi_call(SBI_EXT_BASE, 1, 0, 0, 0).value;
}

unsigned long sbi_impl_version(void)
{
    return (unsigned long)sbi_call(SBI_EXT_BASE, 2, 0, 0, 0).value;
}

const char *sbi_impl_name(unsigned long id)
{
    static const char *const names[] = {
        "BBL", "OpenSBI", "Xvisor", "KVM", "RustSBI", "Diosix", "Coffer", "Xen", "PolarFire HSS",
    };
    return id < sizeof(names) / sizeof(names[0]) ? names[id] : "unknown SBI";
}

long sbi_set_timer(uint64_t when)
{
    return sbi_call(SBI_EXT_TIME, 0, when, 0, 0).error;
}

long sbi_send_ipi(uint64_t hartid)
{
    /* hart_mask 1 with hart_mask_base = hartid selects this one hart. */
    return sbi_call(SBI_EXT_IPI, 0, 1, hartid, 0).error;
}

long sbi_hart_start(uint64_t hartid, uintptr_t address, uintptr_t opaque)
{
    return sbi_call(SBI_EXT_HSM, 0, hartid, address, opaque).error;
}

long sbi_hart_stop(void)
{
    return sbi_call(SBI_EXT_HSM, 1, 0, 0, 0).error;
}

long sbi_hart_status(uint64_t hartid)
{
    struct sbi_ret r = sbi_call(SBI_EXT_HSM, 2, hartid, 0, 0);
    return r.error ? r.error : r.value;
}

long sbi_hart_suspend(uint32_t type, uintptr_t resume, uintptr_t opaque)
{
    return sbi_call(SBI_EXT_HSM, 3, type, resume, opaque).error;
}

long sbi_shutdown(void)
{
    return sbi_call(SBI_EXT_SRST, 0, 0, 0, 0).error;
}

long sbi_reboot(void)
{
    return sbi_call(SBI_EXT_SRST, 0, 1, 0, 0).error;
}

static bool have_dbcn(void)
{
    static signed char have = -1;

    if (have < 0)
        have = sbi_probe(SBI_EXT_DBCN);
    return have;
}

void sbi_putchar(char c)
{
    if (have_dbcn())
        sbi_call(SBI_EXT_DBCN, 2, (unsigned char)c, 0, 0);
    else
        sbi_call(SBI_EXT_LEGACY_PUTCHAR, 0, (unsigned char)c, 0, 0);
}

/*
 * DBCN reads into memory at a physical address, which equals the virtual address (mmu.h). The legacy call returns the
 * byte.
 */
int sbi_getchar(void)
{
    static volatile unsigned char byte;

    if (!have_dbcn())
        return (int)sbi_call(SBI_EXT_LEGACY_GETCHAR, 0, 0, 0, 0).error;
    struct sbi_ret r = sbi_call(SBI_EXT_DBCN, 1, 1, (uintptr_t)&byte, 0);
    return r.error == SBI_SUCCESS && r.value == 1 ? byte : -1;
}
