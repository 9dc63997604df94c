//! Recovery returns.
//!
//! Verifies that recovery from a legal crash state neither returns an error nor panics nor exceeds
//! its operation budget; one into which errors were injected may return an error.
//!
//! Deliberately does not verify what it shows, nor a loop that does no I/O: a supervising process
//! sees to those.
//!
//! Exercised: something was issued, so that the crash may have left files half written.

use super::violated_showing;
use crate::oracle::{
    FailureKind, Outcome,
    catalogue::{Invariant, UnderDamage},
    reading::{BankCase, Reading},
    words,
};

pub(in crate::oracle) const ID: &str = "recovery-succeeds";

pub(in crate::oracle) const INVARIANT: Invariant = Invariant {
    id: ID,
    summary: "recovery returns Ok: no error, no panic, no operation budget exceeded",
    breach: "could not be opened after a crash",
    module: include_str!("recovery_succeeds.rs"),
    is_default: true,
    under_damage: UnderDamage::Suspended,
    check,
};

fn check(case: &BankCase<'_>, reading: &Reading<'_>) -> Outcome {
    let Err(failure) = case.recovery else {
        return Outcome::Holds {
            exercised: !case.history.is_empty(),
        };
    };
    if case.injected && failure.kind == FailureKind::Error {
        return Outcome::NotEvaluated;
    }
    let shown = format!("recovery {}", words::message(&failure.to_string()));
    let however = if case.injected {
        "an operation on the filesystem failed during the recovery: it may say so, and no more"
    } else {
        "this is what a crash may leave, and nothing was injected into the recovery: \
         it has to show a state"
    };
    violated_showing(case, reading, shown, however.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oracle::{
        Failure,
        fixture::{Fixture, failure},
    };

    #[test]
    fn holds_and_is_exercised_once_something_was_issued() {
        assert!(Fixture::new(1).exercises(ID));
        assert!(!Fixture::new(0).exercises(ID));
    }

    #[test]
    fn an_error_is_none_where_one_was_injected_but_a_panic_is() {
        let mut fixture = Fixture::new(1).recovers(Err(failure()));
        fixture.injected = true;
        assert_eq!(fixture.check(ID), Outcome::NotEvaluated);
        let kind = FailureKind::Panic;
        let panics = fixture.recovers(Err(Failure { kind, ..failure() }));
        assert!(
            panics
                .however(ID)
                .starts_with("an operation on the filesystem failed")
        );
    }

    #[test]
    fn an_error_is_a_violation_that_quotes_it() {
        let outcome = Fixture::new(1).recovers(Err(failure())).check(ID);
        let Outcome::Violated(witness) = outcome else {
            panic!("{outcome:?}");
        };
        assert_eq!(witness.given, "batch #0 was acknowledged as durable");
        assert_eq!(witness.shown, "recovery returned an error: no such record");
    }
}
