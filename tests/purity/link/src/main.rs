//! A program without the standard library that links the core. It has a panic handler of its own, so the compiler
//! refuses it (`panic_impl` found twice) as soon as any dependency of the core brings std.
#![no_std]
#![no_main]

extern crate alloc;

use core::alloc::{GlobalAlloc, Layout};
use core::ffi::{c_char, c_int, c_void};
use core::panic::PanicInfo;

#[link(name = "c")]
unsafe extern "C" {
    fn malloc(size: usize) -> *mut c_void;
    fn free(memory: *mut c_void);
    fn abort() -> !;
}

/// The C library's memory; its alignment, 16 on 64 bits, is enough for all that the core keeps.
struct FromC;

unsafe impl GlobalAlloc for FromC {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if layout.align() > 16 {
            return core::ptr::null_mut();
        }
        unsafe { malloc(layout.size()).cast() }
    }

    unsafe fn dealloc(&self, memory: *mut u8, _: Layout) {
        unsafe { free(memory.cast()) }
    }
}

#[global_allocator]
static MEMORY: FromC = FromC;

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    unsafe { abort() }
}

/// The compiler's own `alloc` was built to unwind and asks for this name; nothing here unwinds, so nobody calls it.
#[unsafe(no_mangle)]
extern "C" fn rust_eh_personality() {}

/// The C library's entry, since there is no other here. Ends with 0 if the core works.
#[unsafe(no_mangle)]
extern "C" fn main(_: c_int, _: *const *const c_char) -> c_int {
    let mut account = prepaid::Account::default();
    let tick = prepaid::Action::Tick {}.by(prepaid::Actor::Clock);
    let answer = prepaid::step(&mut account, &prepaid::Policy::default(), &tick, prepaid::Timestamp::MIN);
    // A tick is for an opened account: the whole machine is linked to say so.
    if answer.is_err() && prepaid::effects(&account).next().is_none() { 0 } else { 1 }
}
