/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A disk to read from, whatever its controller. A request that was taken ends in exactly one call of its done(),
 * because of an interrupt and of nothing else: a driver never looks for completions by itself, so a request
 * whose interrupt is lost stays where it is, and is missed. Only disk_kill() ends the requests of a disk that
 * does not answer.
 */
#ifndef PAYLOAD_DRIVERS_DISK_H
#define PAYLOAD_DRIVERS_DISK_H

#include <aia/aia.h>

#include "payload/pci/pci.h"

/* Besides these, functions return what enum pci_error and enum aia_error name; none overlap. */
enum disk_error {
    DISK_OK = 0,
    DISK_EFULL = -64,     /* no room for a request now */
    DISK_ECLOSED = -65,   /* the queue is shut down with its hart */
    DISK_ERANGE = -66,    /* the device says that there is no such sector */
    DISK_ESTATUS = -67,   /* the device failed the request; `detail` is its own code */
    DISK_ESHORT = -68,    /* it transferred less than was asked for */
    DISK_EBOGUS = -69,    /* it completed something that it was never asked for */
    DISK_EIDENTIFY = -70, /* what it says of itself cannot be */
    DISK_EFEATURE = -71,  /* it lacks something that this driver needs */
    DISK_ERESET = -72,    /* its reset did not end in the time it has */
    DISK_EREADY = -73,    /* it was reset, and did not become ready */
    DISK_EFATAL = -74,    /* it reports a fatal error of its own */
    DISK_ECOMMAND = -75,  /* a command that sets it up failed */
    DISK_ETIMEOUT = -76,  /* a command was not answered, though its registers are */
    DISK_EGONE = -77,     /* its registers read as all ones */
    DISK_ENODISK = -78,   /* a controller with nothing attached, or a disk of no sectors */
    DISK_EROOM = -79,     /* more devices of this kind than its driver has room for */
};

/* The error's name and meaning, of any of the three kinds; a fixed string. */
const char *disk_strerror(int error);

#define DISK_SECTOR      512u  /* at least: disk.sector_size */
#define DISK_BUFFER      4096u /* in one request at most: on one page, one address is all it takes */
#define DISK_MAX_SECTORS (DISK_BUFFER / DISK_SECTOR)
#define DISK_DEPTH       32u /* requests in a queue at once, at most: disk.depth */
#define DISK_MAX_QUEUES  16u

struct disk_request {
    uint64_t lba;                         /* in sectors */
    uint32_t sectors;                     /* 1 .. disk_max_sectors() */
    void *buffer;                         /* aligned to DISK_BUFFER */
    void (*done)(struct disk_request *r); /* from the interrupt handler, or if it failed from service() */
    int status;                           /* enum disk_error, when done */
    uint32_t detail;                      /* the device's own code for it */
};

struct disk;

struct disk_ops {
    /* Any context. DISK_OK: taken. DISK_EFULL, DISK_ECLOSED, or why the disk is dead: not. */
    int (*submit)(struct disk *d, unsigned queue, struct disk_request *r);
    /* Thread: what an interrupt handler told of and must not do, as to recover after an error. May be NULL. */
    int (*service)(struct disk *d);
    /* Does it answer, and what makes sense? One register. DISK_OK, DISK_EGONE, DISK_EFATAL, DISK_EBOGUS. Any context. */
    int (*check)(struct disk *d);
    /* Completions that lie in memory, not looked at by a handler: a hint for who seeks a lost interrupt. */
    unsigned (*unseen)(struct disk *d);
    /* The pending requests, handed over to the caller: up to `max` of them. Its device sends no more. */
    unsigned (*orphans)(struct disk *d, struct disk_request **list, unsigned max);
    /* Thread: queues that follow their hart. Both may be NULL. After an error the disk can only be given up. */
    int (*hart_leaves)(struct disk *d, unsigned hart);
    int (*hart_back)(struct disk *d, unsigned hart);
};

/* A member of each driver's own struct. */
struct disk {
    const struct disk_ops *ops;
    struct pci_device *pd;
    char name[16];
    uint64_t sectors;
    uint32_t sector_size; /* bytes, from DISK_SECTOR to DISK_BUFFER, a power of two: it reads no less */
    unsigned n_queues;
    unsigned depth;   /* requests that each takes at once */
    _Atomic int dead; /* 0, or the error that made it so: then nothing is taken */
    struct aia_irq *irqs[DISK_MAX_QUEUES + 1];
    char irq_names[DISK_MAX_QUEUES + 1][28]; /* the first has the disk's, the others its and their number */
    unsigned n_irqs;
    aia_counter runs;  /* handler runs */
    aia_counter empty; /* of these, that found nothing: a run before had seen it all */
    aia_counter bogus; /* completions of what it was never asked for */
};

/* What a driver is to those who look for disks. */
struct disk_driver {
    const char *name;
    unsigned max; /* of its devices that can be in use */
    bool (*match)(const struct pci_device *pd);
    /* Bring up the n-th one. Thread. *disk is set; on an error it has been given up. */
    int (*init)(unsigned n, struct pci_device *pd, struct disk **disk);
};

/* Name it "kindN", and take the function over. Of drivers. */
int disk_begin(struct disk *d, const struct disk_ops *ops, struct pci_device *pd, const char *kind,
               unsigned n);

/* Request its next interrupt, for `harts`, or for all. Of drivers. */
int disk_interrupt(struct disk *d, struct aia_msi *msi, aia_handler handler, void *context,
                   const struct aia_hartset *managed);

static inline uint32_t disk_max_sectors(const struct disk *d)
{
    return DISK_BUFFER / d->sector_size;
}

/* Take this size, which the device says. DISK_EFEATURE: none that fits. */
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

/* That queue's interrupt: they were requested last, in order. */
static inline struct aia_irq *disk_irq_of(const struct disk *d, unsigned queue)
{
    return d->irqs[d->n_irqs - d->n_queues + queue];
}

/*
 * It does not answer: take it off the bus, so that it can write to memory no more, end its requests with
 * `why`, and give its interrupts back. Thread. The first caller does it; others return at once.
 */
void disk_kill(struct disk *d, int why);

/* Wait until `*word & mask` is `want`, where word is a register: DISK_OK, `late` after `ms`, or DISK_EGONE. */
int disk_wait_reg(uintptr_t reg, uint32_t mask, uint32_t want, uint64_t ms, int late);

/* A lock that interrupt handlers take too. */
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
