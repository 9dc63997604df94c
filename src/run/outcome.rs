//! What one run found.

use serde::{Deserialize, Serialize};

use super::{Coverage, LegalStates, Schedule};
use crate::{
    base::{Digest, Seed},
    oracle::Witness,
};

/// How often an invariant was looked at in one run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvariantCount {
    /// Recoveries on which it had something to say.
    pub evaluated: u64,
    /// Those in which it could have failed.
    pub exercised: u64,
    /// Those in which it did.
    pub violated: u64,
}

/// The first time that one invariant was violated in a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The invariant.
    pub invariant: &'static str,
    /// Why it does not hold.
    pub witness: Witness,
    /// The choices that led there.
    pub schedule: Schedule,
    /// The digest of the disk that was recovered.
    pub image: Digest,
    /// What it has in common with others before it is explained: the operations whose effects are missing, numbers left out.
    pub signature: String,
}

/// What one run found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunOutcome {
    /// The seed.
    pub seed: Seed,
    /// The identity of everything that happened.
    pub digest: Digest,
    /// Positions at which crash states were tried.
    pub crash_points: u64,
    /// Crash states tried.
    pub states_tried: u64,
    /// Different disks among them, within each life.
    pub distinct_images: u64,
    /// Recoveries of the subject, second ones and re-opens left out.
    pub recoveries: u64,
    /// Positions at which every crash state was tried.
    pub exhaustive_points: u64,
    /// How many crash states there are at the points that were tried, where that was counted.
    pub legal_states: LegalStates,
    /// What the crash states showed.
    pub coverage: Coverage,
    /// The counts of each invariant, in the order of the oracle.
    pub invariants: Vec<InvariantCount>,
    /// The first violation of each invariant, in the order of the oracle: the weakest guarantee first.
    pub violations: Vec<Violation>,
    /// What the run went without, in words.
    pub left_out: Vec<String>,
}

impl RunOutcome {
    /// Whether any invariant was violated.
    pub fn is_violating(&self) -> bool {
        !self.violations.is_empty()
    }
}
