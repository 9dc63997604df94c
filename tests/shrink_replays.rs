//! What is shrunk replays from its text, violates the same invariant and is missing the same ordering, and shrinks to the
//! same bytes each time.
//!
//! All violations of the shipped scenarios, scenario by scenario, seed by seed, until there are enough: a few in an ordinary
//! run, 200 with `--ignored`.
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use std::{
    collections::BTreeSet,
    path::PathBuf,
    sync::atomic::AtomicBool,
    time::{Duration, Instant},
};

use tornwrite::{
    base::Seed,
    campaign::{REPRODUCER_VERSION, Reproducer, Sentences, token},
    profile::Profile,
    run::{
        EventStoreJob, ListedWorkload, Missing, RunConfig, Verdict, Violation as Found,
        finding_signature, missing, replay, run, silence_subject_panics,
    },
    scenario::Scenario,
    shrink::{Bounds, End, Shrunk, Size, Unobserved, Violation, shrink},
    workload::{ListedOperations, Operation},
};

/// Seeds of a scenario that are tried at most.
const SEEDS: u64 = 120;

fn scenarios() -> Vec<Scenario> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios");
    let files = std::fs::read_dir(folder).unwrap();
    let mut files: Vec<PathBuf> = files.map(|file| file.unwrap().path()).collect();
    files.retain(|file| {
        file.extension()
            .is_some_and(|extension| extension == "toml")
    });
    files.sort();
    let parsed = files.iter().flat_map(|file| {
        let stem = file.file_stem().unwrap().to_string_lossy();
        let text = std::fs::read(file).unwrap();
        let scenario = Scenario::parse(&file.display().to_string(), &stem, &text).unwrap();
        scenario.by_profile().collect::<Vec<_>>()
    });
    // What is expected to be clean is, which other tests see to.
    let violates = |scenario: &Scenario| !format!("{:?}", scenario.check.expect).contains("Clean");
    parsed.filter(violates).collect()
}

/// A violation of a scenario.
struct Case {
    scenario: Scenario,
    seed: Seed,
    found: Found,
}

/// The first violations, as many of each scenario as of each other one, as far as there are any.
fn cases(count: usize) -> Vec<Case> {
    let scenarios = scenarios();
    let of_each = count.div_ceil(scenarios.len());
    let mut lists: Vec<_> = scenarios
        .iter()
        .map(|scenario| of(scenario, of_each))
        .collect();
    let mut missing = count.saturating_sub(lists.iter().map(Vec::len).sum());
    // Where a scenario has too few, others give more.
    for (list, scenario) in lists.iter_mut().zip(&scenarios) {
        if missing > 0 && list.len() == of_each {
            *list = of(scenario, of_each + missing);
            missing = missing.saturating_sub(list.len() - of_each);
        }
    }
    let mut cases: Vec<Case> = lists.into_iter().flatten().collect();
    cases.truncate(count);
    cases
}

fn of(scenario: &Scenario, count: usize) -> Vec<Case> {
    let (job, config) = (scenario.job().unwrap(), scenario.run_config().unwrap());
    let violations = (0..SEEDS).map(Seed).flat_map(|seed| {
        let violations = run(&job, &config, seed).violations.into_iter();
        violations.map(move |found| (seed, found))
    });
    let case = |(seed, found)| Case {
        scenario: scenario.clone(),
        seed,
        found,
    };
    violations.take(count).map(case).collect()
}

fn shrunk(case: &Case, stop: &AtomicBool) -> Shrunk<Operation> {
    let job = case.scenario.job().unwrap();
    let config = case.scenario.run_config().unwrap();
    let violation = Violation {
        config: &config,
        seed: case.seed,
        schedule: &case.found.schedule,
        invariant: case.found.invariant,
    };
    shrink(&job, &violation, Bounds::default(), &mut Unobserved, stop).unwrap()
}

/// The reproducer, as the command line writes it.
fn text(case: &Case, shrunk: &Shrunk<Operation>) -> String {
    let config: &RunConfig = &shrunk.config;
    let mut scenario = case.scenario.clone();
    assert!(Profile::find(config.profile.name).is_some());
    scenario.crash.profiles = vec![config.profile];
    scenario.crash.devices = vec![config.device];
    scenario.crash.lives = config.lives;
    scenario.crash.in_recovery = config.in_recovery;
    let reproducer = Reproducer {
        version: REPRODUCER_VERSION,
        seed_version: tornwrite::base::SEED_VERSION,
        tornwrite: String::new(),
        id: String::new(),
        scenario,
        seed: case.seed,
        invariant: case.found.invariant.to_owned(),
        witness: Sentences::from(&shrunk.witness),
        signature: finding_signature(&shrunk.schedule),
        operations: Some(ListedOperations(shrunk.operations.clone())),
        schedule: shrunk.schedule.clone(),
        image: shrunk.image,
        died: None,
    };
    serde_json::to_string_pretty(&reproducer).unwrap()
}

/// What a replay of the text violates, and what it is missing.
fn replayed(text: &str) -> (Verdict, Missing) {
    let read: Reproducer<Scenario> = serde_json::from_str(text).unwrap();
    // A token holds the same.
    let token = token::encode(&read).unwrap();
    let unpacked: Reproducer<Scenario> = token::decode(&token).unwrap();
    assert_eq!(unpacked, read);
    let scenario = read.scenario;
    let mut job: EventStoreJob = scenario.job().unwrap();
    let operations = read.operations.unwrap().0;
    job.workload = Box::new(ListedWorkload::new(operations, job.workload));
    let config = scenario.run_config().unwrap();
    let again = replay(&job, &config, read.seed, &read.schedule, &read.invariant);
    let missing = missing(&job, &config, read.seed, &read.schedule, &again).unwrap();
    (again.verdict, missing)
}

/// What the violation was missing before it was shrunk.
fn original(case: &Case) -> String {
    let (job, config) = (
        case.scenario.job().unwrap(),
        case.scenario.run_config().unwrap(),
    );
    let (seed, schedule) = (case.seed, &case.found.schedule);
    let first = replay(&job, &config, seed, schedule, case.found.invariant);
    missing(&job, &config, seed, schedule, &first)
        .unwrap()
        .identity()
}

fn size(case: &Case, shrunk: &Shrunk<Operation>) {
    let no_larger = |one: &Size, other: &Size| {
        one.lives <= other.lives
            && one.operations <= other.operations
            && one.errors <= other.errors
            && one.in_recovery <= other.in_recovery
    };
    let (from, to) = (&shrunk.from, &shrunk.to);
    assert!(
        no_larger(to, from),
        "{}: {from} to {to}",
        case.scenario.name
    );
}

#[expect(
    clippy::print_stdout,
    reason = "the times are what a person wants to know"
)]
fn every_one_replays(count: usize) {
    silence_subject_panics();
    let cases = cases(count);
    assert_eq!(cases.len(), count, "there are too few violations");
    let mut times: Vec<Duration> = Vec::new();
    for case in &cases {
        let name = format!(
            "{}, seed {}, {}",
            case.scenario.name, case.seed, case.found.invariant
        );
        #[expect(clippy::disallowed_methods, reason = "how long it takes is told")]
        let begun = Instant::now();
        let shrunk = shrunk(case, &AtomicBool::new(false));
        times.push(begun.elapsed());
        size(case, &shrunk);
        let (verdict, missing) = replayed(&text(case, &shrunk));
        let expected = Verdict::StillFails {
            invariant: case.found.invariant,
            witness: shrunk.witness.clone(),
            image: shrunk.image,
        };
        assert_eq!(verdict, expected, "{name}");
        assert_eq!(missing.identity(), original(case), "{name}");
    }
    times.sort_unstable();
    println!(
        "{count} violations: median {:?}, longest {:?}",
        times[count / 2],
        times[count - 1]
    );
}

#[test]
fn a_shrunk_reproducer_replays_with_the_same_invariant_and_the_same_missing_ordering() {
    every_one_replays(12);
}

#[test]
#[ignore = "takes a minute in release; the same of two hundred"]
fn two_hundred_shrunk_reproducers_replay() {
    every_one_replays(200);
}

/// The store of this scenario loses acknowledged batches in more than one way: the name of a segment, of the folder, or both.
#[test]
fn a_violation_never_turns_into_another_bug_of_the_same_invariant() {
    silence_subject_panics();
    let mut scenarios = scenarios();
    scenarios.retain(|scenario| scenario.name == "wal-note-lost-segment");
    let mut kinds = BTreeSet::new();
    for case in of(&scenarios[0], 8) {
        let shrunk = shrunk(&case, &AtomicBool::new(false));
        let kind = original(&case);
        assert_eq!(shrunk.missing.identity(), kind, "seed {}", case.seed);
        kinds.insert(kind);
    }
    assert!(kinds.len() >= 3, "{kinds:#?}");
}

#[test]
fn the_same_violation_shrinks_to_the_same_bytes() {
    silence_subject_panics();
    let mut cases = cases(12);
    cases.retain(|case| {
        case.scenario.name.contains("behind") || case.scenario.name.contains("fsyncgate")
    });
    assert!(!cases.is_empty());
    for case in &cases {
        let again = || text(case, &shrunk(case, &AtomicBool::new(false)));
        assert_eq!(again(), again(), "{}", case.scenario.name);
    }
}

#[test]
fn a_search_that_is_stopped_keeps_what_it_has() {
    silence_subject_panics();
    let case = cases(1).remove(0);
    let shrunk = shrunk(&case, &AtomicBool::new(true));
    assert_eq!((shrunk.end, shrunk.to), (End::Stopped, shrunk.from));
    let (verdict, missing) = replayed(&text(&case, &shrunk));
    assert!(matches!(verdict, Verdict::StillFails { .. }), "{verdict:?}");
    assert_eq!(missing.identity(), original(&case));
}

#[test]
fn bounds_end_the_search_with_the_best_so_far() {
    silence_subject_panics();
    let case = cases(1).remove(0);
    let (job, config) = (
        case.scenario.job().unwrap(),
        case.scenario.run_config().unwrap(),
    );
    let violation = Violation {
        config: &config,
        seed: case.seed,
        schedule: &case.found.schedule,
        invariant: case.found.invariant,
    };
    let bounds = Bounds {
        executions: 3,
        states: 1_000,
    };
    let stop = AtomicBool::new(false);
    let shrunk = shrink(&job, &violation, bounds, &mut Unobserved, &stop).unwrap();
    assert_eq!(shrunk.end, End::Bounds);
    assert!(shrunk.executions <= 3 + 8, "{}", shrunk.executions);
    let (verdict, _) = replayed(&text(&case, &shrunk));
    assert!(matches!(verdict, Verdict::StillFails { .. }), "{verdict:?}");
}
