//! Every precaution of the hardened log earns its place.
//!
//! Verified: with any one barrier or any one precaution left out, a shipped scenario is violated, or damage to what was
//! synced passes for the truth, as `docs/wal-precautions.md` says of each; with none left out nothing of the kind happens;
//! every barrier in the source of `wal` is in the list. Not verified here: what is said in that document of those that
//! nothing can catch.
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

#[path = "precautions/mod.rs"]
mod precautions;

use precautions::{
    damage::{Damage, wrong_answers},
    rows::{ARGUED, BARRIERS, CHECKS, Caught, FAILURES, FAULTS, Row},
    scenario::violating,
    sites,
};
use tornwrite::store::wal::Precaution;

const HONEST: &str = "honest";

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

/// How often a row is noticed, of what, by what.
fn measured(row: &Row) -> (u64, String) {
    let of_scenario = |name, profile, device, invariant| {
        let (found, runs) = violating(name, (profile, device), &row.left, invariant);
        let on = match device {
            HONEST => String::new(),
            device => format!(", `{device}`"),
        };
        (
            found,
            format!("{runs} runs of `{name}` on `{profile}`{on}: {invariant}"),
        )
    };
    match row.caught {
        Caught::Scenario {
            name,
            profile,
            invariant,
        } => of_scenario(name, profile, HONEST, invariant),
        Caught::Media => of_scenario(
            "wal-media-faults",
            "ext4-ordered",
            "bit-rot",
            "detects-corruption",
        ),
        Caught::Damage(damage) => {
            let (wrong, tried) = wrong_answers(damage, row.precaution());
            (wrong, format!("{tried} disks with {}", damage.words()))
        }
    }
}

/// Every row is noticed, and the document has it; prints the rows with the figures of today.
#[expect(
    clippy::print_stdout,
    reason = "the document is made of what is printed"
)]
fn check(rows: &[Row]) {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/wal-precautions.md");
    let page = std::fs::read_to_string(page).unwrap();
    let mut unknown = Vec::new();
    for row in rows {
        let (found, of) = measured(row);
        let said = format!("| {} | {} | {} | ", row.what(), row.place(), row.against);
        println!("{said}{found} of {of} |");
        assert!(found > 0, "nothing notices that {} is left out", row.what());
        let by = of.split_once(' ').map_or("", |(_, by)| by);
        let is_known = |line: &str| line.starts_with(&said) && line.contains(by);
        if !page.lines().any(is_known) {
            unknown.push(row.what());
        }
    }
    assert!(
        unknown.is_empty(),
        "docs/wal-precautions.md lacks {unknown:?}, or says something else"
    );
}

#[test]
fn what_nothing_gets_as_far_as_is_told_in_the_document() {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/wal-precautions.md");
    let page = std::fs::read_to_string(page).unwrap();
    for (precaution, reason) in ARGUED {
        let line = format!("| `{}` | {reason} |", precaution.name());
        assert!(
            page.contains(&line),
            "docs/wal-precautions.md lacks\n{line}"
        );
    }
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
