//! Nothing is there that was not issued.
//!
//! Verifies, byte by byte and stream by stream, that each event shown is one that was issued, with
//! the content with which it was issued, and that none is there twice.
//!
//! Deliberately does not verify that what was issued may still be there: that is `gone-stays-gone`;
//! nor the order: that is `prefix-order`.
//!
//! Exercised: an event is shown, or a batch may be there in part.

use super::violated;
use crate::{
    oracle::{
        Outcome,
        catalogue::{Invariant, UnderDamage},
        reading::{BankCase, Batch, Reading, Shown, key},
    },
    workload::{BankEvent, EventRef},
};

const ID: &str = "no-phantom";

pub(in crate::oracle) const INVARIANT: Invariant = Invariant {
    id: ID,
    summary: "nothing is there that was not issued, or with other content, or twice",
    breach: "showed something that was never asked for",
    module: include_str!("no_phantom.rs"),
    is_default: true,
    under_damage: UnderDamage::Judges,
    check,
};

fn check(case: &BankCase<'_>, reading: &Reading<'_>) -> Outcome {
    let places = reading.events.iter().zip(reading.log.iter()).enumerate();
    for (place, (shown, event)) in places {
        let what = match shown {
            Shown::First(_) => continue,
            Shown::Again(slot) => {
                let id = reading.batches[slot.batch].issued.id;
                format!("is event {} of {id} a second time", slot.index)
            }
            Shown::Phantom => phantom(reading, &event),
        };
        return violated(
            case,
            reading,
            format!("the event in place {place} (from 0) {what}"),
        );
    }
    Outcome::Holds {
        exercised: !reading.log.is_empty() || reading.batches.iter().any(Batch::is_in_doubt),
    }
}

/// In which way an event is not one that was issued.
pub(in crate::oracle) fn phantom(reading: &Reading<'_>, event: &EventRef<'_>) -> String {
    let Some(decoded) = BankEvent::decode(event.data) else {
        return format!("({} bytes) is none of those issued", event.data.len());
    };
    let Some(batch) = reading.find(key(&decoded), 0) else {
        let BankEvent { life, batch, .. } = decoded;
        return format!("says it is of batch {batch} of life {life}, which was not issued");
    };
    let batch = &reading.batches[batch];
    let (id, index) = (batch.issued.id, decoded.index);
    let Some(issued) = batch.events.get(usize::from(index)) else {
        return format!("says it is event {index} of {id}, which has no such event");
    };
    if issued == event.data {
        let stream = event.stream.escape_ascii();
        return format!("is event {index} of {id}, in stream {stream} where it was not issued");
    }
    let same = issued
        .iter()
        .zip(event.data)
        .take_while(|(one, other)| one == other);
    let offset = same.count();
    format!("is event {index} of {id} with other bytes than those issued, from offset {offset}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        oracle::fixture::{Fixture, probe, push},
        workload::{EventLog, Operation, Standing},
    };

    fn says(change: impl FnOnce(&Fixture, &mut EventLog)) -> String {
        let fixture = Fixture::new(2);
        let mut log = EventLog::new();
        change(&fixture, &mut log);
        fixture.recovers(Ok(log)).however(ID)
    }

    #[test]
    fn holds_and_is_exercised_by_what_is_shown_or_in_doubt() {
        assert!(Fixture::new(1).exercises(ID));
        assert!(!Fixture::new(0).exercises(ID));
        let in_doubt = Fixture::new(1).shows(&[]).standing(0, Standing::InDoubt);
        assert!(in_doubt.exercises(ID));
    }

    #[test]
    fn other_bytes_are_a_violation() {
        let however = says(|fixture, log| {
            let mut data = fixture.events(1).1.get(0).unwrap().to_vec();
            data[40] ^= 1;
            push(log, b"bank-0", &data);
        });
        let expected = "the event in place 0 (from 0) is event 0 of #1 with other bytes than those \
            issued, from offset 40";
        assert_eq!(however, expected);
    }

    #[test]
    fn bytes_that_are_no_event_are_a_violation() {
        let however = says(|_, log| push(log, b"bank-0", b"0123"));
        assert!(
            however.ends_with("(4 bytes) is none of those issued"),
            "{however}"
        );
    }

    #[test]
    fn a_batch_that_was_not_issued_is_a_violation() {
        let however = says(|_, log| {
            let Operation::Append { stream, events } = probe() else {
                panic!("a probe is an append");
            };
            push(log, &stream, events.get(0).unwrap());
        });
        assert!(
            however.ends_with("of life 0, which was not issued"),
            "{however}"
        );
    }

    #[test]
    fn an_index_beyond_the_batch_is_a_violation() {
        let however = says(|fixture, log| {
            let issued = BankEvent::decode(fixture.events(1).1.get(0).unwrap()).unwrap();
            let mut data = Vec::new();
            BankEvent { index: 9, ..issued }.encode(&mut data);
            push(log, b"bank-0", &data);
        });
        assert!(
            however.ends_with("event 9 of #1, which has no such event"),
            "{however}"
        );
    }

    #[test]
    fn another_stream_is_a_violation() {
        let however = says(|fixture, log| {
            push(log, b"bank-\n", fixture.events(0).1.get(1).unwrap());
        });
        let expected = "is event 1 of #0, in stream bank-\\n where it was not issued";
        assert!(however.ends_with(expected), "{however}");
    }

    #[test]
    fn a_second_time_is_a_violation() {
        let however = Fixture::new(1).shows(&[(0, 0), (0, 1), (0, 0)]).however(ID);
        assert!(
            however.ends_with("is event 0 of #0 a second time"),
            "{however}"
        );
    }
}
