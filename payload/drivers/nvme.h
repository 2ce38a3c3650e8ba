/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An NVMe controller (NVM Express Base 2.0) and its first namespace that can be read. It has an admin queue, and for
 * reading one queue pair per hart. Each queue pair has its own MSI-X vector, whose managed affinity is that hart. When
 * the hart goes offline, its queue pair is drained and deleted at the device; when the hart is back, the queue pair is
 * created again. With only one vector there is one queue pair; the admin queue shares the vector, which may be on any
 * hart.
 */
#ifndef PAYLOAD_DRIVERS_NVME_H
#define PAYLOAD_DRIVERS_NVME_H

#include "payload/drivers/disk.h"
#include "payload/drivers/nvme_ring.h"
#include "payload/pci/msi.h"

#define NVME_MAX 2u

struct nvme;

struct nvme_queue {
    struct nvme *nvme;
    struct aia_lock lock;
    struct nvme_ring ring;
    _Atomic bool exists; /* the device has the queue */
    bool open;           /* the queue accepts commands */
    uint16_t vector;     /* its entry of the MSI-X table */
    struct aia_hartset harts;
    struct pci_msix msix;
};

struct nvme {
    struct disk disk;
    unsigned index;     /* less than NVME_MAX */
    uint32_t namespace; /* the namespace's identifier */
    uintptr_t regs;
    uint32_t stride;     /* bytes from one doorbell to the next */
    uint64_t timeout_ms; /* CAP.TO: the bound of becoming ready, or not ready */
    struct pci_msix_table table;
    struct nvme_queue queues[DISK_MAX_QUEUES + 1]; /* queue 0 is the admin queue */
    unsigned n_queues;                             /* without the admin queue */
    uintptr_t admin_asked;                         /* the number of admin commands */
    _Atomic int admin_done;
    struct nvme_result admin_result;
};

/* The content of Identify that the driver uses. */
struct nvme_namespace {
    uint64_t sectors;
    uint32_t sector_size;
};

/*
 * Read the page that Identify Namespace (NVM command set, 4.1.5.1) filled. Returns
 * - DISK_OK;
 * - DISK_EIDENTIFY: contradictory sizes, or a format that does not exist;
 * - DISK_EFEATURE: sectors not of 512 to 4096 bytes, or with metadata.
 */
int nvme_parse_namespace(const uint8_t *page, struct nvme_namespace *ns);

extern const struct disk_driver nvme_driver;

/* For nvme.c and nvme_queue.c alone. */
extern const struct disk_ops nvme_ops_;

/* A command with this opcode; `data` is its PRP entry 1. */
struct nvme_command nvme_command_(uint32_t opcode, const void *data);

/*
 * Run an admin command; the wait is bounded. One command at a time: set-up has the device for itself, and only one hart
 * goes offline or online at a time.
 */
int nvme_admin_(struct nvme *nv, struct nvme_command c, uint32_t *value);

void nvme_init_ring_(struct nvme_queue *q);
int nvme_create_queue_(struct nvme_queue *q);
enum aia_result nvme_queue_handler_(void *context, struct aia_irq *irq);
enum aia_result nvme_admin_handler_(void *context, struct aia_irq *irq);
/* For a vector that the admin queue and the I/O queue share. */
enum aia_result nvme_shared_handler_(void *context, struct aia_irq *irq);

#endif
