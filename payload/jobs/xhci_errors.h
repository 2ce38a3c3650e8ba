/* SPDX-License-Identifier: BSD-2-Clause */
/* Test the error paths of the controller and the disk, one by one, on an idle machine. */
#ifndef PAYLOAD_JOBS_XHCI_ERRORS_H
#define PAYLOAD_JOBS_XHCI_ERRORS_H

void usb_errors(void);

#endif
