//! A finished run as a line of `runs.ndjson`: all that a campaign counts of it.
//!
//! A summary is a function of these lines and the plan. So a campaign that was cut off goes on behind its last line, and shards
//! are joined by reading theirs in the order of one run. What a line does not hold (the choices behind a violation) comes back
//! by running its seed again.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{Entry, group::Size};
use crate::{
    base::Digest,
    run::{CoverageMark, InvariantCount, Kind, LegalStates, RunOutcome},
};

/// No run counts as much as this; sums of what is below cannot overflow.
const COUNT_END: u64 = 1 << 40;

/// A finished run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RunRecord {
    pub(super) scenario: String,
    pub(super) subject: String,
    pub(super) profile: String,
    pub(super) device: String,
    pub(super) seed: u64,
    pub(super) digest: Digest,
    pub(super) crash_points: u64,
    pub(super) states: u64,
    pub(super) images: u64,
    pub(super) recoveries: u64,
    #[serde(default, skip_serializing_if = "is_default")]
    pub(super) exhaustive_points: u64,
    #[serde(default, skip_serializing_if = "is_default")]
    pub(super) legal_states: LegalStates,
    pub(super) coverage: BTreeMap<CoverageMark, u64>,
    pub(super) kinds: BTreeMap<Kind, u64>,
    /// What each invariant said, in the order of the entry.
    pub(super) invariants: Vec<InvariantCount>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub(super) violated: Vec<ViolationRecord>,
    /// What the run went without.
    #[serde(default, skip_serializing_if = "is_default")]
    pub(super) left_out: BTreeSet<String>,
    /// Where a second execution of the run parted from the first, if it was executed twice and they differ.
    #[serde(default, skip_serializing_if = "is_default")]
    pub(super) parted: Option<String>,
}

/// The first violation of an invariant in a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ViolationRecord {
    pub(super) invariant: String,
    pub(super) signature: String,
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
