/* SPDX-License-Identifier: BSD-2-Clause */
#include "payload/drivers/virtio_rng.h"
#include "payload/kernel/console.h"
#include "payload/kernel/hart.h"
#include "payload/kernel/irq.h"
#include "payload/kernel/machine.h"

#define IS_RNG 4u

static struct virtq_memory memory;
static uint8_t buffer[64];

/* Give the buffer to the device again. */
void virtio_rng_ask(struct virtio_rng *v)
{
    (void)virtq_put_buffer(&v->queue, buffer, sizeof(buffer), v); /* never full: this is the only buffer */
    virtio_mmio_notify(&v->device);
}

static enum aia_result handler(void *context, struct aia_irq *irq)
{
    struct virtio_rng *v = context;
    struct virtq_result r;

    (void)irq;
    if (wire_is_held(&v->line))
        return AIA_HANDLED;
    if (!virtio_mmio_ack(&v->device))
        return AIA_NONE;
    /*
     * One buffer per run, because one at most is out. The next may be asked for as soon as this one is counted. It interrupts
     * for itself, and a run that took it here would leave that interrupt without a buffer.
     */
    if (virtq_take(&v->queue, &r)) {
        atomic_fetch_add(&v->bytes, r.length);
        atomic_fetch_add(&v->filled, r.owner == v);
        if (atomic_load(&v->go))
            virtio_rng_ask(v);
    }
    return AIA_HANDLED;
}

bool virtio_rng_init(struct virtio_rng *v)
{
    struct aia_request r = {
        .name = "rng", .handler = handler, .context = v, .affinity = aia_hartset_first(hart_count())};

    *v = (struct virtio_rng){0};
    const struct machine_device *where = virtio_mmio_find(&v->device, IS_RNG);
    if (!where) {
        if (machine.n_virtio)
            print("rng: none (-device virtio-rng-device)\n");
        else
            print("rng: none: %s\n", machine_without(MACHINE_PART_VIRTIO));
        return false;
    }
    v->line.source = wires_source("rng", &where->wire);
    if (!v->line.source)
        return false;
    const char *why = virtio_mmio_start(&v->device, &v->queue, &memory);
    if (why) {
        print("rng: %s\n", why);
        return false;
    }
    r.msi = &v->line.source->msi;
    int error = aia_irq_request(&aia, &r, &v->line.irq);
    if (error)
        print("rng: no interrupt: %s\n", aia_strerror(error));
    return !error;
}

void virtio_rng_start(struct virtio_rng *v)
{
    atomic_store(&v->go, 1);
    virtio_rng_ask(v);
}

void virtio_rng_stop(struct virtio_rng *v)
{
    atomic_store(&v->go, 0);
}
