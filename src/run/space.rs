//! How many crash states there are, where they can be counted.

use serde::{Deserialize, Serialize};

use super::tally::Tally;

/// The crash states that are legal at the points that were tried.
///
/// In sampled mode nothing is counted: it would cost more than it tells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LegalStates {
    /// Points at which they were counted, exactly.
    pub countable_points: u64,
    /// The states at those points, summed up (the largest number if that is too small).
    pub legal_states: u64,
    /// Points at which there are too many to be counted.
    pub uncountable_points: u64,
}

impl LegalStates {
    /// Takes in one point; `u64::MAX` states are too many to be counted.
    pub(super) fn count(&mut self, states: u64) {
        if states == u64::MAX {
            self.uncountable_points += 1;
        } else {
            self.countable_points += 1;
            self.legal_states = self.legal_states.saturating_add(states);
        }
    }

    /// Adds what another run counted.
    pub fn add(&mut self, other: LegalStates) {
        self.countable_points += other.countable_points;
        self.legal_states = self.legal_states.saturating_add(other.legal_states);
        self.uncountable_points += other.uncountable_points;
    }
}

impl Tally {
    /// Every crash state at a point was tried.
    pub(super) fn exhaustive_point(&mut self) {
        self.outcome.exhaustive_points += 1;
    }

    /// So many crash states are legal at a point.
    pub(super) fn legal_states(&mut self, states: u64) {
        self.outcome.legal_states.count(states);
    }
}
