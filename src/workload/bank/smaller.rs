//! Smaller batches, for those who shrink a violation.
//!
//! Guarantees: a batch stays what the generator makes, so that the oracle judges it as before: whole transfers, debit before
//! credit, events numbered from 0 and counted. Life and batch number stay, with gaps where batches were taken away.

use super::{BankConfig, BankEvent, BankEventKind, BankTransfers};
use crate::workload::{EventBatch, Operation};

/// What padding is made of whose bytes do not matter.
const PLAIN: u8 = b'.';

impl BankTransfers {
    /// The same operation with fewer transfers, then with shorter padding, then with padding of one byte again and again; of
    /// each kind the smallest first.
    pub fn smaller(&self, operation: &Operation) -> Vec<Operation> {
        let Operation::Append { stream, events } = operation else {
            return Vec::new();
        };
        let Some(decoded) = events
            .iter()
            .map(BankEvent::decode)
            .collect::<Option<Vec<_>>>()
        else {
            return Vec::new();
        };
        let batch = |events: &[BankEvent<'_>]| Operation::Append {
            stream: stream.clone(),
            events: encode(events),
        };
        let mut smaller: Vec<Operation> =
            fewer(&decoded).iter().map(|events| batch(events)).collect();
        for events in shorter(&decoded).iter().chain(&plainer(&decoded)) {
            smaller.push(batch(events));
        }
        smaller.retain(|other| other != operation);
        smaller
    }

    /// Whether no account can be overdrawn, however the batches in doubt turn out: without any of the money that it gets, each
    /// has enough for all that it pays.
    pub fn covers(&self, lives: &[Vec<Operation>]) -> bool {
        let BankConfig {
            accounts,
            opening_balance,
            ..
        } = *self.config();
        let mut left = vec![u128::from(opening_balance); accounts as usize];
        let batches = lives.iter().flatten().filter_map(|operation| {
            let Operation::Append { events, .. } = operation else {
                return None;
            };
            Some(events)
        });
        let events = batches.flat_map(EventBatch::iter);
        let mut debits = events
            .filter_map(BankEvent::decode)
            .filter(|event| event.kind == BankEventKind::Debit);
        debits.all(|debit| {
            let Some(left) = left.get_mut(debit.account as usize) else {
                return false;
            };
            let rest = left.checked_sub(u128::from(debit.amount));
            *left = rest.unwrap_or(0);
            rest.is_some()
        })
    }
}

/// One transfer alone, half of them, all but one.
fn fewer<'e>(events: &[BankEvent<'e>]) -> Vec<Vec<BankEvent<'e>>> {
    let transfers: Vec<&[BankEvent<'_>]> = events.chunks(2).collect();
    let count = transfers.len();
    let mut found = Vec::new();
    if count > 1 {
        found.extend(transfers.iter().map(|one| one.to_vec()));
    }
    if count > 3 {
        found.push(transfers[..count / 2].concat());
        found.push(transfers[count / 2..].concat());
    }
    if count > 2 {
        found.extend((0..count).map(|left_out| {
            let mut rest = transfers.clone();
            rest.remove(left_out);
            rest.concat()
        }));
    }
    found
}

/// No padding at all, none in one event, half of it in one event, one byte less in one event.
fn shorter<'e>(events: &[BankEvent<'e>]) -> Vec<Vec<BankEvent<'e>>> {
    let cut = |places: &[usize], length: fn(usize) -> usize| {
        let mut cut = events.to_vec();
        for &place in places {
            let padding = cut[place].padding;
            cut[place].padding = &padding[..length(padding.len())];
        }
        cut
    };
    let all: Vec<usize> = (0..events.len()).collect();
    let padded = || {
        all.iter()
            .filter(|place| !events[**place].padding.is_empty())
    };
    if padded().next().is_none() {
        return Vec::new();
    }
    let mut found = vec![cut(&all, |_| 0), cut(&all, |length| length / 2)];
    for length in [
        |_| 0,
        |length| length / 2,
        |length: usize| length - length.min(16),
    ] {
        found.extend(padded().map(|&place| cut(&[place], length)));
    }
    found
}

/// Padding that is the same byte again and again, in all events.
fn plainer<'e>(events: &[BankEvent<'e>]) -> Vec<Vec<BankEvent<'e>>> {
    static PLAIN_BYTES: [u8; 1 << 16] = [PLAIN; 1 << 16];
    let plain: Vec<BankEvent<'_>> = events
        .iter()
        .map(|event| BankEvent {
            padding: PLAIN_BYTES
                .get(..event.padding.len())
                .unwrap_or(event.padding),
            ..*event
        })
        .collect();
    if plain == events {
        Vec::new()
    } else {
        vec![plain]
    }
}

/// A batch of these events, numbered anew.
fn encode(events: &[BankEvent<'_>]) -> EventBatch {
    let count = u16::try_from(events.len()).unwrap_or(u16::MAX);
    let mut batch = EventBatch::new();
    for (event, index) in events.iter().zip(0..) {
        let event = BankEvent {
            index,
            count,
            ..*event
        };
        batch.push_with(|bytes| event.encode(bytes));
    }
    batch
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::workload::bank_strategy::workloads;

    fn size(operation: &Operation) -> (usize, usize, usize) {
        let Operation::Append { events, .. } = operation else {
            return (0, 0, 0);
        };
        let decoded: Vec<BankEvent<'_>> = events.iter().filter_map(BankEvent::decode).collect();
        let padding = decoded.iter().flat_map(|event| event.padding);
        let other = padding.clone().filter(|byte| **byte != PLAIN).count();
        (decoded.len(), padding.count(), other)
    }

    proptest! {
        #[test]
        fn a_smaller_batch_is_smaller_and_one_that_the_generator_could_make(work in workloads(3)) {
            for operation in &work.operations {
                for smaller in work.bank.smaller(operation) {
                    prop_assert!(size(&smaller) < size(operation));
                    let Operation::Append { events, .. } = &smaller else {
                        panic!("a smaller append is an append");
                    };
                    let decoded: Vec<_> = events.iter().map(|event| BankEvent::decode(event).unwrap()).collect();
                    for (index, event) in decoded.iter().enumerate() {
                        prop_assert_eq!(usize::from(event.index), index);
                        prop_assert_eq!(usize::from(event.count), decoded.len());
                    }
                    for transfer in decoded.chunks(2) {
                        prop_assert_eq!(transfer[0].kind, BankEventKind::Debit);
                        prop_assert_eq!(transfer[1].kind, BankEventKind::Credit);
                        prop_assert_eq!(transfer[0].amount, transfer[1].amount);
                    }
                }
            }
        }

        #[test]
        fn one_life_is_covered_and_twice_the_money_is_not(work in workloads(6)) {
            prop_assert!(work.bank.covers(std::slice::from_ref(&work.operations)));
            let config = BankConfig { opening_balance: 0, ..*work.bank.config() };
            prop_assert!(!BankTransfers(config).covers(std::slice::from_ref(&work.operations)));
        }
    }

    #[test]
    fn what_has_nothing_to_leave_out_is_smallest() {
        let bank = BankTransfers::new(BankConfig::default()).unwrap();
        assert_eq!(bank.smaller(&Operation::Sync), []);
    }
}
