//! The job: 8 accounts, 50 batches of transfers, one crash state, one recovery.
//!
//! Records cross sectors, their payload is binary, and several batches wait for one sync: with less,
//! flaws stay invisible.

use tornwrite::{
    base::{InclusiveRange, Ratio, Seed},
    oracle::BankOracle,
    profile::{Device, Profile},
    run::{CrashMode, Job, Mode, RunConfig, RunOutcome, run},
    simfs::Faults,
    workload::{BankConfig, BankTransfers},
};

use super::Store;

/// What is checked: the invariants that one crash and one recovery can break.
const INVARIANTS: [&str; 6] = [
    "recovery-succeeds",
    "no-phantom",
    "atomic-batch",
    "balanced-transfers",
    "durable-ack",
    "prefix-order",
];

pub(crate) fn job(store: Store) -> Job<Store> {
    let config = BankConfig {
        accounts: 8,
        batches: 50,
        transfers_per_batch: InclusiveRange::between(1, 2),
        group_commit: InclusiveRange::between(1, 3),
        payload_bytes: InclusiveRange::between(0, 1500),
        streams: 1,
        checkpoint: Ratio::NEVER,
        rotate: Ratio::NEVER,
        reopen: Ratio::NEVER,
        read: Ratio::NEVER,
        ..BankConfig::default()
    };
    Job {
        subject: store,
        workload: Box::new(BankTransfers::new(config).unwrap()),
        oracle: Box::new(BankOracle::new(config, &INVARIANTS).unwrap()),
    }
}

/// One crash state in one life, as other tools were counted.
pub(crate) fn one_state(profile: &'static Profile) -> RunConfig {
    RunConfig {
        crash: CrashMode::PowerLoss,
        profile,
        device: Device::honest(),
        lives: 1,
        in_recovery: 0,
        recovery_states: 1,
        mode: Mode::Sampled,
        states_per_run: 1,
        exhaustive_budget: 1,
        operations_per_life: 10_000,
        skip: None,
        swarm: false,
        faults: Faults::default(),
    }
}

/// What came of many runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Count {
    pub(crate) runs: u64,
    /// Runs that violate anything.
    pub(crate) violating: u64,
    /// Runs that violate one of the invariants that name the flaw.
    pub(crate) named: u64,
    /// Runs that violate each invariant.
    pub(crate) by_invariant: Vec<(&'static str, u64)>,
}

impl Count {
    fn add(&mut self, outcome: &RunOutcome, names: &[&str]) {
        self.runs += 1;
        self.violating += u64::from(outcome.is_violating());
        let violated = || outcome.violations.iter().map(|found| found.invariant);
        self.named += u64::from(violated().any(|invariant| names.contains(&invariant)));
        for invariant in violated() {
            match self
                .by_invariant
                .iter_mut()
                .find(|(known, _)| *known == invariant)
            {
                Some((_, count)) => *count += 1,
                None => self.by_invariant.push((invariant, 1)),
            }
        }
        self.by_invariant.sort_unstable();
    }
}

/// Runs the job with the seeds from 0 on; `names` are the invariants that name the store's flaw.
pub(crate) fn count(store: Store, profile: &str, runs: u64, names: &[&str]) -> Count {
    let profile = Profile::find(profile).unwrap_or_else(|| panic!("no profile {profile}"));
    let (job, config) = (job(store), one_state(profile));
    let mut count = Count::default();
    for seed in 0..runs {
        count.add(&run(&job, &config, Seed(seed)), names);
    }
    count
}
