// SPDX-License-Identifier: BSD-2-Clause
//! Bindings to libaia: device interrupts on RISC-V harts. README.md says how to build and link them, and what is unsafe.
//!
//! `sys` has every public declaration of the C headers, with its C name. The rest of the crate is what can be safe without a
//! decision about the kernel that uses it: sets of harts, errors, and names.
#![no_std]
#![deny(unsafe_op_in_unsafe_fn)]

pub mod names;
pub mod sys;

pub use names::Error;

use core::cell::UnsafeCell;
use core::fmt;

/// The result of a call: what the library returned, or its error.
pub fn check(returned: i32) -> Result<u32, Error> {
    u32::try_from(returned).map_err(|_| Error::from(returned))
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(names::strerror(self.code()))
    }
}

/// A fixed string of the library's.
///
/// # Safety
/// `s` points to a string of ASCII characters that ends with 0 and never changes.
unsafe fn text(s: *const sys::c_char) -> &'static str {
    let mut n = 0;
    unsafe {
        while *s.add(n) != 0 {
            n += 1;
        }
        core::str::from_utf8_unchecked(core::slice::from_raw_parts(s, n))
    }
}

/// `aia_init()`: passes the layout of this crate's structures, so that a library that was built with another `AIA_MAX_HARTS`
/// answers `Error::Layout`.
///
/// # Safety
/// As in C: `machine` and all memory that `config` names are zeroed, and stay where they are for as long as the machine exists.
pub unsafe fn init(machine: *mut sys::aia, config: &sys::aia_config) -> Result<(), Error> {
    check(unsafe { sys::aia_init_checked(machine, config, &sys::AIA_LAYOUT) }).map(|_| ())
}

/// Memory that the library writes, on any hart: a `static` of this type. It gives out a raw pointer and no reference, because the
/// library's writes follow no rule of Rust's.
#[repr(transparent)]
pub struct Shared<T>(UnsafeCell<T>);

// `get()` is all that there is. To follow its pointer is unsafe.
unsafe impl<T> Sync for Shared<T> {}

impl<T> Shared<T> {
    pub const fn new(value: T) -> Shared<T> {
        Shared(UnsafeCell::new(value))
    }

    pub const fn get(&self) -> *mut T {
        self.0.get()
    }
}

/// The functions of `aia/hartset.h`. A number from `AIA_MAX_HARTS` up is a panic here.
impl sys::aia_hartset {
    pub const fn one(hart: usize) -> sys::aia_hartset {
        let mut set = sys::aia_hartset::ZERO;
        assert!(hart < sys::AIA_MAX_HARTS, "no such hart");
        set.bits[hart / 64] = 1 << (hart % 64);
        set
    }

    pub fn first(n: usize) -> sys::aia_hartset {
        let mut set = sys::aia_hartset::ZERO;
        (0..n).for_each(|hart| set.add(hart));
        set
    }

    pub fn add(&mut self, hart: usize) {
        self.bits[hart / 64] |= sys::aia_hartset::one(hart).bits[hart / 64];
    }

    pub fn remove(&mut self, hart: usize) {
        self.bits[hart / 64] &= !sys::aia_hartset::one(hart).bits[hart / 64];
    }

    pub fn has(&self, hart: usize) -> bool {
        hart < sys::AIA_MAX_HARTS && self.bits[hart / 64] >> (hart % 64) & 1 != 0
    }
}

/// The state of a vector, from its slot.
pub const fn slot_state(slot: u32) -> sys::imsic_state {
    slot & 0xff
}

/// The number of the owner's descriptor, from a slot, or `IMSIC_NO_OWNER`.
pub const fn slot_owner(slot: u32) -> u32 {
    slot >> 8
}

/// `AIA_IOMMU_PAGES()`.
pub const fn iommu_pages(devices: u32, messages: u32, mapped: u32) -> u32 {
    17 + devices * 3 + devices * ((messages + 7) / 8) + mapped
}
