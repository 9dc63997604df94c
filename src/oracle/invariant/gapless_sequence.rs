//! Event ids are contiguous and unique.
//!
//! Verifies that the ids of each stream, in the order shown, are 0, 1, 2 and so on.
//!
//! Deliberately does not verify log sequence numbers, which the oracle does not see and which may
//! rightly skip what was lost. Not a default: a store may number its events otherwise.
//!
//! Exercised: an event is shown.

use super::violated;
use crate::oracle::{
    Outcome,
    catalogue::{Invariant, UnderDamage},
    reading::{BankCase, Reading},
};

const ID: &str = "gapless-sequence";

pub(in crate::oracle) const INVARIANT: Invariant = Invariant {
    id: ID,
    summary: "the event ids of each stream are contiguous from 0 and unique",
    breach: "left a gap in the numbers of its events",
    module: include_str!("gapless_sequence.rs"),
    is_default: false,
    under_damage: UnderDamage::Judges,
    check,
};

fn check(case: &BankCase<'_>, reading: &Reading<'_>) -> Outcome {
    let mut next_ids: Vec<(&[u8], u64)> = Vec::new();
    for event in reading.log.iter() {
        let known = next_ids
            .iter()
            .position(|(stream, _)| *stream == event.stream);
        let known = known.unwrap_or_else(|| {
            next_ids.push((event.stream, 0));
            next_ids.len() - 1
        });
        let next_id = &mut next_ids[known].1;
        if event.id != *next_id {
            let (id, stream) = (event.id, event.stream.escape_ascii());
            let however =
                format!("an event of stream {stream} has id {id} where {next_id} comes next");
            return violated(case, reading, however);
        }
        *next_id += 1;
    }
    Outcome::Holds {
        exercised: !reading.log.is_empty(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{oracle::fixture::Fixture, workload::EventLog};

    fn with_ids(ids: &[(&[u8], u64)]) -> Fixture {
        let mut log = EventLog::new();
        for (stream, id) in ids {
            log.push(stream, *id, b"");
        }
        Fixture::new(1).recovers(Ok(log))
    }

    #[test]
    fn holds_for_each_stream_and_is_exercised_by_what_is_shown() {
        assert!(with_ids(&[(b"a", 0), (b"b", 0), (b"a", 1)]).exercises(ID));
        assert!(!with_ids(&[]).exercises(ID));
    }

    #[test]
    fn a_gap_and_a_repetition_are_violations() {
        let however = with_ids(&[(b"a", 0), (b"a", 2)]).however(ID);
        assert_eq!(however, "an event of stream a has id 2 where 1 comes next");
        let however = with_ids(&[(b"a", 0), (b"a", 0)]).however(ID);
        assert_eq!(however, "an event of stream a has id 0 where 1 comes next");
    }
}
