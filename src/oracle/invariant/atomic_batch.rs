//! Every batch is there whole or not at all.
//!
//! Verifies that of each batch issued, acknowledged or not, all events are there or none.
//!
//! Deliberately does not verify which of the two is right, in which order the events are, nor
//! whether one is there twice.
//!
//! Exercised: a batch of several events may be there, so it may be there in part.

use super::violated;
use crate::oracle::{
    Outcome,
    catalogue::{Invariant, UnderDamage},
    reading::{BankCase, Reading},
    words::Batches,
};

const ID: &str = "atomic-batch";

pub(in crate::oracle) const INVARIANT: Invariant = Invariant {
    id: ID,
    summary: "every batch is there whole or not at all",
    breach: "kept part of a batch that is all or nothing",
    module: include_str!("atomic_batch.rs"),
    is_default: true,
    under_damage: UnderDamage::Judges,
    check,
};

fn check(case: &BankCase<'_>, reading: &Reading<'_>) -> Outcome {
    let torn = Batches::of(reading, |batch| batch.shown_count > 0 && !batch.is_whole());
    if torn.is_empty() {
        return Outcome::Holds {
            exercised: reading.may_be_torn(),
        };
    }
    let (named, verb) = (torn.named(), torn.either("is", "are"));
    let however =
        format!("a batch is there as a whole or not at all, and {named} {verb} there in part");
    violated(case, reading, however)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{oracle::fixture::Fixture, workload::Standing};

    #[test]
    fn holds_and_is_exercised_while_a_batch_may_be_torn() {
        assert!(Fixture::new(1).standing(0, Standing::InDoubt).exercises(ID));
        let gone = Fixture::new(1).standing(0, Standing::Gone).shows(&[]);
        assert!(!gone.exercises(ID));
    }

    #[test]
    fn half_a_transfer_is_a_violation() {
        let fixture = Fixture::new(2).standing(1, Standing::InDoubt);
        assert_eq!(
            fixture.shows(&[(0, 0), (0, 1), (1, 0)]).however(ID),
            "a batch is there as a whole or not at all, and batch #1 is there in part"
        );
    }
}
