//! What a campaign does: scenarios, each with a range of seeds.

use std::{collections::BTreeMap, fmt, ops::Range};

use serde::Serialize;

use super::Regression;
use crate::{
    base::{SEED_VERSION, Seed},
    run::{
        CoverageMark, Expectation, Job, OPERATIONS_SUCCEED, RunConfig, RunOutcome, Subject, run,
    },
};

/// What executes one seed.
type Run = Box<dyn Fn(Seed) -> RunOutcome + Send + Sync>;

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
    /// All that the runs depend on, for results and reproducers.
    pub resolved: serde_json::Value,
    pub(super) run: Run,
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
            resolved: serde_json::Value::Null,
            run: Box::new(move |seed| run(&job, &config, seed)),
        }
    }

    fn runs(&self) -> u64 {
        self.seeds.end.saturating_sub(self.seeds.start)
    }
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
}

/// `campaign.json`.
#[derive(Debug, Serialize)]
pub(super) struct Description<'a> {
    version: u32,
    tornwrite: &'static str,
    seed_version: u32,
    regressions: Vec<&'a str>,
    scenarios: Vec<Described<'a>>,
}

#[derive(Debug, Serialize)]
struct Described<'a> {
    seeds: [u64; 2],
    scenario: &'a serde_json::Value,
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

    pub(super) fn describe(&self) -> Description<'_> {
        let described = |entry: &'_ Entry| [entry.seeds.start, entry.seeds.end];
        let scenarios = self.entries.iter().map(|entry| Described {
            seeds: described(entry),
            scenario: &entry.resolved,
        });
        let kept = self.regressions.iter().map(|known| &*known.kept.name);
        Description {
            version: 1,
            tornwrite: env!("CARGO_PKG_VERSION"),
            seed_version: SEED_VERSION,
            regressions: kept.collect(),
            scenarios: scenarios.collect(),
        }
    }
}
