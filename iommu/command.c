/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The command queue ("Command-Queue (CQ)"). A batch is some commands and a fence. When the fence is done, the unit writes the
 * fence's ticket to memory. Tickets increase, so all waiters read the same word. A hart queues a batch with the lock held,
 * and waits without the lock. No interrupt is needed, so a hart that goes offline can use the queue too.
 *
 * An error stops the queue, and "previous commands may have completed, timed out, or their execution aborted"
 * ("Command-queue CSR"). The first hart that sees the error resets the queue. Each hart whose fence may have been lost then
 * queues its batch again. So a command may be executed twice.
 */
#include "iommu/command.h"

#include "lib/moment.h"

#include "mmio.h"

int iommu_wait(const struct aia_iommu *u, unsigned reg, uint32_t mask, uint32_t value)
{
    uint64_t end = later(aia_port_time(), u->config.command_limit);

    while ((mmio_read32(u->config.mmio + reg) & mask) != value)
        if (aia_port_time() > end)
            return AIA_ETIMEOUT;
    return AIA_OK;
}

int iommu_commands_on(struct aia_iommu *u)
{
    uintptr_t mmio = u->config.mmio;

    mmio_write32(mmio + CQCSR, 0);
    if (iommu_wait(u, CQCSR, QUEUE_BUSY | QUEUE_ON, 0))
        return AIA_ETIMEOUT;
    mmio_write64(mmio + CQB, iommu_ppn(iommu_phys(u, u->commands)) | (u->config.log2_commands - 1u));
    mmio_write32(mmio + CQT, 0);
    u->tail = 0;
    fence_rw_o();
    mmio_write32(mmio + CQCSR, QUEUE_ENABLE);
    return iommu_wait(u, CQCSR, QUEUE_BUSY | QUEUE_ON, QUEUE_ON);
}

/* The ticket of the latest fence that is done. */
static uint32_t ticket_reached(const struct aia_iommu *u)
{
    return mmio_read32((uintptr_t)u->done);
}

/* True if `now` has reached `ticket`. Tickets wrap. */
static bool ticket_past(uint32_t now, uint32_t ticket)
{
    return (int32_t)(now - ticket) >= 0;
}

static void count_command_errors(struct aia_iommu *u, uint32_t csr)
{
    if (csr & CQ_ILLEGAL)
        iommu_count(&u->illegal);
    if (csr & QUEUE_FAULT)
        iommu_count(&u->unreadable);
    if (csr & CQ_TIMEOUT)
        iommu_count(&u->timed_out);
}

/*
 * Reset the queue, unless another hart has reset the queue since `epoch`. AIA_OK: the queue is on again, empty. AIA_ETIMEOUT:
 * the unit does not switch the queue.
 */
static int reset_queue(struct aia_iommu *u, uint32_t epoch)
{
    unsigned long was = aia_port_irq_save();
    int error = AIA_OK;

    aia_port_lock(&u->lock);
    if (atomic_load_explicit(&u->epoch, memory_order_relaxed) == epoch) {
        count_command_errors(u, mmio_read32(u->config.mmio + CQCSR));
        error = iommu_commands_on(u);
        u->salvaged = ticket_reached(u);
        atomic_store_explicit(&u->epoch, epoch + 1, memory_order_release);
    }
    aia_port_unlock(&u->lock);
    aia_port_irq_restore(was);
    return error;
}

/*
 * Wait until the queue has room for n more commands. Lock held. Returns AIA_OK, or:
 *   AIA_EAGAIN    the queue has stopped at an error
 *   AIA_ETIMEOUT  the unit takes no commands
 */
static int wait_for_room(const struct aia_iommu *u, unsigned n)
{
    uint32_t size = 1u << u->config.log2_commands;
    uint64_t end = later(aia_port_time(), u->config.command_limit);

    for (;;) {
        uint32_t head = mmio_read32(u->config.mmio + CQH);
        if (size - 1 - ((u->tail - head) & (size - 1)) >= n)
            return AIA_OK;
        if (mmio_read32(u->config.mmio + CQCSR) & CQ_ERRORS)
            return AIA_EAGAIN;
        if (aia_port_time() > end)
            return AIA_ETIMEOUT;
    }
}

static void put_command(struct aia_iommu *u, const struct iommu_command *c)
{
    uintptr_t at = (uintptr_t)(u->commands + 2ul * u->tail);

    mmio_write64(at, c->w[0]);
    mmio_write64(at + 8, c->w[1]);
    u->tail = (u->tail + 1) & ((1u << u->config.log2_commands) - 1);
}

/* Queue a batch, and return the ticket of its fence. Lock held. Errors as for wait_for_room(). */
static int queue_batch(struct aia_iommu *u, const struct iommu_command *c, unsigned n, uint32_t *ticket)
{
    int error = wait_for_room(u, n + 1);

    if (error)
        return error;
    for (unsigned i = 0; i < n; i++)
        put_command(u, &c[i]);
    *ticket = ++u->ticket;
    put_command(u, &(struct iommu_command){{
                       IOFENCE_C | COMMAND_AV | IOFENCE_PR | IOFENCE_PW | (uint64_t)*ticket << 32,
                       iommu_phys(u, u->done) >> 2,
                   }});
    fence_rw_o(); /* tables and commands before the tail that makes the unit read them */
    mmio_write32(u->config.mmio + CQT, u->tail);
    return AIA_OK;
}

/*
 * The queue was reset after the fence with this ticket had been queued in `epoch`. `salvaged` is the ticket at the latest reset. If
 * the queue was reset twice, that ticket may be of a fence that was queued between the resets, and says nothing about this fence.
 * AIA_OK: the fence was done before the only reset. AIA_EAGAIN: the fence may have been lost.
 */
static int salvage(struct aia_iommu *u, uint32_t ticket, uint32_t epoch)
{
    unsigned long was = aia_port_irq_save();

    aia_port_lock(&u->lock); /* epoch and salvaged are those of the same reset */
    bool once = atomic_load_explicit(&u->epoch, memory_order_relaxed) == epoch + 1;
    bool done = ticket_past(u->salvaged, ticket);
    aia_port_unlock(&u->lock);
    aia_port_irq_restore(was);
    return once && done ? AIA_OK : AIA_EAGAIN;
}

/*
 * Wait until the fence with this ticket is done. Returns AIA_OK, or:
 *   AIA_EAGAIN    the queue was reset, and the fence may have been lost: queue the batch again
 *   AIA_ETIMEOUT  the unit does not answer
 */
static int wait_for_ticket(struct aia_iommu *u, uint32_t ticket, uint32_t epoch)
{
    uint64_t end = later(aia_port_time(), u->config.command_limit);

    for (;;) {
        bool done = ticket_past(ticket_reached(u), ticket);
        fence_io_rwio(); /* the unit's work before the caller's next access; the ticket before the epoch */
        /* After a reset a later ticket may be reached although this fence was lost. */
        if (atomic_load_explicit(&u->epoch, memory_order_acquire) != epoch)
            return salvage(u, ticket, epoch);
        if (done)
            return AIA_OK;
        bool failed = mmio_read32(u->config.mmio + CQCSR) & CQ_ERRORS;
        if (failed ? reset_queue(u, epoch) : aia_port_time() > end)
            return AIA_ETIMEOUT;
    }
}

int iommu_do(struct aia_iommu *u, const struct iommu_command *c, unsigned n)
{
    uint32_t ticket = 0, epoch;
    int error = AIA_EAGAIN;

    for (unsigned i = 0; i < AIA_IOMMU_TRIES && error == AIA_EAGAIN; i++) {
        unsigned long was = aia_port_irq_save();
        aia_port_lock(&u->lock);
        epoch = atomic_load_explicit(&u->epoch, memory_order_relaxed);
        error = queue_batch(u, c, n, &ticket);
        aia_port_unlock(&u->lock);
        aia_port_irq_restore(was);
        if (!error)
            error = wait_for_ticket(u, ticket, epoch);
        else if (error == AIA_EAGAIN && reset_queue(u, epoch))
            error = AIA_ETIMEOUT;
    }
    iommu_count(&u->n_fences);
    atomic_fetch_add_explicit(&u->n_commands, n + 1, memory_order_relaxed);
    if (error == AIA_ETIMEOUT)
        iommu_count(&u->stuck);
    return error == AIA_EAGAIN ? AIA_EREFUSED : error;
}

int aia_iommu_flush(struct aia_iommu *u)
{
    return iommu_do(u, NULL, 0);
}
