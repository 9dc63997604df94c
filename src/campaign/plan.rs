//! What a campaign does: scenarios, each with a range of seeds.

use std::{collections::BTreeMap, fmt, ops::Range, sync::Arc};

use super::{Executor, Regression};
use crate::{
    base::{Digest, Seed},
    run::{
        CoverageMark, Evidence, Expectation, Job, Mode, Nondeterminism, OPERATIONS_SUCCEED,
        RunConfig, RunOutcome, Subject, Violation, evidence, nondeterminism, replay, run,
    },
};

/// What executes one seed.
type Run = Box<dyn Fn(Seed) -> RunOutcome + Send + Sync>;

/// What executes a violation again, to see what it is missing.
type Explain = Box<dyn Fn(Seed, &Violation) -> Evidence + Send + Sync>;

/// What executes a seed twice and says where the executions part, if they do.
type Part = Box<dyn Fn(Seed) -> Option<Nondeterminism> + Send + Sync>;

/// One scenario on one profile and one device.
pub struct Entry {
    /// The scenario's name.
    pub name: String,
    /// What is under test.
    pub subject: String,
    /// The profile's name.
    pub profile: String,
    /// The device's name.
    pub device: String,
    /// The seeds to go through.
    pub seeds: Range<u64>,
    /// The invariants in the order in which a run counts them.
    pub invariants: Vec<&'static str>,
    /// What is expected.
    pub expectation: Expectation,
    /// Coverage marks that must be reached, each this often.
    pub required: BTreeMap<CoverageMark, u64>,
    /// With fewer runs than this there is no verdict.
    pub runs_min: u64,
    /// Which crash states are tried.
    pub mode: Mode,
    /// A fingerprint of all that the runs depend on but the seeds: where it is equal, equal seeds try the same.
    pub configuration: Digest,
    /// All that the runs depend on, for results and reproducers.
    pub resolved: serde_json::Value,
    pub(super) run: Run,
    pub(super) explain: Explain,
    pub(super) part: Part,
}

impl Entry {
    /// A job that is to be executed for each seed.
    ///
    /// It has no seeds yet, is expected to be clean, and requires nothing.
    pub fn new<S: Subject + 'static>(
        name: impl Into<String>,
        subject: impl Into<String>,
        job: Job<S>,
        config: RunConfig,
    ) -> Entry {
        let mut invariants = job.oracle.invariants();
        invariants.push(OPERATIONS_SUCCEED);
        let shared = Arc::new((job, config));
        let config = &shared.1;
        Entry {
            name: name.into(),
            subject: subject.into(),
            profile: config.profile.name.to_owned(),
            device: config.device.name.to_owned(),
            seeds: 0..0,
            invariants,
            expectation: Expectation::Clean,
            required: BTreeMap::new(),
            runs_min: 0,
            mode: config.mode,
            configuration: Digest::default(),
            resolved: serde_json::Value::Null,
            run: {
                let shared = shared.clone();
                Box::new(move |seed| run(&shared.0, &shared.1, seed))
            },
            part: {
                let shared = shared.clone();
                Box::new(move |seed| nondeterminism(&shared.0, &shared.1, seed))
            },
            explain: Box::new(move |seed, violation| {
                explain(&shared.0, &shared.1, seed, violation)
            }),
        }
    }

    fn runs(&self) -> u64 {
        self.seeds.end.saturating_sub(self.seeds.start)
    }
}

/// What a violation shows when it is executed again.
fn explain<S: Subject>(
    job: &Job<S>,
    config: &RunConfig,
    seed: Seed,
    violation: &Violation,
) -> Evidence {
    let schedule = &violation.schedule;
    let replay = replay(job, config, seed, schedule, violation.invariant);
    evidence(job, config, seed, schedule, &replay)
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entry")
            .field("name", &self.name)
            .field("subject", &self.subject)
            .field("profile", &self.profile)
            .field("device", &self.device)
            .field("seeds", &self.seeds)
            .finish_non_exhaustive()
    }
}

/// All entries, and their runs as one sequence.
#[derive(Debug)]
pub struct Plan {
    /// The entries, in the order of results.
    pub entries: Vec<Entry>,
    /// What is replayed before them, by name.
    pub regressions: Vec<Regression>,
    /// The number of the first run behind each entry.
    ends: Vec<u64>,
    /// Who executes it, if that is not this process.
    pub(super) executor: Option<Arc<dyn Executor>>,
}

impl Plan {
    /// The plan of these entries.
    pub fn new(entries: Vec<Entry>) -> Plan {
        let ends = entries.iter().scan(0_u64, |end, entry| {
            *end = end.saturating_add(entry.runs());
            Some(*end)
        });
        Plan {
            ends: ends.collect(),
            regressions: Vec::new(),
            executor: None,
            entries,
        }
    }

    /// The plan with these replayed first.
    #[must_use]
    pub fn with_regressions(mut self, mut regressions: Vec<Regression>) -> Plan {
        regressions.sort_by(|one, other| {
            let (one, other) = (&one.kept, &other.kept);
            (&one.name, &one.file).cmp(&(&other.name, &other.file))
        });
        self.regressions = regressions;
        self
    }

    /// The number of runs.
    pub fn units(&self) -> u64 {
        self.ends.last().copied().unwrap_or(0)
    }

    /// The entry and the seed of a run.
    pub(super) fn unit(&self, unit: u64) -> (usize, u64) {
        let entry = self.ends.partition_point(|end| *end <= unit);
        let left = self.ends[entry] - unit;
        (entry, self.entries[entry].seeds.end - left)
    }

    /// From the smallest seed to the one behind the largest.
    pub fn seeds(&self) -> [u64; 2] {
        let ranges = self.entries.iter().map(|entry| &entry.seeds);
        let start = ranges.clone().map(|seeds| seeds.start).min();
        let end = ranges.map(|seeds| seeds.end).max();
        [start.unwrap_or(0), end.unwrap_or(0)]
    }
}
