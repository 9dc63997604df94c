//! Damage below the synced position is noticed.
//!
//! Verifies, where a device damaged something that later writes prove: recovery shows a state that
//! a legal history gives, or ends in an error that names the place (the path of a damaged file, and
//! a number within it: an offset, a sector, a record). The same of a second recovery, and of one
//! more batch with a re-open. Never a wrong state, never a panic, wherever the damage is.
//!
//! Deliberately does not verify that damage in the last sync group is noticed, which cannot be told
//! from a tear; nor an error where errors were injected as well; nor that the place is the exact one; nor what damage costs: an error is an answer
//! even where a store could have done without the damaged bytes.
//!
//! Exercised: the damage is below the synced position.

use super::{forward_progress, legal_history, recovery_idempotent, violated_showing};
use crate::oracle::{
    Damage, DamageClass, Failure, FailureKind, Outcome,
    catalogue::{Invariant, UnderDamage},
    reading::{BankCase, Reading},
    words,
};

pub(in crate::oracle) const ID: &str = "detects-corruption";

pub(in crate::oracle) const INVARIANT: Invariant = Invariant {
    id: ID,
    summary: "damage below the synced position: the right state, or an error that names the place",
    breach: "met damaged bytes and did not say where",
    module: include_str!("detects_corruption.rs"),
    is_default: false,
    under_damage: UnderDamage::Judges,
    check,
};

fn check(case: &BankCase<'_>, reading: &Reading<'_>) -> Outcome {
    let is_judged = |damage: &&Damage| damage.class != DamageClass::OfTheCrash;
    let Some(damage) = case.damage.filter(is_judged) else {
        return Outcome::NotEvaluated;
    };
    if let Err(failure) = case.recovery {
        return answer(case, reading, damage, "recovery", failure);
    }
    if damage.class == DamageClass::InLastGroup {
        return Outcome::NotEvaluated;
    }
    let again = case.again.and_then(Result::err);
    let progress = case
        .progress
        .as_ref()
        .and_then(|progress| progress.outcome.err());
    // Where a later step ends in an error, the error is judged; else the state that it showed.
    let steps = [
        (legal_history::INVARIANT.check, "recovery", None),
        (
            recovery_idempotent::INVARIANT.check,
            "recovering again",
            again,
        ),
        (
            forward_progress::INVARIANT.check,
            "one more batch",
            progress,
        ),
    ];
    for (check, step, failure) in steps {
        let outcome = match failure {
            Some(failure) => answer(case, reading, damage, step, failure),
            None => silent(check(case, reading)),
        };
        if matches!(outcome, Outcome::Violated(_)) {
            return outcome;
        }
    }
    Outcome::Holds { exercised: true }
}

/// What is said of a wrong state.
fn silent(outcome: Outcome) -> Outcome {
    let Outcome::Violated(mut witness) = outcome else {
        return outcome;
    };
    witness.however += ", and nothing was said of the damage";
    Outcome::Violated(witness)
}

/// Judges an error.
fn answer(
    case: &BankCase<'_>,
    reading: &Reading<'_>,
    damage: &Damage,
    step: &str,
    failure: &Failure,
) -> Outcome {
    let is_error = failure.kind == FailureKind::Error;
    let is_excused = damage.class == DamageClass::InLastGroup || case.injected;
    if is_excused && is_error {
        return Outcome::NotEvaluated;
    }
    if is_error && names_place(&failure.message, damage) {
        return Outcome::Holds { exercised: true };
    }
    let shown = format!("{step} {}", words::message(&failure.to_string()));
    let however = if is_error {
        "that does not say where: expected the path of a damaged file, and a place in it"
    } else {
        "damage on disk is answered with the right state or with an error, whatever it is"
    };
    violated_showing(case, reading, shown, however.to_owned())
}

fn names_place(message: &str, damage: &Damage) -> bool {
    damage.paths.iter().any(|path| {
        let mut around = message.splitn(2, path.as_str());
        let has_number = |text: &str| text.contains(|c: char| c.is_ascii_digit());
        match (around.next(), around.next()) {
            (Some(before), Some(after)) => has_number(before) || has_number(after),
            _ => false,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oracle::fixture::Fixture;

    fn damaged(batches: u32) -> Fixture {
        Fixture::new(batches).damaged(DamageClass::BelowSynced)
    }

    fn fails(kind: FailureKind, message: &str) -> Result<crate::workload::EventLog, Failure> {
        Err(Failure {
            kind,
            message: message.to_owned(),
        })
    }

    #[test]
    fn is_not_evaluated_without_a_media_fault() {
        assert_eq!(Fixture::new(1).check(ID), Outcome::NotEvaluated);
        let torn = Fixture::new(1).damaged(DamageClass::OfTheCrash);
        assert_eq!(torn.check(ID), Outcome::NotEvaluated);
    }

    #[test]
    fn the_right_state_is_an_answer() {
        assert!(damaged(2).exercises(ID));
    }

    #[test]
    fn an_error_with_its_place_is_an_answer() {
        let error = fails(FailureKind::Error, "log is corrupt at offset 48");
        assert!(damaged(2).recovers(error).exercises(ID));
    }

    #[test]
    fn an_error_without_its_place_is_none() {
        for message in [
            "corrupt at offset 48",
            "log is corrupt",
            "other is corrupt at offset 48",
        ] {
            let however = damaged(2)
                .recovers(fails(FailureKind::Error, message))
                .however(ID);
            assert!(however.starts_with("that does not say where"), "{message}");
        }
    }

    #[test]
    fn a_wrong_state_is_a_violation_that_names_the_damage() {
        let outcome = damaged(2).shows(&[(1, 0), (1, 1)]).check(ID);
        let Outcome::Violated(witness) = outcome else {
            panic!("{outcome:?}");
        };
        assert!(
            witness
                .given
                .ends_with("; then 1 bit flipped in sector 3 of log"),
            "{}",
            witness.given
        );
        assert!(
            witness
                .however
                .ends_with(", and nothing was said of the damage"),
            "{}",
            witness.however
        );
    }

    #[test]
    fn a_panic_is_no_answer_even_in_the_last_group() {
        for class in [DamageClass::BelowSynced, DamageClass::InLastGroup] {
            let panics = fails(FailureKind::Panic, "log 48");
            let however = Fixture::new(1).damaged(class).recovers(panics).however(ID);
            assert!(however.starts_with("damage on disk is answered"));
        }
    }

    #[test]
    fn an_injected_error_has_no_place_to_name() {
        let mut fixture = damaged(1).recovers(fails(FailureKind::Error, "no room"));
        fixture.however(ID);
        fixture.injected = true;
        assert_eq!(fixture.check(ID), Outcome::NotEvaluated);
    }

    #[test]
    fn what_follows_recovery_is_judged_as_well() {
        let unnamed = || fails(FailureKind::Error, "no such record");
        damaged(1).again(unnamed()).however(ID);
        damaged(1).progress(unnamed()).however(ID);
        let named = || fails(FailureKind::Error, "cannot read log at offset 1024");
        let fixture = damaged(1).again(named()).progress(named());
        assert!(fixture.exercises(ID));
    }

    #[test]
    fn damage_in_the_last_group_is_no_matter_of_states() {
        let lost = Fixture::new(2).damaged(DamageClass::InLastGroup).shows(&[]);
        assert_eq!(lost.check(ID), Outcome::NotEvaluated);
    }
}
