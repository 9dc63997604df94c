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
    program::{random, random_names, random_with_failures},
    rules::{Rules, by_block, profile, zeros},
    states::Reference,
};
use tornwrite::{
    base::{Position, Rng, Seed, Stream},
    crash::{Frontier, PersistenceGraph, all_points},
    profile::{PROFILES, Profile},
    simfs::Recording,
};

const PROGRAMS: u64 = 600;
const LIMIT: usize = 1 << 12;

/// A program of any kind: of everything, of names and barriers, with failed barriers.
fn program(seed: u64) -> Recording {
    match seed % 3 {
        0 => random(seed),
        1 => random_names(seed),
        _ => random_with_failures(seed),
    }
}

/// Compares many programs.
fn compare_many(profile: &Profile, seeds: std::ops::Range<u64>) -> Tally {
    let mut tally = Tally::default();
    let rules = Rules::of(profile);
    for seed in seeds {
        match compare(&program(seed), profile, rules, LIMIT) {
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

/// A test for each profile, so that they run side by side.
macro_rules! compare_each {
    ($($test:ident $name:literal,)+) => {
        $(
            #[test]
            fn $test() {
                compare_many(&profile($name), 0..PROGRAMS);
                let whole = by_block(&profile($name));
                if whole != profile($name) {
                    compare_many(&whole, PROGRAMS..PROGRAMS + PROGRAMS / 3);
                }
            }
        )+

        #[test]
        fn every_profile_is_compared() {
            let compared = [$($name),+];
            assert!(PROFILES.iter().map(|profile| profile.name).eq(compared));
        }
    };
}

compare_each! {
    posix_minimum_has_the_states_of_the_reference "posix-minimum",
    ext2_has_the_states_of_the_reference "ext2",
    ext4_writeback_has_the_states_of_the_reference "ext4-writeback",
    ext4_writeback_observed_has_the_states_of_the_reference "ext4-writeback-observed",
    ext4_noauto_has_the_states_of_the_reference "ext4-noauto",
    ext4_noauto_observed_has_the_states_of_the_reference "ext4-noauto-observed",
    ext4_ordered_has_the_states_of_the_reference "ext4-ordered",
    ext4_ordered_observed_has_the_states_of_the_reference "ext4-ordered-observed",
    ext4_nodelalloc_has_the_states_of_the_reference "ext4-nodelalloc",
    ext4_journal_has_the_states_of_the_reference "ext4-journal",
    xfs_has_the_states_of_the_reference "xfs",
    xfs_observed_has_the_states_of_the_reference "xfs-observed",
    btrfs_has_the_states_of_the_reference "btrfs",
    btrfs_observed_has_the_states_of_the_reference "btrfs-observed",
    sequential_has_the_states_of_the_reference "sequential",
}

/// A shipped profile with one rule changed, and what that rule cannot be without.
struct Flip {
    profile: Profile,
    key: &'static str,
    word: &'static str,
    flipped: Profile,
}

/// Every change of a rule of every profile that is possible and that the reference knows.
fn flips() -> impl Iterator<Item = Flip> {
    let pairs = PROFILES.iter().map(zeros).flat_map(|profile| {
        let switches = Profile::SWITCHES.iter();
        let values = switches.flat_map(|switch| {
            let words = switch.values.iter().map(|choice| choice.word);
            words.map(|word| (switch.key, word))
        });
        values.map(move |(key, word)| (profile, key, word))
    });
    pairs.filter_map(|(profile, key, word)| {
        let flipped = flip(&profile, key, word);
        let differs = Rules::of(&flipped) != Rules::of(&profile);
        (differs && flipped.check().is_ok()).then_some(Flip {
            profile,
            key,
            word,
            flipped,
        })
    })
}

fn flip(profile: &Profile, key: &str, word: &str) -> Profile {
    let with = |profile: Profile, (key, word): (&str, &str)| {
        profile.with(key, word, "changed by a test").unwrap()
    };
    let flipped = with(*profile, (key, word));
    if flipped.check().is_ok() {
        return flipped;
    }
    let consequences: &[(&str, &str)] = match (key, word) {
        ("metadata", "log") => &[("growth", "late"), ("log_failure", "read-only")],
        ("metadata", "unordered") => &[
            ("reach", "own"),
            ("tree_renames", "own-sync"),
            ("tree_directories", "entries"),
            ("tree_removals", "needed"),
            ("growth", "free"),
            ("tail_growth", "like-other"),
            ("data_first", "nothing"),
            ("data", "in-place"),
            ("overwrite_tear", "block"),
            ("fresh_tear", "block"),
            ("rename_over", "nothing"),
            ("log_failure", "no-log"),
        ],
        ("growth", "logged") => &[("rename_over", "nothing"), ("fresh_tear", "block")],
        ("growth", "late") => &[("data", "in-place")],
        ("data", "copy-on-write" | "in-place") => &[("overwrite_tear", "block")],
        ("data", "journaled") => &[
            ("growth", "logged"),
            ("overwrite_tear", "block"),
            ("fresh_tear", "block"),
            ("rename_over", "nothing"),
        ],
        _ => &[],
    };
    consequences.iter().copied().fold(flipped, with)
}

#[test]
fn a_profile_with_one_rule_changed_has_the_states_of_the_reference() {
    for flip in flips() {
        compare_many(&flip.flipped, 0..PROGRAMS / 15);
    }
}

/// Rules that no tree with zeros for what was never written can show.
const SEEN_ELSEWHERE: [(&str, &str); 4] = [
    (
        "freed_blocks",
        "the reference does not know it; litmus scripts notice each flip of it",
    ),
    (
        "fill",
        "the reference knows zeros only; laws.rs says which profiles show other bytes, and where",
    ),
    (
        "fsync_failure",
        "decides what a failed barrier is recorded as; the reference is given the recording",
    ),
    (
        "log_failure",
        "decides which operations are refused after it; those change nothing",
    ),
];

#[test]
fn a_rule_that_the_harness_has_otherwise_is_seen() {
    let mut seen: BTreeSet<&str> = SEEN_ELSEWHERE.iter().map(|(key, _)| *key).collect();
    let mut unseen = Vec::new();
    for flip in flips() {
        let rules = Rules::of(&flip.profile);
        let differs = |seed| compare(&program(seed), &flip.flipped, rules, 512).is_err();
        if (0..2 * PROGRAMS).any(differs) {
            seen.insert(flip.key);
        } else {
            unseen.push((flip.profile.name, flip.key, flip.word));
        }
    }
    assert!(unseen.is_empty(), "{unseen:?}");
    let all = Profile::SWITCHES.iter().map(|switch| switch.key);
    assert_eq!(seen, all.collect());
}

#[test]
fn what_is_drawn_is_a_state_of_the_reference() {
    for profile in PROFILES.iter().map(zeros) {
        let name = profile.name;
        let rules = Rules::of(&profile);
        for seed in 0..90 {
            let recording = program(seed);
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
    for profile in PROFILES.iter().map(zeros) {
        let name = profile.name;
        for seed in 0..60 {
            let recording = program(seed);
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
    for profile in PROFILES.iter().map(zeros) {
        compare_many(&profile, 10 * PROGRAMS..20 * PROGRAMS);
    }
    for flip in flips() {
        compare_many(&flip.flipped, PROGRAMS..PROGRAMS + PROGRAMS / 2);
    }
}
