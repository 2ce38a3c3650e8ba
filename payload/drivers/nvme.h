/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An NVMe controller (NVM Express Base 2.0) and its first namespace that can be read: admin queue, and for reading a queue
 * pair per hart, each with an MSI-X vector of its own whose managed affinity is that hart. When the hart goes, its queues are
 * drained and deleted at the device; when it is back, they are made again. With one vector in all there is one queue, and
 * both share the vector, which may be anywhere.
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
    _Atomic bool exists; /* at the device */
    bool open;           /* commands may be put in */
    uint16_t vector;     /* of its MSI-X table */
    struct aia_hartset harts;
    struct pci_msix msix;
};

struct nvme {
    struct disk disk;
    unsigned index;     /* of NVME_MAX */
    uint32_t namespace; /* its identifier */
    uintptr_t regs;
    uint32_t stride;     /* from one doorbell to the next, in bytes */
    uint64_t timeout_ms; /* CAP.TO: how long becoming ready, or no more so, may take */
    struct pci_msix_table table;
    struct nvme_queue queues[DISK_MAX_QUEUES + 1]; /* 0: admin */
    unsigned n_queues;                             /* beside it */
    uintptr_t admin_asked;                         /* counts admin commands */
    _Atomic int admin_done;
    struct nvme_result admin_result;
};

/* What Identify says that matters here. */
struct nvme_namespace {
    uint64_t sectors;
    uint32_t sector_size;
};

/*
 * The page that Identify Namespace (NVM command set, 4.1.5.1) filled. DISK_OK; DISK_EIDENTIFY: sizes that contradict
 * each other, or a format that is not there; DISK_EFEATURE: sectors not of 512 to 4096 bytes, or with metadata.
 */
int nvme_parse_namespace(const uint8_t *page, struct nvme_namespace *ns);

extern const struct disk_driver nvme_driver;

/* Of nvme.c and nvme_queue.c among themselves. */
extern const struct disk_ops nvme_ops_;

/* Opcode, and where its data is (PRP entry 1). */
struct nvme_command nvme_command_(uint32_t opcode, const void *data);

/* Have it done, bounded. One at a time: harts come and go one at a time, and set-up has the device for itself. */
int nvme_admin_(struct nvme *nv, struct nvme_command c, uint32_t *value);

void nvme_init_ring_(struct nvme_queue *q);
int nvme_create_queue_(struct nvme_queue *q);
enum aia_result nvme_queue_handler_(void *context, struct aia_irq *irq);
enum aia_result nvme_admin_handler_(void *context, struct aia_irq *irq);
enum aia_result nvme_shared_handler_(void *context, struct aia_irq *irq); /* of both */

#endif
