//! Recovering twice shows the same.
//!
//! Verifies that a second recovery, without a crash in between, returns and shows the same events
//! with the same ids in the same order.
//!
//! Deliberately does not verify the bytes on disk, nor crashes inside recovery: those lead to
//! recoveries of their own, with all invariants.
//!
//! Exercised: there is something to lose or something in doubt.

use super::violated_showing;
use crate::oracle::{
    Outcome,
    catalogue::{Invariant, UnderDamage},
    reading::{BankCase, Batch, Reading},
    words,
};

const ID: &str = "recovery-idempotent";

pub(in crate::oracle) const INVARIANT: Invariant = Invariant {
    id: ID,
    summary: "recovering twice without a crash in between shows the same state",
    breach: "shows another state each time it is opened",
    module: include_str!("recovery_idempotent.rs"),
    is_default: true,
    under_damage: UnderDamage::Suspended,
    check,
};

fn check(case: &BankCase<'_>, reading: &Reading<'_>) -> Outcome {
    let Some(again) = case.again else {
        return Outcome::NotEvaluated;
    };
    let difference = match again {
        Ok(again) => words::difference(reading.log, again),
        Err(failure) => Some(words::message(&failure.to_string())),
    };
    let Some(difference) = difference else {
        return Outcome::Holds {
            exercised: !reading.log.is_empty() || reading.batches.iter().any(Batch::is_in_doubt),
        };
    };
    let showed = if again.is_ok() { " showed" } else { "" };
    let shown = format!(
        "{}; the second recovery{showed} {difference}",
        words::shown(reading)
    );
    let however = "nothing happened between the two: they must show the same".to_owned();
    violated_showing(case, reading, shown, however)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        oracle::{
            Failure,
            fixture::{Fixture, failure},
        },
        workload::EventLog,
    };

    fn shown(fixture: &Fixture, again: Result<EventLog, Failure>) -> String {
        match fixture.clone().again(again).check(ID) {
            Outcome::Violated(witness) => witness.shown,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn is_not_evaluated_where_it_was_not_tried() {
        assert_eq!(Fixture::new(1).check(ID), Outcome::NotEvaluated);
    }

    #[test]
    fn holds_and_is_exercised_while_something_is_there() {
        let fixture = Fixture::new(1);
        let same = fixture.recovery.clone();
        assert!(fixture.again(same).exercises(ID));
        assert!(!Fixture::new(0).again(Ok(EventLog::new())).exercises(ID));
    }

    #[test]
    fn another_state_and_a_failure_are_violations() {
        let fixture = Fixture::new(1);
        assert_eq!(
            shown(&fixture, Ok(fixture.log(&[(0, 0)]))),
            "recovery showed batch #0; the second recovery showed 1 event missing at the end"
        );
        assert_eq!(
            shown(&fixture, Err(failure())),
            "recovery showed batch #0; the second recovery returned an error: no such record"
        );
    }
}
