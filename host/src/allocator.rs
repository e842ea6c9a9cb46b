//! Memory that was needed for a moment goes back to the system.
//!
//! The allocator of glibc maps what is large by itself, and unmaps it when it is freed. But each time that happens it
//! takes larger blocks for small (mallopt(3), `M_MMAP_THRESHOLD`), up to 32 MiB, and keeps those: after an attack with
//! 64 messages of a megabyte, half of them. A threshold that is set does not move.
//!
//! The price: memory of a message over 128 KiB is mapped each time, 0.15 ms of a processor for 200 KB and 0.5 ms for
//! 900 KB. Shorter ones cost nothing more.

use std::env;

/// Glibc reads it once, before `main`.
const THRESHOLD: &str = "MALLOC_MMAP_THRESHOLD_";
/// Bytes: what it begins with by itself.
const BYTES: &str = "131072";

/// Has the allocator keep its threshold: starts this program anew in this process, with its arguments, unless that has
/// been done. Where it cannot be, memory is kept for longer, which is no fault.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
pub fn give_back() {
    use std::os::unix::process::CommandExt;
    if env::var_os(THRESHOLD).is_some() {
        return;
    }
    let Ok(program) = env::current_exe() else {
        return;
    };
    let mut arguments = env::args_os();
    let mut again = std::process::Command::new(program);
    if let Some(name) = arguments.next() {
        again.arg0(name);
    }
    let error = again.args(arguments).env(THRESHOLD, BYTES).exec();
    eprintln!("lan-broadcaster-host: memory will be kept for longer: {error}");
}

/// Other allocators give back what they were given.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
pub fn give_back() {}
