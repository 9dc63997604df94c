//! Finds crash-consistency bugs: a deterministic crash-simulation test harness.
#![cfg_attr(
    test,
    allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")
)]

pub mod base;
pub mod campaign;
#[cfg(feature = "cli")]
pub mod cli;
pub mod crash;
pub mod image;
pub mod oracle;
pub mod profile;
pub mod report;
pub mod run;
pub mod scenario;
pub mod simfs;
pub mod store;
pub mod trace;
pub mod vfs;
pub mod workload;
