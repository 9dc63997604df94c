//! `tornwrite shrink` as a user meets it: the file, what is printed, exit codes.
#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod program;

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use tempfile::TempDir;

use program::{command, exit, tornwrite};

const SCENARIO: &str = "version = 1\n[subject]\nstore = \"ndjson\"\n[workload]\nbatches = 6\n\
    [crash]\nlives = 1\nin_recovery = 0\nstates_per_run = 8\n[check]\ninvariants = [\"durable-ack\"]\n\
    expect = [\"durable-ack\"]\n[budget]\nruns = 4\n";

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// A folder with a scenario that ran, and the path of a reproducer within.
fn ran() -> (TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("s.toml"), SCENARIO).unwrap();
    let run = tornwrite(directory.path(), &["run", "s.toml", "--out", "o"]);
    assert_eq!(exit(&run), 0, "{}", text(&run.stderr));
    let folders = fs::read_dir(directory.path().join("o/violations")).unwrap();
    let names = folders.map(|folder| folder.unwrap().file_name());
    let folder = names.min().unwrap();
    let path = Path::new("o/violations")
        .join(folder)
        .join("reproducer.json");
    (directory, path)
}

#[test]
fn the_result_is_beside_the_target_explained_and_replays() {
    let (directory, path) = ran();
    let path = path.to_str().unwrap();
    let shrunk = tornwrite(directory.path(), &["shrink", path]);
    let told = text(&shrunk.stdout);
    assert_eq!(exit(&shrunk), 0, "{told}{}", text(&shrunk.stderr));
    let out = path.replace("reproducer.json", "minimised.json");
    let end = format!(".\n  tornwrite replay {out}\n  tornwrite shrink {out}\n");
    assert!(told.ends_with(&end), "{told}");
    for part in [
        "durable-ack · seed",
        "been durable before #0 was acknowledged, this",
        "STILL FAILS: durable-ack, disk",
        "\nShrunk from 1 life, ",
        " to 1 life, 1 operation, 1 lost effect, on ",
    ] {
        assert!(told.contains(part), "no `{part}` in\n{told}");
    }
    let replayed = tornwrite(directory.path(), &["replay", &out]);
    assert_eq!(exit(&replayed), 100);
    let shown = text(&replayed.stdout);
    assert!(told.starts_with(&shown), "{told}\n{shown}");
    let written = fs::read_to_string(directory.path().join(&out)).unwrap();
    assert!(written.contains("\"append\": \"bank-0\""), "{written}");
    // What is smallest already stays as it is.
    let again = tornwrite(directory.path(), &["shrink", &out, "--out", "again.json"]);
    assert_eq!(exit(&again), 0);
    let again = fs::read_to_string(directory.path().join("again.json")).unwrap();
    assert_eq!(again, written);
}

#[test]
fn a_scenario_and_a_seed_are_a_target_too() {
    let (directory, _) = ran();
    let arguments = [
        "shrink",
        "--scenario",
        "s.toml",
        "--seed",
        "1",
        "--out",
        "new/m.json",
    ];
    let shrunk = tornwrite(directory.path(), &arguments);
    assert_eq!(exit(&shrunk), 0, "{}", text(&shrunk.stderr));
    let replayed = tornwrite(directory.path(), &["replay", "new/m.json"]);
    assert_eq!(exit(&replayed), 100);
}

#[test]
fn operations_that_cannot_be_read_are_refused_with_their_place() {
    let (directory, path) = ran();
    let shrunk = tornwrite(
        directory.path(),
        &["shrink", path.to_str().unwrap(), "--out", "m.json"],
    );
    assert_eq!(exit(&shrunk), 0);
    let good = fs::read_to_string(directory.path().join("m.json")).unwrap();
    let seed = good.find(", seed ").unwrap();
    let end = seed + good[seed..].find('"').unwrap();
    let mut enormous = good.clone();
    enormous.insert_str(end, "; 4000000000 bytes of 2e");
    let cases = [
        (
            good.replace("\"debit ", "\"debt "),
            "is no event: expected one such as",
        ),
        (
            good.replace("\"append\"", "\"apend\""),
            "expected an operation: a word such as",
        ),
        (enormous, "are larger than"),
    ];
    for (bad, expected) in cases {
        assert_ne!(bad, good, "{expected}");
        fs::write(directory.path().join("bad.json"), bad).unwrap();
        for command in ["replay", "shrink"] {
            let output = tornwrite(directory.path(), &[command, "bad.json"]);
            let said = text(&output.stderr);
            assert_eq!(exit(&output), 2, "{said}");
            let is_placed = said.contains("bad.json:") && said.contains(expected);
            assert!(is_placed, "no `{expected}` in\n{said}");
        }
    }
}

#[test]
fn what_no_longer_fails_is_said_and_nothing_is_written() {
    let (directory, path) = ran();
    let good = fs::read_to_string(directory.path().join(&path)).unwrap();
    let other = good.replace(
        "\"invariant\": \"durable-ack\"",
        "\"invariant\": \"no-overdraft\"",
    );
    fs::write(directory.path().join("other.json"), other).unwrap();
    let output = tornwrite(directory.path(), &["shrink", "other.json"]);
    let said = text(&output.stdout);
    assert_eq!(exit(&output), 103, "{said}");
    assert!(
        said.starts_with("STALE: it violates durable-ack now"),
        "{said}"
    );
    assert!(!directory.path().join("minimised.json").exists());
}

#[cfg(unix)]
#[test]
fn an_interrupted_search_writes_the_best_so_far() {
    use std::{
        io::{BufRead as _, BufReader},
        process::Stdio,
    };

    let directory = tempfile::tempdir().unwrap();
    let scenario = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/scenarios/wal-note-no-room.toml"
    );
    let arguments = [
        "shrink",
        "--scenario",
        scenario,
        "--seed",
        "1",
        "--out",
        "m.json",
    ];
    let mut child = command(&directory, &arguments)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // It says so once it hears Ctrl-C.
    let mut said = String::new();
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    stderr.read_line(&mut said).unwrap();
    assert_eq!(said, "shrinking\n");
    let id = child.id().to_string();
    let killed = Command::new("kill").args(["-INT", &id]).status().unwrap();
    assert!(killed.success());
    let output = child.wait_with_output().unwrap();
    // On a fast machine it may have been done already.
    assert!(
        [130, 0].contains(&exit(&output)),
        "{}",
        text(&output.stderr)
    );
    let is_told = text(&output.stdout).contains("The search was interrupted");
    assert_eq!(is_told, exit(&output) == 130);
    let replayed = tornwrite(directory.path(), &["replay", "m.json"]);
    assert_eq!(exit(&replayed), 100, "{}", text(&replayed.stderr));
}
