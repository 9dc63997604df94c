//! The recovered subject works.
//!
//! Verifies that it takes one more batch, acknowledges it as durable, and after a clean re-open
//! shows what recovery showed with that batch at the end.
//!
//! Deliberately does not verify the ids that the new events get (`gapless-sequence`, on the next
//! recovery), nor that the batch survives a crash: the next life's crashes do.
//!
//! Exercised: whenever it was tried.

use super::violated_showing;
use crate::{
    oracle::{
        Outcome,
        catalogue::{Invariant, UnderDamage},
        reading::{BankCase, Reading},
        words,
    },
    workload::{EventLog, Operation},
};

const ID: &str = "forward-progress";

pub(in crate::oracle) const INVARIANT: Invariant = Invariant {
    id: ID,
    summary: "the recovered subject takes one more batch, which survives a clean re-open",
    breach: "was opened again, and could not go on",
    module: include_str!("forward_progress.rs"),
    is_default: true,
    under_damage: UnderDamage::Suspended,
    check,
};

fn check(case: &BankCase<'_>, reading: &Reading<'_>) -> Outcome {
    let Some(progress) = &case.progress else {
        return Outcome::NotEvaluated;
    };
    let trouble = match progress.outcome {
        Ok(state) => trouble(reading.log, progress.probe, state),
        Err(failure) => Some(format!("it {}", words::message(&failure.to_string()))),
    };
    let Some(trouble) = trouble else {
        return Outcome::Holds { exercised: true };
    };
    let shown = format!("{}; given one more batch, {trouble}", words::shown(reading));
    let however =
        "a recovered store takes a batch and still has it, and all before it, when it is \
        closed and opened again"
            .to_owned();
    violated_showing(case, reading, shown, however)
}

/// How `state` differs from `before` with the probe's events behind it.
fn trouble(before: &EventLog, probe: &Operation, state: &EventLog) -> Option<String> {
    let Operation::Append { stream, events } = probe else {
        return words::difference(before, state).map(|how| format!("it showed {how}"));
    };
    if !before.iter().eq(state.iter().take(before.len())) {
        return Some("it no longer showed what it had recovered".to_owned());
    }
    let added = || state.iter().skip(before.len());
    if added().map(|event| event.data).eq(events.iter()) {
        let astray = added().find(|event| event.stream != stream)?;
        let stream = astray.stream.escape_ascii();
        return Some(format!("it showed the batch in another stream, {stream}"));
    }
    let (shown, all) = (added().len(), words::events(events.len()));
    Some(match shown.cmp(&events.len()) {
        std::cmp::Ordering::Less => format!("it showed {shown} of {all}"),
        std::cmp::Ordering::Equal => format!("it showed other bytes than the {all} given"),
        std::cmp::Ordering::Greater => format!("it showed {shown} more events instead of {all}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oracle::fixture::{Fixture, failure, followed_by, probe};

    fn shown(change: impl FnOnce(&EventLog) -> EventLog) -> String {
        let fixture = Fixture::new(1);
        let changed = change(fixture.recovery.as_ref().unwrap());
        match fixture.progress(Ok(changed)).check(ID) {
            Outcome::Violated(witness) => witness.shown,
            other => panic!("{other:?}"),
        }
    }

    fn ends(shown: &str, expected: &str) {
        assert!(shown.ends_with(expected), "{shown}");
    }

    #[test]
    fn is_not_evaluated_where_it_was_not_tried() {
        assert_eq!(Fixture::new(1).check(ID), Outcome::NotEvaluated);
    }

    #[test]
    fn holds_with_the_batch_at_the_end() {
        let fixture = Fixture::new(1);
        let after = followed_by(fixture.recovery.as_ref().unwrap(), &probe());
        assert!(fixture.progress(Ok(after)).exercises(ID));
    }

    #[test]
    fn a_failure_is_a_violation() {
        let outcome = Fixture::new(1).progress(Err(failure())).check(ID);
        assert!(matches!(outcome, Outcome::Violated(_)), "{outcome:?}");
    }

    #[test]
    fn a_batch_that_is_not_there_is_a_violation() {
        ends(&shown(EventLog::clone), "it showed 0 of 2 events");
    }

    #[test]
    fn a_batch_that_is_there_twice_is_a_violation() {
        let twice = shown(|log| followed_by(&followed_by(log, &probe()), &probe()));
        ends(&twice, "it showed 4 more events instead of 2 events");
    }

    #[test]
    fn what_takes_the_place_of_an_older_event_is_a_violation() {
        let overwritten = shown(|_| followed_by(&EventLog::new(), &probe()));
        ends(&overwritten, "it no longer showed what it had recovered");
    }

    #[test]
    fn other_bytes_are_a_violation() {
        let other = shown(|log| {
            let mut log = log.clone();
            log.push(b"bank-0", 2, b"x");
            log.push(b"bank-0", 3, b"y");
            log
        });
        ends(&other, "it showed other bytes than the 2 events given");
    }

    #[test]
    fn another_stream_is_a_violation() {
        let astray = shown(|log| {
            let Operation::Append { events, .. } = probe() else {
                panic!("a probe is an append");
            };
            let stream = b"elsewhere".to_vec();
            followed_by(log, &Operation::Append { stream, events })
        });
        ends(&astray, "it showed the batch in another stream, elsewhere");
    }
}
