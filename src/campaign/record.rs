//! A finished run as a line of `runs.ndjson`: all that a campaign counts of it.
//!
//! A summary is a function of these lines and the plan. So a campaign that was cut off goes on behind its last line, and shards
//! are joined by reading theirs in the order of one run. What a line does not hold (the choices behind a violation) comes back
//! by running its seed again.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{Death, Entry, group::Size};
use crate::{
    base::Digest,
    run::{CoverageMark, InvariantCount, Kind, LegalStates, RunOutcome, Schedule},
};

/// No run counts as much as this; sums of what is below cannot overflow.
const COUNT_END: u64 = 1 << 40;

/// A finished run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunRecord {
    /// The scenario.
    pub scenario: String,
    /// The subject.
    pub subject: String,
    /// The profile.
    pub profile: String,
    /// The device.
    pub device: String,
    /// The seed.
    pub seed: u64,
    /// The identity of everything that happened.
    pub digest: Digest,
    /// Positions at which crash states were tried.
    pub crash_points: u64,
    /// Crash states tried.
    pub states: u64,
    /// Different disks among them, within each life.
    pub images: u64,
    /// Recoveries of the subject.
    pub recoveries: u64,
    /// Positions at which every crash state was tried.
    #[serde(default, skip_serializing_if = "is_default")]
    pub exhaustive_points: u64,
    /// How many crash states there are at the points that were tried, where that was counted.
    #[serde(default, skip_serializing_if = "is_default")]
    pub legal_states: LegalStates,
    /// What the crash states showed.
    pub coverage: BTreeMap<CoverageMark, u64>,
    /// How they were drawn.
    pub kinds: BTreeMap<Kind, u64>,
    /// What each invariant said, in the order of the entry.
    pub invariants: Vec<InvariantCount>,
    /// The first violation of each invariant.
    #[serde(default, skip_serializing_if = "is_default")]
    pub violated: Vec<ViolationRecord>,
    /// What the run went without.
    #[serde(default, skip_serializing_if = "is_default")]
    pub left_out: BTreeSet<String>,
    /// Where a second execution of the run parted from the first, if it was executed twice and they differ.
    #[serde(default, skip_serializing_if = "is_default")]
    pub parted: Option<String>,
    /// What ended the process that executed the run, if it did not come to an end by itself.
    #[serde(default, skip_serializing_if = "is_default")]
    pub died: Option<Death>,
}

/// The first violation of an invariant in a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ViolationRecord {
    /// The invariant.
    pub invariant: String,
    /// What it has in common with others before it is explained.
    pub signature: String,
    pub(super) size: Size,
}

impl RunRecord {
    pub(super) fn new(entry: &Entry, outcome: &RunOutcome, parted: Option<String>) -> RunRecord {
        let violated = outcome.violations.iter().map(|violation| ViolationRecord {
            invariant: violation.invariant.to_owned(),
            signature: violation.signature.clone(),
            size: Size::of(&violation.schedule),
        });
        RunRecord {
            scenario: entry.name.clone(),
            subject: entry.subject.clone(),
            profile: entry.profile.clone(),
            device: entry.device.clone(),
            seed: outcome.seed.0,
            digest: outcome.digest,
            crash_points: outcome.crash_points,
            states: outcome.states_tried,
            images: outcome.distinct_images,
            recoveries: outcome.recoveries,
            exhaustive_points: outcome.exhaustive_points,
            legal_states: outcome.legal_states,
            coverage: outcome.coverage.marks.clone(),
            kinds: outcome.coverage.kinds.clone(),
            invariants: outcome.invariants.clone(),
            violated: violated.collect(),
            left_out: outcome.left_out.iter().cloned().collect(),
            parted,
            died: None,
        }
    }

    /// The run of an entry that ended its process, of which nothing else is known.
    pub(super) fn died(entry: &Entry, seed: u64, death: Death) -> RunRecord {
        let place = death.invariant(&entry.invariants);
        let mut invariants = vec![InvariantCount::default(); entry.invariants.len()];
        invariants[place] = InvariantCount {
            evaluated: 1,
            exercised: 1,
            violated: 1,
        };
        let violation = ViolationRecord {
            invariant: entry.invariants[place].to_owned(),
            signature: death.signature(),
            size: Size::of(&Schedule::default()),
        };
        RunRecord {
            scenario: entry.name.clone(),
            subject: entry.subject.clone(),
            profile: entry.profile.clone(),
            device: entry.device.clone(),
            seed,
            digest: death.digest(),
            crash_points: 0,
            states: 0,
            images: 0,
            recoveries: 0,
            exhaustive_points: 0,
            legal_states: LegalStates::default(),
            coverage: BTreeMap::new(),
            kinds: BTreeMap::new(),
            invariants,
            violated: vec![violation],
            left_out: BTreeSet::new(),
            parted: None,
            died: Some(death),
        }
    }

    /// Whether it is the run of this entry by this seed.
    pub(super) fn is_of(&self, entry: &Entry, seed: u64) -> bool {
        let names = [&self.scenario, &self.subject, &self.profile, &self.device];
        names == [&entry.name, &entry.subject, &entry.profile, &entry.device]
            && self.seed == seed
            && self.invariants.len() == entry.invariants.len()
            && self.is_plausible()
    }

    /// Whether it counts no more than a run can.
    fn is_plausible(&self) -> bool {
        let LegalStates {
            countable_points,
            legal_states: _, // Summed up without overflow.
            uncountable_points,
        } = self.legal_states;
        let counts = [
            self.crash_points,
            self.states,
            self.images,
            self.recoveries,
            self.exhaustive_points,
            countable_points,
            uncountable_points,
        ];
        let invariants = self.invariants.iter();
        let invariants =
            invariants.flat_map(|count| [count.evaluated, count.exercised, count.violated]);
        let shown = self.coverage.values().chain(self.kinds.values()).copied();
        let mut all = counts.into_iter().chain(invariants).chain(shown);
        all.all(|count| count < COUNT_END)
    }
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
