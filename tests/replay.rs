//! A violation comes back from its choices; a changed subject is told apart from an unchanged one.

#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod support;

use support::{Fault, Numbers, config, job};
use tornwrite::{
    base::{InclusiveRange, Ratio, Seed},
    oracle::catalogue,
    run::{
        CrashMode, EventStoreJob, Job, Mode, RunConfig, Subject, Verdict, Violation, replay, run,
        silence_subject_panics,
    },
    store::{OptionMap, OptionValue, StoreKind},
    workload::{BankConfig, BankTransfers},
};

/// Replays every violation of some seeds; how many there were.
fn replay_all<S: Subject>(job: &Job<S>, config: &RunConfig, seeds: std::ops::Range<u64>) -> usize {
    let mut replayed = 0;
    for seed in seeds.map(Seed) {
        for violation in run(job, config, seed).violations {
            let text = serde_json::to_string(&violation.schedule).unwrap();
            let schedule = serde_json::from_str(&text).unwrap();
            assert_eq!(
                schedule, violation.schedule,
                "a schedule survives being written down"
            );
            let again = replay(job, config, seed, &schedule, violation.invariant);
            let expected = Verdict::StillFails {
                invariant: violation.invariant,
                witness: violation.witness,
                image: violation.image,
            };
            assert_eq!(again.verdict, expected, "seed {seed}");
            replayed += 1;
        }
    }
    replayed
}

fn bank(batches: u32, checkpoint: Ratio) -> BankTransfers {
    let group = InclusiveRange::between(1, 3);
    let never = Ratio::NEVER;
    BankTransfers::new(BankConfig {
        batches,
        group_commit: group,
        checkpoint,
        rotate: never,
        reopen: never,
        read: never,
        ..BankConfig::default()
    })
    .unwrap()
}

fn store(kind: StoreKind, segment_bytes: Option<u64>, bank: BankTransfers) -> EventStoreJob {
    let option = |bytes| ("segment_bytes".to_owned(), OptionValue::Integer(bytes));
    let options: OptionMap = segment_bytes.map(option).into_iter().collect();
    let ids = catalogue::INVARIANTS
        .iter()
        .map(|invariant| invariant.id)
        .collect::<Vec<_>>();
    EventStoreJob::event_store(kind.options(&options).unwrap(), bank, &ids).unwrap()
}

#[test]
fn every_violation_of_the_naive_store_comes_back() {
    silence_subject_panics();
    let job = store(StoreKind::Ndjson, None, bank(20, Ratio::NEVER));
    for crash in [
        CrashMode::PowerLoss,
        CrashMode::ProcessCrash,
        CrashMode::ProcessThenPower,
    ] {
        let lives = if crash == CrashMode::ProcessThenPower {
            2
        } else {
            1
        };
        assert!(
            replay_all(&job, &config(crash, "ext4-ordered", lives), 0..4) > 4,
            "{crash:?}"
        );
    }
}

#[test]
fn every_violation_of_the_notes_log_comes_back_over_lives_and_inside_recovery() {
    let often = Ratio::new(1, 4).unwrap();
    let job = store(StoreKind::WalNote, Some(4096), bank(24, often));
    for profile in ["posix-minimum", "ext4-ordered"] {
        assert!(
            replay_all(&job, &config(CrashMode::PowerLoss, profile, 3), 0..6) > 6,
            "{profile}"
        );
    }
}

fn violation(fault: Fault, config: &RunConfig) -> (Seed, Violation) {
    let found = (0..50).map(Seed).find_map(|seed| {
        let violations = run(&job(fault), config, seed).violations;
        Some((
            seed,
            violations
                .into_iter()
                .find(|v| v.invariant == "durable-ack")?,
        ))
    });
    found.expect("the fault is found within fifty runs")
}

#[test]
fn a_barrier_that_covers_the_choice_is_named_as_the_reason() {
    let config = config(CrashMode::PowerLoss, "ext4-ordered", 1);
    let (seed, violation) = violation(Fault::NoSync, &config);
    let again = replay(
        &job(Fault::None),
        &config,
        seed,
        &violation.schedule,
        violation.invariant,
    );
    let Verdict::Survives(reason) = again.verdict else {
        panic!("{:?}", again.verdict)
    };
    assert!(
        reason.starts_with("a barrier now makes certain: "),
        "{reason}"
    );
    assert!(reason.contains("of write numbers"), "{reason}");
}

#[test]
fn a_subject_that_works_on_other_files_makes_the_reproducer_stale() {
    let config = config(CrashMode::PowerLoss, "ext4-ordered", 1);
    let (seed, violation) = violation(Fault::NoSync, &config);
    let changed = job(Fault::NoSyncElsewhere);
    let again = replay(
        &changed,
        &config,
        seed,
        &violation.schedule,
        violation.invariant,
    );
    let Verdict::Stale(divergence) = again.verdict else {
        panic!("{:?}", again.verdict)
    };
    let told = divergence.to_string();
    assert_eq!(
        told,
        "operation 1 was `create numbers` and is `create others`"
    );
}

#[test]
fn a_panic_an_endless_recovery_and_a_failing_operation_are_verdicts() {
    silence_subject_panics();
    let config = config(CrashMode::PowerLoss, "posix-minimum", 1);
    let said = |fault, invariant: &str| {
        let outcomes = (0..50).map(|seed| run(&job(fault), &config, Seed(seed)));
        let violations = outcomes.flat_map(|outcome| outcome.violations);
        let mut wanted = violations.filter(|violation| violation.invariant == invariant);
        wanted
            .next()
            .map(|violation| violation.witness.shown)
            .unwrap_or_default()
    };
    let panic = said(Fault::Panics, "recovery-succeeds");
    assert!(panic.starts_with("panicked: a torn number"), "{panic}");
    let endless = said(Fault::Loops, "recovery-succeeds");
    assert!(
        endless.contains("more than 2000 operations on the filesystem"),
        "{endless}"
    );
    let failing = said(Fault::FailsAtThree, "operations-succeed");
    assert!(
        failing.contains("operation #2 returned an error: two are enough"),
        "{failing}"
    );
    assert!(replay_all(&job(Fault::Panics), &config, 0..10) > 0);
    assert!(replay_all(&job(Fault::FailsAtThree), &config, 0..2) > 0);
}

#[test]
fn a_correct_subject_has_no_violation_and_lives_on() {
    for crash in [
        CrashMode::PowerLoss,
        CrashMode::ProcessCrash,
        CrashMode::ProcessThenPower,
    ] {
        let config = config(crash, "ext4-ordered", 4);
        for seed in (0..40).map(Seed) {
            let outcome = run(&job(Fault::None), &config, seed);
            assert_eq!(outcome.violations, [], "{crash:?}, seed {seed}");
            assert_eq!(
                outcome,
                run(&job(Fault::None), &config, seed),
                "the same twice"
            );
        }
    }
    let _: Numbers = Numbers(Fault::None);
}

/// A disk whose recovery was forgotten used to count as another one when it came again.
#[test]
fn a_disk_is_counted_once_though_its_recovery_is_forgotten() {
    let naive = StoreKind::Ndjson.options(&OptionMap::new()).unwrap();
    let bank = bank(48, Ratio::NEVER);
    let job = EventStoreJob::event_store(naive, bank, &["recovery-succeeds"]).unwrap();
    let everything = RunConfig {
        in_recovery: 0,
        mode: Mode::Exhaustive,
        ..config(CrashMode::PowerLoss, "ext4-ordered", 1)
    };
    let outcome = run(&job, &everything, Seed(1));
    let recoveries = outcome.recoveries;
    assert!(recoveries > 2048, "{recoveries} are too few to forget any");
    assert!(
        outcome.distinct_images < outcome.recoveries,
        "{} disks, {} recoveries",
        outcome.distinct_images,
        outcome.recoveries
    );
}

/// A count that somebody wrote into a reproducer used to be counted down to its end.
#[test]
fn an_anchor_beyond_the_trace_ends_where_the_barriers_end() {
    let config = config(CrashMode::PowerLoss, "ext4-ordered", 1);
    let (seed, violation) = violation(Fault::NoSync, &config);
    let mut schedule = violation.schedule;
    let choice = schedule.crashes.last_mut().unwrap();
    choice.trace = tornwrite::base::Digest::default();
    choice.anchor.marks = u32::MAX;
    choice.anchor.then = u32::MAX;
    let again = replay(
        &job(Fault::NoSync),
        &config,
        seed,
        &schedule,
        violation.invariant,
    );
    let laid = !matches!(again.verdict, Verdict::Stale(_));
    assert!(laid, "{:?}", again.verdict);
}

/// More pages than the write in flight has used to overflow the offset at which it was cut.
#[test]
fn a_write_in_flight_is_cut_within_its_pages() {
    let job = store(StoreKind::Ndjson, None, bank(20, Ratio::NEVER));
    let config = config(CrashMode::ProcessCrash, "ext4-ordered", 1);
    let found = (0..20).map(Seed).find_map(|seed| {
        let violations = run(&job, &config, seed).violations;
        let cut = |violation: &Violation| violation.schedule.crashes[0].pages_in_flight > 0;
        Some((seed, violations.into_iter().find(cut)?))
    });
    let (seed, mut violation) = found.expect("a write is cut in one of twenty runs");
    violation.schedule.crashes[0].pages_in_flight = u64::MAX;
    replay(
        &job,
        &config,
        seed,
        &violation.schedule,
        violation.invariant,
    );
}
