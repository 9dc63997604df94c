//! Finds crash-consistency bugs: a deterministic crash-simulation test harness.
#![cfg_attr(
    test,
    allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")
)]

pub mod base;
pub mod oracle;
pub mod store;
pub mod trace;
pub mod vfs;
pub mod workload;
