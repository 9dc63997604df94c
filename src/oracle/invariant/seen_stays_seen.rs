//! What a recovery showed is there after the next crash.
//!
//! Verifies, for subjects that declare that what they recovered is durable, that every batch that
//! an earlier recovery of this run showed as a whole is still there as a whole.
//!
//! Deliberately does not verify other reads than those after a recovery. Not a default: a subject
//! may rightly serve recovered bytes that the next power cut takes.
//!
//! Exercised: an earlier recovery showed some batch.

use super::violated;
use crate::oracle::{
    Outcome,
    catalogue::{Invariant, UnderDamage},
    reading::{BankCase, Reading},
    words::Batches,
};

const ID: &str = "seen-stays-seen";

pub(in crate::oracle) const INVARIANT: Invariant = Invariant {
    id: ID,
    summary: "what an earlier recovery showed is still there (recovered means durable)",
    breach: "lost a transfer that it had already shown",
    module: include_str!("seen_stays_seen.rs"),
    is_default: false,
    under_damage: UnderDamage::BelowSynced,
    check,
};

fn check(case: &BankCase<'_>, reading: &Reading<'_>) -> Outcome {
    let lost = Batches::of(reading, |batch| batch.issued.seen && !batch.is_whole());
    if lost.is_empty() {
        return Outcome::Holds {
            exercised: reading.batches.iter().any(|batch| batch.issued.seen),
        };
    }
    let named = lost.named();
    let however = format!(
        "an earlier recovery showed {named}, and this subject declares that what it recovered is \
         durable"
    );
    violated(case, reading, however)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{oracle::fixture::Fixture, workload::Standing};

    #[test]
    fn holds_and_is_exercised_once_something_was_seen() {
        assert!(Fixture::new(1).seen(0).exercises(ID));
        assert!(!Fixture::new(1).exercises(ID));
    }

    #[test]
    fn a_batch_in_doubt_that_was_seen_may_not_go() {
        let fixture = Fixture::new(1).standing(0, Standing::InDoubt).shows(&[]);
        assert!(!fixture.exercises(ID));
        let however = fixture.seen(0).however(ID);
        assert!(
            however.starts_with("an earlier recovery showed batch #0,"),
            "{however}"
        );
    }
}
