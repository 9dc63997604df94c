//! The crash model against a second implementation of its rules.
//!
//! Verified: on thousands of random small programs, at every crash point, under each profile, the harness finds exactly the
//! trees that the reference finds; what is drawn is among them; drawing finds them all in the end; and a harness with one
//! rule broken is caught. Not verified here: fills other than zeros (see `laws.rs`), programs of more than a few operations.
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

#[path = "reference/mod.rs"]
mod reference;

use std::collections::BTreeSet;

use reference::{
    compare::{Tally, compare, trees},
    disk::{digest_of, tree_of},
    program::random,
    rules::{Rules, profile, zeros},
    states::Reference,
};
use tornwrite::{
    base::{Position, Rng, Seed, Stream},
    crash::{Frontier, PersistenceGraph, all_points},
    profile::{PROFILES, Profile},
};

const PROGRAMS: u64 = 600;
const LIMIT: usize = 1 << 12;

fn compare_many(profile: &Profile, seeds: std::ops::Range<u64>) -> Tally {
    let mut tally = Tally::default();
    let rules = Rules::of(profile);
    for seed in seeds {
        match compare(&random(seed), profile, rules, LIMIT) {
            Ok(one) => tally.add(one),
            Err(text) => panic!("seed {seed}: {text}"),
        }
    }
    assert!(
        tally.skipped * 100 < tally.points * 15,
        "too much is left out: {tally:?}"
    );
    tally
}

#[test]
fn every_profile_has_the_states_of_the_reference() {
    let mut wrong = Vec::new();
    for profile in PROFILES.iter().map(zeros) {
        let result = std::panic::catch_unwind(|| compare_many(&profile, 0..PROGRAMS));
        if result.is_err() {
            wrong.push(profile.name);
        }
    }
    assert!(wrong.is_empty(), "{wrong:?}");
}

#[test]
fn what_is_drawn_is_a_state_of_the_reference() {
    for name in ["sequential", "ext4-ordered", "posix-minimum"] {
        let profile = profile(name);
        let rules = Rules::of(&profile);
        for seed in 0..150 {
            let recording = random(seed);
            let graph = PersistenceGraph::new(&recording, &profile);
            let reference = Reference::new(&recording, rules);
            let mut frontier = Frontier::new(&graph);
            let mut rng = Rng::new(Seed(seed), Stream::PersistedSubset, 0);
            for point in all_points(&recording.trace, Position(0)) {
                let window = frontier.window(point);
                let Some(expected) = reference.states(point.index(), 1024) else {
                    continue;
                };
                for _ in 0..30 {
                    let (kind, selection) = window.sample(&mut rng);
                    let tree = tree_of(&window.image(&selection));
                    let found = expected.contains_key(&digest_of(&tree));
                    assert!(found, "{name}, seed {seed}, point {point}, {kind:?}");
                }
            }
        }
    }
}

#[test]
fn drawing_finds_every_state_in_the_end() {
    for name in ["sequential", "ext4-ordered", "posix-minimum"] {
        let profile = profile(name);
        for seed in 0..60 {
            let recording = random(seed);
            let graph = PersistenceGraph::new(&recording, &profile);
            let window = Frontier::new(&graph).window(recording.trace.end());
            if window.count() > 24 {
                continue;
            }
            let all: BTreeSet<_> = trees(&window).into_keys().collect();
            let mut rng = Rng::new(Seed(seed), Stream::PersistedSubset, 0);
            let mut drawn = BTreeSet::new();
            for _ in 0..20_000 {
                let (_, selection) = window.sample(&mut rng);
                drawn.insert(digest_of(&tree_of(&window.image(&selection))));
                if drawn.len() == all.len() {
                    break;
                }
            }
            assert_eq!(drawn, all, "{name}, seed {seed}");
        }
    }
}
