/* SPDX-License-Identifier: BSD-2-Clause */
#include <aia/error.h>

const char *aia_strerror(int error)
{
    switch ((enum aia_error)error) {
    case AIA_OK:
        return "ok";
    case AIA_EINVAL:
        return "invalid argument";
    case AIA_ENOVEC:
        return "no free vector";
    case AIA_ENOHART:
        return "no online hart in the affinity set";
    case AIA_ESILENT:
        return "device does not answer";
    case AIA_ETIMEOUT:
        return "timed out";
    case AIA_EADDRHI:
        return "upper half of the message's address would change";
    case AIA_EOFFLINE:
        return "hart is not online";
    case AIA_ELAST:
        return "last online hart";
    case AIA_ECONTEXT:
        return "would have to wait where nothing may";
    case AIA_EAGAIN:
        return "interrupt kept changing";
    case AIA_ENOMEM:
        return "the memory given is used up";
    case AIA_ENOTSUP:
        return "the hardware cannot do that";
    case AIA_EREFUSED:
        return "the IOMMU refuses a command";
    case AIA_ECHANGED:
        return "the device's message is not what it was given";
    case AIA_EBUSY:
        return "the message belongs to another interrupt";
    case AIA_EFILE:
        return "stores to files[hart].mmio do not reach the running hart's interrupt file: "
               "check the order of files[] and the mapping";
    case AIA_EDOMAIN:
        return "messages of an APLIC domain do not reach the hart's interrupt file: "
               "check its aplic_layout, files[hart].msi_addr, and the machine level's msiaddrcfg registers";
    case AIA_ELAYOUT:
        return "the caller was compiled with another AIA_MAX_HARTS, AIA_WORD_BITS, AIA_LOCK_WORDS, size of enumerations "
               "or version of the headers than the library";
    }
    return "unknown error";
}
