//! What is there is a prefix of what was issued.
//!
//! Verifies, event by event, that what is shown of a stream comes in the order issued, without one
//! missing in between. Each batch that ended in an error is on its own there or absent, and what is
//! gone has left the sequence.
//!
//! Deliberately does not verify the order between streams, which a store may lose; that the prefix
//! is long enough (`durable-ack`); that it ends between two batches (`atomic-batch`); phantoms and
//! repetitions (`no-phantom`).
//!
//! Exercised: a batch is in doubt that has a neighbour in its stream, so that one could be there
//! without the other.

use super::violated;
use crate::oracle::{
    Outcome,
    catalogue::{Invariant, UnderDamage},
    reading::{BankCase, Reading, Slot},
};

const ID: &str = "prefix-order";

pub(in crate::oracle) const INVARIANT: Invariant = Invariant {
    id: ID,
    summary: "what is there of a stream is a prefix of what was issued, in that order",
    breach: "kept a later transfer without an earlier one",
    module: include_str!("prefix_order.rs"),
    is_default: true,
    under_damage: UnderDamage::Judges,
    check,
};

fn check(case: &BankCase<'_>, reading: &Reading<'_>) -> Outcome {
    let mut streams = 0..reading.streams.len();
    match streams.find_map(|stream| disorder(reading, stream)) {
        Some(however) => violated(case, reading, however),
        None => Outcome::Holds {
            exercised: is_exercised(reading),
        },
    }
}

fn disorder(reading: &Reading<'_>, stream: usize) -> Option<String> {
    let (slot, missing) = first_out_of_place(reading, stream)?;
    Some(explain(reading, slot, missing))
}

/// Walks the issued and the shown events of a stream side by side; what is left of the shown ones
/// is out of order. The first of them, with the batch that is not there as a whole before it.
pub(in crate::oracle) fn first_out_of_place(
    reading: &Reading<'_>,
    stream: usize,
) -> Option<(Slot, Option<usize>)> {
    let is_present = |slot: &Slot| !reading.batches[slot.batch].is_gone();
    let mut shown = reading.slots(stream).filter(is_present).peekable();
    let mut missing = None;
    for (number, batch) in reading.batches_of(stream) {
        if batch.is_gone() || missing.is_some() && !batch.is_on_its_own() {
            continue;
        }
        for index in 0..batch.events.len() {
            let expected = Slot {
                batch: number,
                index,
            };
            let is_next = shown.next_if_eq(&expected).is_some();
            // Whether a failed batch is there as a whole is not for here.
            if !is_next && !batch.is_on_its_own() {
                missing = Some(number);
                break;
            }
        }
    }
    shown.next().map(|slot| (slot, missing))
}

fn explain(reading: &Reading<'_>, slot: Slot, missing: Option<usize>) -> String {
    let name = |batch: usize| reading.batches[batch].issued.id;
    let id = name(slot.batch);
    match missing {
        Some(missing) if missing < slot.batch && !reading.batches[missing].is_whole() => format!(
            "{id} is there although {}, issued before it, is not there as a whole",
            name(missing)
        ),
        Some(missing) if missing == slot.batch && !reading.batches[missing].is_whole() => {
            format!(
                "event {} of {id} is there without one before it",
                slot.index
            )
        }
        _ => format!(
            "event {} of {id} is not in the place where it was issued",
            slot.index
        ),
    }
}

fn is_exercised(reading: &Reading<'_>) -> bool {
    (0..reading.streams.len()).any(|stream| {
        let present = reading
            .batches_of(stream)
            .filter(|(_, batch)| !batch.is_gone());
        let (mut count, mut is_in_doubt) = (0, false);
        for (_, batch) in present {
            count += 1;
            is_in_doubt |= batch.is_in_doubt();
        }
        count > 1 && is_in_doubt
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{oracle::fixture::Fixture, workload::Standing};

    fn in_doubt(batches: u32) -> Fixture {
        (0..batches as usize).fold(Fixture::new(batches), |fixture, batch| {
            fixture.standing(batch, Standing::InDoubt)
        })
    }

    #[test]
    fn holds_and_is_exercised_with_a_neighbour_in_doubt() {
        assert!(in_doubt(3).shows(&[(0, 0), (0, 1)]).exercises(ID));
        assert!(in_doubt(3).shows(&[]).exercises(ID));
        assert!(!in_doubt(1).exercises(ID));
        assert!(!Fixture::new(2).exercises(ID));
    }

    #[test]
    fn a_hole_is_a_violation() {
        assert_eq!(
            in_doubt(3)
                .shows(&[(0, 0), (0, 1), (2, 0), (2, 1)])
                .however(ID),
            "#2 is there although #1, issued before it, is not there as a whole"
        );
    }

    #[test]
    fn a_prefix_may_end_within_a_batch_but_not_start_there() {
        assert!(in_doubt(2).shows(&[(0, 0)]).exercises(ID));
        assert_eq!(
            in_doubt(2).shows(&[(0, 1)]).however(ID),
            "event 1 of #0 is there without one before it"
        );
    }

    #[test]
    fn another_order_is_a_violation() {
        for slots in [
            [(1, 0), (1, 1), (0, 0), (0, 1)],
            [(0, 1), (0, 0), (1, 0), (1, 1)],
        ] {
            let however = in_doubt(2).shows(&slots).however(ID);
            assert!(
                however.ends_with("not in the place where it was issued"),
                "{however}"
            );
        }
    }

    #[test]
    fn a_failed_batch_is_there_or_absent_on_its_own() {
        let later = [(1, 0), (1, 1)];
        assert!(in_doubt(2).failed(0).shows(&later).exercises(ID));
        assert!(in_doubt(2).failed(1).shows(&later).exercises(ID));
        let behind = [(1, 0), (1, 1), (0, 0), (0, 1)];
        let however = in_doubt(2).failed(0).shows(&behind).however(ID);
        assert!(
            however.ends_with("not in the place where it was issued"),
            "{however}"
        );
    }

    #[test]
    fn what_is_gone_has_left_the_sequence() {
        let fixture = in_doubt(3).standing(1, Standing::Gone);
        assert!(
            fixture
                .shows(&[(0, 0), (0, 1), (2, 0), (2, 1)])
                .exercises(ID)
        );
    }
}
