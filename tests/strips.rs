//! Strips: at each crash point, how many of the legal crash states fail.
#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod support;

use support::{Fault, config, job};
use tornwrite::{
    base::Seed,
    run::{CrashMode, RunConfig, Schedule, Strip, Tick, run, silence_subject_panics, strip},
};

const STATES_MAX: u64 = 20_000;

fn first_life(fault: Fault, config: &RunConfig) -> Strip {
    strip(
        &job(fault),
        config,
        Seed(1),
        &Schedule::default(),
        STATES_MAX,
    )
    .unwrap()
}

#[test]
fn a_subject_without_a_fault_survives_every_legal_state() {
    for profile in ["posix-minimum", "ext4-ordered", "sequential"] {
        let strip = first_life(Fault::None, &config(CrashMode::PowerLoss, profile, 1));
        assert_eq!(strip.points.len() as u64, strip.points_all);
        assert!(
            strip
                .points
                .iter()
                .all(|point| point.exact && point.failing == 0),
            "{strip:?}"
        );
        assert!(
            strip.points.iter().any(|point| point.tried > 1),
            "there was something to lose"
        );
        assert!(strip.ticks.iter().any(|tick| tick.is == Tick::Barrier));
    }
}

/// What it acknowledged it never synced: right behind an acknowledgement just those states pass in which everything is
/// there, and that is one, since nothing but the bytes and the length of its file is pending.
#[test]
fn of_what_was_never_synced_all_states_fail_but_the_one_that_lost_nothing() {
    for profile in ["posix-minimum", "ext4-ordered", "sequential"] {
        let strip = first_life(Fault::NoSync, &config(CrashMode::PowerLoss, profile, 1));
        let acknowledged = strip
            .ticks
            .iter()
            .filter(|tick| tick.is == Tick::Acknowledgement);
        let mut looked = 0;
        for tick in acknowledged {
            let point = strip
                .points
                .iter()
                .find(|point| point.at == tick.at + 1)
                .unwrap();
            if point.exact {
                assert_eq!((point.legal, point.tried), (Some(point.tried), point.tried));
                assert_eq!(point.failing + 1, point.tried, "{profile}, {point:?}");
                looked += 1;
            }
        }
        assert!(looked > 2, "{profile}: {looked}");
    }
}

#[test]
fn a_process_crash_takes_nothing_that_was_written() {
    let strip = first_life(
        Fault::NoSync,
        &config(CrashMode::ProcessCrash, "ext4-ordered", 1),
    );
    assert!(
        strip
            .points
            .iter()
            .all(|point| point.exact && point.failing == 0)
    );
}

#[test]
fn the_life_is_the_one_in_which_it_was_violated() {
    silence_subject_panics();
    let config = config(CrashMode::PowerLoss, "ext4-ordered", 3);
    let mut lives = std::collections::BTreeSet::new();
    for seed in (0..20).map(Seed) {
        for violation in run(&job(Fault::NoSync), &config, seed).violations {
            let schedule = &violation.schedule;
            let strip = strip(&job(Fault::NoSync), &config, seed, schedule, 500).unwrap();
            assert_eq!(strip.life as usize, schedule.crashes.len());
            // The crash that was found is one of those that are looked at, and it can be fatal there.
            let point = schedule.crashes.last().unwrap().point;
            let found = strip.points.iter().find(|one| one.at >= point.0);
            assert!(
                found.is_some_and(|one| one.failing > 0),
                "seed {seed}: {strip:?}"
            );
            lives.insert(strip.life);
        }
    }
    assert!(!lives.is_empty());
}

#[test]
fn a_strip_is_a_function_of_its_budget_and_never_costs_more() {
    let config = config(CrashMode::PowerLoss, "posix-minimum", 1);
    for states_max in [1, 10, 100, 1000] {
        let strip = |()| {
            strip(
                &job(Fault::NoSync),
                &config,
                Seed(1),
                &Schedule::default(),
                states_max,
            )
            .unwrap()
        };
        let one = strip(());
        assert_eq!(one, strip(()));
        let tried: u64 = one.points.iter().map(|point| point.tried).sum();
        // Where only every n-th point is looked at, the first one always is.
        assert!(tried <= states_max + 4, "{tried} of {states_max}");
        assert!(
            one.points
                .iter()
                .all(|point| point.exact == (point.legal == Some(point.tried)))
        );
    }
}
