//! The scenario file: what to run, on what, and what to expect of it.
//!
//! One set of types is both the TOML file, where everything but the subject may be left out, and
//! the resolved form, where nothing is: it goes into results and reproducers, so that they outlive
//! a change of defaults.
//!
//! Guarantees: a scenario that was parsed is resolved and can be run; whatever is wrong with one is
//! told with its place. What is planned and not built is refused, never ignored.
//!
//! Deliberately absent: reading files, which is the command line's.

mod check;
mod error;
mod faults;
mod parse;
mod profiles;
#[cfg(test)]
mod tests;
mod words;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use check::Problem;
pub use error::InputError;
pub use faults::FaultsSection;
pub use parse::SCENARIO_BYTES_MAX;

use crate::{
    base::{InclusiveRange, Ratio},
    oracle::catalogue,
    profile::{Device, Profile},
    run::{CoverageMark, CrashMode, EventStoreJob, Expectation, Mode, RunConfig},
    store::{OptionMap, StoreKind},
    workload::{BankConfig, BankTransfers},
};

/// The version of the file format.
pub const SCENARIO_VERSION: u32 = 1;

/// A scenario.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// The version of the format.
    pub version: u32,
    /// The name in results; the file's stem if left out.
    #[serde(default)]
    pub name: String,
    /// One line for people.
    #[serde(default)]
    pub description: String,
    /// What is put under test.
    pub subject: SubjectSection,
    /// What it is asked to do.
    #[serde(default)]
    pub workload: WorkloadSection,
    /// How it crashes.
    #[serde(default)]
    pub crash: CrashSection,
    /// Injected errors.
    #[serde(default, skip_serializing_if = "FaultsSection::is_none")]
    pub faults: FaultsSection,
    /// How it is judged.
    #[serde(default)]
    pub check: CheckSection,
    /// How long it goes on.
    #[serde(default)]
    pub budget: BudgetSection,
}

/// `[subject]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SubjectSection {
    /// Which store.
    #[serde(with = "words::named")]
    pub store: StoreKind,
    /// Its own options.
    #[serde(default)]
    pub options: OptionMap,
    #[serde(default, skip_serializing)]
    program: words::NoProgram,
}

/// The workloads by name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WorkloadKind {
    /// Money goes from account to account.
    #[default]
    BankTransfers,
}

/// `[workload]`; the keys mean what the fields of [`BankConfig`] mean.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[expect(missing_docs, reason = "documented at the fields of `BankConfig`")]
pub struct WorkloadSection {
    pub kind: WorkloadKind,
    pub accounts: u32,
    pub opening_balance: u64,
    pub batches: u32,
    #[serde(with = "words::text")]
    pub transfers_per_batch: InclusiveRange,
    #[serde(with = "words::text")]
    pub group_commit: InclusiveRange,
    #[serde(with = "words::text")]
    pub payload_bytes: InclusiveRange,
    pub streams: u32,
    #[serde(with = "words::text")]
    pub checkpoint: Ratio,
    #[serde(with = "words::text")]
    pub rotate: Ratio,
    #[serde(with = "words::text")]
    pub reopen: Ratio,
    #[serde(with = "words::text")]
    pub read: Ratio,
}

/// `[crash]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CrashSection {
    /// What ends a life.
    pub kind: CrashMode,
    /// What the filesystem promises: each of these in turn.
    #[serde(rename = "profile", with = "profiles")]
    pub profiles: Vec<&'static Profile>,
    /// What is below the filesystem: each of these in turn.
    #[serde(rename = "device", with = "words::one_or_more")]
    pub devices: Vec<&'static Device>,
    /// Crashes in a row.
    pub lives: u32,
    /// How deep crashes inside recovery go.
    pub in_recovery: u32,
    /// Crash states tried inside the recovery of each distinct disk.
    pub recovery_states: u32,
    /// Which crash states are tried.
    pub mode: Mode,
    /// Crash states tried in each life when they are sampled.
    pub states_per_run: u32,
    /// The largest number of states at one point that exhaustive mode goes through.
    pub exhaustive_budget: u64,
    /// Whether each sampled run goes without a random half of what it need not have.
    #[serde(skip_serializing_if = "is_off")]
    pub swarm: bool,
}

/// `[check]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CheckSection {
    /// What must hold.
    #[serde(with = "words::one_or_more")]
    pub invariants: Vec<&'static catalogue::Invariant>,
    /// What is expected to be found.
    pub expect: Expectation,
    /// Coverage marks that the campaign must reach, each this often.
    pub require: BTreeMap<CoverageMark, u64>,
}

/// `[budget]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BudgetSection {
    /// Seeds to go through.
    pub runs: u64,
    /// With fewer runs than this there is no verdict.
    pub runs_min: u64,
    /// Operations on the filesystem that a subject may do in one life or one recovery.
    pub operations_per_life: u64,
}

impl Default for WorkloadSection {
    fn default() -> WorkloadSection {
        let bank = BankConfig::default();
        WorkloadSection {
            kind: WorkloadKind::default(),
            accounts: bank.accounts,
            opening_balance: bank.opening_balance,
            batches: bank.batches,
            transfers_per_batch: bank.transfers_per_batch,
            group_commit: bank.group_commit,
            payload_bytes: bank.payload_bytes,
            streams: bank.streams,
            // What not every store can do happens only where a scenario asks for it.
            checkpoint: Ratio::NEVER,
            rotate: Ratio::NEVER,
            reopen: Ratio::NEVER,
            read: Ratio::NEVER,
        }
    }
}

impl Default for CrashSection {
    fn default() -> CrashSection {
        CrashSection {
            kind: CrashMode::PowerLoss,
            profiles: Profile::find("ext4-ordered").into_iter().collect(),
            devices: vec![Device::honest()],
            lives: 2,
            in_recovery: 1,
            recovery_states: 4,
            mode: Mode::Sampled,
            states_per_run: 64,
            exhaustive_budget: 4096,
            swarm: false,
        }
    }
}

impl Default for CheckSection {
    fn default() -> CheckSection {
        // It subsumes most of the others, which say better what broke.
        let named = |id: &&str| *id != "legal-history";
        let ids = catalogue::defaults().into_iter().filter(named);
        CheckSection {
            invariants: ids.filter_map(|id| catalogue::find(id).ok()).collect(),
            expect: Expectation::Clean,
            require: BTreeMap::new(),
        }
    }
}

impl Default for BudgetSection {
    fn default() -> BudgetSection {
        BudgetSection {
            runs: 1000,
            runs_min: 1,
            operations_per_life: 100_000,
        }
    }
}

impl WorkloadSection {
    /// The workload's own configuration.
    pub fn bank(&self) -> BankConfig {
        BankConfig {
            accounts: self.accounts,
            opening_balance: self.opening_balance,
            batches: self.batches,
            transfers_per_batch: self.transfers_per_batch,
            group_commit: self.group_commit,
            payload_bytes: self.payload_bytes,
            streams: self.streams,
            checkpoint: self.checkpoint,
            rotate: self.rotate,
            reopen: self.reopen,
            read: self.read,
        }
    }
}

impl Scenario {
    /// The scenario once for each of its profiles, on each of its devices.
    pub fn by_profile(&self) -> impl Iterator<Item = Scenario> {
        let profiles = self.crash.profiles.iter();
        profiles.flat_map(|profile| {
            self.crash.devices.iter().map(|device| {
                let mut scenario = self.clone();
                scenario.crash.profiles = vec![*profile];
                scenario.crash.devices = vec![*device];
                scenario
            })
        })
    }

    /// Puts another store under test, with that store's defaults.
    pub fn set_store(&mut self, store: StoreKind) {
        self.subject.store = store;
        self.subject.options = OptionMap::new();
    }

    /// The first of its profiles, which after [`Scenario::by_profile`] is the only one.
    pub fn profile(&self) -> Result<&'static Profile, Problem> {
        let first = self.crash.profiles.first();
        first
            .copied()
            .ok_or_else(|| Problem::new(&["crash", "profile"], "an empty list"))
    }

    /// The first of its devices, in the same way.
    pub fn device(&self) -> Result<&'static Device, Problem> {
        let first = self.crash.devices.first();
        first
            .copied()
            .ok_or_else(|| Problem::new(&["crash", "device"], "an empty list"))
    }

    /// The subject, what it is asked to do, and how it is judged.
    pub fn job(&self) -> Result<EventStoreJob, Problem> {
        let options = self.subject.store.options(&self.subject.options);
        let options = options.map_err(|error| check::option_problem(&error))?;
        let bank = BankTransfers::new(self.workload.bank());
        let bank = bank.map_err(|error| check::bank_problem(&error))?;
        let ids: Vec<&str> = self.check.invariants.iter().map(|known| known.id).collect();
        let unknown = |error| Problem::new(&["check", "invariants"], error);
        EventStoreJob::event_store(options, bank, &ids).map_err(unknown)
    }

    /// How one run goes.
    pub fn run_config(&self) -> Result<RunConfig, Problem> {
        Ok(RunConfig {
            crash: self.crash.kind,
            profile: self.profile()?,
            device: self.device()?,
            lives: self.crash.lives,
            in_recovery: self.crash.in_recovery,
            recovery_states: self.crash.recovery_states,
            mode: self.crash.mode,
            states_per_run: self.crash.states_per_run,
            exhaustive_budget: self.crash.exhaustive_budget,
            operations_per_life: self.budget.operations_per_life,
            skip: None,
            faults: self.faults.faults(),
            swarm: self.crash.swarm,
        })
    }
}

/// What is off is not written, so that what was fingerprinted before there was such a thing has its fingerprint still.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it")]
fn is_off(flag: &bool) -> bool {
    !flag
}
