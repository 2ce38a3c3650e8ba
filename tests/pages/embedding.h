/* SPDX-License-Identifier: BSD-2-Clause */
/* What the code of docs/embedding.md takes from its kernel: the functions that the page lists, and types and headers. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct device;
struct lock;

_Noreturn void panic(const char *why);
void kprintf(const char *format, ...) __attribute__((format(printf, 1, 2)));
unsigned long lock(struct lock *l); /* interrupts off; returns their earlier state */
void unlock(struct lock *l, unsigned long was);
uintptr_t file_mapped(unsigned hart);
uint64_t file_address(unsigned hart);
void wake_mover(struct device *d);
void hart_start(unsigned hart);
void hart_stop(void);
bool hart_is_stopped(unsigned hart);
void hart_suspend(void);
