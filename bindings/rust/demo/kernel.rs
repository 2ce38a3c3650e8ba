// SPDX-License-Identifier: BSD-2-Clause
//! A whole kernel on libaia in Rust: one hart of QEMU's virt machine, and a device made of software, which sends its message by a
//! store to the hart's interrupt file. Linked with libaia.a and the mini kernel's kernel.ld; tests/install/rust.t builds and
//! boots it.
#![no_std]
#![no_main]
#![deny(unsafe_op_in_unsafe_fn)]

use libaia::{check, sys::*, Error, Shared};
use core::arch::{asm, global_asm};
use core::cell::UnsafeCell;
use core::ffi::c_void;
use core::fmt::{self, Write};
use core::ptr::null_mut;
use core::sync::atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering::*};

const IDS: usize = 255;
const FILE: u64 = 0x2800_0000; // hart 0's S-level interrupt file
const SECOND: u64 = 10_000_000;

// A trap saves the registers that a function may change.
global_asm!(
    ".section .text.start, \"ax\"",
    ".globl _start",
    "_start: bnez a0, _start",
    "la sp, stack_end",
    "la t0, trap_entry",
    "csrw stvec, t0",
    "j kernel",
    ".balign 4",
    "trap_entry: addi sp, sp, -128",
    ".irp n, 1, 5, 6, 7, 10, 11, 12, 13, 14, 15, 16, 17",
    "sd x\\n, 8 * \\n - 8(sp)",
    ".endr",
    "addi sp, sp, -128",
    "sd t3, 0(sp)",
    "sd t4, 8(sp)",
    "sd t5, 16(sp)",
    "sd t6, 24(sp)",
    "call trap",
    "ld t3, 0(sp)",
    "ld t4, 8(sp)",
    "ld t5, 16(sp)",
    "ld t6, 24(sp)",
    "addi sp, sp, 128",
    ".irp n, 1, 5, 6, 7, 10, 11, 12, 13, 14, 15, 16, 17",
    "ld x\\n, 8 * \\n - 8(sp)",
    ".endr",
    "addi sp, sp, 128",
    "sret",
    ".section .bss.stack, \"aw\", @nobits",
    ".balign 16",
    ".space 16384",
    "stack_end:",
);

static MACHINE: Shared<aia> = Shared::new(aia::ZERO);
static HARTS: Shared<aia_hart> = Shared::new(aia_hart::ZERO);
static FILES: Shared<imsic_file> = Shared::new(imsic_file::ZERO);
static SLOTS: Shared<[u32; IDS + 1]> = Shared::new([0; IDS + 1]);
static IRQS: Shared<aia_irq> = Shared::new(aia_irq::ZERO);
static RUNS: Shared<u64> = Shared::new(0);

fn sbi(extension: usize, argument: usize) {
    unsafe { asm!("ecall", inout("a0") argument => _, lateout("a1") _, in("a6") 0, in("a7") extension) }
}

struct Console;

impl Write for Console {
    fn write_str(&mut self, s: &str) -> fmt::Result {
        s.bytes().for_each(|b| sbi(1, b as usize));
        Ok(())
    }
}

/// End QEMU, with exit code 0 or 1.
fn finish(verdict: fmt::Arguments, how: u32) -> ! {
    let _ = Console.write_fmt(verdict);
    loop {
        unsafe { (0x10_0000 as *mut u32).write_volatile(how) }
    }
}

#[panic_handler]
fn panic(info: &core::panic::PanicInfo) -> ! {
    finish(format_args!("FAIL: {}\n", info), 0x1_3333)
}

// ---- the port: aia/port.h ----

#[no_mangle]
extern "C" fn aia_port_hart() -> u32 {
    0
}

#[no_mangle]
extern "C" fn aia_port_time() -> u64 {
    let now;
    unsafe { asm!("rdtime {}", out(reg) now) }
    now
}

#[no_mangle]
extern "C" fn aia_port_irq_save() -> usize {
    let was: usize;
    unsafe { asm!("csrrci {}, sstatus, 2", out(reg) was) }
    was & 2
}

#[no_mangle]
extern "C" fn aia_port_irq_restore(was: usize) {
    unsafe { asm!("csrs sstatus, {}", in(reg) was) }
}

/// The first word of a lock.
unsafe fn word(lock: *mut aia_lock) -> &'static AtomicUsize {
    unsafe { &*(lock as *const AtomicUsize) }
}

#[no_mangle]
unsafe extern "C" fn aia_port_lock_init(lock: *mut aia_lock, _name: *const c_char) {
    unsafe { word(lock) }.store(0, Release)
}

#[no_mangle]
unsafe extern "C" fn aia_port_lock(lock: *mut aia_lock) {
    while unsafe { word(lock) }.swap(1, Acquire) != 0 {}
}

#[no_mangle]
unsafe extern "C" fn aia_port_unlock(lock: *mut aia_lock) {
    unsafe { word(lock) }.store(0, Release)
}

#[no_mangle]
extern "C" fn aia_port_relax() {}

#[no_mangle]
extern "C" fn aia_port_timer(when: u64) {
    sbi(0x5449_4d45, when as usize)
}

#[no_mangle]
extern "C" fn aia_port_ipi(_n: u32) {}

#[no_mangle]
unsafe extern "C" fn aia_port_report(report: *const aia_report) {
    panic!("report {}", unsafe { (*report).what })
}

#[no_mangle]
unsafe extern "C" fn trap() {
    let cause: usize;
    unsafe { asm!("csrr {}, scause", out(reg) cause) }
    assert!(cause >> 63 == 1, "exception {}", cause);
    if cause & 15 == 9 && !unsafe { aia_interrupt(MACHINE.get()) } {
        return;
    }
    aia_port_timer(u64::MAX);
    unsafe { aia_timer(MACHINE.get()) }
}

// ---- the device, and its driver ----

#[repr(C)]
struct Soft {
    msi: UnsafeCell<aia_msi>, // first: the operations get a pointer to this. The library writes it
    addr: AtomicU64,
    data: AtomicU32,
    edges: AtomicU32, // sent, and not handled yet
    handled: AtomicU32,
}

static SOFT: Shared<Soft> = Shared::new(Soft {
    msi: UnsafeCell::new(aia_msi { ops: &OPS, kind: AIA_MSI_STORE, ..aia_msi::ZERO }),
    addr: AtomicU64::new(0),
    data: AtomicU32::new(0),
    edges: AtomicU32::new(0),
    handled: AtomicU32::new(0),
});
static OPS: aia_msi_ops = aia_msi_ops {
    start: Some(store),
    stop: Some(stop),
    store: Some(store),
    read_back: Some(read_back),
    ..aia_msi_ops::ZERO
};

/// The device of a message. Each field is atomic or a cell, so a shared reference is sound.
unsafe fn soft(msi: *mut aia_msi) -> &'static Soft {
    unsafe { &*(msi as *const Soft) }
}

unsafe extern "C" fn store(msi: *mut aia_msi, m: *const aia_message) {
    let (device, message) = unsafe { (soft(msi), *m) };
    device.data.store(message.data, Relaxed);
    device.addr.store(message.addr, Release);
}

unsafe extern "C" fn stop(msi: *mut aia_msi) {
    unsafe { soft(msi) }.addr.store(0, Relaxed)
}

unsafe extern "C" fn read_back(msi: *mut aia_msi, m: *mut aia_message) -> i32 {
    let device = unsafe { soft(msi) };
    unsafe { *m = aia_message { addr: device.addr.load(Acquire), data: device.data.load(Relaxed) } };
    AIA_OK
}

impl Soft {
    fn edge(&self) {
        self.edges.fetch_add(1, SeqCst);
        let file = self.addr.load(Acquire) as *mut u32;
        assert!(!file.is_null(), "an edge of a device that is stopped");
        unsafe { file.write_volatile(self.data.load(Relaxed)) }
    }

    /// Wait until `n` edges have been handled.
    fn wait(&self, n: u32) {
        let end = aia_port_time() + 100 * SECOND;
        while self.handled.load(SeqCst) < n {
            assert!(aia_port_time() < end, "edge {} is lost", n);
        }
    }
}

unsafe extern "C" fn handler(context: *mut c_void, _irq: *mut aia_irq) -> aia_result {
    let device = unsafe { soft(context as *mut aia_msi) };
    let edges = device.edges.swap(0, SeqCst);
    device.handled.fetch_add(edges, SeqCst);
    if edges != 0 { AIA_HANDLED } else { AIA_NONE }
}

// ---- the kernel ----

unsafe fn set_up() -> Result<(), Error> {
    unsafe {
        *FILES.get() = imsic_file { mmio: FILE as usize, msi_addr: FILE, n_ids: IDS as u16, slots: SLOTS.get() as *mut _, ..imsic_file::ZERO };
        libaia::init(MACHINE.get(), &aia_config {
            n_harts: 1, harts: HARTS.get(), files: FILES.get(), irqs: IRQS.get(), n_irqs: 1, runs: RUNS.get() as *mut _,
            ipi_id: 1, sync_id: 2, lazy_period: SECOND / 1000, wait_limit: 100 * SECOND, max_retiring: 8,
            storm_window: SECOND / 10, storm_limit: 1000, ..aia_config::ZERO
        })?;
        check(aia_hart_online_begin(MACHINE.get()))?;
        asm!("csrw sie, {}", in(reg) 1 << 9 | 1 << 5);
    }
    aia_port_irq_restore(2);
    Ok(())
}

unsafe fn run() -> Result<u64, Error> {
    let (machine, device) = (MACHINE.get(), unsafe { soft(SOFT.get() as *mut aia_msi) });
    let mut irq = null_mut();
    let mut request = aia_request { msi: SOFT.get() as *mut _, affinity: aia_hartset::one(0), ..aia_request::ZERO };
    unsafe {
        // A request without a handler: an error by name.
        assert!(check(aia_irq_request(machine, &request, &mut irq)) == Err(Error::Inval));
        request.handler = Some(handler);
        request.context = SOFT.get() as *mut _;
        check(aia_irq_request(machine, &request, &mut irq))?;
        for n in 1..=3 {
            device.edge();
            device.wait(n);
        }
        aia_irq_disable(machine, irq);
        device.edge();
        assert!(device.handled.load(SeqCst) == 3, "a disabled interrupt was handled");
        aia_irq_enable(machine, irq);
        device.wait(4);
        let runs = aia_irq_runs(machine, irq, 0);
        check(aia_irq_free(machine, irq))?;
        assert!(!aia_online(machine).has(1) && aia_online(machine).has(0));
        Ok(runs)
    }
}

#[no_mangle]
unsafe extern "C" fn kernel() -> ! {
    match unsafe { set_up().and_then(|_| run()) } {
        Ok(runs) => finish(format_args!("rust: {} runs, {}: PASS\n", runs, libaia::names::strerror(AIA_OK)), 0x5555),
        Err(e) => panic!("{}", e),
    }
}

// What the library and the compiler need of a C library.

#[no_mangle]
unsafe extern "C" fn memset(to: *mut u8, byte: i32, n: usize) -> *mut u8 {
    for i in 0..n {
        unsafe { to.add(i).write_volatile(byte as u8) }
    }
    to
}

#[no_mangle]
unsafe extern "C" fn memcpy(to: *mut u8, from: *const u8, n: usize) -> *mut u8 {
    for i in 0..n {
        unsafe { to.add(i).write_volatile(*from.add(i)) }
    }
    to
}
