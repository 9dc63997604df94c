//! The command line as a user meets it: exit codes, messages, files.
#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod program;

use std::{fs, path::Path};

use tempfile::TempDir;
use tornwrite::{base::SEED_VERSION, report::grouped};

use program::{command, exit, stderr, stdout, tornwrite};

const SCENARIO: &str = "version = 1\n[subject]\nstore = \"ndjson\"\n[workload]\nbatches = 6\n\
    [crash]\nlives = 1\nin_recovery = 0\nstates_per_run = 8\n[check]\ninvariants = [\"durable-ack\"]\n\
    expect = [\"durable-ack\"]\n[budget]\nruns = 10\n";

/// A folder with a scenario file `s.toml`.
fn with(scenario: impl AsRef<[u8]>) -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("s.toml"), scenario).unwrap();
    directory
}

#[test]
fn a_malformed_scenario_is_refused_with_its_place_and_the_nearest_name() {
    let edit = |from: &str, to: &str| SCENARIO.replace(from, to);
    let cases = [
        (
            edit("batches", "batchez"),
            "s.toml:5:1: unknown key `batchez`; the nearest is `batches`",
        ),
        (
            edit("lives = 1", "lives = \"1\""),
            "s.toml:7:9: invalid type: string \"1\"",
        ),
        (
            edit("ndjson", "ndjsn"),
            "s.toml:3:9: unknown store `ndjsn`; the nearest is `ndjson`",
        ),
        (
            edit("batches = 6", "accounts = 0"),
            "s.toml:5:12: accounts = 0 is out of range",
        ),
        (
            edit("batches = 6", "payload_bytes = \"9..=1\""),
            "s.toml:5:17: `9..=1` is no range",
        ),
        (
            edit("version = 1", "version = 2"),
            "s.toml:1:11: version 2 is not supported: expected 1",
        ),
        (String::new(), "s.toml:1:1: missing key `version`"),
    ];
    for (text, expected) in cases {
        let directory = with(&text);
        let output = tornwrite(directory.path(), &["run", "s.toml"]);
        assert_eq!(exit(&output), 2, "{text}");
        let said = stderr(&output);
        assert!(
            said.starts_with(&format!("error: {expected}")),
            "{said}\nnot\n{expected}"
        );
        assert!(
            !directory.path().join("reports").exists(),
            "nothing is written before it is known"
        );
    }
}

#[test]
fn a_file_that_is_no_text_or_too_large_or_missing_is_refused() {
    let directory = with(b"version = 1\n\xff");
    let output = tornwrite(directory.path(), &["run", "s.toml"]);
    assert_eq!(exit(&output), 2);
    assert!(
        stderr(&output).contains("s.toml:2:1: not UTF-8"),
        "{}",
        stderr(&output)
    );

    let file = fs::File::create(directory.path().join("large.toml")).unwrap();
    file.set_len(100 << 20).unwrap();
    let output = tornwrite(directory.path(), &["run", "large.toml"]);
    assert_eq!(exit(&output), 2);
    assert!(stderr(&output).contains("large.toml:1:1: 104857600 bytes are too many"));

    let output = tornwrite(directory.path(), &["run", "none.toml"]);
    assert_eq!(exit(&output), 2);
    assert!(stderr(&output).contains("none.toml:1:1: there is no such file"));
}

#[test]
fn expectations_decide_the_exit_code() {
    let directory = with(SCENARIO);
    let run = |arguments: &[&str]| {
        let arguments = [&["run", "s.toml"], arguments].concat();
        tornwrite(directory.path(), &arguments)
    };
    let output = run(&[]);
    assert_eq!(exit(&output), 0, "{}", stderr(&output));
    assert!(stdout(&output).starts_with(&format!("seeds 0..10, seed version {SEED_VERSION}\n")));
    assert!(stdout(&output).ends_with("results: reports/s-0-10\n"));

    let output = run(&["--expect", "clean"]);
    assert_eq!(exit(&output), 100);
    let text = stdout(&output);
    for word in [
        "UNEXPECTED",
        "  Let ",
        "  Then ",
        "  However ",
        "  tornwrite replay reports/",
    ] {
        assert!(text.contains(word), "{text}");
    }
    assert_eq!(exit(&run(&["--runs", "0"])), 4);
    assert_eq!(exit(&run(&["--seeds", "5..5"])), 4);
    assert_eq!(exit(&run(&["--seeds", "9..5"])), 2);
    assert_eq!(
        exit(&run(&["--profile", "sequential"])),
        2,
        "of which nothing is expected"
    );
    assert_eq!(
        exit(&run(&["--profile", "sequential", "--expect", "violations"])),
        0
    );
    assert_eq!(exit(&run(&["--subject", "wal", "--expect", "clean"])), 0);
}

#[test]
fn the_number_of_jobs_changes_nothing() {
    let directory = with(SCENARIO);
    for jobs in ["1", "2"] {
        let arguments = [
            "run", "s.toml", "--runs", "40", "--jobs", jobs, "--out", jobs,
        ];
        assert_eq!(exit(&tornwrite(directory.path(), &arguments)), 0);
    }
    let file = |jobs: &str, name: &str| fs::read(directory.path().join(jobs).join(name)).unwrap();
    for name in ["summary.json", "campaign.json", "runs.ndjson"] {
        assert!(file("1", name) == file("2", name), "{name} differs");
    }
}

#[test]
fn exhaustive_mode_says_of_how_many_points_every_state_was_tried() {
    let scenarios = concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios/bank-wal.toml");
    let directory = with(fs::read(scenarios).unwrap());
    let arguments = [
        "run",
        "s.toml",
        "--mode",
        "exhaustive",
        "--runs",
        "3",
        "--out",
        "o",
        "-v",
    ];
    let output = tornwrite(directory.path(), &arguments);
    assert_eq!(exit(&output), 0, "{}", stderr(&output));
    let summary = fs::read(directory.path().join("o/summary.json")).unwrap();
    let summary: serde_json::Value = serde_json::from_slice(&summary).unwrap();
    let scenario = &summary["scenarios"][0];
    let number = |key: &str| scenario[key].as_u64().unwrap();
    assert_eq!(number("exhaustive_points"), number("crash_points"));
    assert!(number("crash_points") > 3 * 50);
    let states = &scenario["legal_states"];
    assert_eq!(states["countable_points"], number("crash_points"));
    assert_eq!(states["uncountable_points"], 0);
    assert_eq!(states["legal_states"], number("states_tried"), "each once");
    let [points, tried] = ["crash_points", "states_tried"].map(|key| grouped(number(key)));
    let said = format!("exhaustive: {points} of {points} crash points, ");
    assert!(stdout(&output).contains(&said), "{}", stdout(&output));
    let kinds = format!("states by choice: any {tried}");
    assert!(stdout(&output).contains(&kinds), "{}", stdout(&output));
}

#[test]
fn older_results_are_moved_aside() {
    let directory = with(SCENARIO);
    for _ in 0..3 {
        assert_eq!(
            exit(&tornwrite(directory.path(), &["run", "s.toml", "-q"])),
            0
        );
    }
    let reports = directory.path().join("reports");
    for name in ["s-0-10", "s-0-10.1", "s-0-10.2", "latest"] {
        assert!(reports.join(name).join("summary.json").is_file(), "{name}");
    }
    assert_eq!(
        fs::read_link(reports.join("latest")).unwrap(),
        Path::new("s-0-10")
    );
}

#[test]
fn a_place_that_cannot_hold_results_is_an_error_of_the_harness() {
    let directory = with(SCENARIO);
    let output = tornwrite(
        directory.path(),
        &["run", "s.toml", "--out", "s.toml/results"],
    );
    assert_eq!(exit(&output), 1);
    assert!(stderr(&output).starts_with("error: failed to make the folder for results s.toml/"));
    // A folder that holds something else is left alone.
    assert_eq!(
        exit(&tornwrite(
            directory.path(),
            &["run", "s.toml", "--out", "."]
        )),
        1
    );
    assert!(directory.path().join("s.toml").exists());
}

#[test]
fn every_finding_is_replayed_to_the_same_disk() {
    let directory = with(SCENARIO);
    assert_eq!(
        exit(&tornwrite(
            directory.path(),
            &["run", "s.toml", "--out", "o"]
        )),
        0
    );
    let mut replayed = 0;
    for entry in fs::read_dir(directory.path().join("o/violations")).unwrap() {
        let file = entry.unwrap().path().join("reproducer.json");
        let text = fs::read_to_string(&file).unwrap();
        let reproducer: serde_json::Value = serde_json::from_str(&text).unwrap();
        let output = tornwrite(directory.path(), &["replay", file.to_str().unwrap()]);
        assert_eq!(exit(&output), 100);
        let image = reproducer["image"].as_str().unwrap();
        let last = format!("STILL FAILS: durable-ack, disk {image}\n");
        assert!(stdout(&output).ends_with(&last), "{}", stdout(&output));
        let missing = stdout(&output);
        let (_, missing) = missing.split_once("\n  Missing ").unwrap();
        let (missing, legal) = missing.split_once("\n  Legal ").unwrap();
        assert!(missing.starts_with("had ") && missing.contains("store/ndjson.rs:"));
        assert!(legal.contains("Legal under posix-minimum"), "{legal}");
        replayed += 1;
    }
    assert!(replayed > 0);
    let seed = ["replay", "--scenario", "s.toml", "--seed", "0"];
    assert_eq!(exit(&tornwrite(directory.path(), &seed)), 100);
}

#[test]
fn a_broken_reproducer_is_refused_with_its_place() {
    let directory = with(SCENARIO);
    assert_eq!(
        exit(&tornwrite(
            directory.path(),
            &["run", "s.toml", "--out", "o"]
        )),
        0
    );
    let folder = fs::read_dir(directory.path().join("o/violations"))
        .unwrap()
        .next()
        .unwrap();
    let good = fs::read_to_string(folder.unwrap().path().join("reproducer.json")).unwrap();
    let cases = [
        (good.replacen('{', "[", 1), "r.json:2:"),
        (
            good.replacen("\"version\": 1", "\"version\": 7", 1),
            "r.json:2:3: version 7 is not",
        ),
        (
            good.replace("\"ndjson\"", "\"ndjsn\""),
            "unknown store `ndjsn`; the nearest is `ndjson`",
        ),
        (
            good.replace("\"seed\":", "\"sead\":"),
            "unknown key `sead`; the nearest is `seed`",
        ),
        (
            good.replace("\"accounts\": 8", "\"accounts\": 0"),
            "accounts = 0 is out of range",
        ),
        (good[..good.len() / 2].to_owned(), "EOF while parsing"),
    ];
    for (text, expected) in cases {
        fs::write(directory.path().join("r.json"), text).unwrap();
        let output = tornwrite(directory.path(), &["replay", "r.json"]);
        assert_eq!(exit(&output), 2, "{expected}");
        let said = stderr(&output);
        assert!(
            said.starts_with("error: r.json:") && said.contains(expected),
            "{said}"
        );
    }
}

#[test]
fn variables_stand_in_for_options_and_unknown_ones_are_told() {
    let directory = with(SCENARIO);
    let mut command = command(&directory, &["run", "s.toml"]);
    command
        .env("TORNWRITE_RUNS", "3")
        .env("TORNWRITE_OUT", "there")
        .env("TORNWRITE_SED", "1");
    let output = command.output().unwrap();
    assert_eq!(exit(&output), 0);
    assert!(stdout(&output).starts_with("seeds 0..3,"));
    assert!(directory.path().join("there/summary.json").is_file());
    let warning = "warning: TORNWRITE_SED means nothing; the nearest is TORNWRITE_SEED\n";
    assert_eq!(stderr(&output), warning);
}

#[test]
fn each_device_is_a_row_of_its_own_and_an_override_needs_an_expectation() {
    let directory = with(SCENARIO);
    let run = |arguments: &[&str]| {
        let common = ["run", "s.toml", "--out", "o", "--message-format", "json"];
        tornwrite(directory.path(), &[&common, arguments].concat())
    };
    let devices = ["--device", "lying", "--device", "bit-rot"];
    let refused = run(&devices);
    assert_eq!(exit(&refused), 2);
    assert!(stderr(&refused).contains("another subject, profile or device: add --expect"));
    let output = run(&[&devices[..], &["--expect", "violations"]].concat());
    assert_eq!(exit(&output), 0, "{}", stderr(&output));
    let summary: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let rows = summary["scenarios"].as_array().unwrap();
    let named: Vec<_> = rows
        .iter()
        .map(|row| row["device"].as_str().unwrap())
        .collect();
    assert_eq!(named, ["lying", "bit-rot"]);
    assert_eq!(exit(&run(&["--device", "bit-rod", "--expect", "clean"])), 2);
}

#[test]
fn json_is_the_summary() {
    let directory = with(SCENARIO);
    let arguments = ["run", "s.toml", "--message-format", "json", "--out", "o"];
    let output = tornwrite(directory.path(), &arguments);
    let printed: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let written = fs::read(directory.path().join("o/summary.json")).unwrap();
    assert_eq!(
        printed,
        serde_json::from_slice::<serde_json::Value>(&written).unwrap()
    );
    assert_eq!(printed["verdict"], "expected");
}

#[test]
fn there_is_a_list_of_everything() {
    let directory = with(SCENARIO);
    let list = |arguments: &[&str]| {
        let output = tornwrite(directory.path(), &[&["list"], arguments].concat());
        assert_eq!(exit(&output), 0);
        stdout(&output)
    };
    assert_eq!(list(&["stores"]).lines().count(), 3);
    assert_eq!(list(&["devices"]).lines().count(), 6);
    assert!(list(&[]).contains("profiles:\n  posix-minimum"));
    let json: serde_json::Value = serde_json::from_str(&list(&["--format", "json"])).unwrap();
    assert_eq!(json["invariants"].as_array().unwrap().len(), 14);
}
