// SPDX-License-Identifier: BSD-2-Clause
//
// Made by bindings/rust/generate from include/aia/*.h. Change the headers, and run that.

//! Errors, and names for numbers.

use crate::{sys, text};

/// Why a call failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Error {
    /// AIA_EINVAL: an argument is out of range, or the object is in a state that excludes the call.
    Inval,
    /// AIA_ENOVEC: no free vector on any hart that the call may use.
    Novec,
    /// AIA_ENOHART: no online hart in the affinity set.
    Nohart,
    /// AIA_ESILENT: the device does not answer a read-back or a command.
    Silent,
    /// AIA_ETIMEOUT: a bounded wait for a hart, for a unit, or for a write to arrive, has ended.
    Timeout,
    /// AIA_EADDRHI: the message cannot change the upper half of its address (design.md, section 4).
    Addrhi,
    /// AIA_EOFFLINE: the hart is not online.
    Offline,
    /// AIA_ELAST: the last online hart cannot go offline.
    Last,
    /// AIA_EAGAIN: the call may succeed later; the comment of the function has the reason.
    Again,
    /// AIA_ECONTEXT: the call would have to wait, in a context that must not wait.
    Context,
    /// AIA_ENOMEM: the memory that the embedder gave is used up.
    Nomem,
    /// AIA_ENOTSUP: the hardware cannot do this, or cannot in its present state.
    Notsup,
    /// AIA_EREFUSED: a command of the IOMMU is refused, cannot be read by the unit, or times out.
    Refused,
    /// AIA_ECHANGED: a device does not have the message that it was given.
    Changed,
    /// AIA_EBUSY: the message belongs to another interrupt.
    Busy,
    /// AIA_EFILE: a store to files[hart].mmio does not reach the interrupt file of the running hart.
    File,
    /// AIA_EDOMAIN: a message of an APLIC domain does not reach the interrupt file of a hart.
    Domain,
    /// AIA_ELAYOUT: the library and its caller were compiled with different layouts of structures.
    Layout,
    /// Another number, such as one that `aia_config.may_enter()` has returned.
    Other(i32),
}

impl From<i32> for Error {
    fn from(code: i32) -> Error {
        match code {
            sys::AIA_EINVAL => Error::Inval,
            sys::AIA_ENOVEC => Error::Novec,
            sys::AIA_ENOHART => Error::Nohart,
            sys::AIA_ESILENT => Error::Silent,
            sys::AIA_ETIMEOUT => Error::Timeout,
            sys::AIA_EADDRHI => Error::Addrhi,
            sys::AIA_EOFFLINE => Error::Offline,
            sys::AIA_ELAST => Error::Last,
            sys::AIA_EAGAIN => Error::Again,
            sys::AIA_ECONTEXT => Error::Context,
            sys::AIA_ENOMEM => Error::Nomem,
            sys::AIA_ENOTSUP => Error::Notsup,
            sys::AIA_EREFUSED => Error::Refused,
            sys::AIA_ECHANGED => Error::Changed,
            sys::AIA_EBUSY => Error::Busy,
            sys::AIA_EFILE => Error::File,
            sys::AIA_EDOMAIN => Error::Domain,
            sys::AIA_ELAYOUT => Error::Layout,
            other => Error::Other(other),
        }
    }
}

impl Error {
    /// The library's number.
    pub const fn code(self) -> i32 {
        match self {
            Error::Inval => sys::AIA_EINVAL,
            Error::Novec => sys::AIA_ENOVEC,
            Error::Nohart => sys::AIA_ENOHART,
            Error::Silent => sys::AIA_ESILENT,
            Error::Timeout => sys::AIA_ETIMEOUT,
            Error::Addrhi => sys::AIA_EADDRHI,
            Error::Offline => sys::AIA_EOFFLINE,
            Error::Last => sys::AIA_ELAST,
            Error::Again => sys::AIA_EAGAIN,
            Error::Context => sys::AIA_ECONTEXT,
            Error::Nomem => sys::AIA_ENOMEM,
            Error::Notsup => sys::AIA_ENOTSUP,
            Error::Refused => sys::AIA_EREFUSED,
            Error::Changed => sys::AIA_ECHANGED,
            Error::Busy => sys::AIA_EBUSY,
            Error::File => sys::AIA_EFILE,
            Error::Domain => sys::AIA_EDOMAIN,
            Error::Layout => sys::AIA_ELAYOUT,
            Error::Other(code) => code,
        }
    }
}

/// `aia_strerror()`.
pub fn strerror(error: i32) -> &'static str {
    // The library has a fixed string for any value.
    unsafe { text(sys::aia_strerror(error)) }
}

/// `aia_event_name()`.
pub fn event_name(event: u32) -> &'static str {
    // The library has a fixed string for any value.
    unsafe { text(sys::aia_event_name(event)) }
}

/// `aia_report_name()`.
pub fn report_name(what: sys::aia_report_what) -> &'static str {
    // The library has a fixed string for any value.
    unsafe { text(sys::aia_report_name(what)) }
}

/// `aia_report_text()`.
pub fn report_text(what: sys::aia_report_what) -> &'static str {
    // The library has a fixed string for any value.
    unsafe { text(sys::aia_report_text(what)) }
}

/// `aia_finding_name()`.
pub fn finding_name(finding: sys::aia_finding) -> &'static str {
    // The library has a fixed string for any value.
    unsafe { text(sys::aia_finding_name(finding)) }
}

/// `aia_iommu_cause_name()`.
pub fn iommu_cause_name(cause: u32) -> &'static str {
    // The library has a fixed string for any value.
    unsafe { text(sys::aia_iommu_cause_name(cause)) }
}
