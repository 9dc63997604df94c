//! `shrink::check` in a plain test and under proptest, for a subject of the tests' own.

#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

#[allow(dead_code, reason = "not every test has every fault")]
mod support;

use std::sync::atomic::AtomicBool;

use proptest::{
    prelude::*,
    test_runner::{Config, TestCaseError, TestError, TestRunner},
};
use support::{CountUp, Durable, Fault, Numbers, config, job};
use tornwrite::{
    base::{Digest, Seed},
    run::{CrashMode, Job, RunConfig, Verdict, Workload, run, silence_subject_panics},
    shrink::{Bounds, Counterexample, Unobserved, Violation, check, shrink},
    workload::Past,
};

fn power_loss(lives: u32) -> RunConfig {
    config(CrashMode::PowerLoss, "ext4-ordered", lives)
}

fn counterexample(fault: Fault, lives: u32) -> Counterexample {
    silence_subject_panics();
    let found = (0..50).find_map(|seed| check(&job(fault), &power_loss(lives), Seed(seed)).err());
    *found.expect("the fault is found within fifty runs")
}

#[test]
fn a_store_without_fault_has_no_counterexample() {
    for seed in 0..10 {
        check(&job(Fault::None), &power_loss(2), Seed(seed)).unwrap();
    }
}

#[test]
fn a_missing_sync_is_one_number_one_loss_and_the_sentence_that_names_it() {
    let found = counterexample(Fault::NoSync, 2);
    assert_eq!(found.invariant, "durable-ack");
    assert_eq!(found.operations.len(), 1, "{found}");
    assert_eq!(found.operations[0].len(), 1, "{found}");
    let text = found.to_string();
    for part in [
        "durable-ack is violated, seed ",
        "shrunk from ",
        " to 1 life, 1 operation, 1 lost effect, on ",
        "power loss behind `write numbers` (number 1)",
        "lost: size 4 of `write numbers` (number 1)",
        " is missing\n",
        "been durable before #0 was acknowledged, this could not happen",
        "tests/support/mod.rs:",
    ] {
        assert!(text.contains(part), "no `{part}` in\n{text}");
    }
}

#[test]
fn a_recovery_that_panics_is_shrunk_too() {
    let found = counterexample(Fault::Panics, 1);
    assert_eq!(found.invariant, "recovery-succeeds");
    assert!(
        found.to_string().contains("panicked: a torn number"),
        "{found}"
    );
}

#[test]
fn what_fails_without_a_crash_is_the_operations_that_it_takes() {
    let found = counterexample(Fault::FailsAtThree, 1);
    assert_eq!(found.invariant, "operations-succeed");
    assert_eq!(found.operations.concat().len(), 3, "{found}");
}

/// The recorded disk is not the one of today, and the violation is still there.
#[test]
fn a_violation_that_was_recorded_with_another_version_is_shrunk_as_it_is_today() {
    silence_subject_panics();
    let config = power_loss(1);
    let recorded = (0..50).map(Seed).find_map(|seed| {
        let violations = run(&job(Fault::NoSync), &config, seed).violations;
        let found = violations
            .into_iter()
            .find(|found| found.invariant == "durable-ack");
        found.map(|found| (seed, found))
    });
    let (seed, mut found) = recorded.expect("the fault is found within fifty runs");
    for crash in &mut found.schedule.crashes {
        crash.image = Digest::default();
    }
    let violation = Violation {
        config: &config,
        seed,
        schedule: &found.schedule,
        invariant: "durable-ack",
    };
    let (bounds, stop) = (Bounds::default(), AtomicBool::new(false));
    let shrunk = shrink(
        &job(Fault::NoSync),
        &violation,
        bounds,
        &mut Unobserved,
        &stop,
    );
    assert_eq!(shrunk.unwrap().to.operations, 1);
    let fixed = shrink(
        &job(Fault::None),
        &violation,
        bounds,
        &mut Unobserved,
        &stop,
    );
    assert!(matches!(fixed, Err(Verdict::Survives(_))), "{fixed:?}");
}

/// What proptest says of a store, over seeds that it draws.
fn under_proptest(fault: Fault) -> Result<(), TestError<u64>> {
    silence_subject_panics();
    let config = Config {
        cases: 16,
        // The violation shrinks, not the seed.
        max_shrink_iters: 0,
        failure_persistence: None,
        ..Config::default()
    };
    TestRunner::new(config).run(&any::<u64>(), |seed| {
        check(&job(fault), &power_loss(1), Seed(seed))
            .map_err(|found| TestCaseError::fail(found.to_string()))
    })
}

#[test]
fn proptest_shows_the_minimal_counterexample() {
    assert!(under_proptest(Fault::None).is_ok());
    let Err(TestError::Fail(reason, _)) = under_proptest(Fault::NoSync) else {
        panic!("proptest found nothing");
    };
    let reason = reason.message();
    assert!(
        reason.contains("to 1 life, 1 operation, 1 lost effect"),
        "{reason}"
    );
}

proptest! {
    #![proptest_config(Config { cases: 8, max_shrink_iters: 0, failure_persistence: None, ..Config::default() })]

    #[test]
    fn a_store_that_syncs_survives(seed in any::<u64>()) {
        let checked = check(&job(Fault::None), &power_loss(1), Seed(seed));
        prop_assert!(checked.is_ok(), "{}", checked.unwrap_err());
    }
}

/// The same numbers, of which each may be a smaller one.
#[derive(Debug)]
struct Halving;

impl Workload<u32> for Halving {
    fn life(&self, seed: Seed, life: u32, lives: u32, past: &[Past<'_, u32>]) -> Vec<u32> {
        CountUp.life(seed, life, lives, past)
    }

    fn probe(&self, seed: Seed, life: u32, past: &[Past<'_, u32>]) -> u32 {
        CountUp.probe(seed, life, past)
    }

    fn smaller(&self, number: &u32) -> Vec<u32> {
        if *number > 1 {
            vec![number / 2]
        } else {
            Vec::new()
        }
    }

    fn accepts(&self, lives: &[Vec<u32>]) -> bool {
        // A number below ten would be taken for another one.
        lives.iter().flatten().all(|number| *number >= 10)
    }
}

#[test]
fn operations_get_as_small_as_the_workload_accepts() {
    let job: Job<Numbers> = Job {
        subject: Numbers(Fault::NoSync),
        workload: Box::new(Halving),
        oracle: Box::new(Durable),
    };
    let found = (0..50).find_map(|seed| check(&job, &power_loss(1), Seed(seed)).err());
    let found = found.expect("the fault is found within fifty runs");
    let number: u32 = found.operations[0][0].parse().unwrap();
    assert!((10..20).contains(&number), "{found}");
}
