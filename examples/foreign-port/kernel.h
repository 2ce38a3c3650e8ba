/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef KERNEL_H
#define KERNEL_H

#include <aia/aia.h>
#include <stddef.h>

// clang-format off
#define CSR(instruction) ({ unsigned long v_; __asm__ volatile(instruction : "=r"(v_)::"memory"); v_; })
// clang-format on

enum { SBI_PUTCHAR = 1, SBI_TIMER = 0x54494d45, SBI_HSM = 0x48534d, HSM_START = 0 };
long sbi(unsigned long ext, unsigned long fid, unsigned long arg, uintptr_t start);
void check(bool good, const char *what); /* if not good, the machine ends with exit code 1 */

#endif
