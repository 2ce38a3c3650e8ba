/* SPDX-License-Identifier: BSD-2-Clause */
/* USB controllers and the disks on them, as a kind of load. */
#ifndef PAYLOAD_LOAD_USBLOAD_H
#define PAYLOAD_LOAD_USBLOAD_H

#include "payload/load/kinds.h"

extern const struct load_kind load_kind_xhci;

#endif
