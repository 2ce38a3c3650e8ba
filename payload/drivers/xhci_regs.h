/* SPDX-License-Identifier: BSD-2-Clause */
/* xHCI 1.2: registers (chapter 5), and the data structures shared with the controller (chapter 6). */
#ifndef PAYLOAD_DRIVERS_XHCI_REGS_H
#define PAYLOAD_DRIVERS_XHCI_REGS_H

/* Capability registers (5.3). */
#define XHCI_CAPLENGTH  0x00u
#define XHCI_HCSPARAMS1 0x04u
#define XHCI_HCSPARAMS2 0x08u
#define XHCI_HCCPARAMS1 0x10u
#define XHCI_DBOFF      0x14u
#define XHCI_RTSOFF     0x18u

#define XHCI_MAX_SLOTS(p1) ((p1)&0xffu)
#define XHCI_MAX_INTRS(p1) ((p1) >> 8 & 0x7ffu)
#define XHCI_MAX_PORTS(p1) ((p1) >> 24)
#define XHCI_ERST_MAX(p2)  ((p2) >> 4 & 0xfu)
#define XHCI_SCRATCH(p2)   (((p2) >> 21 & 0x1fu) << 5 | (p2) >> 27)
#define XHCI_AC64(p1)      ((p1)&1u)
#define XHCI_CSZ(p1)       ((p1) >> 2 & 1u)

/* Operational registers (5.4), which follow the capability registers. */
#define XHCI_USBCMD    0x00u
#define XHCI_USBSTS    0x04u
#define XHCI_PAGESIZE  0x08u
#define XHCI_CRCR      0x18u
#define XHCI_DCBAAP    0x30u
#define XHCI_CONFIG    0x38u
#define XHCI_PORTSC(n) (0x400u + 0x10u * ((n)-1u)) /* ports count from 1 */

#define XHCI_CMD_RUN   0x0001u
#define XHCI_CMD_RESET 0x0002u
#define XHCI_CMD_INTE  0x0004u

#define XHCI_STS_HALTED 0x0001u
#define XHCI_STS_HSE    0x0004u
#define XHCI_STS_EINT   0x0008u
#define XHCI_STS_PCD    0x0010u
#define XHCI_STS_CNR    0x0800u
#define XHCI_STS_HCE    0x1000u

#define XHCI_CRCR_RCS 1u

#define XHCI_PORT_CONNECTED 0x00000001u
#define XHCI_PORT_ENABLED   0x00000002u /* writing 1 disables the port */
#define XHCI_PORT_RESET     0x00000010u
#define XHCI_PORT_SPEED(v)  ((v) >> 10 & 0xfu)
#define XHCI_PORT_CSC       0x00020000u
#define XHCI_PORT_PRC       0x00200000u
#define XHCI_PORT_CHANGES   0x00fe0000u /* cleared by writing ones */
#define XHCI_PORT_KEEP      0x0e00c200u /* power, indicators, wake enables: written as read (5.4.8) */

/* Runtime registers (5.5) of an interrupter. */
#define XHCI_INTR(n) (0x20u + 0x20u * (n))
#define XHCI_IMAN    0x00u
#define XHCI_IMOD    0x04u
#define XHCI_ERSTSZ  0x08u
#define XHCI_ERSTBA  0x10u
#define XHCI_ERDP    0x18u

#define XHCI_IMAN_IP  1u
#define XHCI_IMAN_IE  2u
#define XHCI_ERDP_EHB 8u

/* TRB types (6.4.6). */
enum xhci_trb_type {
    XHCI_NORMAL = 1,
    XHCI_SETUP = 2,
    XHCI_DATA = 3,
    XHCI_STATUS = 4,
    XHCI_LINK = 6,
    XHCI_ENABLE_SLOT = 9,
    XHCI_DISABLE_SLOT = 10,
    XHCI_ADDRESS_DEVICE = 11,
    XHCI_CONFIGURE_ENDPOINT = 12,
    XHCI_EVALUATE_CONTEXT = 13,
    XHCI_RESET_ENDPOINT = 14,
    XHCI_STOP_ENDPOINT = 15,
    XHCI_SET_TR_DEQUEUE = 16,
    XHCI_NOOP_COMMAND = 23,
    XHCI_TRANSFER_EVENT = 32,
    XHCI_COMMAND_EVENT = 33,
    XHCI_PORT_EVENT = 34,
    XHCI_CONTROLLER_EVENT = 37,
};

/* A TRB's last word (6.4). */
#define XHCI_TRB_CYCLE    0x0001u
#define XHCI_TRB_TC       0x0002u /* link: toggle cycle */
#define XHCI_TRB_ISP      0x0004u /* an event on a short packet */
#define XHCI_TRB_IOC      0x0020u /* an event on completion */
#define XHCI_TRB_IDT      0x0040u /* the data is in the TRB itself */
#define XHCI_TRB_IN       0x00010000u
#define XHCI_TRB_TYPE(t)  ((uint32_t)(t) << 10)
#define XHCI_TRB_TRT(n)   ((uint32_t)(n) << 16) /* setup: 0 no data, 2 out, 3 in */
#define XHCI_TRB_EP(n)    ((uint32_t)(n) << 16)
#define XHCI_TRB_SLOT(n)  ((uint32_t)(n) << 24)
#define XHCI_TRB_INTR(n)  ((uint32_t)(n) << 22) /* in the status word */
#define XHCI_TYPE_OF(c)   ((c) >> 10 & 0x3fu)
#define XHCI_EP_OF(c)     ((c) >> 16 & 0x1fu)
#define XHCI_SLOT_OF(c)   ((c) >> 24)
#define XHCI_CODE_OF(s)   ((s) >> 24)
#define XHCI_LENGTH_OF(s) ((s)&0xffffffu)

/* Completion codes (6.4.5). */
enum xhci_code {
    XHCI_SUCCESS = 1,
    XHCI_TRANSACTION_ERROR = 4,
    XHCI_TRB_ERROR = 5,
    XHCI_STALL = 6,
    XHCI_NO_SLOTS = 9,
    XHCI_SLOT_NOT_ENABLED = 11,
    XHCI_SHORT_PACKET = 13,
    XHCI_CONTEXT_STATE = 19,
    XHCI_EVENT_RING_FULL = 21,
    XHCI_STOPPED = 26, /* a stop, of one of these kinds: */
    XHCI_STOPPED_LENGTH_INVALID = 27,
    XHCI_STOPPED_SHORT = 28,
};

/* Contexts (6.2): words of a slot's context and of an endpoint's context. */
#define XHCI_SLOT_SPEED(n)    ((uint32_t)(n) << 20)
#define XHCI_SLOT_ENTRIES(n)  ((uint32_t)(n) << 27)
#define XHCI_SLOT_PORT(n)     ((uint32_t)(n) << 16)
#define XHCI_SLOT_INTR(n)     ((uint32_t)(n) << 22)
#define XHCI_EP_ERRORS(n)     ((uint32_t)(n) << 1)
#define XHCI_EP_TYPE(n)       ((uint32_t)(n) << 3)
#define XHCI_EP_BURST(n)      ((uint32_t)(n) << 8)
#define XHCI_EP_MAX_PACKET(n) ((uint32_t)(n) << 16)
#define XHCI_EP_STATE(w)      ((w)&7u)
#define XHCI_EP_STATE_RUNNING 1u
#define XHCI_EP_STATE_HALTED  2u
#define XHCI_EP_TYPE_BULK_OUT 2u
#define XHCI_EP_TYPE_CONTROL  4u
#define XHCI_EP_TYPE_BULK_IN  6u

/* Port speeds, by the default speed IDs (7.2.2.1.1). */
enum xhci_speed { XHCI_FULL = 1, XHCI_LOW = 2, XHCI_HIGH = 3, XHCI_SUPER = 4, XHCI_SUPER_PLUS = 5 };

#endif
