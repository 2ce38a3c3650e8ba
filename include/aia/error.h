/* SPDX-License-Identifier: BSD-2-Clause */
/* Errors. A function that can fail returns one of these, or another value if its comment says so. */
#ifndef AIA_ERROR_H
#define AIA_ERROR_H

#include <aia/begin.h>

enum aia_error {
    AIA_OK = 0,
    AIA_EINVAL = -1,    /* an argument is out of range, or the object is in a state that excludes the call */
    AIA_ENOVEC = -2,    /* no free vector on any hart that the call may use */
    AIA_ENOHART = -3,   /* no online hart in the affinity set */
    AIA_ESILENT = -4,   /* the device does not answer a read-back or a command */
    AIA_ETIMEOUT = -5,  /* a bounded wait for a hart, for a unit, or for a write to arrive, has ended */
    AIA_EADDRHI = -6,   /* the message cannot change the upper half of its address (design.md, section 4) */
    AIA_EOFFLINE = -7,  /* the hart is not online */
    AIA_ELAST = -8,     /* the last online hart cannot go offline */
    AIA_EAGAIN = -9,    /* the call may succeed later; the comment of the function has the reason */
    AIA_ECONTEXT = -10, /* the call would have to wait, in a context that must not wait */
    AIA_ENOMEM = -11,   /* the memory that the embedder gave is used up */
    AIA_ENOTSUP = -12,  /* the hardware cannot do this, or cannot in its present state */
    AIA_EREFUSED = -13, /* a command of the IOMMU is refused, cannot be read by the unit, or times out */
    AIA_ECHANGED = -14, /* a device does not have the message that it was given */
    AIA_EBUSY = -15,    /* the message belongs to another interrupt */
    AIA_EFILE = -16,   /* a store to files[hart].mmio does not reach the interrupt file of the running hart */
    AIA_EDOMAIN = -17, /* a message of an APLIC domain does not reach the interrupt file of a hart */
    AIA_ELAYOUT = -18, /* the library and its caller were compiled with different layouts of structures */
};

/* The meaning of an error in words, for a message to a person; a fixed string for any value. Context: any. */
const char *aia_strerror(int error);

#include <aia/end.h>

#endif
