//! For tests: one seed, and the smallest counterexample if there is one.

use std::{fmt, sync::atomic::AtomicBool};

use super::{
    Bounds, Unobserved, Violation, shrink,
    told::{lines, told},
};
use crate::{
    base::Seed,
    run::{Job, RunConfig, Schedule, Subject, run},
};

/// A violation, shrunk and explained; its `Display` is what a test prints.
#[derive(Debug)]
pub struct Counterexample {
    /// The violated invariant.
    pub invariant: &'static str,
    /// The seed that found it.
    pub seed: Seed,
    /// The choices that lead to it.
    pub schedule: Schedule,
    /// What is asked in each life, a line each.
    pub operations: Vec<Vec<String>>,
    text: String,
}

impl fmt::Display for Counterexample {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for Counterexample {}

/// Executes one run; where it violates something, the first violation is shrunk.
///
/// It is made for tests, of one seed or of those that proptest draws: what is drawn is the seed, and what shrinks is the
/// violation, so let proptest not shrink the seed (`max_shrink_iters: 0`).
///
/// ```
/// # use tornwrite::{base::Ratio, profile::{Device, Profile}, run::{CrashMode, EventStoreJob, Faults, Mode, RunConfig},
/// #     store::{OptionMap, StoreKind}, workload::{BankConfig, BankTransfers}};
/// use tornwrite::{base::Seed, shrink};
///
/// # let never = Ratio::NEVER;
/// # let bank = BankConfig { batches: 6, checkpoint: never, rotate: never, ..BankConfig::default() };
/// # let naive = StoreKind::Ndjson.options(&OptionMap::new())?;
/// # let job = EventStoreJob::event_store(naive, BankTransfers::new(bank)?, &["durable-ack"])?;
/// # let config = RunConfig { crash: CrashMode::PowerLoss, profile: Profile::find("ext4-ordered").expect("a known profile"),
/// #     device: Device::honest(), lives: 1, in_recovery: 0, recovery_states: 0, mode: Mode::Sampled, states_per_run: 16,
/// #     exhaustive_budget: 4096, operations_per_life: 100_000, skip: None, swarm: false, faults: Faults::default() };
/// // `job` is a subject, what it is asked and how it is judged; `config` says how it crashes.
/// let counterexample = shrink::check(&job, &config, Seed(1)).expect_err("this store does not sync");
/// assert!(counterexample.to_string().contains("been durable before #0 was acknowledged"), "{counterexample}");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// The counterexample.
pub fn check<S: Subject>(
    job: &Job<S>,
    config: &RunConfig,
    seed: Seed,
) -> Result<(), Box<Counterexample>> {
    let outcome = run(job, config, seed);
    let Some(found) = outcome.violations.into_iter().next() else {
        return Ok(());
    };
    let violation = Violation {
        config,
        seed,
        schedule: &found.schedule,
        invariant: found.invariant,
    };
    let stop = AtomicBool::new(false);
    let shrunk = shrink(job, &violation, Bounds::default(), &mut Unobserved, &stop);
    let invariant = found.invariant;
    let (text, schedule, operations) = match shrunk {
        Ok(shrunk) => {
            let operations = lines(&shrunk.operations);
            let text = told(invariant, seed, &shrunk, &operations);
            (text, shrunk.schedule, operations)
        }
        Err(verdict) => {
            let text = format!(
                "{invariant}, seed {seed}: the subject does not do the same twice: {verdict:?}; {:?}",
                found.witness
            );
            (text, found.schedule, Vec::new())
        }
    };
    Err(Box::new(Counterexample {
        invariant,
        seed,
        schedule,
        operations,
        text,
    }))
}
