//! What a mask may leave out, and what it may not change.

use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::{
    profile::{Device, Profile},
    run::{CrashMode, EventStoreJob, RunOutcome, run},
    store::{OptionMap, StoreKind},
    workload::{BankConfig, BankTransfers, Operation},
};

fn job() -> EventStoreJob {
    let ratio = |text: &str| text.parse::<Ratio>().unwrap();
    let bank = BankConfig {
        batches: 12,
        checkpoint: ratio("1/4"),
        rotate: ratio("1/4"),
        reopen: Ratio::NEVER,
        read: ratio("1/2"),
        ..BankConfig::default()
    };
    let options = StoreKind::Wal.options(&OptionMap::new()).unwrap();
    let bank = BankTransfers::new(bank).unwrap();
    EventStoreJob::event_store(options, bank, &["durable-ack", "recovery-succeeds"]).unwrap()
}

fn config(crash: CrashMode) -> RunConfig {
    RunConfig {
        crash,
        profile: Profile::find("ext4-ordered").unwrap(),
        device: Device::honest(),
        lives: 2,
        in_recovery: 1,
        recovery_states: 1,
        mode: Mode::Sampled,
        states_per_run: 12,
        exhaustive_budget: 16,
        operations_per_life: 20_000,
        skip: None,
        faults: Faults {
            eio: "1/50".parse().unwrap(),
            ..Faults::default()
        },
        swarm: true,
    }
}

fn without_swarm(config: &RunConfig) -> RunConfig {
    RunConfig {
        swarm: false,
        ..config.clone()
    }
}

/// What of a mask's words is of one sort, by its name.
fn named<'w>(left_out: &'w [String], sort: &str) -> BTreeSet<&'w str> {
    let words = left_out.iter();
    words
        .filter_map(|word| word.strip_prefix(sort)?.strip_prefix(' '))
        .collect()
}

fn is_left_out(outcome: &RunOutcome, word: &str) -> bool {
    outcome.left_out.iter().any(|left_out| left_out == word)
}

#[test]
fn a_run_with_all_features_is_the_run_without_swarm() {
    let (job, config) = (job(), config(CrashMode::PowerLoss));
    let mut whole = 0;
    for seed in (0..40).map(Seed) {
        if Mask::of(&job, &config, seed) == Mask::default() {
            whole += 1;
            let plain = run(&job, &without_swarm(&config), seed);
            assert_eq!(run(&job, &config, seed), plain, "seed {seed}");
        }
    }
    assert!((4..20).contains(&whole), "{whole} of 40 have all features");
}

#[test]
fn what_is_left_out_never_shows() {
    let job = job();
    let modes = [
        CrashMode::PowerLoss,
        CrashMode::ProcessCrash,
        CrashMode::ProcessThenPower,
    ];
    let (mut states, mut left_out) = (0, BTreeSet::new());
    for crash in modes {
        let config = config(crash);
        for seed in (0..30).map(Seed) {
            let outcome = run(&job, &config, seed);
            for kind in named(&outcome.left_out, "choice") {
                let drawn = outcome.coverage.kinds.keys();
                assert!(
                    drawn.clone().all(|drawn| drawn.name() != kind),
                    "{kind}, seed {seed}"
                );
            }
            let marks = &outcome.coverage.marks;
            for mark in ["cut-in-flight", "crash-in-recovery"] {
                let is_shown = marks.keys().any(|shown| shown.to_string() == mark);
                assert!(
                    !is_left_out(&outcome, mark) || !is_shown,
                    "{mark}, seed {seed}"
                );
            }
            let is_disturbed = marks
                .keys()
                .any(|shown| shown.to_string() == "injected-error");
            assert!(
                !is_left_out(&outcome, "error eio") || !is_disturbed,
                "seed {seed}"
            );
            states += outcome.states_tried;
            left_out.extend(outcome.left_out);
        }
    }
    assert!(states > 1000, "{states} states");
    assert_eq!(left_out.len(), KINDS.len() + 6, "{left_out:?}");
}

#[test]
fn the_operations_that_remain_are_those_that_were_drawn() {
    let (job, config) = (job(), config(CrashMode::PowerLoss));
    let mut left_out = BTreeSet::new();
    for seed in (0..40).map(Seed) {
        let mask = Mask::of(&job, &config, seed);
        let words = mask.words();
        let without = named(&words, "operation");
        let drawn = job.workload.life(seed, 0, 2, &[]);
        let is_kept = |operation: &&Operation| {
            let kind = job.workload.kind(operation);
            kind.is_none_or(|kind| !without.contains(kind))
        };
        let kept: Vec<Operation> = drawn.iter().filter(is_kept).cloned().collect();
        assert_eq!(mask.operations(&job, drawn), kept, "seed {seed}");
        left_out.extend(without.into_iter().map(str::to_owned));
    }
    // The workload never draws a re-open.
    let expected = ["checkpoint", "read", "rotate"].map(str::to_owned);
    assert_eq!(left_out, expected.into());
}

#[test]
fn a_kind_of_choice_is_always_left_and_each_is_left_out_as_often_as_not() {
    let (job, config) = (job(), config(CrashMode::PowerLoss));
    let mut missing: BTreeMap<String, u64> = BTreeMap::new();
    for seed in (0..4000).map(Seed) {
        let mask = Mask::of(&job, &config, seed);
        assert!(!mask.kinds().is_empty(), "seed {seed}");
        for word in mask.words() {
            *missing.entry(word).or_default() += 1;
        }
    }
    // Half of three quarters.
    assert!(
        missing.values().all(|runs| (1400..1600).contains(runs)),
        "{missing:#?}"
    );
}

#[test]
fn what_there_is_not_does_not_change_what_is_left_out_of_the_rest() {
    let (job, config) = (job(), config(CrashMode::PowerLoss));
    let plain = RunConfig {
        in_recovery: 0,
        faults: Faults::default(),
        ..config.clone()
    };
    for seed in (0..100).map(Seed) {
        let words = Mask::of(&job, &config, seed).words();
        let of_plain = Mask::of(&job, &plain, seed).words();
        for sort in ["choice", "operation"] {
            assert_eq!(named(&words, sort), named(&of_plain, sort), "seed {seed}");
        }
        assert!(
            !of_plain
                .iter()
                .any(|word| word.starts_with("crash-in") || word.starts_with("error"))
        );
    }
}

#[test]
fn nothing_is_left_out_in_exhaustive_mode_nor_without_swarm() {
    let (job, config) = (job(), config(CrashMode::PowerLoss));
    let exhaustive = RunConfig {
        mode: Mode::Exhaustive,
        ..config.clone()
    };
    for seed in (0..20).map(Seed) {
        assert!(left_out(&job, &exhaustive, seed).is_empty());
        assert!(left_out(&job, &without_swarm(&config), seed).is_empty());
    }
}

#[test]
fn kinds_are_called_what_results_call_them() {
    for kind in KINDS {
        assert_eq!(serde_json::to_value(kind).unwrap(), kind.name());
    }
}
