/* SPDX-License-Identifier: BSD-2-Clause */
/* The supervisor binary interface: the calls that the payload makes, with their names in the SBI specification. */
#ifndef PAYLOAD_KERNEL_SBI_H
#define PAYLOAD_KERNEL_SBI_H

#include <stdbool.h>
#include <stdint.h>

/* SBI specification, "Binary Encoding": standard error codes. */
enum sbi_error {
    SBI_SUCCESS = 0,
    SBI_ERR_FAILED = -1,
    SBI_ERR_NOT_SUPPORTED = -2,
    SBI_ERR_INVALID_PARAM = -3,
    SBI_ERR_DENIED = -4,
    SBI_ERR_INVALID_ADDRESS = -5,
    SBI_ERR_ALREADY_AVAILABLE = -6,
    SBI_ERR_ALREADY_STARTED = -7,
    SBI_ERR_ALREADY_STOPPED = -8,
    SBI_ERR_NO_SHMEM = -9,
    SBI_ERR_INVALID_STATE = -10,
    SBI_ERR_BAD_RANGE = -11,
    SBI_ERR_TIMEOUT = -12,
    SBI_ERR_IO = -13,
};

enum sbi_extension {
    SBI_EXT_LEGACY_PUTCHAR = 0x01,
    SBI_EXT_LEGACY_GETCHAR = 0x02,
    SBI_EXT_BASE = 0x10,
    SBI_EXT_TIME = 0x54494d45,
    SBI_EXT_IPI = 0x735049,
    SBI_EXT_HSM = 0x48534d,
    SBI_EXT_SRST = 0x53525354,
    SBI_EXT_DBCN = 0x4442434e,
};

/* SBI specification, "HSM": hart states. */
enum sbi_hsm_state {
    SBI_HSM_STARTED = 0,
    SBI_HSM_STOPPED = 1,
    SBI_HSM_START_PENDING = 2,
    SBI_HSM_STOP_PENDING = 3,
    SBI_HSM_SUSPENDED = 4,
    SBI_HSM_SUSPEND_PENDING = 5,
    SBI_HSM_RESUME_PENDING = 6,
};

#define SBI_SUSPEND_RETENTIVE     0x00000000u
#define SBI_SUSPEND_NON_RETENTIVE 0x80000000u

struct sbi_ret {
    long error, value;
};

const char *sbi_strerror(long error);
const char *sbi_hsm_state_name(long state);
const char *sbi_call_name(uint64_t call); /* extension << 8 | function */

/* The base extension. sbi_probe(): true if the extension is present. */
bool sbi_probe(unsigned long extension);
unsigned long sbi_spec_version(void); /* major << 24 | minor */
unsigned long sbi_impl_id(void);
unsigned long sbi_impl_version(void);
const char *sbi_impl_name(unsigned long id);

/* TIME: program the running hart's timer. UINT64_MAX: never. */
long sbi_set_timer(uint64_t when);

/* IPI: set SSIP on one hart. */
long sbi_send_ipi(uint64_t hartid);

/* HSM. The started hart receives the opaque value in a1. */
long sbi_hart_start(uint64_t hartid, uintptr_t address, uintptr_t opaque);
long sbi_hart_stop(void);              /* returns only on failure */
long sbi_hart_status(uint64_t hartid); /* enum sbi_hsm_state, or a negative error */
long sbi_hart_suspend(uint32_t type, uintptr_t resume, uintptr_t opaque);

/* SRST: shut down; returns only on failure. */
long sbi_shutdown(void);
/* SRST: boot again, as after power-on; returns only on failure. */
long sbi_reboot(void);

/* Write one byte to the firmware's console: by DBCN if it is present, else by the legacy call. */
void sbi_putchar(char c);
/* Read one byte from the firmware's console. Returns -1 if there is no byte, or no way to read. */
int sbi_getchar(void);

#endif
