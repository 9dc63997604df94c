//! Baselines and exports as a user meets them: exit codes, messages, files.
#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod program;

use std::{fs, path::Path, process::Output};

use serde_json::Value;
use tempfile::TempDir;

use program::{command, exit, stderr, stdout};

/// Loses acknowledged batches, and is expected to be clean.
const SCENARIO: &str = "version = 1\n[subject]\nstore = \"ndjson\"\n[workload]\nbatches = 6\n\
    [crash]\nlives = 1\nin_recovery = 0\nstates_per_run = 8\n[check]\ninvariants = [\"durable-ack\"]\n\
    expect = \"clean\"\n[budget]\nruns = 10\n";

fn tornwrite_in(directory: &Path, variables: &[(&str, &str)], arguments: &[&str]) -> Output {
    let mut command = command(directory, arguments);
    command.envs(variables.iter().copied()).output().unwrap()
}

fn run(directory: &TempDir, arguments: &[&str]) -> Output {
    let arguments = [&["run", "s.toml", "--out", "o"], arguments].concat();
    tornwrite_in(directory.path(), &[], &arguments)
}

fn with(scenario: &str) -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("s.toml"), scenario).unwrap();
    directory
}

fn json(directory: &TempDir, name: &str) -> Value {
    serde_json::from_slice(&fs::read(directory.path().join(name)).unwrap()).unwrap()
}

#[test]
fn a_baseline_lets_what_is_known_pass_and_nothing_else() {
    let directory = with(SCENARIO);
    let recorded = run(&directory, &["--record-baseline", "known.json"]);
    assert_eq!(exit(&recorded), 100, "recording excuses nothing");
    let summary = json(&directory, "o/summary.json");
    assert!(summary.get("baseline").is_none());
    assert!(summary["scenarios"][0]["findings"][0].get("mark").is_none());
    for baseline in ["known.json", "o.1/summary.json"] {
        let known = run(&directory, &["--baseline", baseline]);
        assert_eq!(exit(&known), 0, "{}", stdout(&known));
        let text = stdout(&known);
        assert!(
            text.contains("\nbaseline: 0 new, 1 known, 0 resolved, 0 not covered\n"),
            "{text}"
        );
        assert!(
            text.contains("\nas expected: 1 scenario, but for 1 known finding\n"),
            "{text}"
        );
        assert!(text.contains("  known\n"), "{text}");
        let summary = json(&directory, "o/summary.json");
        assert_eq!(summary["scenarios"][0]["findings"][0]["mark"], "known");
    }
    let mut nothing = json(&directory, "known.json");
    nothing["scenarios"][0]["findings"] = Value::Array(Vec::new());
    fs::write(directory.path().join("nothing.json"), nothing.to_string()).unwrap();
    let new = run(&directory, &["--baseline", "nothing.json"]);
    assert_eq!(exit(&new), 100);
    assert!(stdout(&new).contains("  new, unexpected violation of durable-ack in"));
    assert!(
        stdout(&new).contains("  Missing had write "),
        "{}",
        stdout(&new)
    );
}

#[test]
fn what_is_gone_is_resolved_only_if_it_was_tried_again() {
    let directory = with(SCENARIO);
    run(&directory, &["--record-baseline", "known.json"]);
    let mut known = json(&directory, "known.json");
    let mut gone = known["scenarios"][0]["findings"][0].clone();
    gone["id"] = "V-000000000000".into();
    known["scenarios"][0]["findings"]
        .as_array_mut()
        .unwrap()
        .push(gone);
    fs::write(directory.path().join("more.json"), known.to_string()).unwrap();
    let again = run(&directory, &["--baseline", "more.json"]);
    assert_eq!(exit(&again), 0);
    let said = "  resolved     V-000000000000  s: durable-ack\n";
    assert!(stdout(&again).contains(said), "{}", stdout(&again));
    let less = run(&directory, &["--baseline", "more.json", "--runs", "9"]);
    let said =
        "  not covered  V-000000000000  s: durable-ack: the seeds 0..9 are not all of 0..10\n";
    assert!(stdout(&less).contains(said), "{}", stdout(&less));
    let summary = json(&directory, "o/summary.json");
    assert_eq!(summary["baseline"]["resolved"], Value::Array(Vec::new()));
    assert_eq!(
        summary["baseline"]["not_covered"][0]["id"],
        "V-000000000000"
    );
    let mode = run(
        &directory,
        &["--baseline", "more.json", "--mode", "exhaustive"],
    );
    assert!(
        stdout(&mode).contains("the mode is another"),
        "{}",
        stdout(&mode)
    );
}

#[test]
fn nothing_is_recorded_in_ci() {
    let directory = with(SCENARIO);
    let arguments = ["run", "s.toml", "--out", "o", "--record-baseline", "b.json"];
    let output = tornwrite_in(directory.path(), &[("CI", "true")], &arguments);
    assert_eq!(exit(&output), 2);
    assert!(stderr(&output).contains("--record-baseline does not go with CI"));
    assert!(!directory.path().join("b.json").exists());
    assert!(!directory.path().join("o").exists(), "nothing ran");
}

#[test]
fn a_file_that_is_no_baseline_is_refused_with_its_place() {
    let directory = with(SCENARIO);
    let cases = [
        ("{\n oops", "b.json:2:2: key must be a string"),
        ("{\"version\": 1}", "b.json:1:1: this is no baseline"),
        (
            "{\n\"version\": 7, \"verdict\": \"expected\"}",
            "b.json:2:1: summary version 7 is not supported: expected 1",
        ),
        (
            "{\"format\": \"tornwrite-baseline\", \"version\": 2}",
            "b.json:1:34: baseline version 2 is not supported: expected 1",
        ),
        (
            "{\"version\": 1, \"verdict\": \"expected\"}",
            "b.json:1:37: missing key `seed_version`; expected a file of --record-baseline",
        ),
    ];
    for (text, expected) in cases {
        fs::write(directory.path().join("b.json"), text).unwrap();
        let output = run(&directory, &["--baseline", "b.json"]);
        assert_eq!(exit(&output), 2, "{expected}");
        let said = stderr(&output);
        assert!(
            said.starts_with(&format!("error: {expected}")),
            "{said}\nnot\n{expected}"
        );
    }
    assert_eq!(exit(&run(&directory, &["--baseline", "none.json"])), 2);
    let both = ["--baseline", "b.json", "--fail-fast"];
    assert_eq!(exit(&run(&directory, &both)), 2);
    assert!(!directory.path().join("o").exists(), "nothing ran");
}

#[test]
fn every_format_is_written_as_a_whole() {
    let directory = with(SCENARIO);
    let output = run(
        &directory,
        &[
            "--export",
            "json=s.json",
            "--export",
            "junit=s.xml",
            "--export",
            "markdown=s.md",
            "--export",
            "github=s.txt",
        ],
    );
    assert_eq!(exit(&output), 100, "{}", stderr(&output));
    let read = |name: &str| fs::read_to_string(directory.path().join(name)).unwrap();
    assert_eq!(read("s.json"), read("o/summary.json"));
    let xml = read("s.xml");
    let document = roxmltree::Document::parse(&xml).unwrap();
    let failed = document
        .descendants()
        .find(|node| node.has_tag_name("failure"));
    let text = failed.unwrap().text().unwrap();
    assert!(
        text.contains("  However ") && text.contains("  Missing had write "),
        "{text}"
    );
    assert!(read("s.md").starts_with("# tornwrite: not as expected\n"));
    assert!(read("s.txt").starts_with("::error title=tornwrite%3A durable-ack of s::V-"));
    let left: Vec<_> = fs::read_dir(directory.path()).unwrap().collect();
    assert_eq!(left.len(), 6, "nothing temporary is left: {left:?}");
    // It replaces what is there.
    fs::write(directory.path().join("s.md"), "x".repeat(1 << 20)).unwrap();
    run(&directory, &["--export", "markdown=s.md"]);
    assert!(read("s.md").len() < 1 << 16);
}

#[test]
fn an_export_to_standard_output_has_it_for_itself() {
    let directory = with(SCENARIO);
    let output = run(&directory, &["--export", "json=-"]);
    assert_eq!(exit(&output), 100);
    let printed: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(printed, json(&directory, "o/summary.json"));
    assert!(stderr(&output).contains("NOT AS EXPECTED: 1 of 1 scenario"));
    let both = ["--export", "json=-", "--message-format", "json"];
    assert_eq!(exit(&run(&directory, &both)), 2);
    let both = ["--export", "json=-", "--export", "junit=-"];
    assert_eq!(exit(&run(&directory, &both)), 2);
}

#[test]
fn what_cannot_be_exported_is_refused_before_anything_runs() {
    let directory = with(SCENARIO);
    fs::create_dir(directory.path().join("folder")).unwrap();
    let cases = [
        (
            "yaml=s.yaml",
            "there is no format `yaml`: expected one of json, junit, markdown",
        ),
        ("junit", "expected FORMAT=PATH"),
        ("junit=", "there is no path behind `junit=`"),
        ("junit=none/s.xml", "none/s.xml cannot be written: "),
        ("junit=folder", "folder cannot be written: "),
        ("junit=s.toml/s.xml", "s.toml/s.xml cannot be written: "),
    ];
    for (export, expected) in cases {
        let output = run(&directory, &["--export", export]);
        assert_eq!(exit(&output), 2, "{export}");
        assert!(stderr(&output).contains(expected), "{}", stderr(&output));
    }
    let left: Vec<_> = fs::read_dir(directory.path()).unwrap().collect();
    assert_eq!(left.len(), 2, "nothing ran, nothing is left: {left:?}");
}

#[cfg(unix)]
#[test]
fn a_link_is_followed_and_a_device_is_written_to() {
    let directory = with(SCENARIO);
    let link = directory.path().join("link.json");
    std::os::unix::fs::symlink("target.json", &link).unwrap();
    fs::write(directory.path().join("target.json"), "").unwrap();
    let exports = ["--export", "json=link.json", "--export", "junit=/dev/null"];
    assert_eq!(exit(&run(&directory, &exports)), 100);
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(
        json(&directory, "target.json"),
        json(&directory, "o/summary.json")
    );
    let null = fs::metadata("/dev/null").unwrap();
    assert!(!null.is_file(), "a device is not replaced");
}
