// SPDX-License-Identifier: BSD-2-Clause
//
// Made by bindings/rust/generate from include/aia/*.h. Change the headers, and run that.

//! The declarations of the headers, name by name. The headers' comments say what each is, and in which context a function may be
//! called.

#![allow(non_camel_case_types, clippy::missing_safety_doc)]

use core::ffi::c_void;
use core::mem::{size_of, transmute};
use core::sync::atomic::*;

/// C's `char`, as a byte.
pub type c_char = u8;

/// A word that harts access atomically.
#[cfg(target_pointer_width = "64")]
pub type aia_word = u64;
#[cfg(target_pointer_width = "32")]
pub type aia_word = u32;
#[cfg(target_pointer_width = "64")]
type AtomicWord = AtomicU64;
#[cfg(target_pointer_width = "32")]
type AtomicWord = AtomicU32;

/// The number in an environment variable of the build, or the default.
const fn chosen(text: Option<&str>, default: usize) -> usize {
    let digits = match text {
        Some(t) => t.as_bytes(),
        None => return default,
    };
    let (mut n, mut i) = (0, 0);
    while i < digits.len() {
        assert!(digits[i].is_ascii_digit(), "not a decimal number");
        n = n * 10 + (digits[i] - b'0') as usize;
        i += 1;
    }
    n
}

// ---- constants ----

pub const AIA_MAX_HARTS: usize = chosen(option_env!("AIA_MAX_HARTS"), 128);
pub const AIA_LOCK_WORDS: usize = chosen(option_env!("AIA_LOCK_WORDS"), 2);
pub const AIA_WORD_BITS: usize = usize::BITS as usize;
pub const AIA_HARTSET_WORDS: usize = (AIA_MAX_HARTS + 63) / 64;
pub const IMSIC_MAX_IDS: usize = 2047;
pub const IMSIC_WORDS: usize = 32;
pub const IMSIC_MAX_ORDER: usize = 5;
pub const IMSIC_NO_OWNER: usize = 0xffffff;
pub const AIA_TRACE_WORDS: usize = 64 / AIA_WORD_BITS;
pub const AIA_FLOW_DISABLED: usize = 1;
pub const AIA_FLOW_PENDING: usize = 2;
pub const AIA_FLOW_RUNNING: usize = 4;
pub const AIA_FLOW_STORMED: usize = 8;
pub const AIA_FLOW_DEAD: usize = 16;
pub const APLIC_MAX_SOURCES: usize = 1023;
pub const APLIC_MAX_INDEX: usize = 16383;
pub const AIA_FDT_MAX_APLICS: usize = 8;
pub const AIA_FDT_SOURCES: usize = 1024;
pub const AIA_IMS_MASKED: usize = 1;
pub const AIA_IOMMU_WINDOW: usize = 0x100000;
pub const AIA_IOMMU_MESSAGES: usize = 256;
pub const AIA_IOMMU_TRIES: usize = 4;

/// `enum aia_msi_kind` of `aia/msi.h`.
pub type aia_msi_kind = u32;
pub const AIA_MSI_PLAIN: aia_msi_kind = 0;
pub const AIA_MSI_MASKABLE: aia_msi_kind = 1;
pub const AIA_MSI_STORE: aia_msi_kind = 2;
pub const AIA_MSI_STORE_LOW: aia_msi_kind = 3;

/// `enum aia_hart_state` of `aia/config.h`.
pub type aia_hart_state = u32;
pub const AIA_HART_OFFLINE: aia_hart_state = 0;
pub const AIA_HART_ONLINE: aia_hart_state = 1;
pub const AIA_HART_CLOSED: aia_hart_state = 2;
pub const AIA_HART_EVACUATED: aia_hart_state = 3;
pub const AIA_HART_FORCED: aia_hart_state = 4;
pub const AIA_HART_QUIET: aia_hart_state = 5;
pub const AIA_HART_SWEPT: aia_hart_state = 6;

/// `enum aia_error` of `aia/error.h`.
pub type aia_error = i32;
pub const AIA_OK: aia_error = 0;
pub const AIA_EINVAL: aia_error = -1;
pub const AIA_ENOVEC: aia_error = -2;
pub const AIA_ENOHART: aia_error = -3;
pub const AIA_ESILENT: aia_error = -4;
pub const AIA_ETIMEOUT: aia_error = -5;
pub const AIA_EADDRHI: aia_error = -6;
pub const AIA_EOFFLINE: aia_error = -7;
pub const AIA_ELAST: aia_error = -8;
pub const AIA_EAGAIN: aia_error = -9;
pub const AIA_ECONTEXT: aia_error = -10;
pub const AIA_ENOMEM: aia_error = -11;
pub const AIA_ENOTSUP: aia_error = -12;
pub const AIA_EREFUSED: aia_error = -13;
pub const AIA_ECHANGED: aia_error = -14;
pub const AIA_EBUSY: aia_error = -15;
pub const AIA_EFILE: aia_error = -16;
pub const AIA_EDOMAIN: aia_error = -17;
pub const AIA_ELAYOUT: aia_error = -18;

/// `enum imsic_state` of `aia/imsic.h`.
pub type imsic_state = u32;
pub const IMSIC_FREE: imsic_state = 0;
pub const IMSIC_OWNED: imsic_state = 1;
pub const IMSIC_RETIRING: imsic_state = 2;
pub const IMSIC_INTERNAL: imsic_state = 3;
pub const IMSIC_QUARANTINED: imsic_state = 4;
pub const IMSIC_MANAGED: imsic_state = 5;
pub const IMSIC_N_STATES: imsic_state = 6;

/// `enum aia_event` of `aia/trace.h`.
pub type aia_event = u32;
pub const AIA_EVENT_CLAIM: aia_event = 1;
pub const AIA_EVENT_BEGIN: aia_event = 2;
pub const AIA_EVENT_END: aia_event = 3;
pub const AIA_EVENT_NOTED: aia_event = 4;
pub const AIA_EVENT_MOVE: aia_event = 5;
pub const AIA_EVENT_MOVED: aia_event = 6;
pub const AIA_EVENT_MESSAGE: aia_event = 7;
pub const AIA_EVENT_START: aia_event = 8;
pub const AIA_EVENT_STOP: aia_event = 9;
pub const AIA_EVENT_RETIRE: aia_event = 10;
pub const AIA_EVENT_RECLAIM: aia_event = 11;
pub const AIA_EVENT_FORWARD: aia_event = 12;
pub const AIA_EVENT_RESEND: aia_event = 13;
pub const AIA_EVENT_DISABLE: aia_event = 14;
pub const AIA_EVENT_ENABLE: aia_event = 15;
pub const AIA_EVENT_UNOWNED: aia_event = 16;
pub const AIA_EVENT_STORM: aia_event = 17;
pub const AIA_EVENT_LATE: aia_event = 18;
pub const AIA_EVENT_DEAD: aia_event = 19;
pub const AIA_EVENT_IPI: aia_event = 20;
pub const AIA_EVENT_IPI_TAKEN: aia_event = 21;
pub const AIA_EVENT_HART: aia_event = 22;
pub const AIA_EVENT_RAISED: aia_event = 23;
pub const AIA_EVENT_SEEN: aia_event = 24;
pub const AIA_N_EVENTS: aia_event = 25;

/// `enum aia_result` of `aia/aia.h`.
pub type aia_result = u32;
pub const AIA_NONE: aia_result = 0;
pub const AIA_HANDLED: aia_result = 1;

/// `enum aia_update` of `aia/aia.h`.
pub type aia_update = u32;
pub const AIA_UPDATE_STORE: aia_update = 0;
pub const AIA_UPDATE_MASKED: aia_update = 1;
pub const AIA_UPDATE_ADDR: aia_update = 2;
pub const AIA_UPDATE_COMMON: aia_update = 3;
pub const AIA_UPDATE_TORN: aia_update = 4;
pub const AIA_N_UPDATES: aia_update = 5;

/// `enum aia_caught` of `aia/aia.h`.
pub type aia_caught = u32;
pub const AIA_FORWARD: aia_caught = 0;
pub const AIA_IN_PLACE: aia_caught = 1;

/// `enum aia_reclaim` of `aia/aia.h`.
pub type aia_reclaim = u32;
pub const AIA_RECLAIM_LAZY: aia_reclaim = 0;
pub const AIA_RECLAIM_EAGER: aia_reclaim = 1;
pub const AIA_RECLAIM_FIRST_EDGE: aia_reclaim = 2;

/// `enum aia_report_what` of `aia/aia.h`.
pub type aia_report_what = u32;
pub const AIA_REPORT_UNOWNED: aia_report_what = 0;
pub const AIA_REPORT_STORM_UNOWNED: aia_report_what = 1;
pub const AIA_REPORT_STORM_IRQ: aia_report_what = 2;
pub const AIA_REPORT_LEVEL_UP: aia_report_what = 3;
pub const AIA_REPORT_LATE: aia_report_what = 4;
pub const AIA_REPORT_SYNC_TIMEOUT: aia_report_what = 5;
pub const AIA_REPORT_DEAD: aia_report_what = 6;
pub const AIA_REPORT_CALL_STUCK: aia_report_what = 7;
pub const AIA_REPORT_STORM_IPI: aia_report_what = 8;
pub const AIA_REPORT_CHANGED: aia_report_what = 9;
pub const AIA_REPORT_NOT_STARTED: aia_report_what = 10;
pub const AIA_N_REPORTS: aia_report_what = 11;

pub const AIA_IPI_CALL: u32 = 0;
pub const AIA_IPI_RETIRE: u32 = 1;
pub const AIA_IPI_RECLAIM: u32 = 2;
pub const AIA_IPI_REOPEN: u32 = 3;
pub const AIA_IPI_USER: u32 = 8;
pub const AIA_IPI_MAX: u32 = 30;

/// `enum aia_displaced` of `aia/aia.h`.
pub type aia_displaced = u32;
pub const AIA_DISPLACED_STAY: aia_displaced = 0;
pub const AIA_DISPLACED_RETURN: aia_displaced = 1;

/// `enum aia_finding` of `aia/aia.h`.
pub type aia_finding = u32;
pub const AIA_PENDING_UNOWNED: aia_finding = 0;
pub const AIA_OWNED_DISABLED: aia_finding = 1;
pub const AIA_LEAKED: aia_finding = 2;
pub const AIA_TWO_OWNERS: aia_finding = 3;
pub const AIA_RETIRING_LONG: aia_finding = 4;
pub const AIA_MESSAGE_FREE: aia_finding = 5;
pub const AIA_MESSAGE_ELSEWHERE: aia_finding = 6;
pub const AIA_SOURCE_UNOWNED: aia_finding = 7;
pub const AIA_COUNT_WRONG: aia_finding = 8;
pub const AIA_DELIVERY_OFF: aia_finding = 9;
pub const AIA_N_FINDINGS: aia_finding = 10;

/// `enum aplic_mode` of `aia/aplic.h`.
pub type aplic_mode = u32;
pub const APLIC_INACTIVE: aplic_mode = 0;
pub const APLIC_DETACHED: aplic_mode = 1;
pub const APLIC_EDGE_RISE: aplic_mode = 4;
pub const APLIC_EDGE_FALL: aplic_mode = 5;
pub const APLIC_LEVEL_HIGH: aplic_mode = 6;
pub const APLIC_LEVEL_LOW: aplic_mode = 7;

/// `enum aia_fdt_part` of `aia/fdt.h`.
pub type aia_fdt_part = u32;
pub const AIA_FDT_HART: aia_fdt_part = 0;
pub const AIA_FDT_IMSIC: aia_fdt_part = 1;
pub const AIA_FDT_APLIC: aia_fdt_part = 2;
pub const AIA_FDT_WIRE: aia_fdt_part = 3;
pub const AIA_FDT_N_PARTS: aia_fdt_part = 4;

/// `enum aia_iommu_dma` of `aia/iommu.h`.
pub type aia_iommu_dma = u32;
pub const AIA_IOMMU_BLOCKED: aia_iommu_dma = 0;
pub const AIA_IOMMU_TRANSLATED: aia_iommu_dma = 1;
pub const AIA_IOMMU_BARE: aia_iommu_dma = 2;

/// `enum aia_iommu_mode` of `aia/iommu.h`.
pub type aia_iommu_mode = u32;
pub const AIA_IOMMU_NOTICE: aia_iommu_mode = 0;
pub const AIA_IOMMU_BASIC: aia_iommu_mode = 1;

/// `enum aia_iommu_signal` of `aia/iommu.h`.
pub type aia_iommu_signal = u32;
pub const AIA_IOMMU_BY_MSI: aia_iommu_signal = 0;
pub const AIA_IOMMU_BY_WIRE: aia_iommu_signal = 1;

/// `enum aia_iommu_cause` of `aia/iommu.h`.
pub type aia_iommu_cause = u32;
pub const AIA_IOMMU_READ_FAULT: aia_iommu_cause = 5;
pub const AIA_IOMMU_WRITE_FAULT: aia_iommu_cause = 7;
pub const AIA_IOMMU_READ_PAGE: aia_iommu_cause = 21;
pub const AIA_IOMMU_WRITE_PAGE: aia_iommu_cause = 23;
pub const AIA_IOMMU_DISALLOWED: aia_iommu_cause = 256;
pub const AIA_IOMMU_NO_CONTEXT: aia_iommu_cause = 258;
pub const AIA_IOMMU_BAD_CONTEXT: aia_iommu_cause = 259;
pub const AIA_IOMMU_TYPE_DISALLOWED: aia_iommu_cause = 260;
pub const AIA_IOMMU_PTE_UNREADABLE: aia_iommu_cause = 261;
pub const AIA_IOMMU_NO_PTE: aia_iommu_cause = 262;
pub const AIA_IOMMU_BAD_PTE: aia_iommu_cause = 263;
pub const AIA_IOMMU_MRIF_FAULT: aia_iommu_cause = 264;

// ---- types ----

pub type aia_counter = AtomicWord;
pub type aia_handler = Option<unsafe extern "C" fn(context: *mut c_void, irq: *mut aia_irq) -> aia_result>;
pub type aia_moved = Option<unsafe extern "C" fn(context: *mut c_void, irq: *mut aia_irq)>;

/// `struct aia_message` of `aia/msi.h`.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct aia_message {
    pub addr: u64,
    pub data: u32,
}

impl aia_message {
    /// All zero, which is a valid value.
    pub const ZERO: aia_message =
        unsafe { transmute::<[u8; size_of::<aia_message>()], aia_message>([0; size_of::<aia_message>()]) };
}

/// `struct aia_msi_ops` of `aia/msi.h`.
#[repr(C)]
pub struct aia_msi_ops {
    pub start: Option<unsafe extern "C" fn(msi: *mut aia_msi, m: *const aia_message)>,
    pub stop: Option<unsafe extern "C" fn(msi: *mut aia_msi)>,
    pub write_addr: Option<unsafe extern "C" fn(msi: *mut aia_msi, addr: u64)>,
    pub write_data: Option<unsafe extern "C" fn(msi: *mut aia_msi, data: u32)>,
    pub mask: Option<unsafe extern "C" fn(msi: *mut aia_msi)>,
    pub unmask: Option<unsafe extern "C" fn(msi: *mut aia_msi)>,
    pub store: Option<unsafe extern "C" fn(msi: *mut aia_msi, m: *const aia_message)>,
    pub read_back: Option<unsafe extern "C" fn(msi: *mut aia_msi, m: *mut aia_message) -> i32>,
    pub retrigger: Option<unsafe extern "C" fn(msi: *mut aia_msi)>,
    pub park: Option<unsafe extern "C" fn(msi: *mut aia_msi)>,
    pub unpark: Option<unsafe extern "C" fn(msi: *mut aia_msi, m: *const aia_message) -> bool>,
    pub restore: Option<unsafe extern "C" fn(msi: *mut aia_msi, m: *const aia_message)>,
    pub request: Option<unsafe extern "C" fn(msi: *mut aia_msi, r: *mut aia_request) -> i32>,
    pub level_up: Option<unsafe extern "C" fn(msi: *mut aia_msi) -> bool>,
    pub bus_lock: Option<unsafe extern "C" fn(msi: *mut aia_msi)>,
    pub bus_sync: Option<unsafe extern "C" fn(msi: *mut aia_msi) -> i32>,
    pub bus_unlock: Option<unsafe extern "C" fn(msi: *mut aia_msi)>,
    pub reset: Option<unsafe extern "C" fn(msi: *mut aia_msi)>,
    pub waits: bool,
}

impl aia_msi_ops {
    /// All zero, which is a valid value.
    pub const ZERO: aia_msi_ops =
        unsafe { transmute::<[u8; size_of::<aia_msi_ops>()], aia_msi_ops>([0; size_of::<aia_msi_ops>()]) };
}

/// `struct aia_barrier` of `aia/msi.h`.
#[repr(C)]
pub struct aia_barrier {
    pub send: Option<unsafe extern "C" fn(b: *mut aia_barrier, m: *const aia_message) -> i32>,
    pub next: *mut aia_barrier,
}

impl aia_barrier {
    /// All zero, which is a valid value.
    pub const ZERO: aia_barrier =
        unsafe { transmute::<[u8; size_of::<aia_barrier>()], aia_barrier>([0; size_of::<aia_barrier>()]) };
}

/// `struct aia_msi` of `aia/msi.h`.
#[repr(C)]
pub struct aia_msi {
    pub ops: *const aia_msi_ops,
    pub below: *mut aia_msi,
    pub kind: aia_msi_kind,
    pub posted_limit: u64,
    pub controller: *mut aia_controller,
    pub line: u16,
    pub irq: *mut aia_irq,
    pub barrier: *mut aia_barrier,
}

impl aia_msi {
    /// All zero, which is a valid value.
    pub const ZERO: aia_msi =
        unsafe { transmute::<[u8; size_of::<aia_msi>()], aia_msi>([0; size_of::<aia_msi>()]) };
}

/// `struct aia_controller_ops` of `aia/controller.h`.
#[repr(C)]
pub struct aia_controller_ops {
    pub claim: Option<unsafe extern "C" fn(c: *mut aia_controller, hart: u32, msi: *mut *mut aia_msi) -> bool>,
    pub pending: Option<unsafe extern "C" fn(c: *const aia_controller, hart: u32) -> bool>,
    pub on: Option<unsafe extern "C" fn(c: *mut aia_controller, hart: u32)>,
    pub off: Option<unsafe extern "C" fn(c: *mut aia_controller, hart: u32)>,
    pub delivers: Option<unsafe extern "C" fn(c: *const aia_controller, hart: u32) -> bool>,
    pub enabled: Option<unsafe extern "C" fn(msi: *const aia_msi) -> bool>,
}

impl aia_controller_ops {
    /// All zero, which is a valid value.
    pub const ZERO: aia_controller_ops =
        unsafe { transmute::<[u8; size_of::<aia_controller_ops>()], aia_controller_ops>([0; size_of::<aia_controller_ops>()]) };
}

/// `struct aia_controller` of `aia/controller.h`.
#[repr(C)]
pub struct aia_controller {
    pub ops: *const aia_controller_ops,
}

impl aia_controller {
    /// All zero, which is a valid value.
    pub const ZERO: aia_controller =
        unsafe { transmute::<[u8; size_of::<aia_controller>()], aia_controller>([0; size_of::<aia_controller>()]) };
}

/// `struct aia_config` of `aia/config.h`.
#[repr(C)]
pub struct aia_config {
    pub may_enter: Option<unsafe extern "C" fn(arg: *mut c_void, hart: u32, next: aia_hart_state) -> i32>,
    pub may_enter_arg: *mut c_void,
    pub n_harts: u32,
    pub harts: *mut aia_hart,
    pub files: *mut imsic_file,
    pub controllers: *mut *mut aia_controller,
    pub kick: Option<unsafe extern "C" fn(hart: u32)>,
    pub ipi_id: u16,
    pub sync_id: u16,
    pub irqs: *mut aia_irq,
    pub n_irqs: u32,
    pub reserved: *mut u16,
    pub runs: *mut aia_counter,
    pub trace: *mut aia_trace_ring,
    pub lazy_period: u64,
    pub max_retiring: u32,
    pub wait_limit: u64,
    pub storm_window: u64,
    pub storm_limit: u32,
    pub report_limit: u32,
}

impl aia_config {
    /// All zero, which is a valid value.
    pub const ZERO: aia_config =
        unsafe { transmute::<[u8; size_of::<aia_config>()], aia_config>([0; size_of::<aia_config>()]) };
}

/// `struct aia_hartset` of `aia/hartset.h`.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct aia_hartset {
    pub bits: [u64; AIA_HARTSET_WORDS],
}

impl aia_hartset {
    /// All zero, which is a valid value.
    pub const ZERO: aia_hartset =
        unsafe { transmute::<[u8; size_of::<aia_hartset>()], aia_hartset>([0; size_of::<aia_hartset>()]) };
}

/// `struct aia_lock` of `aia/port.h`.
#[repr(C)]
pub struct aia_lock {
    pub opaque: [usize; AIA_LOCK_WORDS],
}

impl aia_lock {
    /// All zero, which is a valid value.
    pub const ZERO: aia_lock =
        unsafe { transmute::<[u8; size_of::<aia_lock>()], aia_lock>([0; size_of::<aia_lock>()]) };
}

/// `struct imsic_vector` of `aia/imsic.h`.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct imsic_vector {
    pub hart: u16,
    pub id: u16,
}

impl imsic_vector {
    /// All zero, which is a valid value.
    pub const ZERO: imsic_vector =
        unsafe { transmute::<[u8; size_of::<imsic_vector>()], imsic_vector>([0; size_of::<imsic_vector>()]) };
}

/// `struct imsic_file` of `aia/imsic.h`.
#[repr(C)]
pub struct imsic_file {
    pub mmio: usize,
    pub msi_addr: u64,
    pub n_ids: u16,
    pub slots: *mut AtomicU32,
    pub open: bool,
    pub n_free: u16,
    pub sync_owed: u16,
    pub free: [u64; IMSIC_WORDS],
    pub has_run: [u32; IMSIC_MAX_ORDER + 1],
    pub retiring: [AtomicWord; IMSIC_WORDS * 64 / AIA_WORD_BITS],
    pub n_retiring: AtomicU32,
    pub drained_at: AtomicWord,
    pub quarantined: [u64; IMSIC_WORDS],
    pub failed_at: u64,
}

impl imsic_file {
    /// All zero, which is a valid value.
    pub const ZERO: imsic_file =
        unsafe { transmute::<[u8; size_of::<imsic_file>()], imsic_file>([0; size_of::<imsic_file>()]) };
}

/// `struct imsic` of `aia/imsic.h`.
#[repr(C)]
pub struct imsic {
    pub lock: aia_lock,
    pub files: *mut imsic_file,
    pub n_files: u32,
    pub ipi_id: u16,
    pub sync_id: u16,
    pub wait_limit: u64,
}

impl imsic {
    /// All zero, which is a valid value.
    pub const ZERO: imsic =
        unsafe { transmute::<[u8; size_of::<imsic>()], imsic>([0; size_of::<imsic>()]) };
}

/// `struct imsic_stats` of `aia/imsic.h`.
#[repr(C)]
pub struct imsic_stats {
    pub n: [u32; IMSIC_N_STATES as usize],
}

impl imsic_stats {
    /// All zero, which is a valid value.
    pub const ZERO: imsic_stats =
        unsafe { transmute::<[u8; size_of::<imsic_stats>()], imsic_stats>([0; size_of::<imsic_stats>()]) };
}

/// `struct imsic_saved` of `aia/imsic.h`.
#[repr(C)]
pub struct imsic_saved {
    pub eip: [u64; IMSIC_WORDS],
    pub eie: [u64; IMSIC_WORDS],
    pub eithreshold: usize,
    pub eidelivery: usize,
}

impl imsic_saved {
    /// All zero, which is a valid value.
    pub const ZERO: imsic_saved =
        unsafe { transmute::<[u8; size_of::<imsic_saved>()], imsic_saved>([0; size_of::<imsic_saved>()]) };
}

/// `struct aia_trace_record` of `aia/trace.h`.
#[repr(C)]
pub struct aia_trace_record {
    pub time: [AtomicWord; AIA_TRACE_WORDS],
    pub what: [AtomicWord; AIA_TRACE_WORDS],
    pub arg: [AtomicWord; AIA_TRACE_WORDS],
    pub stamp: [AtomicWord; AIA_TRACE_WORDS],
}

impl aia_trace_record {
    /// All zero, which is a valid value.
    pub const ZERO: aia_trace_record =
        unsafe { transmute::<[u8; size_of::<aia_trace_record>()], aia_trace_record>([0; size_of::<aia_trace_record>()]) };
}

/// `struct aia_trace_ring` of `aia/trace.h`.
#[repr(C, align(64))]
pub struct aia_trace_ring {
    pub next: AtomicWord,
    pub mask: u64,
    pub records: *mut aia_trace_record,
    pub n_records: u64,
}

impl aia_trace_ring {
    /// All zero, which is a valid value.
    pub const ZERO: aia_trace_ring =
        unsafe { transmute::<[u8; size_of::<aia_trace_ring>()], aia_trace_ring>([0; size_of::<aia_trace_ring>()]) };
}

/// `struct aia_trace_entry` of `aia/trace.h`.
#[repr(C)]
pub struct aia_trace_entry {
    pub time: u64,
    pub arg: u64,
    pub event: aia_event,
    pub irq: u32,
    pub vec: imsic_vector,
}

impl aia_trace_entry {
    /// All zero, which is a valid value.
    pub const ZERO: aia_trace_entry =
        unsafe { transmute::<[u8; size_of::<aia_trace_entry>()], aia_trace_entry>([0; size_of::<aia_trace_entry>()]) };
}

/// `struct aia_trace_reader` of `aia/trace.h`.
#[repr(C)]
pub struct aia_trace_reader {
    pub hart: u32,
    pub next: aia_word,
    pub dropped: u64,
}

impl aia_trace_reader {
    /// All zero, which is a valid value.
    pub const ZERO: aia_trace_reader =
        unsafe { transmute::<[u8; size_of::<aia_trace_reader>()], aia_trace_reader>([0; size_of::<aia_trace_reader>()]) };
}

/// `struct aia_storm` of `aia/aia.h`.
#[repr(C)]
pub struct aia_storm {
    pub since: AtomicWord,
    pub count: AtomicU32,
}

impl aia_storm {
    /// All zero, which is a valid value.
    pub const ZERO: aia_storm =
        unsafe { transmute::<[u8; size_of::<aia_storm>()], aia_storm>([0; size_of::<aia_storm>()]) };
}

/// `struct aia_policy` of `aia/aia.h`.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct aia_policy {
    pub caught: aia_caught,
    pub reclaim: aia_reclaim,
}

impl aia_policy {
    /// All zero, which is a valid value.
    pub const ZERO: aia_policy =
        unsafe { transmute::<[u8; size_of::<aia_policy>()], aia_policy>([0; size_of::<aia_policy>()]) };
}

/// `struct aia_irq_counts` of `aia/aia.h`.
#[repr(C)]
pub struct aia_irq_counts {
    pub moves: aia_counter,
    pub forwarded: aia_counter,
    pub rerun: aia_counter,
    pub kept: aia_counter,
    pub resent: aia_counter,
    pub unhandled: aia_counter,
}

impl aia_irq_counts {
    /// All zero, which is a valid value.
    pub const ZERO: aia_irq_counts =
        unsafe { transmute::<[u8; size_of::<aia_irq_counts>()], aia_irq_counts>([0; size_of::<aia_irq_counts>()]) };
}

/// `struct aia_irq` of `aia/aia.h`.
#[repr(C)]
pub struct aia_irq {
    pub flow: AtomicU32,
    pub number: u32,
    pub used: AtomicBool,
    pub parked: bool,
    pub stopped: bool,
    pub managed: bool,
    pub waits: AtomicBool,
    pub order: u8,
    pub streak: AtomicU16,
    pub lock: aia_lock,
    pub first: *mut aia_irq,
    pub policy: aia_policy,
    pub name: *const c_char,
    pub handler: aia_handler,
    pub context: *mut c_void,
    pub msi: *mut aia_msi,
    pub affinity: aia_hartset,
    pub vec: imsic_vector,
    pub n_retiring: AtomicU32,
    pub retiring_on: aia_hartset,
    pub drained_at: AtomicWord,
    pub retired_at: u64,
    pub storm: aia_storm,
    pub count: aia_irq_counts,
    pub streak_runs: AtomicU32,
    pub changed: AtomicU32,
    pub moved: aia_moved,
}

impl aia_irq {
    /// All zero, which is a valid value.
    pub const ZERO: aia_irq =
        unsafe { transmute::<[u8; size_of::<aia_irq>()], aia_irq>([0; size_of::<aia_irq>()]) };
}

/// `struct aia_call` of `aia/aia.h`.
#[repr(C)]
pub struct aia_call {
    pub r#fn: Option<unsafe extern "C" fn(arg: *mut c_void)>,
    pub arg: *mut c_void,
    pub next: AtomicPtr<aia_call>,
    pub state: AtomicU32,
}

impl aia_call {
    /// All zero, which is a valid value.
    pub const ZERO: aia_call =
        unsafe { transmute::<[u8; size_of::<aia_call>()], aia_call>([0; size_of::<aia_call>()]) };
}

/// `struct aia_hart` of `aia/aia.h`.
#[repr(C)]
pub struct aia_hart {
    pub aia: *mut aia,
    pub state: AtomicU32,
    pub ipis: AtomicU32,
    pub calls: AtomicPtr<aia_call>,
    pub call: aia_call,
    pub was_online: bool,
    pub streak: u16,
    pub full_at: u32,
    pub caught: u32,
    pub slots: *mut AtomicU32,
    pub runs: *mut aia_counter,
    pub storm: aia_storm,
    pub ipi_storm: aia_storm,
    pub handled: aia_counter,
    pub forwarded: aia_counter,
    pub swept: aia_counter,
    pub unowned: aia_counter,
    pub late: aia_counter,
    pub ipis_taken: aia_counter,
    pub ipis_empty: aia_counter,
    pub reclaimed: aia_counter,
}

impl aia_hart {
    /// All zero, which is a valid value.
    pub const ZERO: aia_hart =
        unsafe { transmute::<[u8; size_of::<aia_hart>()], aia_hart>([0; size_of::<aia_hart>()]) };
}

/// `struct aia_report` of `aia/aia.h`.
#[repr(C)]
pub struct aia_report {
    pub what: aia_report_what,
    pub vec: imsic_vector,
    pub irq: *const aia_irq,
    pub withheld: u32,
}

impl aia_report {
    /// All zero, which is a valid value.
    pub const ZERO: aia_report =
        unsafe { transmute::<[u8; size_of::<aia_report>()], aia_report>([0; size_of::<aia_report>()]) };
}

/// `struct aia_report_count` of `aia/aia.h`.
#[repr(C)]
pub struct aia_report_count {
    pub window: aia_storm,
    pub withheld: AtomicU32,
}

impl aia_report_count {
    /// All zero, which is a valid value.
    pub const ZERO: aia_report_count =
        unsafe { transmute::<[u8; size_of::<aia_report_count>()], aia_report_count>([0; size_of::<aia_report_count>()]) };
}

/// `struct aia_delivery` of `aia/aia.h`.
#[repr(C)]
pub struct aia_delivery {
    opaque: [u8; 0],
}

/// `struct aia` of `aia/aia.h`.
#[repr(C)]
pub struct aia {
    pub config: aia_config,
    pub delivery: *const aia_delivery,
    pub imsic: imsic,
    pub tracing: *mut aia_trace_ring,
    pub irqs_lock: aia_lock,
    pub irqs_end: AtomicU32,
    pub reports: [aia_report_count; AIA_N_REPORTS as usize],
    pub updates: [aia_counter; AIA_N_UPDATES as usize],
    pub torn_copies: aia_counter,
    pub displaced: aia_counter,
    pub barriers: *mut aia_barrier,
    pub unheard: *mut aia_barrier,
    pub probe_lock: aia_lock,
    pub n_waiting: AtomicU32,
}

impl aia {
    /// All zero, which is a valid value.
    pub const ZERO: aia =
        unsafe { transmute::<[u8; size_of::<aia>()], aia>([0; size_of::<aia>()]) };
}

/// `struct aia_layout` of `aia/aia.h`.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct aia_layout {
    pub n: [u32; 9],
}

impl aia_layout {
    /// All zero, which is a valid value.
    pub const ZERO: aia_layout =
        unsafe { transmute::<[u8; size_of::<aia_layout>()], aia_layout>([0; size_of::<aia_layout>()]) };
}

/// `struct aia_request` of `aia/aia.h`.
#[repr(C)]
pub struct aia_request {
    pub name: *const c_char,
    pub handler: aia_handler,
    pub context: *mut c_void,
    pub msi: *mut aia_msi,
    pub affinity: aia_hartset,
    pub policy: aia_policy,
    pub managed: bool,
    pub order: u32,
    pub moved: aia_moved,
}

impl aia_request {
    /// All zero, which is a valid value.
    pub const ZERO: aia_request =
        unsafe { transmute::<[u8; size_of::<aia_request>()], aia_request>([0; size_of::<aia_request>()]) };
}

/// `struct aplic_layout` of `aia/aplic.h`.
#[repr(C)]
pub struct aplic_layout {
    pub base: u64,
    pub hart_shift: u8,
    pub hart_bits: u8,
    pub group_shift: u8,
    pub group_bits: u8,
}

impl aplic_layout {
    /// All zero, which is a valid value.
    pub const ZERO: aplic_layout =
        unsafe { transmute::<[u8; size_of::<aplic_layout>()], aplic_layout>([0; size_of::<aplic_layout>()]) };
}

/// `struct aplic` of `aia/aplic.h`.
#[repr(C)]
pub struct aplic {
    pub mmio: usize,
    pub n_sources: u16,
    pub wait_limit: u64,
    pub layout: aplic_layout,
    pub direct: bool,
    pub index: *const i16,
    pub n_harts: u32,
    pub sources: *mut AtomicPtr<aplic_source>,
    pub aia: *mut aia,
    pub controller: aia_controller,
    pub barrier: aia_barrier,
    pub genmsi: aia_lock,
    pub raw_inputs: bool,
}

impl aplic {
    /// All zero, which is a valid value.
    pub const ZERO: aplic =
        unsafe { transmute::<[u8; size_of::<aplic>()], aplic>([0; size_of::<aplic>()]) };
}

/// `struct aplic_source` of `aia/aplic.h`.
#[repr(C)]
pub struct aplic_source {
    pub msi: aia_msi,
    pub aplic: *mut aplic,
    pub number: u16,
    pub mode: aplic_mode,
    pub handler: aia_handler,
    pub context: *mut c_void,
    pub moved: aia_moved,
    pub up_runs: u32,
    pub priority: u8,
    pub fallen: aia_counter,
}

impl aplic_source {
    /// All zero, which is a valid value.
    pub const ZERO: aplic_source =
        unsafe { transmute::<[u8; size_of::<aplic_source>()], aplic_source>([0; size_of::<aplic_source>()]) };
}

/// `struct aplic_look` of `aia/aplic.h`.
#[repr(C)]
pub struct aplic_look {
    pub delegated: bool,
    pub mode: aplic_mode,
    pub pending: bool,
    pub enabled: bool,
    pub input: bool,
    pub priority: u8,
    pub message: aia_message,
}

impl aplic_look {
    /// All zero, which is a valid value.
    pub const ZERO: aplic_look =
        unsafe { transmute::<[u8; size_of::<aplic_look>()], aplic_look>([0; size_of::<aplic_look>()]) };
}

/// `struct aplic_domain_look` of `aia/aplic.h`.
#[repr(C)]
pub struct aplic_domain_look {
    pub enabled: bool,
    pub by_message: bool,
}

impl aplic_domain_look {
    /// All zero, which is a valid value.
    pub const ZERO: aplic_domain_look =
        unsafe { transmute::<[u8; size_of::<aplic_domain_look>()], aplic_domain_look>([0; size_of::<aplic_domain_look>()]) };
}

/// `struct aplic_hart_look` of `aia/aplic.h`.
#[repr(C)]
pub struct aplic_hart_look {
    pub delivers: bool,
    pub forced: bool,
    pub threshold: u32,
    pub top: u16,
    pub top_priority: u8,
}

impl aplic_hart_look {
    /// All zero, which is a valid value.
    pub const ZERO: aplic_hart_look =
        unsafe { transmute::<[u8; size_of::<aplic_hart_look>()], aplic_hart_look>([0; size_of::<aplic_hart_look>()]) };
}

/// `struct aia_fdt_region` of `aia/fdt.h`.
#[repr(C)]
pub struct aia_fdt_region {
    pub base: u64,
    pub size: u64,
}

impl aia_fdt_region {
    /// All zero, which is a valid value.
    pub const ZERO: aia_fdt_region =
        unsafe { transmute::<[u8; size_of::<aia_fdt_region>()], aia_fdt_region>([0; size_of::<aia_fdt_region>()]) };
}

/// `struct aia_fdt_error` of `aia/fdt.h`.
#[repr(C)]
pub struct aia_fdt_error {
    pub node: [c_char; 96],
    pub property: [c_char; 40],
    pub text: [c_char; 128],
}

impl aia_fdt_error {
    /// All zero, which is a valid value.
    pub const ZERO: aia_fdt_error =
        unsafe { transmute::<[u8; size_of::<aia_fdt_error>()], aia_fdt_error>([0; size_of::<aia_fdt_error>()]) };
}

/// `struct aia_fdt_unused` of `aia/fdt.h`.
#[repr(C)]
pub struct aia_fdt_unused {
    pub part: u32,
    pub why: aia_fdt_error,
}

impl aia_fdt_unused {
    /// All zero, which is a valid value.
    pub const ZERO: aia_fdt_unused =
        unsafe { transmute::<[u8; size_of::<aia_fdt_unused>()], aia_fdt_unused>([0; size_of::<aia_fdt_unused>()]) };
}

/// `struct aia_fdt_hart` of `aia/fdt.h`.
#[repr(C)]
pub struct aia_fdt_hart {
    pub hartid: u64,
    pub intc: u32,
    pub sstc: bool,
    pub ssaia: bool,
    pub zacas: bool,
    pub imsic_addr: u64,
    pub guests: u32,
}

impl aia_fdt_hart {
    /// All zero, which is a valid value.
    pub const ZERO: aia_fdt_hart =
        unsafe { transmute::<[u8; size_of::<aia_fdt_hart>()], aia_fdt_hart>([0; size_of::<aia_fdt_hart>()]) };
}

/// `struct aia_fdt_imsic` of `aia/fdt.h`.
#[repr(C)]
pub struct aia_fdt_imsic {
    pub present: bool,
    pub phandle: u32,
    pub num_ids: u32,
    pub ipi_id: u32,
    pub guest_bits: u32,
    pub hart_bits: u32,
    pub group_bits: u32,
    pub group_shift: u32,
    pub regs: [aia_fdt_region; AIA_MAX_HARTS],
    pub n_regs: usize,
}

impl aia_fdt_imsic {
    /// All zero, which is a valid value.
    pub const ZERO: aia_fdt_imsic =
        unsafe { transmute::<[u8; size_of::<aia_fdt_imsic>()], aia_fdt_imsic>([0; size_of::<aia_fdt_imsic>()]) };
}

/// `struct aia_fdt_aplic` of `aia/fdt.h`.
#[repr(C)]
pub struct aia_fdt_aplic {
    pub reg: aia_fdt_region,
    pub num_sources: u32,
    pub msi_mode: bool,
    pub phandle: u32,
    pub owned: [u32; AIA_FDT_SOURCES / 32],
    pub index: [i16; AIA_MAX_HARTS],
}

impl aia_fdt_aplic {
    /// All zero, which is a valid value.
    pub const ZERO: aia_fdt_aplic =
        unsafe { transmute::<[u8; size_of::<aia_fdt_aplic>()], aia_fdt_aplic>([0; size_of::<aia_fdt_aplic>()]) };
}

/// `struct aia_fdt_wire` of `aia/fdt.h`.
#[repr(C)]
pub struct aia_fdt_wire {
    pub source: u16,
    pub aplic: u8,
    pub mode: u8,
}

impl aia_fdt_wire {
    /// All zero, which is a valid value.
    pub const ZERO: aia_fdt_wire =
        unsafe { transmute::<[u8; size_of::<aia_fdt_wire>()], aia_fdt_wire>([0; size_of::<aia_fdt_wire>()]) };
}

/// `struct aia_fdt_cpu` of `aia/fdt.h`.
#[repr(C)]
pub struct aia_fdt_cpu {
    pub hartid: u64,
    pub node: i32,
    pub intc: u32,
    pub intc_node: i32,
    pub hart: i16,
    pub has_file: bool,
    pub has_id: bool,
}

impl aia_fdt_cpu {
    /// All zero, which is a valid value.
    pub const ZERO: aia_fdt_cpu =
        unsafe { transmute::<[u8; size_of::<aia_fdt_cpu>()], aia_fdt_cpu>([0; size_of::<aia_fdt_cpu>()]) };
}

/// `struct aia_fdt` of `aia/fdt.h`.
#[repr(C)]
pub struct aia_fdt {
    pub harts: [aia_fdt_hart; AIA_MAX_HARTS],
    pub n_harts: usize,
    pub timebase: u64,
    pub imsic: aia_fdt_imsic,
    pub aplics: [aia_fdt_aplic; AIA_FDT_MAX_APLICS],
    pub n_aplics: usize,
    pub cpus: [aia_fdt_cpu; AIA_MAX_HARTS],
    pub n_cpus: usize,
    pub more_cpus: bool,
}

impl aia_fdt {
    /// All zero, which is a valid value.
    pub const ZERO: aia_fdt =
        unsafe { transmute::<[u8; size_of::<aia_fdt>()], aia_fdt>([0; size_of::<aia_fdt>()]) };
}

/// `struct aia_fdt_tree` of `aia/fdt.h`.
#[repr(C)]
pub struct aia_fdt_tree {
    pub blob: *const c_void,
    pub max: usize,
    pub unused: *mut aia_fdt_unused,
    pub max_unused: usize,
    pub memory: *const aia_fdt_region,
    pub n_memory: usize,
    pub n_unused: usize,
    pub error: aia_fdt_error,
    pub checked: bool,
    pub facts: *mut aia_fdt,
}

impl aia_fdt_tree {
    /// All zero, which is a valid value.
    pub const ZERO: aia_fdt_tree =
        unsafe { transmute::<[u8; size_of::<aia_fdt_tree>()], aia_fdt_tree>([0; size_of::<aia_fdt_tree>()]) };
}

/// `struct aia_ims_entry` of `aia/ims.h`.
#[repr(C, align(16))]
pub struct aia_ims_entry {
    pub address_lo: u32,
    pub data: u32,
    pub address_hi: u32,
    pub ctrl: u32,
}

impl aia_ims_entry {
    /// All zero, which is a valid value.
    pub const ZERO: aia_ims_entry =
        unsafe { transmute::<[u8; size_of::<aia_ims_entry>()], aia_ims_entry>([0; size_of::<aia_ims_entry>()]) };
}

/// `struct aia_ims` of `aia/ims.h`.
#[repr(C)]
pub struct aia_ims {
    pub msi: aia_msi,
    pub entry: *mut aia_ims_entry,
    pub drain: Option<unsafe extern "C" fn(d: *mut aia_ims) -> i32>,
}

impl aia_ims {
    /// All zero, which is a valid value.
    pub const ZERO: aia_ims =
        unsafe { transmute::<[u8; size_of::<aia_ims>()], aia_ims>([0; size_of::<aia_ims>()]) };
}

/// `struct aia_iommu_fault` of `aia/iommu.h`.
#[repr(C)]
pub struct aia_iommu_fault {
    pub device: u32,
    pub cause: u16,
    pub r#type: u8,
    pub addr: u64,
    pub attached: *mut aia_iommu_device,
    pub cut_off: bool,
}

impl aia_iommu_fault {
    /// All zero, which is a valid value.
    pub const ZERO: aia_iommu_fault =
        unsafe { transmute::<[u8; size_of::<aia_iommu_fault>()], aia_iommu_fault>([0; size_of::<aia_iommu_fault>()]) };
}

/// `struct aia_iommu_config` of `aia/iommu.h`.
#[repr(C)]
pub struct aia_iommu_config {
    pub mmio: usize,
    pub phys_offset: u64,
    pub pages: *mut c_void,
    pub n_pages: u32,
    pub max_id: u32,
    pub window: u64,
    pub max_devices: u16,
    pub log2_commands: u8,
    pub log2_faults: u8,
    pub signal: aia_iommu_signal,
    pub command_limit: u64,
    pub storm_window: u64,
    pub storm_limit: u32,
    pub fault: Option<unsafe extern "C" fn(arg: *mut c_void, fault: *const aia_iommu_fault)>,
    pub arg: *mut c_void,
}

impl aia_iommu_config {
    /// All zero, which is a valid value.
    pub const ZERO: aia_iommu_config =
        unsafe { transmute::<[u8; size_of::<aia_iommu_config>()], aia_iommu_config>([0; size_of::<aia_iommu_config>()]) };
}

/// `struct aia_iommu` of `aia/iommu.h`.
#[repr(C)]
pub struct aia_iommu {
    pub config: aia_iommu_config,
    pub capabilities: u64,
    pub next_page: u32,
    pub levels: u8,
    pub enabled: bool,
    pub was_bare: bool,
    pub by_wire: bool,
    pub refused: *const c_char,
    pub root: *mut u64,
    pub mapped: *mut u64,
    pub nothing: *mut u64,
    pub commands: *mut u64,
    pub faults: *mut u64,
    pub devices: AtomicPtr<aia_iommu_device>,
    pub n_devices: u16,
    pub tables: aia_lock,
    pub lock: aia_lock,
    pub tail: u32,
    pub ticket: u32,
    pub idle: *mut u64,
    pub done: *mut u32,
    pub epoch: AtomicU32,
    pub salvaged: u32,
    pub fault_lock: aia_lock,
    pub muted: bool,
    pub n_commands: aia_counter,
    pub n_fences: aia_counter,
    pub illegal: aia_counter,
    pub unreadable: aia_counter,
    pub timed_out: aia_counter,
    pub stuck: aia_counter,
    pub n_faults: aia_counter,
    pub overflows: aia_counter,
    pub lost_writes: aia_counter,
    pub storm: aia_storm,
    pub unattached: aia_counter,
    pub cut_offs: aia_counter,
}

impl aia_iommu {
    /// All zero, which is a valid value.
    pub const ZERO: aia_iommu =
        unsafe { transmute::<[u8; size_of::<aia_iommu>()], aia_iommu>([0; size_of::<aia_iommu>()]) };
}

/// `struct aia_iommu_device` of `aia/iommu.h`.
#[repr(C)]
pub struct aia_iommu_device {
    pub iommu: *mut aia_iommu,
    pub next: *mut aia_iommu_device,
    pub context: *mut u64,
    pub table: *mut u64,
    pub files: *mut u64,
    pub window: u64,
    pub id: u32,
    pub n_messages: u16,
    pub gscid: u16,
    pub dma: aia_iommu_dma,
    pub cut_off: AtomicU32,
    pub storm: aia_storm,
    pub faults: aia_counter,
    pub last_fault: u64,
}

impl aia_iommu_device {
    /// All zero, which is a valid value.
    pub const ZERO: aia_iommu_device =
        unsafe { transmute::<[u8; size_of::<aia_iommu_device>()], aia_iommu_device>([0; size_of::<aia_iommu_device>()]) };
}

/// `struct aia_iommu_msi` of `aia/iommu.h`.
#[repr(C)]
pub struct aia_iommu_msi {
    pub msi: aia_msi,
    pub device: *mut aia_iommu_device,
    pub index: u16,
    pub error: i32,
    pub own: aia_message,
    pub n_changed: aia_counter,
}

impl aia_iommu_msi {
    /// All zero, which is a valid value.
    pub const ZERO: aia_iommu_msi =
        unsafe { transmute::<[u8; size_of::<aia_iommu_msi>()], aia_iommu_msi>([0; size_of::<aia_iommu_msi>()]) };
}

/// `struct aia_iommu_vector` of `aia/iommu.h`.
#[repr(C)]
pub struct aia_iommu_vector {
    pub msi: aia_msi,
    pub entry: usize,
}

impl aia_iommu_vector {
    /// All zero, which is a valid value.
    pub const ZERO: aia_iommu_vector =
        unsafe { transmute::<[u8; size_of::<aia_iommu_vector>()], aia_iommu_vector>([0; size_of::<aia_iommu_vector>()]) };
}

/// What `aia_init()` passes from here to the library.
pub const AIA_LAYOUT: aia_layout = aia_layout {
    n: [
        AIA_MAX_HARTS as u32,
        AIA_WORD_BITS as u32,
        size_of::<aia_hart_state>() as u32,
        size_of::<aia_lock>() as u32,
        size_of::<aia_msi>() as u32,
        size_of::<aia_config>() as u32,
        size_of::<imsic_file>() as u32,
        size_of::<aia_irq>() as u32,
        size_of::<aia_hart>() as u32,
    ],
};

// ---- functions ----

extern "C" {
    // aia/controller.h
    pub fn aia_line_done(irq: *mut aia_irq);
    pub fn aia_line_up(a: *mut aia, irq: *mut aia_irq);
    // aia/error.h
    pub fn aia_strerror(error: i32) -> *const c_char;
    // aia/trace.h
    pub fn aia_trace_write(ring: *mut aia_trace_ring, what: u64, arg: u64);
    pub fn aia_trace_on(a: *mut aia) -> i32;
    pub fn aia_trace_off(a: *mut aia);
    pub fn aia_trace_seek(a: *const aia, r: *mut aia_trace_reader, hart: u32, n: u64);
    pub fn aia_trace_read(a: *const aia, r: *mut aia_trace_reader, out: *mut aia_trace_entry) -> bool;
    pub fn aia_event_name(event: u32) -> *const c_char;
    // aia/aia.h
    pub fn aia_report_name(what: aia_report_what) -> *const c_char;
    pub fn aia_report_text(what: aia_report_what) -> *const c_char;
    pub fn aia_init_checked(a: *mut aia, config: *const aia_config, layout: *const aia_layout) -> i32;
    pub fn aia_interrupt(a: *mut aia) -> bool;
    pub fn aia_soft_interrupt(a: *mut aia);
    pub fn aia_timer(a: *mut aia);
    pub fn aia_irq_request(a: *mut aia, request: *const aia_request, irq: *mut *mut aia_irq) -> i32;
    pub fn aia_irq_free(a: *mut aia, irq: *mut aia_irq) -> i32;
    pub fn aia_irq_stop(a: *mut aia, irq: *mut aia_irq);
    pub fn aia_irq_disable(a: *mut aia, irq: *mut aia_irq);
    pub fn aia_irq_enable(a: *mut aia, irq: *mut aia_irq);
    pub fn aia_irq_synchronize(a: *mut aia, irq: *mut aia_irq) -> i32;
    pub fn aia_irq_set_affinity(a: *mut aia, irq: *mut aia_irq, set: *const aia_hartset) -> i32;
    pub fn aia_irq_try_affinity(a: *mut aia, irq: *mut aia_irq, set: *const aia_hartset) -> i32;
    pub fn aia_irq_restore(a: *mut aia, irq: *mut aia_irq) -> i32;
    pub fn aia_irq_runs(a: *const aia, irq: *const aia_irq, hart: u32) -> u64;
    pub fn aia_ipi_send(a: *mut aia, hart: u32, n: u32) -> i32;
    pub fn aia_call(a: *mut aia, hart: u32, r#fn: Option<unsafe extern "C" fn(arg: *mut c_void)>, arg: *mut c_void) -> i32;
    pub fn aia_hart_online_begin(a: *mut aia) -> i32;
    pub fn aia_hart_offline_begin(a: *mut aia, hart: u32) -> i32;
    pub fn aia_hart_offline_cancel(a: *mut aia, hart: u32);
    pub fn aia_hart_offline_finish(a: *mut aia) -> i32;
    pub fn aia_barrier_add(a: *mut aia, b: *mut aia_barrier) -> i32;
    pub fn aia_hart_online_finish(a: *mut aia, hart: u32, displaced: aia_displaced) -> i32;
    pub fn aia_hart_save(a: *const aia, saved: *mut imsic_saved);
    pub fn aia_hart_restore(a: *const aia, saved: *const imsic_saved);
    pub fn aia_online(a: *const aia) -> aia_hartset;
    pub fn aia_vector_stats(a: *mut aia, stats: *mut imsic_stats);
    pub fn aia_finding_name(finding: aia_finding) -> *const c_char;
    pub fn aia_audit(a: *mut aia, found: Option<unsafe extern "C" fn(arg: *mut c_void, finding: aia_finding, v: imsic_vector, owner: u32)>, arg: *mut c_void) -> u32;
    // aia/aplic.h
    pub fn aplic_init(a: *mut aplic, aia: *mut aia) -> i32;
    pub fn aplic_restore(a: *mut aplic) -> i32;
    pub fn aplic_source_init(s: *mut aplic_source, a: *mut aplic, number: u32, mode: aplic_mode) -> i32;
    pub fn aplic_asserted(s: *const aplic_source) -> bool;
    pub fn aplic_pending(s: *const aplic_source) -> bool;
    pub fn aplic_enabled(s: *const aplic_source) -> bool;
    pub fn aplic_raise(s: *const aplic_source);
    pub fn aplic_can_send(a: *const aplic, addr: u64) -> i32;
    pub fn aplic_look(a: *const aplic, number: u32, look: *mut aplic_look);
    pub fn aplic_look_domain(a: *const aplic, look: *mut aplic_domain_look);
    pub fn aplic_look_hart(a: *const aplic, hart: u32, look: *mut aplic_hart_look);
    pub fn aplic_number(a: *const aplic, msi: *const aia_msi) -> u32;
    pub fn aplic_audit(a: *const aplic, books: *const aia, found: Option<unsafe extern "C" fn(arg: *mut c_void, finding: aia_finding, source: u32)>, arg: *mut c_void) -> u32;
    pub fn aplic_check_layout(a: *const aplic, machine: usize) -> i32;
    // aia/fdt.h
    pub fn aia_fdt_check(tree: *mut aia_fdt_tree) -> i32;
    pub fn aia_fdt_read_sized(tree: *mut aia_fdt_tree, tree_size: usize, facts: *mut aia_fdt, facts_size: usize) -> i32;
    pub fn aia_fdt_file(facts: *const aia_fdt, hart: u32, slots: *mut AtomicU32, file: *mut imsic_file);
    pub fn aia_fdt_domain(facts: *const aia_fdt, i: u32, domain: *mut aplic);
    pub fn aia_fdt_hart(facts: *const aia_fdt, hartid: u64) -> i32;
    pub fn aia_fdt_next(tree: *const aia_fdt_tree, node: i32, compatible: *const c_char) -> i32;
    pub fn aia_fdt_reg(tree: *mut aia_fdt_tree, node: i32, n: u32, reg: *mut aia_fdt_region) -> i32;
    pub fn aia_fdt_wire(tree: *mut aia_fdt_tree, node: i32, n: u32, wire: *mut aia_fdt_wire) -> i32;
    pub fn aia_fdt_error_line(error: *const aia_fdt_error, out: *mut c_char, size: usize);
    // aia/ims.h
    pub fn aia_ims_init(d: *mut aia_ims, entry: *mut aia_ims_entry, kind: aia_msi_kind, drain: Option<unsafe extern "C" fn(d: *mut aia_ims) -> i32>, posted_limit: u64) -> i32;
    // aia/iommu.h
    pub fn aia_iommu_cause_name(cause: u32) -> *const c_char;
    pub fn aia_iommu_init(u: *mut aia_iommu, config: *const aia_iommu_config) -> i32;
    pub fn aia_iommu_map(u: *mut aia_iommu, from: u64, to: u64, size: u64) -> i32;
    pub fn aia_iommu_attach(u: *mut aia_iommu, d: *mut aia_iommu_device, id: u32, dma: aia_iommu_dma, n_messages: u32) -> i32;
    pub fn aia_iommu_enable(u: *mut aia_iommu) -> i32;
    pub fn aia_iommu_cut_off(d: *mut aia_iommu_device) -> i32;
    pub fn aia_iommu_flush(u: *mut aia_iommu) -> i32;
    pub fn aia_iommu_forget(u: *mut aia_iommu) -> i32;
    pub fn aia_iommu_msi_init(m: *mut aia_iommu_msi, d: *mut aia_iommu_device, index: u32, mode: aia_iommu_mode, own: *mut aia_msi) -> i32;
    pub fn aia_iommu_bypass(mmio: usize, limit: u64) -> i32;
    pub fn aia_iommu_can(u: *const aia_iommu, mode: aia_iommu_mode) -> bool;
    pub fn aia_iommu_vector_init(v: *mut aia_iommu_vector, u: *mut aia_iommu) -> i32;
    pub fn aia_iommu_signal(u: *mut aia_iommu);
    pub fn aia_iommu_service(u: *mut aia_iommu) -> u32;
}

// ---- functions that the embedder defines: #[no_mangle] pub extern "C" fn ----
//
//   fn aia_port_hart() -> u32
//   fn aia_port_time() -> u64
//   fn aia_port_irq_save() -> usize
//   fn aia_port_irq_restore(was: usize)
//   fn aia_port_lock_init(lock: *mut aia_lock, name: *const c_char)
//   fn aia_port_lock(lock: *mut aia_lock)
//   fn aia_port_unlock(lock: *mut aia_lock)
//   fn aia_port_relax()
//   fn aia_port_timer(when: u64)
//   fn aia_port_ipi(n: u32)
//   fn aia_port_report(report: *const aia_report)
