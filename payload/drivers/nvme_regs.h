/* SPDX-License-Identifier: BSD-2-Clause */
/* Registers of an NVMe controller (NVM Express Base 2.0, 3.1.3), for nvme.c and nvme_queue.c. */
#ifndef PAYLOAD_DRIVERS_NVME_REGS_H
#define PAYLOAD_DRIVERS_NVME_REGS_H

#define NVME_CAP     0x00u
#define NVME_CC      0x14u
#define NVME_CSTS    0x1cu
#define NVME_AQA     0x24u
#define NVME_ASQ     0x28u
#define NVME_ACQ     0x30u
#define NVME_SQ_TDBL 0x1000u /* the first doorbell (3.1.4.1) */

#define NVME_CAP_MQES(cap)   ((uint32_t)((cap)&0xffff) + 1)
#define NVME_CAP_TO(cap)     ((cap) >> 24 & 0xff) /* in 500 ms */
#define NVME_CAP_DSTRD(cap)  ((uint32_t)((cap) >> 32 & 0xf))
#define NVME_CAP_NVM(cap)    ((cap) >> 37 & 1)
#define NVME_CAP_MPSMIN(cap) ((cap) >> 48 & 0xf)

#define NVME_CC_EN     1u
#define NVME_CC_QUEUES (6u << 16 | 4u << 20) /* entries of 64 and of 16 bytes; pages of 4 KiB; NVM commands */

#define NVME_CSTS_RDY 1u
#define NVME_CSTS_CFS 2u

#endif
