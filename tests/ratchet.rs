//! The hardened log under every error that Linux can return, at every operation that can return it.
//!
//! A ratchet: of the operations that can fail in one way the first one fails, then the second one instead, and so on until
//! there are no more. Each step is a run of three lives; in each of them, and in each recovery from a crash, that operation
//! fails.

#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
#![allow(
    clippy::print_stdout,
    reason = "the complete ratchet says what it went through"
)]

use tornwrite::{
    base::{InclusiveRange, Ratio, Seed},
    oracle::catalogue,
    profile::{LogFailure, Profile},
    run::{
        CoverageMark, CrashMode, EventStoreJob, FaultKind, Faults, Mode, RunConfig, run,
        silence_subject_panics,
    },
    store::{OptionMap, OptionValue, StoreKind},
    workload::{BankConfig, BankTransfers},
};

const PROFILES: [&str; 5] = [
    "posix-minimum",
    "ext4-ordered",
    "ext4-journal",
    "xfs",
    "btrfs",
];

/// About two hundred operations of the workload, of every kind.
fn job(sync: &str) -> EventStoreJob {
    let often = Ratio::new(1, 6).unwrap();
    let bank = BankTransfers::new(BankConfig {
        batches: 110,
        group_commit: InclusiveRange::between(1, 3),
        payload_bytes: InclusiveRange::between(0, 900),
        checkpoint: often,
        rotate: often,
        reopen: often,
        read: often,
        ..BankConfig::default()
    })
    .unwrap();
    let options = OptionMap::from([
        ("sync".to_owned(), OptionValue::Text(sync.to_owned())),
        ("segment_bytes".to_owned(), OptionValue::Integer(8192)),
        ("checkpoint_batches".to_owned(), OptionValue::Integer(10)),
    ]);
    let ids: Vec<_> = catalogue::INVARIANTS.iter().map(|known| known.id).collect();
    EventStoreJob::event_store(StoreKind::Wal.options(&options).unwrap(), bank, &ids).unwrap()
}

fn config(profile: &str, crash: CrashMode, at: (u64, FaultKind)) -> RunConfig {
    let lives = if crash == CrashMode::ProcessThenPower {
        4
    } else {
        3
    };
    RunConfig {
        crash,
        profile: Profile::find(profile).unwrap(),
        device: tornwrite::profile::Device::honest(),
        lives,
        in_recovery: 1,
        recovery_states: 2,
        mode: Mode::Sampled,
        states_per_run: 8,
        exhaustive_budget: 4096,
        operations_per_life: 20_000,
        skip: None,
        swarm: false,
        faults: Faults {
            at: Some(at),
            ..Faults::default()
        },
    }
}

/// What a number of steps of the ratchet found.
#[derive(Debug, Default)]
struct Found {
    steps: u64,
    states: u64,
    behind_errors: u64,
    violations: Vec<String>,
}

/// Turns the ratchet by `stride`, from `first` on, until no operation is left that can fail in this way.
fn turn(
    job: &EventStoreJob,
    profile: &str,
    crash: CrashMode,
    kind: FaultKind,
    (first, stride): (u64, u64),
    found: &mut Found,
) {
    for number in (first..).step_by(usize::try_from(stride).unwrap()) {
        let config = config(profile, crash, (number, kind));
        let outcome = run(job, &config, Seed(number));
        let marks = &outcome.coverage.marks;
        let behind = marks.get(&CoverageMark::InjectedError).copied();
        if behind.is_none() {
            return;
        }
        found.steps += 1;
        found.states += outcome.states_tried;
        found.behind_errors += behind.unwrap_or(0);
        for violation in outcome.violations {
            let (id, witness) = (violation.invariant, violation.witness);
            let text = format!(
                "{profile} {crash:?} {kind:?} {number}: {id}\n  {}\n  {}\n  {}\n  {:?} {:?}",
                witness.given,
                witness.shown,
                witness.however,
                violation.schedule.errors,
                violation.schedule.errors_in_recovery
            );
            found.violations.push(text);
        }
    }
}

fn kinds(profile: &str) -> impl Iterator<Item = FaultKind> {
    let has_log = Profile::find(profile).unwrap().log_failure.value != LogFailure::NoLog;
    let can_fail = move |kind: &FaultKind| *kind != FaultKind::LogFailure || has_log;
    FaultKind::ALL.into_iter().filter(can_fail)
}

#[test]
fn the_hardened_log_is_clean_under_an_error_at_every_thirteenth_operation() {
    silence_subject_panics();
    let mut found = Found::default();
    for (sync, crash) in [
        ("always", CrashMode::PowerLoss),
        ("batch", CrashMode::ProcessThenPower),
        ("batch", CrashMode::ProcessCrash),
    ] {
        let job = job(sync);
        for (profile, shift) in PROFILES.into_iter().zip(1..) {
            for kind in kinds(profile) {
                turn(&job, profile, crash, kind, (2 * shift, 13), &mut found);
            }
        }
    }
    assert!(
        found.violations.is_empty(),
        "{}",
        found.violations.join("\n")
    );
    assert!(found.steps > 500, "{found:?}");
}

/// Every step on every profile; prints what it went through.
fn complete(sync: &str, crash: CrashMode) {
    silence_subject_panics();
    let job = job(sync);
    let mut violations = Vec::new();
    for profile in PROFILES {
        let mut found = Found::default();
        for kind in kinds(profile) {
            turn(&job, profile, crash, kind, (1, 1), &mut found);
        }
        println!(
            "{sync} {crash:?} {profile}: {} steps, {} states, {} behind an error, {} violations",
            found.steps,
            found.states,
            found.behind_errors,
            found.violations.len()
        );
        violations.append(&mut found.violations);
    }
    assert!(violations.is_empty(), "{}", violations.join("\n"));
}

// These take minutes each: `cargo test --release --test ratchet -- --ignored --nocapture`.

#[test]
#[ignore = "takes minutes"]
fn the_log_that_syncs_each_batch_is_clean_under_every_error_and_power_loss() {
    complete("always", CrashMode::PowerLoss);
}

#[test]
#[ignore = "takes minutes"]
fn the_log_with_group_commit_is_clean_under_every_error_and_power_loss() {
    complete("batch", CrashMode::PowerLoss);
}

#[test]
#[ignore = "takes minutes"]
fn the_log_with_group_commit_is_clean_under_every_error_and_restarts_before_power_losses() {
    complete("batch", CrashMode::ProcessThenPower);
}

#[test]
#[ignore = "takes minutes"]
fn the_log_with_group_commit_is_clean_under_every_error_and_process_crashes() {
    complete("batch", CrashMode::ProcessCrash);
}
