/* SPDX-License-Identifier: BSD-2-Clause */
/* What can go wrong, by name. Every function of the library that can fail returns one of these. */
#ifndef AIA_ERROR_H
#define AIA_ERROR_H

#include <aia/begin.h>

enum aia_error {
    AIA_OK = 0,
    AIA_EINVAL = -1,    /* an argument is out of range, or the object is not in a state for the call */
    AIA_ENOVEC = -2,    /* no free vector on any hart that the call may use */
    AIA_ENOHART = -3,   /* no online hart in the affinity set */
    AIA_ESILENT = -4,   /* the device does not answer a read-back */
    AIA_ETIMEOUT = -5,  /* a bounded wait for another hart, or for a write to arrive, has ended */
    AIA_EADDRHI = -6,   /* a plain MSI's upper address would have to change: refused, design.md, section 4 */
    AIA_EOFFLINE = -7,  /* the hart is not online */
    AIA_ELAST = -8,     /* the last online hart cannot go */
    AIA_EAGAIN = -9,    /* the interrupt changed under the call as often as the call was willing to retry */
    AIA_ECONTEXT = -10, /* it would have to wait, and was called where nothing may */
    AIA_ENOMEM = -11,   /* the memory that the embedder gave is used up */
    AIA_ENOTSUP = -12,  /* the hardware cannot do it, or not in the state that it is in */
    AIA_EREFUSED = -13, /* the IOMMU does not accept or cannot read a command */
    AIA_ECHANGED = -14, /* a device's message is not the one that it was given */
    AIA_EBUSY = -15,    /* the message is an interrupt's already */
};

/* The error's name and meaning, for a message to a person; a fixed string for any value. Any context. */
const char *aia_strerror(int error);

#include <aia/end.h>

#endif
