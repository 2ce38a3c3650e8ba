/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * For the ports in this folder, each of which implements aia/port.h in its own way; copy one, and this file. aia_port_ipi() and
 * aia_port_report() are not here, because what they do is up to each kernel.
 */
#ifndef PORT_H
#define PORT_H

#include <aia/aia.h>

// clang-format off
#define CSR(instruction) ({ unsigned long v_; __asm__ volatile(instruction : "=r"(v_)::"memory"); v_; })
// clang-format on

enum { SIE = 2 }; /* in sstatus: interrupts are on */

/* Take a timer interrupt (scause 5). Call this on each hart once more, before its first. Interrupts off. */
void port_timer_interrupt(struct aia *aia);

/* A spin loop's pause (Zihintpause). A hart without Zihintpause executes a fence that does nothing. */
static inline void port_pause(void) { __asm__ volatile(".4byte 0x0100000f"); }

/* SBI's one-shot timer of the running hart. UINT64_MAX: no interrupt comes. */
static inline void port_set_timer(uint64_t when)
{
    register unsigned long a0 __asm__("a0") = when, a1 __asm__("a1") = 0, a6 __asm__("a6") = 0;
    register unsigned long a7 __asm__("a7") = 0x54494d45;
    __asm__ volatile("ecall" : "+r"(a0), "+r"(a1) : "r"(a6), "r"(a7) : "memory");
}

#endif
