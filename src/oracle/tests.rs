//! The invariants together: none is violated by a correct model, some by anything else.

use std::collections::BTreeMap;

use proptest::{prelude::*, sample::Index};

use super::{
    fixture::{Entry, Fixture, failure, followed_by, probe, push},
    *,
};
use crate::{
    trace::OperationId,
    workload::{EventLog, Operation, Standing, bank_strategy::workloads},
};

fn ids() -> Vec<&'static str> {
    let all = catalogue::INVARIANTS.iter();
    all.map(|invariant| invariant.id).collect()
}

fn outcomes(fixture: &Fixture, ids: &[&str]) -> Vec<Outcome> {
    let oracle = BankOracle::new(fixture.config, ids).unwrap();
    let mut outcomes = Vec::new();
    fixture.read(|case, _| oracle.check(case, &mut outcomes));
    assert_eq!(outcomes.len(), oracle.invariants().len());
    outcomes
}

fn violated(fixture: &Fixture) -> Vec<&'static str> {
    let ids = ids();
    let outcomes = outcomes(fixture, &ids);
    let is_violated = |outcome: &Outcome| matches!(outcome, Outcome::Violated(_));
    ids.into_iter()
        .zip(outcomes)
        .filter_map(|(id, outcome)| is_violated(&outcome).then_some(id))
        .collect()
}

/// A history over one life with arbitrary standings, and what a correct store shows of it.
fn legal_recoveries() -> impl Strategy<Value = Fixture> {
    let fates = prop::collection::vec((0..5_u8, any::<bool>(), any::<bool>()), 1..12);
    let cuts = prop::collection::vec(0..12_usize, 3);
    (workloads(10), fates, cuts).prop_map(|(work, fates, cuts)| {
        let mut fixture = Fixture::of(*work.bank.config(), work.operations);
        let present = settle(&mut fixture.entries, &fates, &cuts);
        let log = fixture.log(&fixture.all_slots(|batch| present[batch]));
        let after = followed_by(&log, &probe());
        fixture
            .recovers(Ok(log.clone()))
            .again(Ok(log))
            .progress(Ok(after))
    })
}

/// Gives each batch its standing; says which of them are there: in each stream those before a cut.
fn settle(entries: &mut [Entry], fates: &[(u8, bool, bool)], cuts: &[usize]) -> Vec<bool> {
    let mut issued_by_stream: BTreeMap<Vec<u8>, (usize, usize)> = BTreeMap::new();
    let mut present = Vec::new();
    for (entry, &(fate, coin, seen)) in entries.iter_mut().zip(fates.iter().cycle()) {
        let Operation::Append { stream, .. } = &entry.operation else {
            continue;
        };
        let streams = issued_by_stream.len();
        let (issued, cut) = issued_by_stream
            .entry(stream.clone())
            .or_insert((0, cuts[streams % cuts.len()]));
        let is_before_cut = *issued < *cut;
        *issued += 1;
        entry.failed = fate == 1;
        let (standing, is_there) = match fate {
            0 => (Standing::Gone, false),
            1 => (Standing::InDoubt, coin),
            2 | 3 if is_before_cut => (Standing::MustSurvive, true),
            _ => (Standing::InDoubt, is_before_cut),
        };
        entry.standing = standing;
        entry.seen = is_there && seen;
        present.push(is_there);
    }
    present
}

/// A change to what a store shows that makes it wrong.
#[derive(Clone, Debug)]
enum Mutation {
    Drop(Index),
    Duplicate(Index),
    Swap(Index, Index),
    Alter(Index, Index),
    Resurrect(Index),
}

fn mutations() -> impl Strategy<Value = Mutation> {
    let index = any::<Index>;
    prop_oneof![
        index().prop_map(Mutation::Drop),
        index().prop_map(Mutation::Duplicate),
        (index(), index()).prop_map(|(one, other)| Mutation::Swap(one, other)),
        (index(), index()).prop_map(|(event, byte)| Mutation::Alter(event, byte)),
        index().prop_map(Mutation::Resurrect),
    ]
}

/// The same with one thing wrong in what is shown, each time it is shown.
fn illegal_recoveries() -> impl Strategy<Value = Fixture> {
    let pairs = (legal_recoveries(), mutations());
    pairs.prop_filter_map("nothing to mutate in this way", |(fixture, mutation)| {
        let log = mutate(&fixture, &mutation)?;
        let after = followed_by(&log, &probe());
        Some(
            fixture
                .recovers(Ok(log.clone()))
                .again(Ok(log))
                .progress(Ok(after)),
        )
    })
}

type Events = Vec<(Vec<u8>, Vec<u8>)>;

/// The mutated log, or `None` if there is nothing to mutate in this way.
fn mutate(fixture: &Fixture, mutation: &Mutation) -> Option<EventLog> {
    let log = fixture.recovery.as_ref().unwrap();
    let owned = log
        .iter()
        .map(|event| (event.stream.to_vec(), event.data.to_vec()));
    let mut events: Events = owned.collect();
    let count = events.len();
    match mutation {
        Mutation::Resurrect(batch) => events.extend(gone(fixture, *batch)?),
        _ if count == 0 => return None,
        Mutation::Drop(place) => drop(events.remove(place.index(count))),
        Mutation::Duplicate(place) => events.push(events[place.index(count)].clone()),
        Mutation::Swap(one, other) => {
            let (one, other) = (one.index(count), other.index(count));
            // Streams have no order between them.
            if one == other || events[one].0 != events[other].0 {
                return None;
            }
            events.swap(one, other);
        }
        Mutation::Alter(place, byte) => {
            let data = &mut events[place.index(count)].1;
            let byte = byte.index(data.len());
            data[byte] ^= 0x40;
        }
    }
    let mut mutated = EventLog::new();
    for (stream, data) in events {
        push(&mut mutated, &stream, &data);
    }
    Some(mutated)
}

fn gone(fixture: &Fixture, pick: Index) -> Option<Events> {
    let is_gone = |&batch: &usize| fixture.entries[batch].standing == Standing::Gone;
    let gone: Vec<usize> = (0..fixture.entries.len()).filter(is_gone).collect();
    if gone.is_empty() {
        return None;
    }
    let (stream, events) = fixture.events(*pick.get(&gone));
    Some(
        events
            .iter()
            .map(|data| (stream.to_vec(), data.to_vec()))
            .collect(),
    )
}

proptest! {
    #[test]
    fn a_correct_store_violates_nothing(fixture in legal_recoveries()) {
        prop_assert_eq!(violated(&fixture), Vec::<&str>::new());
    }

    #[test]
    fn whatever_is_wrong_violates_a_named_invariant(fixture in illegal_recoveries()) {
        let violated = violated(&fixture);
        prop_assert_eq!(violated.last(), Some(&"legal-history"));
        prop_assert!(violated.len() > 1, "no invariant says what broke");
    }

    #[test]
    fn what_is_shown_is_what_is_there_as_a_whole(fixture in legal_recoveries()) {
        let oracle = BankOracle::new(fixture.config, &ids()).unwrap();
        let log = fixture.recovery.as_ref().unwrap();
        let datas: Vec<&[u8]> = log.iter().map(|event| event.data).collect();
        let expected: Vec<bool> = (0..fixture.entries.len())
            .map(|batch| fixture.events(batch).1.iter().all(|data| datas.contains(&data)))
            .collect();
        fixture.read(|case, _| {
            prop_assert_eq!(oracle.shown(case.history, log), expected);
            Ok(())
        })?;
    }
}

#[test]
fn after_a_failed_recovery_nothing_else_is_evaluated() {
    let log = EventLog::new();
    let fixture = Fixture::new(2)
        .recovers(Err(failure()))
        .again(Ok(log.clone()))
        .progress(Ok(log));
    let outcomes = outcomes(&fixture, &ids());
    assert!(matches!(outcomes[0], Outcome::Violated(_)));
    assert!(
        outcomes[1..]
            .iter()
            .all(|outcome| *outcome == Outcome::NotEvaluated)
    );
}

#[test]
fn outcomes_come_in_the_order_of_the_catalogue() {
    let fixture = Fixture::new(2).shows(&[(0, 0), (0, 1), (1, 1)]);
    let expected = [
        "atomic-batch",
        "balanced-transfers",
        "durable-ack",
        "prefix-order",
        "legal-history",
    ];
    assert_eq!(violated(&fixture), expected);
}

#[test]
fn what_leaves_no_trace_counts_as_shown() {
    let fixture = Fixture::new(2).shows(&[(0, 0), (0, 1), (1, 0)]);
    let oracle = BankOracle::new(fixture.config, &["atomic-batch"]).unwrap();
    let issued = |id, operation| Issued {
        id: OperationId(id),
        operation,
        standing: Standing::InDoubt,
        failed: false,
        seen: false,
    };
    let (first, second) = (&fixture.entries[0].operation, &fixture.entries[1].operation);
    let operations = [&Operation::Sync, first, &Operation::Rotate, second];
    let history: Vec<_> = (0..)
        .zip(operations)
        .map(|(id, operation)| issued(id, operation))
        .collect();
    let log = fixture.recovery.as_ref().unwrap();
    assert_eq!(oracle.shown(&history, log), [true, true, true, false]);
}

#[test]
fn batches_of_several_lives_are_told_apart() {
    let mut fixture = Fixture::new(2);
    let bank = crate::workload::BankTransfers::new(fixture.config).unwrap();
    let second = bank.life(crate::base::Seed(1), 1, 2, &[]);
    fixture
        .entries
        .extend(Fixture::of(fixture.config, second).entries);
    let log = fixture.log(&fixture.all_slots(|_| true));
    let fixture = fixture.recovers(Ok(log));
    assert_eq!(violated(&fixture), Vec::<&str>::new());
    let fixture = fixture.shows(&[(0, 0), (0, 1), (1, 0), (1, 1), (3, 0), (3, 1)]);
    assert_eq!(fixture.however("durable-ack").split(' ').next(), Some("#2"));
}
