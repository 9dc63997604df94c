//! The recovered state is one that the model can reach.
//!
//! Verifies all at once: the events of each stream are exactly those of the model after some prefix
//! of the batches issued to it, which holds every one that must survive and none that is gone; a
//! batch that ended in an error is, on its own, there as a whole or absent.
//!
//! Deliberately does not verify the order between streams, nor event ids. It says *that* a state is
//! illegal; the other invariants, which come first, say what broke.
//!
//! Exercised: some batch was issued.

use super::violated;
use crate::oracle::{
    Outcome,
    catalogue::{Invariant, UnderDamage},
    reading::{BankCase, Reading, Shown, Slot},
};

const ID: &str = "legal-history";

pub(in crate::oracle) const INVARIANT: Invariant = Invariant {
    id: ID,
    summary: "the state is the model's after a prefix that holds every batch that must survive",
    breach: "shows a state that no history explains",
    module: include_str!("legal_history.rs"),
    is_default: true,
    under_damage: UnderDamage::BelowSynced,
    check,
};

fn check(case: &BankCase<'_>, reading: &Reading<'_>) -> Outcome {
    let are_all_issued = !reading.events.contains(&Shown::Phantom);
    let mut streams = 0..reading.streams.len();
    if are_all_issued && streams.all(|stream| is_legal(reading, stream)) {
        return Outcome::Holds {
            exercised: !reading.batches.is_empty(),
        };
    }
    let however = "this is the state after no prefix of the batches issued that holds every one \
        that was acknowledged"
        .to_owned();
    violated(case, reading, however)
}

/// Lets the model take the batches of a stream one by one, as long as the state shows them.
fn is_legal(reading: &Reading<'_>, stream: usize) -> bool {
    let in_stream = |slot: &Slot| reading.batches[slot.batch].stream == stream;
    let slot = |shown: &Shown| match shown {
        Shown::First(slot) | Shown::Again(slot) => Some(*slot),
        Shown::Phantom => None,
    };
    let mut shown = reading
        .events
        .iter()
        .filter_map(slot)
        .filter(in_stream)
        .peekable();
    let mut has_ended = false;
    for (number, batch) in reading.batches_of(stream) {
        let is_next = shown.peek().is_some_and(|slot| slot.batch == number);
        if is_next && !batch.is_gone() && (batch.is_on_its_own() || !has_ended) {
            for index in 0..batch.events.len() {
                let expected = Slot {
                    batch: number,
                    index,
                };
                if shown.next() != Some(expected) {
                    return false;
                }
            }
        } else if batch.must_survive() {
            return false;
        } else {
            has_ended |= batch.is_in_doubt() && !batch.is_on_its_own();
        }
    }
    shown.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        oracle::fixture::{Fixture, push},
        workload::{EventLog, Standing},
    };

    fn three() -> Fixture {
        Fixture::new(3)
            .standing(1, Standing::InDoubt)
            .standing(2, Standing::InDoubt)
    }

    fn whole(batches: &[usize]) -> Vec<(usize, usize)> {
        batches
            .iter()
            .flat_map(|&batch| [(batch, 0), (batch, 1)])
            .collect()
    }

    #[test]
    fn every_prefix_with_what_must_survive_is_legal() {
        for batches in [&[0][..], &[0, 1], &[0, 1, 2]] {
            assert!(three().shows(&whole(batches)).exercises(ID));
        }
        assert!(!Fixture::new(0).exercises(ID));
    }

    #[test]
    fn nothing_else_is() {
        for batches in [
            &[][..],
            &[1],
            &[0, 2],
            &[1, 0],
            &[0, 0],
            &[0, 2, 1],
            &[0, 1, 2, 0],
        ] {
            let however = three().shows(&whole(batches)).however(ID);
            assert!(however.starts_with("this is the state after no prefix"));
        }
        three().shows(&[(0, 0), (0, 1), (1, 0)]).however(ID);
    }

    #[test]
    fn a_failed_batch_is_on_its_own_but_whole() {
        assert!(three().failed(1).shows(&whole(&[0, 2])).exercises(ID));
        assert!(three().failed(2).shows(&whole(&[0, 2])).exercises(ID));
        three()
            .failed(2)
            .shows(&[(0, 0), (0, 1), (2, 0)])
            .however(ID);
    }

    #[test]
    fn what_is_gone_is_not_in_the_model() {
        let gone = three().standing(1, Standing::Gone);
        assert!(gone.clone().shows(&whole(&[0, 2])).exercises(ID));
        gone.shows(&whole(&[0, 1, 2])).however(ID);
    }

    #[test]
    fn a_phantom_is_not_in_the_model() {
        let mut log = EventLog::new();
        push(&mut log, b"bank-0", b"?");
        Fixture::new(0).recovers(Ok(log)).however(ID);
    }
}
