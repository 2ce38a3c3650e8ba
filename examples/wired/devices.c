/* SPDX-License-Identifier: BSD-2-Clause */
/* The two devices, each with one wire that is a level. Each handler run handles one cause; the library runs it again. */
#include "wired.h"

#define REG8(d, n)  (*(volatile uint8_t *)((d)->regs + (n)))
#define REG32(d, n) (*(volatile uint32_t *)((d)->regs + (n)))

/* ---- ns16550: receives letters, and sends a string, a few characters for each interrupt ---- */

enum { RBR = 0, THR = 0, IER = 1, IIR = 2, FCR = 2, LSR = 5, ON_RECEIVED = 1, ON_EMPTY = 2, FIFO = 16 };
_Atomic unsigned uart_unsent, uart_received, uart_wrong;
static const char *_Atomic uart_next;

static enum aia_result uart_handler(void *context, struct aia_irq *irq)
{
    struct device *d = context;
    unsigned cause = REG8(d, IIR) & 0xf;

    (void)irq;
    if (cause == 4 || cause == 12) { /* received, or received and then a pause */
        unsigned char c = REG8(d, RBR);
        uart_wrong += c != 'a' + uart_received;
        uart_received++;
    } else if (cause == 2) { /* the transmitter is empty; this read of IIR has cleared the cause */
        for (unsigned n = uart_unsent < FIFO ? uart_unsent : FIFO; n; n--, uart_unsent--)
            REG8(d, THR) = (uint8_t)*uart_next++;
    } else if (cause == 6) {
        (void)REG8(d, LSR);
    } else {
        return AIA_NONE;
    }
    return AIA_HANDLED;
}

struct device uart = {.name = "uart", .handler = uart_handler};

void uart_start(void)
{
    REG8(&uart, FCR) = 1; /* FIFOs on */
    REG8(&uart, IER) = ON_RECEIVED;
}

/* The transmitter is empty, so this raises the wire, and the handler sends. */
void uart_send(const char *s)
{
    unsigned n = 0;

    while (s[n]) n++;
    uart_next = s;
    uart_unsent = n;
    REG8(&uart, IER) = ON_RECEIVED;
    REG8(&uart, IER) = ON_RECEIVED | ON_EMPTY;
}

/* ---- virtio-rng (virtio 1.2, sections 4.2 and 5.4): one buffer, which the device fills again and again ---- */

enum {
    MAGIC = 0,
    VERSION = 4,
    ID = 8,
    FEATURES_SEL = 0x24,
    FEATURES = 0x20,
    QUEUE_SEL = 0x30,
    QUEUE_NUM = 0x38,
    READY = 0x44
};
enum {
    NOTIFY = 0x50,
    STATUS = 0x70,
    INTERRUPT = 0x60,
    ACK = 0x64,
    DESC = 0x80,
    DRIVER = 0x90,
    DEVICE = 0xa0
};
enum { ENTRIES = 2, DEVICE_WRITES = 2 };

static struct {
    struct {
        uint64_t addr;
        uint32_t len;
        uint16_t flags, next;
    } desc[ENTRIES];
    struct {
        uint16_t flags, idx, ring[ENTRIES];
    } avail;
    struct {
        uint16_t flags, idx;
        struct {
            uint32_t id, len;
        } ring[ENTRIES];
    } used __attribute__((aligned(4)));
} volatile queue __attribute__((aligned(16)));
static uint8_t buffer[16];
static _Atomic bool rng_go;
_Atomic unsigned rng_asked, rng_filled;

void rng_ask(void)
{
    rng_asked++;
    rng_go = true;
    queue.avail.idx++;
    __asm__ volatile("fence" ::: "memory"); /* the buffer before the notification */
    REG32(&rng, NOTIFY) = 0;
}

void rng_stop(void) { rng_go = false; }

static enum aia_result rng_handler(void *context, struct aia_irq *irq)
{
    struct device *d = context;
    uint32_t status = REG32(d, INTERRUPT);

    (void)irq;
    if (!status) return AIA_NONE;
    REG32(d, ACK) = status;
    __asm__ volatile("fence" ::: "memory"); /* the acknowledgement before the look at the queue */
    if (queue.used.idx == (uint16_t)(rng_filled + 1)) {
        rng_filled++;
        if (rng_go) rng_ask();
    }
    return AIA_HANDLED;
}

struct device rng = {.name = "rng", .handler = rng_handler};

bool rng_find(uint64_t regs)
{
    rng.regs = regs;
    return REG32(&rng, MAGIC) == 0x74726976 && REG32(&rng, ID) == 4;
}

static void set64(unsigned reg, volatile void *p)
{
    REG32(&rng, reg) = (uint32_t)(uintptr_t)p;
    REG32(&rng, reg + 4) = (uint32_t)((uint64_t)(uintptr_t)p >> 32);
}

void rng_start(void)
{
    check(REG32(&rng, VERSION) == 2, "the rng is not of virtio 1 (-global virtio-mmio.force-legacy=false)");
    REG32(&rng, STATUS) = 0;
    REG32(&rng, STATUS) = 3; /* ACKNOWLEDGE, DRIVER */
    REG32(&rng, FEATURES_SEL) = 1;
    REG32(&rng, FEATURES) = 1; /* VIRTIO_F_VERSION_1 */
    REG32(&rng, STATUS) = 11;  /* and FEATURES_OK */
    queue.desc[0].addr = (uintptr_t)buffer;
    queue.desc[0].len = sizeof(buffer);
    queue.desc[0].flags = DEVICE_WRITES;
    REG32(&rng, QUEUE_SEL) = 0;
    REG32(&rng, QUEUE_NUM) = ENTRIES;
    set64(DESC, &queue.desc);
    set64(DRIVER, &queue.avail);
    set64(DEVICE, &queue.used);
    REG32(&rng, READY) = 1;
    REG32(&rng, STATUS) = 15; /* and DRIVER_OK */
    check(REG32(&rng, STATUS) == 15, "the rng refuses its driver");
}
