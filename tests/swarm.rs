//! What swarm finds, and that a run is the same again however it is looked at.

#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod program;

use tornwrite::{
    base::Seed,
    run::{RunConfig, Verdict, left_out, replay, run, silence_subject_panics},
    scenario::Scenario,
    store::StoreKind,
};

fn scenario(name: &str) -> Scenario {
    let text = std::fs::read(path(name)).unwrap();
    Scenario::parse(&path(name), name, &text).unwrap()
}

fn path(name: &str) -> String {
    format!("{}/scenarios/{name}.toml", env!("CARGO_MANIFEST_DIR"))
}

/// Runs of these seeds in which something is violated.
fn violating(scenario: &Scenario, seeds: u64) -> usize {
    let (job, config) = (scenario.job().unwrap(), scenario.run_config().unwrap());
    let runs = (0..seeds).filter(|seed| run(&job, &config, Seed(*seed)).is_violating());
    runs.count()
}

#[test]
fn what_hides_behind_frequent_errors_is_found_in_a_fraction_of_the_runs() {
    let with = scenario("wal-note-fsync-behind-errors");
    let mut without = with.clone();
    without.crash.swarm = false;
    let (with, without) = (violating(&with, 300), violating(&without, 300));
    assert!(
        without > 0 && with >= 3 * without,
        "{with} with swarm, {without} without"
    );
}

#[test]
fn what_is_left_out_is_left_out_again_by_a_replay() {
    silence_subject_panics();
    let mut differing = 0;
    for name in [
        "wal-note-fsync-behind-errors",
        "wal-note-truncate-in-place",
        "wal-note-behind-torn-tail",
        "ndjson-process-crash",
    ] {
        let mut scenario = scenario(name);
        scenario.crash.swarm = true;
        if scenario.subject.store == StoreKind::WalNote {
            scenario.workload.checkpoint = "1/2".parse().unwrap();
        }
        let (job, config) = (scenario.job().unwrap(), scenario.run_config().unwrap());
        let whole = RunConfig {
            swarm: false,
            ..config.clone()
        };
        let mut replayed = 0;
        for seed in (0..60).map(Seed) {
            let outcome = run(&job, &config, seed);
            assert_eq!(outcome.left_out, left_out(&job, &config, seed));
            for found in outcome.violations {
                let again = replay(&job, &config, seed, &found.schedule, found.invariant);
                let is_same = matches!(
                    &again.verdict,
                    Verdict::StillFails { invariant, image, .. }
                        if *invariant == found.invariant && *image == found.image
                );
                assert!(is_same, "{name}, seed {seed}: {:?}", again.verdict);
                replayed += 1;
                // Whoever forgets what was left out asks for more, even if the crash finds its place in that too.
                if outcome
                    .left_out
                    .iter()
                    .any(|word| word == "operation checkpoint")
                {
                    let forgets = replay(&job, &whole, seed, &found.schedule, found.invariant);
                    differing += usize::from(forgets.timelines != again.timelines);
                }
            }
        }
        assert!(replayed > 0, "{name}: nothing was replayed");
    }
    assert!(differing > 10, "{differing}");
}

#[test]
fn a_seed_is_replayed_and_shrunk_and_told_what_was_left_out() {
    let scenario = scenario("wal-note-fsync-behind-errors");
    let (job, config) = (scenario.job().unwrap(), scenario.run_config().unwrap());
    let seed = (0..300).map(Seed).find(|seed| {
        !left_out(&job, &config, *seed).is_empty() && run(&job, &config, *seed).is_violating()
    });
    let seed = seed.unwrap();
    let directory = tempfile::tempdir().unwrap();
    let tornwrite =
        |arguments: &[&str]| program::stdout(&program::tornwrite(&directory, arguments));
    let (path, number) = (path("wal-note-fsync-behind-errors"), seed.to_string());
    let shown = tornwrite(&["replay", "--scenario", &path, "--seed", &number]);
    let told: Vec<&str> = shown.split_whitespace().collect();
    let without = left_out(&job, &config, seed).join(", ");
    let told = told.join(" ");
    assert!(
        told.contains(&format!("left out of this run: {without}")),
        "{shown}"
    );
    assert!(told.contains("STILL FAILS"), "{shown}");
    let shrunk = tornwrite(&[
        "shrink",
        "--scenario",
        &path,
        "--seed",
        &number,
        "--out",
        "m.json",
    ]);
    let again = tornwrite(&["replay", "m.json"]);
    assert!(again.contains("STILL FAILS"), "{shrunk}\n{again}");
}
