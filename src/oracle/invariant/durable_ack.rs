//! What was acknowledged survives.
//!
//! Verifies that every batch that must survive this kind of crash is there as a whole.
//!
//! Deliberately does not verify where it is, whether its content is right (other content is a
//! phantom, and the batch then counts as lost), nor anything of batches in doubt.
//!
//! Exercised: some batch must survive.

use super::violated;
use crate::oracle::{
    Outcome,
    catalogue::{Invariant, UnderDamage},
    reading::{BankCase, Batch, Reading},
    words::Batches,
};

const ID: &str = "durable-ack";

pub(in crate::oracle) const INVARIANT: Invariant = Invariant {
    id: ID,
    summary: "every batch that was acknowledged is there",
    breach: "lost an acknowledged transfer",
    module: include_str!("durable_ack.rs"),
    is_default: true,
    under_damage: UnderDamage::BelowSynced,
    check,
};

fn check(case: &BankCase<'_>, reading: &Reading<'_>) -> Outcome {
    let lost = Batches::of(reading, |batch| batch.must_survive() && !batch.is_whole());
    if lost.is_empty() {
        return Outcome::Holds {
            exercised: reading.batches.iter().any(Batch::must_survive),
        };
    }
    let (ids, were, them) = (lost.ids(), lost.were(), lost.either("it", "them"));
    let however = format!(
        "{ids} {were} acknowledged before the crash: \
         no order of what was issued gives a state without {them}"
    );
    violated(case, reading, however)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{oracle::fixture::Fixture, workload::Standing};

    #[test]
    fn holds_and_is_exercised_while_something_must_survive() {
        assert!(Fixture::new(1).exercises(ID));
        let in_doubt = Fixture::new(1).standing(0, Standing::InDoubt).shows(&[]);
        assert!(!in_doubt.exercises(ID));
    }

    #[test]
    fn a_lost_batch_is_a_violation_that_names_it() {
        let fixture = Fixture::new(3).standing(2, Standing::InDoubt);
        let outcome = fixture.shows(&[(0, 0), (0, 1), (2, 0), (2, 1)]).check(ID);
        let Outcome::Violated(witness) = outcome else {
            panic!("{outcome:?}");
        };
        assert_eq!(
            [witness.given, witness.shown, witness.however],
            [
                "batches #0..#1 were acknowledged as durable; batch #2 was in doubt",
                "recovery showed batches #0 and #2",
                "#1 was acknowledged before the crash: \
                 no order of what was issued gives a state without it"
            ]
        );
    }

    #[test]
    fn half_an_acknowledged_batch_is_a_violation() {
        let fixture = Fixture::new(2).shows(&[(0, 0)]);
        assert!(fixture.however(ID).starts_with("#0..#1 were acknowledged"));
    }
}
