//! What people are told of each thing that was asked.

use super::*;
use crate::{
    oracle::{
        Failure, FailureKind,
        catalogue::INVARIANTS,
        fixture::{Fixture, failure, push},
    },
    workload::{EventLog, Standing},
};

fn rows(fixture: &Fixture) -> Vec<Compared> {
    let all: Vec<&'static Invariant> = INVARIANTS.iter().collect();
    fixture.read(|case, reading| compare(case, reading, &all))
}

/// The rows in short: "expected | shown", and whether they agree.
fn told(fixture: &Fixture) -> Vec<(String, bool)> {
    let rows = rows(fixture).into_iter();
    rows.map(|row| (format!("{} | {}", row.expected, row.shown), row.agrees))
        .collect()
}

fn of(text: &str, agrees: bool) -> (String, bool) {
    (text.to_owned(), agrees)
}

const SUM: &str = "400 | 400";

#[test]
fn each_batch_is_a_row_in_the_words_of_the_workload() {
    let rows = rows(&Fixture::new(2));
    let operations: Vec<&str> = rows.iter().map(|row| row.operation.as_str()).collect();
    assert_eq!(
        operations,
        [
            "#0: 1 transfer to bank-0",
            "#1: 1 transfer to bank-0",
            "the sum of all balances"
        ]
    );
    assert!(rows.iter().all(|row| row.agrees));
}

#[test]
fn what_had_to_become_of_a_batch_says_whether_it_parts() {
    let fixture = Fixture::new(4)
        .standing(1, Standing::InDoubt)
        .failed(2)
        .standing(3, Standing::Gone)
        .shows(&[]);
    assert_eq!(
        told(&fixture),
        [
            of("acknowledged as durable: must be there | not there", false),
            of("in doubt: all or nothing | not there", true),
            of("in doubt after an error: all or nothing | not there", true),
            of(
                "gone after an earlier recovery: must stay away | not there",
                true
            ),
            of(SUM, true),
        ]
    );
    let back = fixture.shows(&[(0, 0), (0, 1), (3, 0), (3, 1)]);
    let gone = "gone after an earlier recovery: must stay away | whole";
    assert_eq!(told(&back)[3], of(gone, false));
}

#[test]
fn half_a_batch_parts_and_so_do_the_balances() {
    let fixture = Fixture::new(1)
        .standing(0, Standing::InDoubt)
        .shows(&[(0, 0)]);
    let told = told(&fixture);
    let half = of("in doubt: all or nothing | 1 of 2 events", false);
    assert_eq!(told[0], half);
    assert!(told[1].0.ends_with("missing") && !told[1].1, "{told:?}");
}

#[test]
fn an_event_out_of_order_or_a_second_time_parts() {
    let whole = [(0, 0), (0, 1)];
    let fixture = Fixture::new(2).standing(0, Standing::InDoubt);
    let swapped = told(&fixture.clone().shows(&[(1, 0), (1, 1)]));
    let without = "acknowledged as durable: must be there | whole, before or without #0";
    assert_eq!(swapped[1], of(without, false));
    let twice = told(&fixture.shows(&[whole, whole].concat()));
    let again = "in doubt: all or nothing | whole, 2 events a second time";
    assert_eq!(twice[0], of(again, false));
}

#[test]
fn what_nobody_asked_for_is_a_row_each_up_to_a_few() {
    let mut log = EventLog::new();
    for _ in 0..PHANTOMS_MAX + 3 {
        push(&mut log, b"bank\x1b", b"?");
    }
    let rows = rows(&Fixture::new(0).recovers(Ok(log)));
    let phantoms: Vec<&Compared> = rows
        .iter()
        .filter(|row| row.expected.starts_with("never asked for"))
        .collect();
    assert_eq!(phantoms.len(), PHANTOMS_MAX + 1);
    assert_eq!(phantoms[0].operation, "event 0 of bank\\x1b");
    assert_eq!(phantoms[PHANTOMS_MAX].operation, "3 events more");
    assert!(phantoms.iter().all(|row| !row.agrees));
}

#[test]
fn a_failed_recovery_is_a_row_and_shows_nothing_of_the_rest() {
    let fixture = Fixture::new(1).recovers(Err(failure()));
    assert_eq!(
        told(&fixture),
        [
            of("shows a state | returned an error: no such record", false),
            of(
                "acknowledged as durable: must be there | nothing: recovery failed",
                false
            ),
        ]
    );
    let panicked = Failure {
        kind: FailureKind::Panic,
        ..failure()
    };
    let told = told(&Fixture::new(0).recovers(Err(panicked)));
    assert_eq!(
        told,
        [of("shows a state | panicked: no such record", false)]
    );
}

#[test]
fn damage_to_what_was_written_last_excuses_its_loss_and_damage_below_does_not() {
    let fixture = Fixture::new(1).shows(&[]);
    let last = told(&fixture.clone().damaged(DamageClass::InLastGroup));
    let excused = "acknowledged as durable, but damaged since: all or nothing | not there";
    assert_eq!(last[1], of(excused, true));
    let below = told(&fixture.damaged(DamageClass::BelowSynced));
    let place =
        "the right state, or an error that names the place | a state, and no word of damage";
    assert_eq!(below[0], of(place, false));
    assert!(!below[1].1, "{below:?}");
}

#[test]
fn a_second_recovery_and_one_more_batch_are_rows_where_they_break_something() {
    let fixture = Fixture::new(1);
    let again = fixture.clone().again(Err(failure()));
    let row = rows(&again).pop().unwrap();
    assert_eq!(
        (row.operation.as_str(), row.agrees),
        ("a second recovery", false)
    );
    let progress = fixture.progress(Ok(EventLog::new()));
    let row = rows(&progress).pop().unwrap();
    assert_eq!(
        (row.operation.as_str(), row.agrees),
        ("one more batch", false)
    );
}
