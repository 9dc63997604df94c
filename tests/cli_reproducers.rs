//! Reproducers that travel and stay, as a user meets them: tokens, kept files, regressions.
#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod program;

use std::{
    fs,
    path::{Path, PathBuf},
    process::Output,
};

use tempfile::TempDir;
use tornwrite::campaign::{Reproducer, token};

use program::tornwrite;

const SCENARIO: &str = "version = 1\n[subject]\nstore = \"ndjson\"\n[workload]\nbatches = 6\n\
    [crash]\nlives = 1\nin_recovery = 0\nstates_per_run = 8\n[check]\ninvariants = [\"durable-ack\"]\n\
    expect = [\"durable-ack\"]\n[budget]\nruns = 5\n";

/// The exit code, and what was said on standard output and error.
fn said(output: &Output) -> (i32, String, String) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    let exit = output.status.code().unwrap();
    (exit, text(&output.stdout), text(&output.stderr))
}

/// A folder with a scenario, what it found in `out`, and the first reproducer of that.
fn found() -> (TempDir, String) {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("s.toml"), SCENARIO).unwrap();
    let output = tornwrite(directory.path(), &["run", "s.toml", "--out", "out"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let folder = fs::read_dir(directory.path().join("out/violations")).unwrap();
    let mut names: Vec<_> = folder.map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    let name = names[0].to_str().unwrap();
    (directory, format!("out/violations/{name}/reproducer.json"))
}

/// The token that a replay prints.
fn token_in(text: &str) -> &str {
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("  Again   tornwrite replay "));
    line.unwrap()
}

/// The file that is kept, of which there is one.
fn kept(directory: &Path) -> PathBuf {
    let mut files = fs::read_dir(directory.join("scenarios/regressions")).unwrap();
    let file = files.next().unwrap().unwrap().path();
    assert!(
        files.next().is_none(),
        "one file, and nothing that was left over"
    );
    file
}

#[test]
fn every_finding_has_a_token_that_is_as_good_as_its_file() {
    let (directory, _) = found();
    for entry in fs::read_dir(directory.path().join("out/violations")).unwrap() {
        let file = entry.unwrap().path().join("reproducer.json");
        let (exit, by_file, _) = said(&tornwrite(
            directory.path(),
            &["replay", file.to_str().unwrap()],
        ));
        assert_eq!(exit, 100);
        let token = token_in(&by_file);
        assert!(token.len() < 700, "{} characters", token.len());
        let (exit, by_token, _) = said(&tornwrite(directory.path(), &["replay", token]));
        assert_eq!((exit, &*by_token), (100, &*by_file));
        let held: Reproducer<serde_json::Value> = token::decode(token).unwrap();
        let file: serde_json::Value = serde_json::from_slice(&fs::read(file).unwrap()).unwrap();
        let mut held = serde_json::to_value(&held).unwrap();
        // What reads a file fills in what it left to a default; here that is nothing.
        assert_eq!(held["schedule"], file["schedule"]);
        assert_eq!(held["scenario"]["crash"], file["scenario"]["crash"]);
        held["scenario"] = file["scenario"].clone();
        assert_eq!(held, file);
    }
}

#[test]
fn a_seed_has_a_token_too() {
    let (directory, _) = found();
    let seed = ["replay", "--scenario", "s.toml", "--seed", "1"];
    let (exit, text, _) = said(&tornwrite(directory.path(), &seed));
    assert_eq!(exit, 100);
    let (exit, again, _) = said(&tornwrite(directory.path(), &["replay", token_in(&text)]));
    assert_eq!((exit, again), (100, text));
}

#[test]
fn a_token_that_is_none_is_refused_with_what_was_expected() {
    let (directory, file) = found();
    let (_, text, _) = said(&tornwrite(directory.path(), &["replay", &file]));
    let good = token_in(&text);
    let mut bytes = good.as_bytes().to_vec();
    bytes[40] = if bytes[40] == b'A' { b'B' } else { b'A' };
    let cases = [
        (
            String::from_utf8(bytes).unwrap(),
            "it is damaged: expected the check ",
        ),
        (good[..99].to_owned(), "it is damaged or cut off: expected "),
        (
            good.replace("tw1.", "tw2."),
            "it begins with `tw2.`: expected `tw1.`",
        ),
        (
            format!("{}é{}", &good[..40], &good[41..]),
            "is `\\u{e9}`: expected letters, digits",
        ),
        ("tw1.".to_owned(), "it is damaged or cut off: expected "),
    ];
    for (token, expected) in cases {
        let (exit, out, error) = said(&tornwrite(directory.path(), &["replay", &token]));
        assert_eq!((exit, &*out), (2, ""), "{token}");
        assert!(error.starts_with("error: the token tw"), "{error}");
        assert!(error.contains(expected), "{error}");
    }
    // A file may have such a name.
    fs::copy(
        directory.path().join(&file),
        directory.path().join("tw2.json"),
    )
    .unwrap();
    let output = tornwrite(directory.path(), &["replay", "tw2.json"]);
    assert_eq!(output.status.code(), Some(100));
}

#[test]
fn where_the_token_would_be_long_the_file_is_named() {
    let (directory, file) = found();
    let text = fs::read_to_string(directory.path().join(&file)).unwrap();
    let noise: Vec<String> = (0..200_u64)
        .map(|n| format!("{:x}", n.wrapping_mul(0x9e37_79b9_7f4a_7c15)))
        .collect();
    let noise = noise.concat();
    let text = text.replace(
        "\"description\": \"\"",
        &format!("\"description\": \"{noise}\""),
    );
    fs::write(directory.path().join("a name.json"), text).unwrap();
    let (exit, text, _) = said(&tornwrite(directory.path(), &["replay", "a name.json"]));
    assert_eq!(exit, 100);
    assert_eq!(token_in(&text), "'a name.json'");
}

#[test]
fn what_is_kept_tells_its_story_and_is_replayed_before_anything_new() {
    let (directory, file) = found();
    let at = directory.path();
    let (exit, text, _) = said(&tornwrite(at, &["replay", &file, "--keep"]));
    assert_eq!(exit, 100);
    let (_, next) = text
        .split_once("\nkept: scenarios/regressions/s-durable-ack-V-")
        .unwrap();
    assert!(next.contains("`tornwrite run scenarios`"), "{text}");
    let kept = kept(at);
    let story = fs::read_to_string(&kept).unwrap();
    for word in [
        "// s: durable-ack of ndjson on ext4-ordered was violated by seed ",
        "\n// Let     ",
        "\n// Then    ",
        "\n// However ",
        "\n// Missing had ",
        "\n// Finding V-",
    ] {
        assert!(story.contains(word), "{word}: {story}");
    }
    let header = story.lines().take_while(|line| line.starts_with("//"));
    assert!(
        header.clone().all(|line| line.chars().count() <= 96),
        "{story}"
    );
    let name = kept.to_str().unwrap();
    assert_eq!(tornwrite(at, &["replay", name]).status.code(), Some(100));

    fs::copy(at.join("s.toml"), at.join("scenarios/s.toml")).unwrap();
    let (exit, text, error) = said(&tornwrite(at, &["run", "--out", "o"]));
    assert_eq!((exit, &*error), (0, ""));
    let (regressions, table) = text.split_once("\nscenario ").unwrap();
    assert!(
        regressions.contains("\nregressions\n  as expected    s-durable-ack-V-"),
        "{text}"
    );
    assert!(
        table.contains("\nas expected: 1 scenario, 1 regression\n"),
        "{text}"
    );
    let summary = fs::read(at.join("o/summary.json")).unwrap();
    let summary: serde_json::Value = serde_json::from_slice(&summary).unwrap();
    assert_eq!(summary["regressions"][0]["outcome"], "found-as-expected");
    assert_eq!(summary["regressions"][0]["invariant"], "durable-ack");
    assert_eq!(
        summary["scenarios"].as_array().unwrap().len(),
        1,
        "it is no scenario"
    );
}

#[test]
fn another_content_is_not_overwritten() {
    let (directory, file) = found();
    let at = directory.path();
    let keep = || said(&tornwrite(at, &["replay", &file, "--keep"]));
    keep();
    let (_, text, _) = keep();
    assert!(
        text.contains("\nkept already: scenarios/regressions/"),
        "{text}"
    );
    let kept = kept(at);
    let text = fs::read_to_string(&kept).unwrap();
    let edited = text.replace("\"durable-ack\"\n      ]", "\"durable-ack\"\n      ] ");
    fs::write(&kept, edited).unwrap();
    assert_eq!(keep().0, 100, "only blanks differ");
    let other = text.replace("\"runs\": 5", "\"runs\": 6");
    fs::write(&kept, &other).unwrap();
    let (exit, _, error) = keep();
    assert_eq!(exit, 1);
    assert!(
        error.contains("holds something else: expected no such file"),
        "{error}"
    );
    assert_eq!(fs::read_to_string(&kept).unwrap(), other);
    let elsewhere = format!("--keep={}", at.join("else/where").display());
    assert_eq!(
        tornwrite(at, &["replay", &file, &elsewhere]).status.code(),
        Some(100)
    );
    assert_eq!(fs::read_dir(at.join("else/where")).unwrap().count(), 1);
}

/// Keeps the finding, and writes it anew after an edit.
fn edited(edit: impl Fn(&str) -> String) -> TempDir {
    let (directory, file) = found();
    let at = directory.path();
    tornwrite(at, &["replay", &file, "--keep"]);
    let kept = kept(at);
    let text = fs::read_to_string(&kept).unwrap();
    let changed = edit(&text);
    assert_ne!(changed, text, "the edit does something");
    fs::write(&kept, changed).unwrap();
    fs::copy(at.join("s.toml"), at.join("scenarios/s.toml")).unwrap();
    directory
}

fn without_expectation(text: &str) -> String {
    let (before, rest) = text.split_once("\"expect\": [").unwrap();
    let (_, after) = rest.split_once(']').unwrap();
    format!("{before}\"expect\": \"clean\"{after}")
}

#[test]
fn a_regression_that_nobody_expects_fails_the_campaign() {
    let directory = edited(without_expectation);
    let at = directory.path();
    let (exit, text, _) = said(&tornwrite(at, &["run", "--out", "o"]));
    assert_eq!(exit, 100);
    assert!(text.contains("  STILL FAILS    s-durable-ack-V-"), "{text}");
    assert!(
        text.contains("  tornwrite replay scenarios/regressions/s-durable-ack-V-"),
        "{text}"
    );
    assert!(
        text.contains("0 of 1 scenario, 1 regression (1 still failing)"),
        "{text}"
    );
    let (exit, text, _) = said(&tornwrite(at, &["run", "--out", "p", "--fail-fast", "-q"]));
    assert_eq!(exit, 100);
    assert!(text.contains("\n0 runs, "), "nothing new is tried: {text}");
    let kept = kept(at);
    let (exit, _, _) = said(&tornwrite(
        at,
        &["run", kept.to_str().unwrap(), "--out", "q"],
    ));
    assert_eq!(exit, 100, "a file on its own");
    let (one, two) = ("scenarios", kept.to_str().unwrap());
    let (_, text, _) = said(&tornwrite(at, &["run", one, two, "--out", "r"]));
    assert!(
        text.contains("1 regression ("),
        "the same file is replayed once: {text}"
    );
}

#[test]
fn a_regression_that_cannot_be_laid_is_a_warning() {
    let stale = edited(|text| without_expectation(text).replace("events.ndjson", "others.ndjson"));
    let (exit, told, warned) = said(&tornwrite(stale.path(), &["run", "--out", "o"]));
    assert_eq!(exit, 0, "a warning: {told}");
    assert!(
        told.contains("\n  stale          s-durable-ack-V-"),
        "{told}"
    );
    assert!(
        told.contains("as expected: 1 scenario, 1 regression (1 stale)"),
        "{told}"
    );
    assert!(
        warned.starts_with("warning: scenarios/regressions/s-durable-ack-V-"),
        "{warned}"
    );
    let parted = "is stale: operation 1 was `create others.ndjson` and is `create events.ndjson`";
    assert!(warned.contains(parted), "{warned}");
    let (exit, _, _) = said(&tornwrite(
        stale.path(),
        &["run", "scenarios/regressions", "--out", "p"],
    ));
    assert_eq!(exit, 4, "nothing but a stale one: nothing was exercised");
    let file = kept(stale.path());
    let (exit, told, _) = said(&tornwrite(
        stale.path(),
        &["replay", file.to_str().unwrap(), "--keep=k"],
    ));
    assert_eq!(exit, 103);
    assert!(
        told.ends_with("not kept: a stale reproducer guards nothing\n"),
        "{told}"
    );
    assert!(!stale.path().join("k").exists());
}

#[test]
fn a_broken_regression_is_an_input_error_before_anything_runs() {
    let directory = edited(|text| text.replace("\"seed\":", "\"sead\":"));
    let (exit, out, error) = said(&tornwrite(directory.path(), &["run", "--out", "o"]));
    assert_eq!((exit, &*out), (2, ""));
    assert!(
        error.contains("unknown key `sead`; the nearest is `seed`"),
        "{error}"
    );
    let text = fs::read_to_string(kept(directory.path())).unwrap();
    let line = 1 + text
        .lines()
        .position(|line| line.contains("\"sead\""))
        .unwrap();
    assert!(error.contains(&format!(".json:{line}:")), "{line}: {error}");
    assert!(!directory.path().join("o").exists());
}

#[test]
fn what_ships_is_found_as_expected_and_fixed() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let out = tempfile::tempdir().unwrap();
    let out = out.path().join("o");
    for jobs in ["1", "2"] {
        let path = out.join(jobs);
        let arguments = [
            "run",
            "scenarios/regressions",
            "--jobs",
            jobs,
            "--out",
            path.to_str().unwrap(),
        ];
        let (exit, text, _) = said(&tornwrite(here, &arguments));
        assert_eq!(exit, 0, "{text}");
        assert!(
            text.contains("  as expected    wal-note-behind-torn-tail-"),
            "{text}"
        );
        assert!(
            text.contains("  fixed          wal-sync-before-segment-"),
            "{text}"
        );
        assert!(
            text.lines()
                .all(|line| line.chars().count() <= 100 || line.starts_with("results")),
            "{text}"
        );
    }
    let summary = |jobs: &str| fs::read(out.join(jobs).join("summary.json")).unwrap();
    assert_eq!(summary("1"), summary("2"));
}
