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
    rules::{MINIMUM, ORDERED, Rules, SEQUENTIAL, by_block, changed, profile},
    states::Reference,
};
use tornwrite::{
    base::{Position, Rng, Seed, Stream},
    crash::{Frontier, PersistenceGraph, all_points},
    profile::{DataPath, FreshTear, Growth, OverwriteTear, Profile, Reach, RenameOver},
};

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

/// Whether some small program tells the profile from the rules.
fn is_caught(profile: &Profile, rules: Rules) -> bool {
    (0..PROGRAMS).any(|seed| compare(&random(seed), profile, rules, 512).is_err())
}

#[test]
fn a_broken_rule_of_ext4_ordered_is_caught() {
    let whole = profile("ext4-ordered");
    let broken = [
        Profile {
            growth: changed(Growth::Logged),
            ..whole
        },
        Profile {
            fresh_tear: changed(FreshTear::Sector),
            ..whole
        },
        Profile {
            overwrite_tear: changed(OverwriteTear::Block),
            ..whole
        },
        Profile {
            rename_over: changed(RenameOver::Nothing),
            ..whole
        },
        Profile {
            reach: changed(Reach::Own),
            ..whole
        },
        Profile {
            reach: changed(Reach::Everything),
            ..whole
        },
    ];
    for (index, profile) in broken.iter().enumerate() {
        assert!(is_caught(profile, ORDERED), "rule {index}: {profile:?}");
    }
}

#[test]
fn a_broken_rule_of_the_other_profiles_is_caught() {
    let minimum = profile("posix-minimum");
    let sequential = profile("sequential");
    let broken = [
        (
            Profile {
                reach: changed(Reach::Everything),
                ..minimum
            },
            MINIMUM,
        ),
        (
            Profile {
                overwrite_tear: changed(OverwriteTear::Block),
                ..minimum
            },
            MINIMUM,
        ),
        (
            Profile {
                fresh_tear: changed(FreshTear::Block),
                ..minimum
            },
            MINIMUM,
        ),
        (
            Profile {
                reach: changed(Reach::Own),
                ..sequential
            },
            SEQUENTIAL,
        ),
        (
            Profile {
                data: changed(DataPath::InPlace),
                ..sequential
            },
            SEQUENTIAL,
        ),
    ];
    for (index, (profile, rules)) in broken.iter().enumerate() {
        assert!(is_caught(profile, *rules), "rule {index}: {profile:?}");
    }
}

#[test]
fn what_is_drawn_is_a_state_of_the_reference() {
    let all = [
        ("sequential", SEQUENTIAL),
        ("ext4-ordered", ORDERED),
        ("posix-minimum", MINIMUM),
    ];
    for (name, rules) in all {
        let profile = profile(name);
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

#[test]
#[ignore = "takes minutes: run it after a change of the crash model"]
fn many_more_programs_have_the_states_of_the_reference() {
    let seeds = 10 * PROGRAMS..16 * PROGRAMS;
    compare_many(&profile("ext4-ordered"), ORDERED, seeds.clone());
    compare_many(&profile("sequential"), SEQUENTIAL, seeds.clone());
    let minimum = by_block(profile("posix-minimum"));
    compare_many(&minimum, MINIMUM.by_block(), seeds);
}
