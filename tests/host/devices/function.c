/* SPDX-License-Identifier: BSD-2-Clause */
#include "function.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "mmio.h"
#include "payload/kernel/work.h"
#include "payload/kernel/irq.h"
#include "payload/kernel/machine.h"
#include "payload/pci/msi.h"
#include "payload/pci/regs.h"
#include "payload/kernel/time.h"

#define CONFIG 0x30000000ul

struct function fn;
struct aia aia;
struct machine machine;
_Thread_local unsigned hart_index_;

void function_reset(void)
{
    memset(&fn, 0, sizeof(fn));
    fn.bar_size = 1 << 16;
    fn.vectors = 32;
    fn.harts = 4;
}

/* ---- PCI ---- */

int pci_enable(struct pci_device *pd)
{
    pd->cfg = CONFIG;
    fn.command = PCI_COMMAND_MEM | PCI_COMMAND_MASTER;
    return PCI_OK;
}

uintptr_t pci_bar(const struct pci_device *pd, unsigned i)
{
    (void)pd;
    (void)i;
    return fn.bar_size ? FUNCTION_REGS : 0;
}

uint64_t pci_bar_size(const struct pci_device *pd, unsigned i)
{
    (void)pd;
    (void)i;
    return fn.bar_size;
}

const char *pci_strerror(int error)
{
    (void)error;
    return NULL;
}

int pci_msix_init(struct pci_msix_table *t, struct pci_device *pd)
{
    *t = (struct pci_msix_table){.pd = pd, .n = fn.vectors};
    return fn.vectors ? PCI_OK : PCI_ENOCAP;
}

int pci_msix_entry(struct pci_msix *px, const struct pci_msix_table *t, unsigned i)
{
    px->top = &px->msi;
    return i < t->n ? PCI_OK : AIA_EINVAL;
}

int pci_msi_init(struct pci_msi *pm, struct pci_device *pd)
{
    *pm = (struct pci_msi){.pd = pd, .top = &pm->msi};
    return fn.msi_error;
}

int pci_msi_set_order(struct pci_msi *pm, unsigned order)
{
    (void)pm;
    return order <= fn.order ? AIA_OK : AIA_EINVAL;
}

int pci_msi_can_send(const struct pci_msi *pm, uint64_t addr)
{
    (void)pm;
    (void)addr;
    return AIA_OK;
}

/* ---- registers ---- */

static void count_access(void)
{
    fn.gone |= fn.gone_after && !--fn.gone_after;
}

uint64_t model_mmio_read(uintptr_t a, unsigned size)
{
    fn.fenced = false;
    if (a < FUNCTION_REGS)
        return a == CONFIG + PCI_COMMAND ? fn.command : 0;
    assert(a - FUNCTION_REGS + size <= fn.bar_size);
    count_access();
    return fn.gone ? UINT64_MAX >> (64 - 8 * size) : device_read(a - FUNCTION_REGS, size);
}

void model_mmio_write(uintptr_t a, uint64_t v, unsigned size)
{
    if (a == CONFIG + PCI_COMMAND)
        fn.command = (uint16_t)v;
    if (a >= FUNCTION_REGS) {
        assert(a - FUNCTION_REGS + size <= fn.bar_size);
        count_access();
        if (!fn.gone)
            device_write(a - FUNCTION_REGS, v, size);
    }
    fn.fenced = false;
}

bool model_mmio_cas128(uintptr_t a, uint64_t expected[2], const uint64_t desired[2])
{
    (void)a;
    (void)expected;
    (void)desired;
    abort(); /* no driver that is tested here needs this */
}

void model_fence(int kind)
{
    fn.fenced |= kind == MODEL_FENCE_RW_O || kind == MODEL_FENCE_ALL;
}

/* ---- interrupts ---- */

int aia_irq_request(struct aia *a, const struct aia_request *request, struct aia_irq **irq)
{
    (void)a;
    assert(fn.n_irqs < FUNCTION_IRQS && request->handler && request->msi);
    *irq = &fn.irqs[fn.n_irqs++];
    **irq = (struct aia_irq){.used = true,
                             .handler = request->handler,
                             .context = request->context,
                             .affinity = request->affinity};
    (*irq)->first = *irq;
    (*irq)->managed = request->managed;
    return AIA_OK;
}

/* The driver gives the device up: the device must write to memory no more, and answer register accesses if it can. */
void aia_irq_stop(struct aia *a, struct aia_irq *irq)
{
    (void)a;
    assert(irq->used && (fn.command & (PCI_COMMAND_MASTER | PCI_COMMAND_MEM)) == PCI_COMMAND_MEM);
}

int aia_irq_free(struct aia *a, struct aia_irq *irq)
{
    (void)a;
    assert(irq->used);
    irq->used = false;
    fn.freed |= 1u << (irq - fn.irqs);
    return AIA_OK;
}

void function_send(unsigned i)
{
    if (fn.lose)
        fn.lose--;
    else
        fn.due |= UINT64_C(1) << i;
}

bool function_deliver(void)
{
    if (!fn.due)
        return false;
    unsigned i = (unsigned)__builtin_ctzll(fn.due);

    fn.due &= fn.due - 1;
    if (fn.irqs[i].used)
        (void)fn.irqs[i].handler(fn.irqs[i].context, &fn.irqs[i]);
    return true;
}

int function_start(const struct disk_driver *driver, uint64_t most, struct disk **disk)
{
    static struct pci_device pd;
    uint64_t before = fn.now;
    int error = driver->init(0, &pd, disk);

    assert(fn.now - before < most && (*disk)->dead == error);
    assert(!error || (!(fn.command & PCI_COMMAND_MASTER) && fn.freed == (1u << fn.n_irqs) - 1));
    return error;
}

/* ---- time ---- */

uint64_t model_time(void)
{
    return fn.now;
}

uint64_t time_from_ms(uint64_t ms)
{
    return ms * 1000;
}

struct hart_wait hart_wait_begin(uint64_t ticks)
{
    return (struct hart_wait){.deadline = fn.now + ticks};
}

bool hart_wait_more(struct hart_wait *w)
{
    fn.now += 100;
    device_idle();
    return fn.now < w->deadline;
}

/* ---- harts and locks ---- */

unsigned hart_count(void)
{
    return fn.harts;
}

enum hart_state hart_state(unsigned index)
{
    return fn.offline >> index & 1 ? HART_STOPPED : HART_ONLINE;
}

unsigned long aia_port_irq_save(void)
{
    return 0;
}

void aia_port_irq_restore(unsigned long was)
{
    (void)was;
}

void aia_port_lock_init(struct aia_lock *lock, const char *name)
{
    (void)name;
    *lock = (struct aia_lock){{0}};
}

void aia_port_lock(struct aia_lock *lock)
{
    assert(!lock->opaque[0]++);
}

void aia_port_unlock(struct aia_lock *lock)
{
    assert(lock->opaque[0]-- == 1);
}
