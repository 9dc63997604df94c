//! Kept violations against a subject that has changed: fixed, still failing, or stale, and for which reason.
#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

#[path = "changed_subjects/shape.rs"]
mod shape;
#[expect(dead_code, reason = "this file brings a subject of its own")]
mod support;

use shape::{CARELESS, Shape, job};
use support::config;
use tornwrite::{
    base::Seed,
    run::{CrashMode, RunConfig, Schedule, Verdict, replay, run},
    scenario::Scenario,
    store::OptionValue,
};

/// A violation of the careless list in which something of each of these operations is lost.
fn found(config: &RunConfig, operations: &[&str]) -> (Seed, Schedule) {
    let wanted = |schedule: &Schedule| {
        let last = schedule.crashes.last().unwrap();
        let loses = |name: &str| last.lost.iter().any(|lost| lost.operation == name);
        schedule.in_recovery.is_empty()
            && schedule.crashes.len() == config.lives as usize
            && operations.iter().all(|name| loses(name))
    };
    let all = (0..400).map(Seed).flat_map(|seed| {
        let violations = run(&job(CARELESS), config, seed).violations;
        violations.into_iter().map(move |found| (seed, found))
    });
    let mut all = all.filter(|(_, found)| found.invariant == "durable-ack");
    let found = all.find(|(_, found)| wanted(&found.schedule));
    let (seed, found) = found.expect("one of 400 runs");
    (seed, found.schedule)
}

fn verdict(shape: Shape, config: &RunConfig, (seed, schedule): &(Seed, Schedule)) -> Verdict {
    replay(&job(shape), config, *seed, schedule, "durable-ack").verdict
}

fn reason(verdict: Verdict) -> String {
    match verdict {
        Verdict::Survives(reason) => reason,
        other => panic!("{other:?}"),
    }
}

fn staleness(verdict: Verdict) -> String {
    match verdict {
        Verdict::Stale(divergence) => divergence.to_string(),
        other => panic!("{other:?}"),
    }
}

fn fails(verdict: &Verdict) -> bool {
    matches!(
        verdict,
        Verdict::StillFails {
            invariant: "durable-ack",
            ..
        }
    )
}

fn one_life() -> RunConfig {
    config(CrashMode::PowerLoss, "posix-minimum", 1)
}

#[test]
fn an_added_barrier_is_named_with_what_it_makes_certain() {
    let config = one_life();
    let kept = found(&config, &["write list"]);
    assert!(fails(&verdict(CARELESS, &config, &kept)));
    let careful = Shape {
        syncs_list: true,
        syncs_tags: true,
        ..CARELESS
    };
    let told = reason(verdict(careful, &config, &kept));
    assert!(told.starts_with("a barrier now makes certain: "), "{told}");
    assert!(
        told.contains(" of write list") && told.contains(" (by fdatasync "),
        "{told}"
    );
}

/// A choice that is laid in part used to be told as if all of it were covered.
#[test]
fn what_is_covered_and_what_may_still_be_lost_are_told_apart() {
    let config = one_life();
    let kept = found(&config, &["write list", "write tags"]);
    let syncs_tags = Shape {
        syncs_tags: true,
        ..CARELESS
    };
    assert!(
        fails(&verdict(syncs_tags, &config, &kept)),
        "the list is lost as before"
    );
    let syncs_list = Shape {
        syncs_list: true,
        ..CARELESS
    };
    let told = reason(verdict(syncs_list, &config, &kept));
    let (certain, still) = told
        .split_once("; what may still be lost does no harm: ")
        .unwrap();
    assert!(
        certain.contains("of write list") && !certain.contains("tags"),
        "{told}"
    );
    assert!(
        still.contains("of write tags") && !still.contains("list"),
        "{told}"
    );
}

#[test]
fn without_a_file_that_was_lost_it_still_fails_or_is_stale() {
    let config = one_life();
    let kept = found(&config, &["write list", "write tags"]);
    let removed = Shape {
        has_tags: false,
        ..CARELESS
    };
    assert!(
        fails(&verdict(removed, &config, &kept)),
        "what there is of it is enough"
    );
    let synced = Shape {
        syncs_list: true,
        ..removed
    };
    assert_eq!(
        staleness(verdict(synced, &config, &kept)),
        "operation 2 was `create tags` and is `write list`"
    );
}

/// Another length of a write used to be stale at once, whether or not the bug is still there.
#[test]
fn with_other_sizes_of_writes_it_still_fails_or_is_fixed() {
    let config = one_life();
    let kept = found(&config, &["write list"]);
    let longer = Shape {
        number_bytes: 700,
        ..CARELESS
    };
    assert!(fails(&verdict(longer, &config, &kept)));
    let synced = Shape {
        syncs_list: true,
        syncs_tags: true,
        ..longer
    };
    let told = reason(verdict(synced, &config, &kept));
    assert!(told.starts_with("a barrier now makes certain: "), "{told}");
    // A list that forgives everything tells nothing of a loss that has no place.
    let mut elsewhere = kept.clone();
    let lost = &mut elsewhere.1.crashes[0].lost;
    lost.retain(|lost| lost.part.starts_with("size"));
    lost[0].part = "size 4321".to_owned();
    lost.truncate(1);
    let nth = lost[0].nth;
    let told = staleness(verdict(CARELESS, &config, &elsewhere));
    assert!(
        told.ends_with("had `size 4321` and has not today"),
        "{nth}: {told}"
    );
}

/// The crash used to be laid where the promise had not come yet: a bug that is still there was called fixed.
#[test]
fn a_promise_that_comes_later_moves_the_crash_with_it() {
    let config = one_life();
    let kept = found(&config, &["write list"]);
    let late = Shape {
        acknowledges_late: true,
        ..CARELESS
    };
    assert!(fails(&verdict(late, &config, &kept)));
    let synced = Shape {
        syncs_list: true,
        syncs_tags: true,
        ..late
    };
    let told = reason(verdict(synced, &config, &kept));
    assert!(told.starts_with("a barrier now makes certain: "), "{told}");
    let mut promised = kept.clone();
    promised.1.crashes[0].anchor.acknowledged = 99;
    promised.1.crashes[0].trace = tornwrite::base::Digest::default();
    let told = reason(verdict(synced, &config, &promised));
    assert!(
        told.ends_with(" that came before the crash no longer come"),
        "{told}"
    );
}

/// What is new used to survive, and to bring back what it needs: a bug that is still there was called fixed.
#[test]
fn what_is_new_does_not_bring_back_what_is_lost() {
    let config = RunConfig {
        in_recovery: 0,
        ..config(CrashMode::PowerLoss, "ext4-ordered-observed", 1)
    };
    let kept = found(&config, &["write list"]);
    let swapping = Shape {
        swaps: true,
        ..CARELESS
    };
    let verdict = verdict(swapping, &config, &kept);
    assert!(fails(&verdict), "{verdict:?}");
}

/// What is new used to survive always: a second file that nobody syncs looked like a cure.
#[test]
fn what_is_new_may_be_lost_as_well() {
    let config = one_life();
    let kept = found(&config, &["write list"]);
    let doubling = Shape {
        doubles: true,
        ..CARELESS
    };
    let verdict = verdict(doubling, &config, &kept);
    assert!(fails(&verdict), "{verdict:?}");
}

/// A crash that loses nothing, and then the one that was found.
fn twice((seed, mut schedule): (Seed, Schedule)) -> (Seed, Schedule) {
    let mut first = schedule.crashes[0].clone();
    first.lost.clear();
    schedule.crashes.insert(0, first);
    (seed, schedule)
}

/// That used to be a success: "an earlier recovery now fails in another way".
#[test]
fn an_earlier_recovery_that_fails_now_is_a_failure() {
    let (seed, schedule) = twice(found(&one_life(), &["write list"]));
    let config = config(CrashMode::PowerLoss, "posix-minimum", 2);
    let refusing = Shape {
        refuses: true,
        ..CARELESS
    };
    let again = replay(&job(refusing), &config, seed, &schedule, "durable-ack");
    assert!(
        matches!(
            again.verdict,
            Verdict::StillFails {
                invariant: "recovery-succeeds",
                ..
            }
        ),
        "{:?}",
        again.verdict
    );
}

#[test]
fn of_several_lives_the_one_that_differs_is_named() {
    let (seed, mut schedule) = twice(found(&one_life(), &["write list"]));
    let config = config(CrashMode::PowerLoss, "posix-minimum", 2);
    schedule.crashes[1].anchor.after = "write nothing".to_owned();
    schedule.crashes[1].operations = vec!["write nothing".to_owned()];
    schedule.crashes[1].trace = tornwrite::base::Digest::default();
    let told = staleness(verdict(CARELESS, &config, &(seed, schedule)));
    assert!(told.starts_with("in life 2 of 2, operation "), "{told}");
}

fn scenario(name: &str) -> Scenario {
    let path = format!("{}/scenarios/{name}.toml", env!("CARGO_MANIFEST_DIR"));
    let bytes = std::fs::read(path).unwrap();
    let parsed = Scenario::parse(name, name, &bytes).unwrap();
    parsed.by_profile().next().unwrap()
}

#[test]
fn a_damaged_place_and_a_failed_operation_that_are_not_there_are_stale() {
    let rotten = scenario("ndjson-bit-rot");
    let (job, config) = (rotten.job().unwrap(), rotten.run_config().unwrap());
    let found = (0..100).map(Seed).find_map(|seed| {
        let violations = run(&job, &config, seed).violations;
        let is_flipped = |choice: &tornwrite::run::CrashChoice| choice.media.is_some();
        let mut rotten = violations.into_iter();
        let found = rotten.find(|found| found.schedule.crashes.iter().any(is_flipped));
        Some((seed, found?))
    });
    let (seed, found) = found.unwrap();
    let text = serde_json::to_string(&found.schedule).unwrap();
    let sector = text.find("\"sector\":").unwrap() + "\"sector\":".len();
    let far: String = format!("{}77{}", &text[..sector], &text[sector..]);
    let schedule = serde_json::from_str(&far).unwrap();
    let verdict = replay(&job, &config, seed, &schedule, found.invariant).verdict;
    let told = staleness(verdict);
    assert!(told.starts_with("there is no such place today: "), "{told}");

    let gate = scenario("wal-note-fsyncgate");
    let (job, config) = (gate.job().unwrap(), gate.run_config().unwrap());
    let found = (0..100).map(Seed).find_map(|seed| {
        let found = run(&job, &config, seed).violations.into_iter().next();
        found.map(|found| (seed, found))
    });
    let (seed, found) = found.unwrap();
    let mut schedule = found.schedule;
    for error in &mut schedule.errors[0] {
        error.operation = "fsync wal/000099.log".to_owned();
    }
    let verdict = replay(&job, &config, seed, &schedule, found.invariant).verdict;
    let told = staleness(verdict);
    assert!(
        told.contains("into `fsync wal/000099.log` number "),
        "{told}"
    );
}

/// What was found while a precaution was left out does not come back once it is taken again.
#[test]
fn a_log_with_its_precaution_is_told_to_be_fixed() {
    let cases = [
        ("wal-power-loss", "fresh-segment"),
        ("wal-power-loss", "whole-batch"),
        ("wal-power-loss", "sync-before-segment"),
        ("wal-power-loss", "recovery-removes-last"),
        ("wal-power-loss", "removal-after-snapshot"),
        ("wal-checkpoint-rotate", "temporary-snapshot"),
    ];
    let mut fixed = 0;
    for (name, left_out) in cases {
        let whole = scenario(name);
        let mut without = whole.clone();
        let option = OptionValue::from(left_out);
        without.subject.options.insert("without".to_owned(), option);
        let (job, config) = (without.job().unwrap(), without.run_config().unwrap());
        let violations = (0..4).map(Seed).flat_map(|seed| {
            let violations = run(&job, &config, seed).violations;
            violations.into_iter().map(move |found| (seed, found))
        });
        let violations: Vec<_> = violations.collect();
        assert!(!violations.is_empty(), "{left_out}");
        let repaired = whole.job().unwrap();
        for (seed, found) in violations {
            let verdict =
                replay(&repaired, &config, seed, &found.schedule, found.invariant).verdict;
            let fails = matches!(verdict, Verdict::StillFails { .. });
            assert!(!fails, "{left_out}, seed {seed}: {verdict:?}");
            fixed += usize::from(matches!(verdict, Verdict::Survives(_)));
        }
    }
    assert!(fixed > 10, "{fixed} of them");
}
