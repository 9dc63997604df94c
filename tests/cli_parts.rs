//! Campaigns in parts as a user meets them: what is refused, and that nothing is lost or made up where they are joined.
#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod program;

use std::fs;

use serde_json::Value;
use tempfile::TempDir;

use program::{exit, stderr, tornwrite};

/// Loses acknowledged batches.
const SCENARIO: &str = "version = 1\nname = \"s\"\n[subject]\nstore = \"ndjson\"\n[workload]\nbatches = 6\n\
    [crash]\nlives = 1\nin_recovery = 0\nstates_per_run = 8\n[check]\ninvariants = [\"durable-ack\"]\n\
    expect = \"clean\"\n[budget]\nruns = 12\n";

fn scenarios() -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    fs::create_dir(directory.path().join("sc")).unwrap();
    for name in ["s", "t"] {
        let text = SCENARIO.replace("\"s\"", &format!("\"{name}\""));
        fs::write(directory.path().join(format!("sc/{name}.toml")), text).unwrap();
    }
    directory
}

fn read(directory: &TempDir, name: &str) -> String {
    fs::read_to_string(directory.path().join(name)).unwrap()
}

/// Runs both shards of two.
fn shards(directory: &TempDir, arguments: &[&str]) {
    for (shard, out) in [("0/2", "s0"), ("1/2", "s1")] {
        let asked = ["run", "sc", "--shard", shard, "--out", out];
        tornwrite(directory, &[&asked, arguments].concat());
    }
}

#[test]
fn a_kept_reproducer_that_fails_ends_shards_as_it_ends_one_run() {
    let directory = scenarios();
    tornwrite(&directory, &["run", "sc", "--out", "o"]);
    let violations = fs::read_dir(directory.path().join("o/violations")).unwrap();
    let found = violations.map(|entry| entry.unwrap().file_name()).min();
    let target = format!(
        "o/violations/{}/reproducer.json",
        found.unwrap().to_str().unwrap()
    );
    tornwrite(&directory, &["replay", &target, "--keep=sc/regressions"]);
    for arguments in [&[][..], &["--fail-fast"], &["--max-violations", "3"]] {
        let whole = [&["run", "sc", "--out", "whole"], arguments].concat();
        assert_eq!(exit(&tornwrite(&directory, &whole)), 100);
        shards(&directory, arguments);
        let merged = tornwrite(&directory, &["merge", "s1", "s0", "--out", "m"]);
        assert_eq!(exit(&merged), 100, "{}", stderr(&merged));
        for file in ["summary.json", "campaign.json"] {
            let [ours, theirs] =
                ["m", "whole"].map(|from| read(&directory, &format!("{from}/{file}")));
            assert_eq!(ours, theirs, "{file} with {arguments:?}");
        }
    }
}

#[test]
fn what_a_part_cannot_say_is_refused() {
    let directory = scenarios();
    for asked in [["--record-baseline", "b.json"], ["--export", "html=p.html"]] {
        let asked = [&["run", "sc", "--shard", "0/2", "--out", "s0"], &asked[..]].concat();
        let refused = tornwrite(&directory, &asked);
        assert_eq!(exit(&refused), 2);
        let text = stderr(&refused);
        assert!(text.contains("does not go with --shard"), "{text}");
        assert!(text.contains("merge"), "{text}");
        assert!(!directory.path().join("s0").exists());
    }
}

#[test]
fn shards_are_not_joined_onto_one_of_them() {
    let directory = scenarios();
    shards(&directory, &[]);
    let refused = tornwrite(&directory, &["merge", "s0", "s1", "--out", "./s1"]);
    assert_eq!(exit(&refused), 2);
    assert!(stderr(&refused).contains("s1"), "{}", stderr(&refused));
    assert!(!directory.path().join("s1.1").exists());
    let joined = tornwrite(&directory, &["merge", "s0", "s1", "--out", "m"]);
    assert_eq!(exit(&joined), 100, "{}", stderr(&joined));
}

#[test]
fn a_broken_line_of_a_shard_is_not_called_unfinished() {
    let directory = scenarios();
    shards(&directory, &[]);
    let runs = read(&directory, "s1/runs.ndjson");
    fs::write(
        directory.path().join("s1/runs.ndjson"),
        runs.replacen('{', "[", 1),
    )
    .unwrap();
    let refused = tornwrite(&directory, &["merge", "s0", "s1", "--out", "m"]);
    assert_eq!(exit(&refused), 2);
    let text = stderr(&refused);
    assert!(
        text.contains("s1/runs.ndjson:1: expected seed 1 of s"),
        "{text}"
    );
}

/// The strips of a scenario were those of the moment at which it was interrupted.
#[test]
fn what_is_resumed_has_the_pages_of_what_was_never_interrupted() {
    let directory = scenarios();
    tornwrite(&directory, &["run", "sc", "--out", "o"]);
    let (strips, index) = (
        read(&directory, "o/strips.json"),
        read(&directory, "o/index.html"),
    );
    fs::write(
        directory.path().join("o/strips.json"),
        strips.replace("\"seed\":", "\"seed\":7"),
    )
    .unwrap();
    assert_ne!(read(&directory, "o/strips.json"), strips);
    tornwrite(&directory, &["run", "sc", "--out", "o", "--resume"]);
    assert_eq!(read(&directory, "o/strips.json"), strips);
    assert_eq!(read(&directory, "o/index.html"), index);
}

#[test]
fn a_violation_that_nothing_finds_again_is_nondeterminism() {
    let directory = scenarios();
    tornwrite(&directory, &["run", "sc", "--out", "o"]);
    let runs = read(&directory, "o/runs.ndjson");
    let (first, rest) = runs.split_once('\n').unwrap();
    let mut first: Value = serde_json::from_str(first).unwrap();
    first["violated"][0]["signature"] = "in work: nothing of the kind".into();
    fs::write(
        directory.path().join("o/runs.ndjson"),
        format!("{first}\n{rest}"),
    )
    .unwrap();
    let resumed = tornwrite(&directory, &["run", "sc", "--out", "o", "--resume"]);
    let said = String::from_utf8(resumed.stdout.clone()).unwrap();
    assert_eq!(exit(&resumed), 102, "{said}{}", stderr(&resumed));
    assert!(
        said.contains("seed 0 parts from itself: durable-ack"),
        "{said}"
    );
}

#[test]
fn long_work_behind_the_runs_is_counted_too() {
    let directory = scenarios();
    let run = tornwrite(
        &directory,
        &["run", "sc", "--out", "o", "--progress", "counter"],
    );
    let text = stderr(&run);
    for told in [
        "24 of 24 runs, ",
        "/s, ",
        " violating, ",
        " states, ",
        " images, ",
        " explained, ",
        " pages, ",
        "2 of 2 strips, ",
    ] {
        assert!(text.contains(told), "{told} in {text}");
    }
}
