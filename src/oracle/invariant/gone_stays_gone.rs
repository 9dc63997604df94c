//! What a recovery showed to be absent never comes back.
//!
//! Verifies that no event of a batch is there that an earlier recovery of this run did not show as
//! a whole.
//!
//! Deliberately does not verify that it went rightly: that was for the invariants of that recovery.
//!
//! Exercised: some batch is gone.

use super::violated;
use crate::oracle::{
    Outcome,
    catalogue::{Invariant, UnderDamage},
    reading::{BankCase, Batch, Reading},
    words::Batches,
};

const ID: &str = "gone-stays-gone";

pub(in crate::oracle) const INVARIANT: Invariant = Invariant {
    id: ID,
    summary: "what a recovery showed to be absent never comes back",
    breach: "brought back a transfer that had been gone",
    module: include_str!("gone_stays_gone.rs"),
    is_default: true,
    under_damage: UnderDamage::Judges,
    check,
};

fn check(case: &BankCase<'_>, reading: &Reading<'_>) -> Outcome {
    let back = Batches::of(reading, |batch| batch.is_gone() && batch.shown_count > 0);
    if back.is_empty() {
        return Outcome::Holds {
            exercised: reading.batches.iter().any(Batch::is_gone),
        };
    }
    let (named, were) = (back.named(), back.were());
    let however = format!("an earlier recovery showed that {named} {were} gone, for good");
    violated(case, reading, however)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{oracle::fixture::Fixture, workload::Standing};

    #[test]
    fn holds_and_is_exercised_while_something_is_gone() {
        assert!(!Fixture::new(2).exercises(ID));
        let fixture = Fixture::new(2).standing(1, Standing::Gone);
        assert!(fixture.shows(&[(0, 0), (0, 1)]).exercises(ID));
    }

    #[test]
    fn a_single_event_that_comes_back_is_a_violation() {
        let fixture = Fixture::new(2).standing(1, Standing::Gone);
        assert_eq!(
            fixture.shows(&[(0, 0), (0, 1), (1, 1)]).however(ID),
            "an earlier recovery showed that batch #1 was gone, for good"
        );
    }
}
