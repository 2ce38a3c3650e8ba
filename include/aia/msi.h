/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The device's end of an MSI: the registers (or the memory) in which a device keeps the address and
 * data that it will write. A driver, or a bus like PCI, embeds a struct aia_msi and fills in the
 * operations; the library decides which of them a change needs, and in what order (design.md, section 4).
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

/* What the device lets software do to a message it may be sending at this moment. */
enum aia_msi_kind {
    AIA_MSI_PLAIN,     /* address and data change one after the other, and nothing holds the device back */
    AIA_MSI_MASKABLE,  /* the message can be masked; the device keeps what comes meanwhile */
    AIA_MSI_STORE,     /* one store changes the whole message */
    AIA_MSI_STORE_LOW, /* one store changes the data and the lower half of the address */
};

struct aia_controller;
struct aia_irq;
struct aia_msi;

/*
 * The operations. All but the last four, the slow bus's, are called with the interrupt's lock held and interrupts off, from any
 * hart, never two at once for one struct aia_msi; none of them may wait for anything but the bus.
 */
struct aia_msi_ops {
    /*
     * Put the whole message in place while the device does not send, then let it send. aia_irq_restore() calls this for a
     * device that may be sending. A PLAIN one may drop what it has to send meanwhile; any other keeps it.
     */
    void (*start)(struct aia_msi *msi, const struct aia_message *m);
    /* Make the device send no more. Only for shutdown: a move never stops a device. */
    void (*stop)(struct aia_msi *msi);
    /* PLAIN, MASKABLE: write the address, the data. PLAIN is only ever asked for a new low half. */
    void (*write_addr)(struct aia_msi *msi, uint64_t addr);
    void (*write_data)(struct aia_msi *msi, uint32_t data);
    /* MASKABLE: hold the message back, and return when it is; let it go, with what came meanwhile. */
    void (*mask)(struct aia_msi *msi);
    void (*unmask)(struct aia_msi *msi);
    /* STORE, STORE_LOW: one single-copy-atomic store of the message, as far as the kind says. */
    void (*store)(struct aia_msi *msi, const struct aia_message *m);
    /*
     * Read the message back from the device. This is the drain barrier as well as the check: the read's
     * completion pushes every MSI the device sent before ahead of it (PCIe ordering: a read completion
     * does not pass a posted write). A write's completion has no such property, so a read it must be.
     * Returns AIA_OK, or AIA_ESILENT if the device did not answer. An intermediate also returns AIA_ECHANGED, if the device's
     * own message is not what the intermediate gave it, and the errors of its unit.
     */
    int (*read_back)(struct aia_msi *msi, struct aia_message *m);
    /*
     * Make the source itself send again. May be NULL: the library then writes to the interrupt file in its
     * place. An intermediate passes it down.
     */
    void (*retrigger)(struct aia_msi *msi);
    /*
     * An intermediate that can keep edges while no hart is there to take them; both, or NULL. park(): from its return on
     * the message reaches no file, and that it was sent is remembered. unpark(): it goes to `m` from now on; true: it was
     * sent since it was parked, or may have been, and the library sends a copy. Only for a managed interrupt whose last
     * hart leaves, in the place of stop() and start(); stop() may follow too.
     */
    void (*park)(struct aia_msi *msi);
    bool (*unpark)(struct aia_msi *msi, const struct aia_message *m);
    /*
     * aia_irq_restore() of an intermediate: write the device's own message to the device below again, and unmask it. `m` is
     * the intermediate's message, or NULL while it is parked. May be NULL: the library calls start() in its place.
     */
    void (*restore)(struct aia_msi *msi, const struct aia_message *m);
    /*
     * A slow bus: the message lives behind a command queue, or a bus that has to be slept on. All four, or none.
     * The other operations then only change a copy in memory, under bus_lock(), and bus_sync() sends one
     * command that makes the device's the same, and waits for its answer, for as long as the bus allows: AIA_OK or
     * AIA_ESILENT. Kind STORE. Called in thread context, no lock held but bus_lock's own, which may sleep.
     * read_back() says what the device has acknowledged. An interrupt whose device does not answer is marked
     * dead, and its device reset.
     */
    void (*bus_lock)(struct aia_msi *msi);
    int (*bus_sync)(struct aia_msi *msi);
    void (*bus_unlock)(struct aia_msi *msi);
    void (*reset)(struct aia_msi *msi);
};

/*
 * Something on a device's way to the IMSIC where messages may linger although the device has been read back, and that
 * can send one of its own behind them: it arrives in a file after all that went there before. All interrupts behind
 * one such thing share one of these.
 */
struct aia_barrier {
    /*
     * Send `m`, whose file is the running hart's. Interrupts off. AIA_OK; AIA_ETIMEOUT: not sent, it would not take
     * it.
     */
    int (*send)(struct aia_barrier *b, const struct aia_message *m);
};

/*
 * The chips between a device and the IMSIC form a chain of these. The library holds the topmost one, which
 * owns the message that names a hart: for most devices that is the device's own. An intermediate, such as a
 * remapping unit, is a struct aia_msi with the device's `below` it: its start() gives the device, once, a
 * message that names its table entry, its store() changes that entry, and its read_back() ends with the
 * device's own, for only that drains the device. Neither the library nor the device knows.
 */
struct aia_msi {
    const struct aia_msi_ops *ops;
    struct aia_msi *below; /* NULL: this is the device */
    enum aia_msi_kind kind;
    /*
     * 0: read_back() drains the device. Else it does not, and this is the longest time, in ticks, that a
     * message may be under way: vectors retire for at least as long, and every move sends one edge of its
     * own, in case the device lost one between two messages.
     */
    uint64_t posted_limit;
    /*
     * A line of a controller (controller.h), NULL for messages: its message is the number of a hart as `addr` and of
     * the line as `data`, and kind is STORE. It has mask() and unmask(), which hold it back and let it go.
     */
    struct aia_controller *controller;
    uint16_t line;
    /* The library's: the one interrupt of this message and of each below it, from its request to its free. Else NULL. */
    struct aia_irq *irq;
    /* NULL: read_back() drains the device. Else it does but for what is on its way from there, see above. */
    struct aia_barrier *barrier;
};

#include <aia/end.h>

#endif
