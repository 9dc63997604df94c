//! Finds crash-consistency bugs: a deterministic crash-simulation test harness.
//!
//! A subject runs once over [`simfs`], which records a [`trace`]. Under a [`profile`], [`crash`] derives from it the disks
//! that a crash could legally leave; the subject recovers from each, and an [`oracle`] judges what it shows. [`run`] does
//! all of that for one seed, [`campaign`] for many.
//!
//! ```
//! use tornwrite::{
//!     base::Seed,
//!     profile::{Device, Profile},
//!     run::{CrashMode, EventStoreJob, Faults, Mode, RunConfig, run},
//!     store::{OptionMap, StoreKind},
//!     workload::{BankConfig, BankTransfers},
//! };
//!
//! let naive = StoreKind::Ndjson.options(&OptionMap::new())?;
//! let never = tornwrite::base::Ratio::NEVER;
//! let bank = BankConfig { checkpoint: never, rotate: never, ..BankConfig::default() };
//! let bank = BankTransfers::new(bank)?;
//! let job = EventStoreJob::event_store(naive, bank, &["durable-ack"])?;
//! let config = RunConfig {
//!     crash: CrashMode::PowerLoss,
//!     profile: Profile::find("ext4-ordered").expect("a known profile"),
//!     device: Device::honest(),
//!     lives: 1,
//!     in_recovery: 0,
//!     recovery_states: 0,
//!     mode: Mode::Sampled,
//!     states_per_run: 64,
//!     exhaustive_budget: 4096,
//!     operations_per_life: 100_000,
//!     skip: None,
//!     swarm: false,
//!     faults: Faults::default(),
//! };
//! let outcome = run(&job, &config, Seed(0));
//! assert_eq!(outcome.violations[0].invariant, "durable-ack");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
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
pub mod litmus;
pub mod oracle;
pub mod profile;
pub mod report;
pub mod run;
pub mod scenario;
pub mod shrink;
pub mod simfs;
pub mod store;
pub mod supervise;
pub mod trace;
pub mod vfs;
pub mod workload;
