/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A disk to read from, with any controller. Each accepted request ends in exactly one call of its done(). Only an
 * interrupt causes that call: a driver never polls for completions. So a request whose interrupt is lost stays pending,
 * and the loss is noticed. Only disk_kill() ends the requests of a disk that does not answer.
 */
#ifndef PAYLOAD_DRIVERS_DISK_H
#define PAYLOAD_DRIVERS_DISK_H

#include <aia/aia.h>

#include "payload/pci/pci.h"

/* Functions also return enum pci_error and enum aia_error. No values overlap. */
enum disk_error {
    DISK_OK = 0,
    DISK_EFULL = -64,     /* no room for a request now */
    DISK_ECLOSED = -65,   /* the queue is shut down with its hart */
    DISK_ERANGE = -66,    /* the device answers that it has no such sector */
    DISK_ESTATUS = -67,   /* the device failed the request; `detail` is its own code */
    DISK_ESHORT = -68,    /* the device transferred less than was requested */
    DISK_EBOGUS = -69,    /* the device completed a request that it never had */
    DISK_EIDENTIFY = -70, /* the device's description of itself is impossible */
    DISK_EFEATURE = -71,  /* the device lacks something that this driver needs */
    DISK_ERESET = -72,    /* the device's reset did not end in time */
    DISK_EREADY = -73,    /* the device did not become ready after a reset */
    DISK_EFATAL = -74,    /* the device reports a fatal error of its own */
    DISK_ECOMMAND = -75,  /* a set-up command failed */
    DISK_ETIMEOUT = -76,  /* the device does not answer a command, though its registers answer */
    DISK_EGONE = -77,     /* the device's registers read as all ones */
    DISK_ENODISK = -78,   /* no disk is attached to the controller, or the disk has no sectors */
    DISK_EROOM = -79,     /* more devices of this kind than its driver has room for */
};

/* The name and meaning of an error of any of the three kinds, as a fixed string. */
const char *disk_strerror(int error);

#define DISK_SECTOR      512u  /* the least sector size: see disk.sector_size */
#define DISK_BUFFER      4096u /* the most bytes of one request: a buffer on one page needs one address */
#define DISK_MAX_SECTORS (DISK_BUFFER / DISK_SECTOR)
#define DISK_DEPTH       32u /* the most requests in a queue: see disk.depth */
#define DISK_MAX_QUEUES  16u

struct disk_request {
    uint64_t lba;     /* in sectors */
    uint32_t sectors; /* 1 .. disk_max_sectors() */
    void *buffer;     /* aligned to DISK_BUFFER */
    /* Called by the interrupt handler, or by service() after a failure. */
    void (*done)(struct disk_request *r);
    int status;      /* enum disk_error, when done */
    uint32_t detail; /* the device's own code for the status */
};

struct disk;

struct disk_ops {
    /*
     * Submit a request. Any context. DISK_OK: accepted. DISK_EFULL, DISK_ECLOSED, or the reason why the disk is dead:
     * not accepted.
     */
    int (*submit)(struct disk *d, unsigned queue, struct disk_request *r);
    /*
     * Thread context: do work that an interrupt handler found necessary and must not do itself, such as error recovery.
     * May be NULL.
     */
    int (*service)(struct disk *d);
    /*
     * Check by one register that the device answers sensibly. DISK_OK, DISK_EGONE, DISK_EFATAL, DISK_EBOGUS. Any
     * context.
     */
    int (*check)(struct disk *d);
    /* The number of completions in memory that no handler has seen: a hint in the search for a lost interrupt. */
    unsigned (*unseen)(struct disk *d);
    /* Hand up to `max` pending requests over to the caller. The device must have stopped sending. */
    unsigned (*orphans)(struct disk *d, struct disk_request **list, unsigned max);
    /*
     * Thread context: queues that follow their hart offline and online. Both may be NULL. After an error the disk can
     * only be given up.
     */
    int (*hart_offline)(struct disk *d, unsigned hart);
    int (*hart_online)(struct disk *d, unsigned hart);
};

/* Each driver's own struct contains this struct. */
struct disk {
    const struct disk_ops *ops;
    struct pci_device *pd;
    char name[16];
    uint64_t sectors;
    uint32_t sector_size; /* in bytes, from DISK_SECTOR to DISK_BUFFER, a power of two: the smallest read */
    unsigned n_queues;
    unsigned depth;   /* the requests that each queue can hold */
    _Atomic int dead; /* 0, or the error that ended the disk: then no request is accepted */
    struct aia_irq *irqs[DISK_MAX_QUEUES + 1];
    /* The first interrupt has the disk's name; the others have the name and a number. */
    char irq_names[DISK_MAX_QUEUES + 1][28];
    unsigned n_irqs;
    aia_counter runs;  /* handler runs */
    aia_counter empty; /* handler runs that found nothing: an earlier run had found everything */
    aia_counter bogus; /* completions of requests that the device never had */
};

/* A disk driver, as the search for disks uses it. */
struct disk_driver {
    const char *name;
    unsigned max; /* the most devices that the driver can use */
    bool (*match)(const struct pci_device *pd);
    /* Bring up the n-th device. Thread context. Sets *disk. After an error the disk has been given up. */
    int (*init)(unsigned n, struct pci_device *pd, struct disk **disk);
};

/* For drivers: name the disk "kindN" and take the PCI function over. */
int disk_begin(struct disk *d, const struct disk_ops *ops, struct pci_device *pd, const char *kind,
               unsigned n);

/* For drivers: request the disk's next interrupt, with affinity `harts`, or with all harts. */
int disk_interrupt(struct disk *d, struct aia_msi *msi, aia_handler handler, void *context,
                   const struct aia_hartset *managed);

static inline uint32_t disk_max_sectors(const struct disk *d)
{
    return DISK_BUFFER / d->sector_size;
}

/* Set the sector size that the device reports. DISK_EFEATURE: the size is not allowed. */
static inline int disk_set_sector(struct disk *d, uint64_t bytes)
{
    if (bytes < DISK_SECTOR || bytes > DISK_BUFFER || (bytes & (bytes - 1)))
        return DISK_EFEATURE;
    d->sector_size = (uint32_t)bytes;
    return DISK_OK;
}

/* The queue that `hart` uses. */
static inline unsigned disk_queue_of(const struct disk *d, unsigned hart)
{
    return hart % d->n_queues;
}

/* The interrupt of a queue: the queues' interrupts were requested last, in order. */
static inline struct aia_irq *disk_irq_of(const struct disk *d, unsigned queue)
{
    return d->irqs[d->n_irqs - d->n_queues + queue];
}

/*
 * Give up a disk that does not answer: take it off the bus, so that it can no longer write to memory, end its requests
 * with `why`, and free its interrupts. Thread context. Only the first call has an effect.
 */
void disk_kill(struct disk *d, int why);

/* Wait until the masked bits of a register are `want`. Returns DISK_OK, `late` after `ms`, or DISK_EGONE. */
int disk_wait_reg(uintptr_t reg, uint32_t mask, uint32_t want, uint64_t ms, int late);

/* A lock that interrupt handlers also take. */
static inline unsigned long disk_lock(struct aia_lock *lock)
{
    unsigned long was = aia_port_irq_save();

    aia_port_lock(lock);
    return was;
}

static inline void disk_unlock(struct aia_lock *lock, unsigned long was)
{
    aia_port_unlock(lock);
    aia_port_irq_restore(was);
}

#endif
