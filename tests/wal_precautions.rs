//! Every precaution of the hardened log earns its place.
//!
//! Verified: with any one barrier or any one precaution left out, a shipped scenario is violated, or damage to what was
//! synced passes for the truth, as `docs/wal-precautions.md` says of each; with none left out nothing of the kind happens;
//! every barrier in the source of `wal` is in the list. Not verified here: what is said in that document of those that
//! nothing can catch.
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

#[path = "precautions/mod.rs"]
mod precautions;

use std::fmt::Write as _;

use precautions::{
    damage::{Damage, wrong_answers},
    rows::{ARGUED, BARRIERS, CHECKS, Caught, FAILURES, FAULTS, Row},
    scenario::violating,
    sites,
};
use tornwrite::store::wal::Precaution;

#[test]
fn every_barrier_of_the_source_is_in_the_list() {
    let known: Vec<_> = BARRIERS.iter().filter_map(Row::barrier).collect();
    let found = sites::barriers();
    let found: Vec<_> = found
        .iter()
        .map(|site| (site.file, &*site.function, &*site.call))
        .collect();
    assert_eq!(found, known);
}

#[test]
fn every_precaution_is_in_the_list() {
    let rows = CHECKS
        .iter()
        .chain(&FAILURES)
        .chain(&FAULTS)
        .filter_map(Row::precaution);
    let mut listed: Vec<Precaution> = rows.chain(ARGUED.iter().map(|argued| argued.0)).collect();
    listed.sort_unstable();
    listed.dedup();
    assert_eq!(listed, Precaution::ALL);
}

/// The rows with what they find today, as the document shows them.
fn measured(rows: &[Row]) -> String {
    let mut table = String::new();
    for row in rows {
        let (found, of) = match row.caught {
            Caught::Scenario {
                name,
                profile,
                invariant,
            } => {
                let (violating, runs) = violating(name, profile, &row.left, invariant);
                (
                    violating,
                    format!("{runs} runs of `{name}` on `{profile}`: {invariant}"),
                )
            }
            Caught::Damage(damage) => {
                let (wrong, tried) = wrong_answers(damage, row.precaution());
                (wrong, format!("{tried} disks with {}", damage.words()))
            }
        };
        assert!(found > 0, "nothing notices: {}", row.what());
        writeln!(
            table,
            "| {} | {} | {} | {found} of {of} |",
            row.what(),
            row.place(),
            row.against
        )
        .unwrap();
    }
    table
}

fn check(rows: &[Row]) {
    let table = measured(rows);
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/wal-precautions.md");
    let page = std::fs::read_to_string(page).unwrap_or_default();
    assert!(
        page.contains(&table),
        "docs/wal-precautions.md does not show the figures of today; they are\n{table}"
    );
}

#[test]
fn no_barrier_can_be_left_out() {
    check(&BARRIERS);
}

#[test]
fn no_check_and_no_order_can_be_left_out() {
    check(&CHECKS);
}

#[test]
fn nothing_against_failed_operations_can_be_left_out() {
    check(&FAILURES);
}

#[test]
fn no_defence_against_damage_can_be_left_out() {
    check(&FAULTS);
}

#[test]
fn with_nothing_left_out_no_damage_passes_for_the_truth() {
    for damage in Damage::ALL {
        let (wrong, tried) = wrong_answers(damage, None);
        assert!(
            wrong == 0 && tried > 0,
            "{wrong} of {tried} with {}",
            damage.words()
        );
    }
}
