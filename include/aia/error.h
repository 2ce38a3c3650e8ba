/* SPDX-License-Identifier: BSD-2-Clause */
/* Errors. Every function of the library that can fail returns one of these. */
#ifndef AIA_ERROR_H
#define AIA_ERROR_H

#include <aia/begin.h>

enum aia_error {
    AIA_OK = 0,
    AIA_EINVAL = -1,   /* an argument is out of range, or the object is in a state that excludes the call */
    AIA_ENOVEC = -2,   /* no free vector on any hart that the call may use */
    AIA_ENOHART = -3,  /* no online hart in the affinity set */
    AIA_ESILENT = -4,  /* the device does not answer a read-back */
    AIA_ETIMEOUT = -5, /* a bounded wait for another hart, or for a write to arrive, has ended */
    AIA_EADDRHI = -6, /* a plain message cannot change the upper half of its address (design.md, section 4) */
    AIA_EOFFLINE = -7,  /* the hart is not online */
    AIA_ELAST = -8,     /* the last online hart cannot go offline */
    AIA_EAGAIN = -9,    /* the interrupt was changed by another call during each attempt */
    AIA_ECONTEXT = -10, /* the call would have to wait, in a context that must not wait */
    AIA_ENOMEM = -11,   /* the memory that the embedder gave is used up */
    AIA_ENOTSUP = -12,  /* the hardware cannot do this, or cannot in its present state */
    AIA_EREFUSED = -13, /* the IOMMU does not accept a command, or cannot read it */
    AIA_ECHANGED = -14, /* a device does not have the message that it was given */
    AIA_EBUSY = -15,    /* the message belongs to another interrupt */
    AIA_EFILE = -16,   /* a store to files[hart].mmio does not reach the interrupt file of the running hart */
    AIA_EDOMAIN = -17, /* a message of an APLIC domain does not reach the interrupt file of a hart */
};

/* The name and the meaning of an error, for a message to a person; a fixed string for any value. Context: any. */
const char *aia_strerror(int error);

#include <aia/end.h>

#endif
