/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The device's end of an MSI: the registers or the memory in which a device keeps the address and the data that it writes. A
 * driver, or a bus such as PCI, embeds a struct aia_msi and provides the operations. The library decides which operations a
 * change of the message needs, and in what order (design.md, section 4).
 */
#ifndef AIA_MSI_H
#define AIA_MSI_H

#include <stdbool.h>
#include <stdint.h>

#include <aia/begin.h>

/* A message: a 32-bit write of `data` to `addr` (IMSIC.adoc, "MSI encoding"). */
struct aia_message {
    uint64_t addr;
    uint32_t data;
};

/* How software may change a message that the device may be sending at the same time. */
enum aia_msi_kind {
    AIA_MSI_PLAIN,     /* address and data change one after the other, and the device cannot be held back */
    AIA_MSI_MASKABLE,  /* the message can be masked; meanwhile the device keeps its edges */
    AIA_MSI_STORE,     /* one store changes the whole message */
    AIA_MSI_STORE_LOW, /* one store changes the data and the lower half of the address */
};

struct aia_controller;
struct aia_irq;
struct aia_msi;
struct aia_request;

/*
 * The operations of a message. The library calls all except request() and the last four with the interrupt's lock held and
 * interrupts off, on any hart, and never two at the same time for one struct aia_msi. The operations before the last four may
 * wait only for the bus, or, if `waits` is set, for the unit of an intermediate. The last four are for a slow bus.
 */
struct aia_msi_ops {
    /*
     * Write the whole message while the device does not send, then let the device send. aia_irq_restore() calls this for a
     * device that may be sending. A PLAIN device may lose edges meanwhile; a device of another kind keeps them.
     */
    void (*start)(struct aia_msi *msi, const struct aia_message *m);
    /* Make the device stop sending. A move never calls this. */
    void (*stop)(struct aia_msi *msi);
    /* PLAIN, MASKABLE: write the address, or the data. For PLAIN the upper half of the address never changes. */
    void (*write_addr)(struct aia_msi *msi, uint64_t addr);
    void (*write_data)(struct aia_msi *msi, uint32_t data);
    /* MASKABLE: mask() returns when the device sends no more; unmask() lets the device send, also its kept edges. */
    void (*mask)(struct aia_msi *msi);
    void (*unmask)(struct aia_msi *msi);
    /* STORE, STORE_LOW: write the part of the message that the kind names by one single-copy-atomic store. */
    void (*store)(struct aia_msi *msi, const struct aia_message *m);
    /*
     * Read the message back from the device. The library compares the message, and the read also drains the device: the read's
     * completion pushes ahead of it every MSI that the device has sent (PCIe ordering: a read completion does not pass a posted
     * write). The completion of a write has no such property, so this must be a read.
     * Returns AIA_OK, or:
     *   AIA_ESILENT   the device does not answer
     *   AIA_ECHANGED  from an intermediate: the device does not have the message that the intermediate gave it
     *   other errors of an intermediate's unit
     */
    int (*read_back)(struct aia_msi *msi, struct aia_message *m);
    /*
     * Make the device itself send an edge. NULL: the library writes to the interrupt file instead, or, for a line, relies on
     * unmask(). An intermediate leaves this NULL, or calls the operation of the struct aia_msi below.
     */
    void (*retrigger)(struct aia_msi *msi);
    /*
     * Both, or none: for an intermediate that can keep edges while no hart may take them. The library calls these in place of
     * stop() and start() for a managed interrupt whose last hart goes offline. stop() may follow park(), too.
     * park(): after its return the message reaches no file, and the intermediate remembers whether the message was sent.
     * unpark(): send `m` from now on. Returns true if the message was sent while it was parked, or may have been; the library
     * then sends an edge.
     */
    void (*park)(struct aia_msi *msi);
    bool (*unpark)(struct aia_msi *msi, const struct aia_message *m);
    /*
     * For an intermediate: write the device's own message to the device again, and unmask the device (aia_irq_restore()). `m` is
     * the intermediate's message, or NULL while it is parked. NULL: the library calls start() instead.
     */
    void (*restore)(struct aia_msi *msi, const struct aia_message *m);
    /*
     * Prepare the message for a request, and the request for the message: aia_irq_request() calls this for each message of a
     * chain, after it has found that none of them has an interrupt. `r` is the library's copy of the request; the operation may
     * put a handler of its own, with its own context, before the driver's. Interrupts off, another lock of the library held. NULL:
     * there is nothing to prepare.
     * Returns AIA_OK, or, with nothing changed:
     *   AIA_EINVAL  the message cannot serve this request
     */
    int (*request)(struct aia_msi *msi, struct aia_request *r);
    /* For a wire: true if it is a level, and is up now. NULL: this is no wire. */
    bool (*level_up)(struct aia_msi *msi);
    /*
     * For a slow bus, where a message changes by a command whose answer takes long; all four, or none. The kind is STORE. The
     * other operations then change only a copy in memory, with bus_lock() held, and read_back() returns the message that the
     * device has acknowledged. bus_sync() sends one command that gives the device the copy, and waits for the answer as long as
     * the bus allows: AIA_OK or AIA_ESILENT. If the device does not answer, the interrupt becomes dead, and reset() resets the
     * device. Context of these four: thread, no lock held except bus_lock()'s, which may sleep.
     */
    void (*bus_lock)(struct aia_msi *msi);
    int (*bus_sync)(struct aia_msi *msi);
    void (*bus_unlock)(struct aia_msi *msi);
    void (*reset)(struct aia_msi *msi);
    /*
     * True if an operation may wait for a unit, for example until an IOMMU has executed a command. aia_irq_try_affinity() calls no
     * operation of such a message. An intermediate above such a message sets this too.
     */
    bool waits;
};

/*
 * A unit between a device and the interrupt files, such as an APLIC, that may hold messages although the device has been read
 * back. The unit can send a message of its own, which arrives in a file after all messages that the unit sent there before. The
 * interrupts of one unit share one struct aia_barrier.
 */
struct aia_barrier {
    /* Send `m`, which names the running hart's file. Interrupts off. AIA_OK; AIA_ETIMEOUT: the unit did not take `m`. */
    int (*send)(struct aia_barrier *b, const struct aia_message *m);
    struct aia_barrier *next; /* the library's: the next barrier that the library knows (aia_barrier_add()) */
};

/*
 * A message. The chips between a device and the interrupt files form a chain of these. The library uses the topmost struct
 * aia_msi, whose message names a hart; for most devices that is the device's own. An intermediate, such as a remapping unit, is a
 * struct aia_msi whose `below` is the device's. Its start() gives the device, once, a message that names an entry of the unit's
 * table. Its store() changes that entry. Its read_back() ends with the device's read_back(), because only that drains the
 * device. To the library an intermediate looks like a device, and to the device its entry looks like an interrupt file.
 */
struct aia_msi {
    const struct aia_msi_ops *ops;
    struct aia_msi *below; /* NULL: this is the device's own message */
    enum aia_msi_kind kind;
    /*
     * 0: read_back() drains the device. Else read_back() does not, and this is the longest time, in ticks, that a message may
     * be under way. Vectors then retire for at least this time, and every move sends one edge, because the device may have
     * lost an edge during the change.
     */
    uint64_t posted_limit;
    /*
     * NULL: a message. Else this is a line of a controller (controller.h): in its message `addr` is the number of a hart and
     * `data` the number of the line, its kind is STORE, and its operations include mask() and unmask().
     */
    struct aia_controller *controller;
    uint16_t line;
    /* The library's: the interrupt that owns this message and each message below it, or NULL. */
    struct aia_irq *irq;
    /* NULL: read_back() proves the drain. Else read_back() drains the device, and this drains the unit after it. */
    struct aia_barrier *barrier;
};

#include <aia/end.h>

#endif
