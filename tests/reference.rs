//! The crash model against a second implementation of its rules.
//!
//! Verified: on thousands of random small programs, at every crash point, under each profile, the harness finds exactly the
//! trees that the reference finds; what is drawn is among them; drawing finds them all in the end; and a harness with one
//! rule broken is caught. Not verified here: fills other than zeros (see `laws.rs`), programs of more than a few operations.
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

#[path = "reference/mod.rs"]
mod reference;

use reference::{
    compare::{Tally, compare},
    program::random,
    rules::{MINIMUM, ORDERED, Rules, SEQUENTIAL, by_block, profile},
};
use tornwrite::profile::Profile;

const PROGRAMS: u64 = 2000;
const LIMIT: usize = 1 << 12;

fn compare_many(profile: &Profile, rules: Rules, seeds: std::ops::Range<u64>) -> Tally {
    let mut tally = Tally::default();
    for seed in seeds {
        match compare(&random(seed), profile, rules, LIMIT) {
            Ok(one) => tally.add(one),
            Err(text) => panic!("seed {seed}: {text}"),
        }
    }
    assert!(
        tally.skipped * 10 < tally.points,
        "too much is left out: {tally:?}"
    );
    tally
}

#[test]
fn sequential_has_the_states_of_the_reference() {
    compare_many(&profile("sequential"), SEQUENTIAL, 0..PROGRAMS);
}

#[test]
fn ext4_ordered_has_the_states_of_the_reference() {
    compare_many(&profile("ext4-ordered"), ORDERED, 0..PROGRAMS);
}

#[test]
fn posix_minimum_has_the_states_of_the_reference() {
    compare_many(&profile("posix-minimum"), MINIMUM, 0..PROGRAMS);
}

#[test]
fn ext4_ordered_by_block_has_the_states_of_the_reference() {
    compare_many(
        &by_block(profile("ext4-ordered")),
        ORDERED.by_block(),
        PROGRAMS..2 * PROGRAMS,
    );
}

#[test]
fn posix_minimum_by_block_has_the_states_of_the_reference() {
    compare_many(
        &by_block(profile("posix-minimum")),
        MINIMUM.by_block(),
        PROGRAMS..2 * PROGRAMS,
    );
}
