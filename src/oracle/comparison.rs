//! Bank transfers, expected against recovered: a row for each batch, then one for each thing that is no batch's.
//!
//! Deliberately absent: operations that leave no trace in a state (syncs, checkpoints, reads).

use std::fmt::Write as _;

use super::{
    Compared, DamageClass, Outcome, RECOVERY, Witness,
    catalogue::{Invariant, UnderDamage},
    invariant::{
        balanced_transfers, detects_corruption, forward_progress, gapless_sequence, no_overdraft,
        no_phantom, prefix_order, recovery_idempotent, seen_stays_seen,
    },
    reading::{BankCase, Batch, Reading, Shown, Slot},
    words::{self, counted, events},
};
use crate::workload::{CrashKind, EventRef};

/// Phantoms that get a row each; of more, their number.
const PHANTOMS_MAX: usize = 8;

/// What was asked, in order; then what is there and was not asked for; then what concerns the state as a whole.
pub(super) fn compare(
    case: &BankCase<'_>,
    reading: &Reading<'_>,
    invariants: &[&'static Invariant],
) -> Vec<Compared> {
    let comparison = Comparison {
        case,
        reading,
        invariants,
    };
    let mut rows = Vec::new();
    rows.extend(case.damage.map(|damage| comparison.damage(&damage.what)));
    rows.extend(case.recovery.err().map(|_| comparison.failure()));
    let astray = comparison.out_of_place();
    let batches = reading.batches.iter().enumerate();
    rows.extend(batches.map(|(index, batch)| comparison.batch(batch, index, &astray)));
    if case.recovery.is_ok() {
        rows.extend(comparison.phantoms());
        rows.extend(comparison.balance());
        rows.extend(comparison.rest());
    }
    rows
}

struct Comparison<'c, 'a> {
    case: &'c BankCase<'a>,
    reading: &'c Reading<'a>,
    invariants: &'c [&'static Invariant],
}

impl Comparison<'_, '_> {
    /// Whether this invariant is asked for, and judges what the device left.
    fn judges(&self, invariant: &Invariant) -> bool {
        let class = self.case.damage.map(|damage| damage.class);
        self.invariants.contains(&invariant) && invariant.under_damage.judges(class)
    }

    /// Why an invariant does not hold, if it is asked for and does not.
    fn breach(&self, invariant: &Invariant) -> Option<Witness> {
        let outcome = self
            .judges(invariant)
            .then(|| (invariant.check)(self.case, self.reading));
        match outcome {
            Some(Outcome::Violated(witness)) => Some(*witness),
            _ => None,
        }
    }

    fn damage(&self, what: &str) -> Compared {
        let expected = match self.case.damage.map(|damage| damage.class) {
            Some(DamageClass::BelowSynced) => "the right state, or an error that names the place",
            Some(DamageClass::InLastGroup) => {
                "the right state, an error, or what was written last lost"
            }
            _ => "no more than a crash may leave",
        };
        let breach = self.breach(&detects_corruption::INVARIANT);
        Compared {
            operation: format!("the device: {what}"),
            expected: expected.to_owned(),
            shown: match self.case.recovery {
                Ok(_) => "a state, and no word of damage".to_owned(),
                Err(failure) => words::message(&failure.to_string()),
            },
            agrees: breach.is_none(),
        }
    }

    fn failure(&self) -> Compared {
        let shown = self.case.recovery.err();
        Compared {
            operation: RECOVERY.to_owned(),
            expected: "shows a state".to_owned(),
            shown: shown.map_or_else(String::new, |failure| words::message(&failure.to_string())),
            agrees: self.case.injected || self.case.damage.is_some(),
        }
    }

    /// In each stream the first event that is not where it was issued, if that matters to somebody.
    fn out_of_place(&self) -> Vec<(Slot, Option<usize>)> {
        if !self.judges(&prefix_order::INVARIANT) {
            return Vec::new();
        }
        let streams = 0..self.reading.streams.len();
        streams
            .filter_map(|stream| prefix_order::first_out_of_place(self.reading, stream))
            .collect()
    }

    fn batch(&self, batch: &Batch<'_>, index: usize, astray: &[(Slot, Option<usize>)]) -> Compared {
        let count = batch.events.len();
        let stream = self.reading.streams[batch.stream].escape_ascii();
        let asked = if count.is_multiple_of(2) {
            counted(count / 2, "transfer")
        } else {
            events(count)
        };
        let operation = format!("{}: {asked} to {stream}", batch.issued.id);
        let (expected, must_be_there) = self.expected(batch);
        if self.case.recovery.is_err() {
            return Compared {
                operation,
                expected,
                shown: "nothing: recovery failed".to_owned(),
                agrees: !must_be_there,
            };
        }
        let mut shown = match batch.shown_count {
            0 => "not there".to_owned(),
            all if all == count => "whole".to_owned(),
            part => format!("{part} of {}", events(count)),
        };
        let mut agrees = batch.is_whole() || batch.shown_count == 0 && !must_be_there;
        agrees &= !(batch.is_gone() && batch.shown_count > 0);
        let twice = self.again(index);
        if twice > 0 {
            let _ = write!(shown, ", {} a second time", events(twice));
            agrees = false;
        }
        if let Some((slot, missing)) = astray.iter().find(|(slot, _)| slot.batch == index) {
            let _ = match missing {
                Some(missing) if *missing != slot.batch => {
                    let missing = self.reading.batches[*missing].issued.id;
                    write!(shown, ", before or without {missing}")
                }
                _ => write!(shown, ", event {} out of order", slot.index),
            };
            agrees = false;
        }
        Compared {
            operation,
            expected,
            shown,
            agrees,
        }
    }

    /// What had to become of a batch, and whether it had to be there.
    fn expected(&self, batch: &Batch<'_>) -> (String, bool) {
        let class = self.case.damage.map(|damage| damage.class);
        let may_be_damaged = !UnderDamage::BelowSynced.judges(class);
        let acknowledged = match self.case.crash {
            CrashKind::PowerLoss => "acknowledged as durable",
            CrashKind::ProcessCrash => "acknowledged",
        };
        let (text, must_be_there) = if batch.is_gone() {
            (
                "gone after an earlier recovery: must stay away".to_owned(),
                false,
            )
        } else if batch.must_survive() && may_be_damaged {
            (
                format!("{acknowledged}, but damaged since: all or nothing"),
                false,
            )
        } else if batch.must_survive() {
            (format!("{acknowledged}: must be there"), true)
        } else if batch.issued.seen && self.judges(&seen_stays_seen::INVARIANT) {
            (
                "shown by an earlier recovery: must be there".to_owned(),
                true,
            )
        } else if batch.is_on_its_own() {
            ("in doubt after an error: all or nothing".to_owned(), false)
        } else {
            ("in doubt: all or nothing".to_owned(), false)
        };
        (text, must_be_there)
    }

    /// How many events of a batch are there a second time.
    fn again(&self, index: usize) -> usize {
        let events = self.reading.events.iter();
        events
            .filter(|event| matches!(event, Shown::Again(slot) if slot.batch == index))
            .count()
    }

    fn phantoms(&self) -> Vec<Compared> {
        let places = self.reading.events.iter().zip(self.reading.log.iter());
        let phantoms: Vec<EventRef<'_>> = places
            .filter(|(shown, _)| **shown == Shown::Phantom)
            .map(|(_, event)| event)
            .collect();
        let row = |operation: String, shown: String| Compared {
            operation,
            expected: "never asked for: must not be there".to_owned(),
            shown,
            agrees: false,
        };
        let mut rows: Vec<Compared> = phantoms
            .iter()
            .take(PHANTOMS_MAX)
            .map(|event| {
                let (stream, id) = (event.stream.escape_ascii(), event.id);
                let what = no_phantom::phantom(self.reading, event);
                row(format!("event {id} of {stream}"), what)
            })
            .collect();
        if let Some(more @ 1..) = phantoms.len().checked_sub(PHANTOMS_MAX) {
            rows.push(row(
                format!("{} more", events(more)),
                "there too".to_owned(),
            ));
        }
        rows
    }

    /// The sum of all balances, where it is asked for or is not what it was.
    fn balance(&self) -> Option<Compared> {
        let config = self.reading.config;
        let opened = i128::from(config.opening_balance) * i128::from(config.accounts);
        let total: i128 = self.reading.balances.iter().sum();
        let off = match total.cmp(&opened) {
            std::cmp::Ordering::Less => format!(": {} missing", opened - total),
            std::cmp::Ordering::Equal => String::new(),
            std::cmp::Ordering::Greater => format!(": {} too much", total - opened),
        };
        let is_asked = total != opened || self.judges(&balanced_transfers::INVARIANT);
        is_asked.then(|| Compared {
            operation: "the sum of all balances".to_owned(),
            expected: opened.to_string(),
            shown: format!("{total}{off}"),
            agrees: total == opened,
        })
    }

    /// What is neither a batch nor a sum, where it is violated.
    fn rest(&self) -> impl Iterator<Item = Compared> {
        let rest = [
            (&no_overdraft::INVARIANT, "each account"),
            (&gapless_sequence::INVARIANT, "the numbers of the events"),
            (&recovery_idempotent::INVARIANT, "a second recovery"),
            (&forward_progress::INVARIANT, "one more batch"),
        ];
        rest.into_iter().filter_map(|(invariant, what)| {
            let witness = self.breach(invariant)?;
            let is_shown = [recovery_idempotent::INVARIANT, forward_progress::INVARIANT];
            Some(Compared {
                operation: what.to_owned(),
                expected: invariant.summary.to_owned(),
                shown: if is_shown.contains(invariant) {
                    witness.shown
                } else {
                    witness.however
                },
                agrees: false,
            })
        })
    }
}

#[cfg(test)]
#[path = "comparison_tests.rs"]
mod tests;
