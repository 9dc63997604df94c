//! The calibration tool: litmus scripts on real filesystems, held against the profiles.
//!
//! For each filesystem: a FUSE mount that records holds one file, which is a disk; a loop device over it carries the real
//! filesystem. A script runs on it, then write-back is triggered. Afterwards every disk that a power loss could have left
//! (all that was flushed, and some of the blocks written after the last flush) is mounted by the kernel and read. An
//! outcome that a profile forbids is an error of the profile, or of the kernel.
//!
//! What it does not do: tear below 4096 bytes, reorder what was in flight when a flush was asked for, discard blocks.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::disallowed_methods,
    reason = "a tool of its own: it waits by the clock and prints"
)]

#[cfg(target_os = "linux")]
mod cell;
#[cfg(target_os = "linux")]
mod cuts;
#[cfg(target_os = "linux")]
mod disk;
#[cfg(target_os = "linux")]
mod examine;
#[cfg(target_os = "linux")]
mod filesystem;
#[cfg(target_os = "linux")]
mod measure;
#[cfg(target_os = "linux")]
mod options;
#[cfg(target_os = "linux")]
mod recorder;
#[cfg(target_os = "linux")]
mod session;
#[cfg(target_os = "linux")]
mod system;
#[cfg(target_os = "linux")]
mod table;

#[cfg(target_os = "linux")]
fn main() -> std::process::ExitCode {
    measure::main()
}

#[cfg(not(target_os = "linux"))]
fn main() -> std::process::ExitCode {
    eprintln!("calibrate: needs Linux, whose filesystems it measures");
    std::process::ExitCode::from(2)
}
