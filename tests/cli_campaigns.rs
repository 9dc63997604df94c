//! Campaigns that are interrupted, and two that want the same folder, as a user meets them.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod program;

use std::{
    fs,
    io::{BufRead as _, BufReader},
    process::{Child, Command, Stdio},
    thread,
    time::Duration,
};

use tempfile::TempDir;

use program::{command, exit, stderr, tornwrite};

/// Loses acknowledged batches.
const SCENARIO: &str = "version = 1\nname = \"s\"\n[subject]\nstore = \"ndjson\"\n[workload]\nbatches = 6\n\
    [crash]\nlives = 1\nin_recovery = 0\nstates_per_run = 8\n[check]\ninvariants = [\"durable-ack\"]\n\
    expect = \"clean\"\n[budget]\nruns = 12\n";

fn start(directory: &TempDir, arguments: &[&str]) -> Child {
    let mut command = command(directory, arguments);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().unwrap()
}

fn read(directory: &TempDir, name: &str) -> String {
    fs::read_to_string(directory.path().join(name)).unwrap()
}

fn scenarios() -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    fs::create_dir(directory.path().join("sc")).unwrap();
    fs::write(directory.path().join("sc/s.toml"), SCENARIO).unwrap();
    directory
}

/// Waits until something is the case.
fn wait(what: &str, mut is_it: impl FnMut() -> bool) {
    for _ in 0..6000 {
        if is_it() {
            return;
        }
        thread::sleep(Duration::from_millis(10));
    }
    panic!("{what} did not happen");
}

fn interrupt(child: &Child) {
    let id = child.id().to_string();
    let killed = Command::new("kill").args(["-INT", &id]).status().unwrap();
    assert!(killed.success());
}

#[test]
fn of_two_processes_that_want_one_folder_the_second_is_refused() {
    let directory = scenarios();
    let long = [
        "run",
        "sc",
        "--runs",
        "100000000",
        "--jobs",
        "1",
        "--out",
        "o",
    ];
    let mut first = start(&directory, &long);
    wait("a line", || {
        let runs = fs::metadata(directory.path().join("o/runs.ndjson"));
        runs.is_ok_and(|runs| runs.len() > 0)
    });
    let resuming = [&long[..], &["--resume"]].concat();
    let joining = ["merge", "p", "--out", "o"];
    tornwrite(&directory, &["run", "sc", "--shard", "0/1", "--out", "p"]);
    let short = ["run", "sc", "--out", "o"];
    let short_resuming = [&short[..], &["--resume"]].concat();
    for arguments in [&short[..], &short_resuming, &joining] {
        let second = tornwrite(&directory, arguments);
        let text = stderr(&second);
        assert_eq!(exit(&second), 1, "{text}");
        let said = "error: another process writes results to o: wait until it has ended, or name another folder by --out";
        assert!(text.contains(said), "{text}");
    }
    assert!(!directory.path().join("o.1").exists());
    assert!(first.try_wait().unwrap().is_none(), "the first one goes on");
    // However a process ends, its lock does too.
    first.kill().unwrap();
    first.wait().unwrap();
    let mut third = start(&directory, &resuming);
    let size = || fs::metadata(directory.path().join("o/runs.ndjson")).map_or(0, |runs| runs.len());
    let before = size();
    wait("another line", || {
        assert!(third.try_wait().unwrap().is_none());
        size() > before + 10_000
    });
    interrupt(&third);
    assert_eq!(exit(&third.wait_with_output().unwrap()), 130);
    // One that has ended is in nobody's way.
    let fourth = tornwrite(&directory, &["run", "sc", "--out", "o"]);
    assert_eq!(exit(&fourth), 100, "{}", stderr(&fourth));
    assert!(directory.path().join("o.1/runs.ndjson").exists());
}

#[test]
fn a_time_that_is_up_while_kept_reproducers_are_replayed_is_told() {
    let directory = scenarios();
    tornwrite(&directory, &["run", "sc", "--out", "o"]);
    let violations = fs::read_dir(directory.path().join("o/violations")).unwrap();
    let found = violations.map(|entry| entry.unwrap().path()).min().unwrap();
    let kept = directory.path().join("sc/regressions");
    fs::create_dir(&kept).unwrap();
    for number in 0..300 {
        fs::copy(
            found.join("reproducer.json"),
            kept.join(format!("{number:03}.json")),
        )
        .unwrap();
    }
    let arguments = [
        "run",
        "sc",
        "--jobs",
        "1",
        "--out",
        "p",
        "--progress",
        "counter",
    ];
    let hurried = [&arguments[..], &["--time-budget", "1ms"]].concat();
    let run = tornwrite(&directory, &hurried);
    let text = stderr(&run);
    assert!(
        text.contains(" of 300 kept reproducers were replayed, and no run was executed"),
        "{text}"
    );
    assert!(read(&directory, "p/runs.ndjson").is_empty());
    let resuming = [&arguments[..], &["--resume"]].concat();
    let whole = tornwrite(&directory, &resuming);
    let text = stderr(&whole);
    assert_eq!(exit(&whole), 100, "{text}");
    assert!(text.contains("300 of 300 kept reproducers, "), "{text}");
    assert!(text.contains("\n12 of 12 runs, "), "{text}");
}

#[test]
fn pages_that_are_interrupted_are_left_out_and_written_when_it_is_resumed() {
    let directory = scenarios();
    for number in 0..40 {
        let text = SCENARIO.replace("\"s\"", &format!("\"s{number}\""));
        fs::write(directory.path().join(format!("sc/s{number}.toml")), text).unwrap();
    }
    let arguments = [
        "run",
        "sc",
        "--out",
        "o",
        "--jobs",
        "1",
        "--progress",
        "counter",
    ];
    let mut child = start(&directory, &arguments);
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let mut next = || lines.next().unwrap().unwrap();
    while !next().contains(" pages") {}
    interrupt(&child);
    let said: Vec<String> = lines.map(Result::unwrap).collect();
    let code = exit(&child.wait_with_output().unwrap());
    // On a fast machine it may have been done already.
    assert!([130, 100].contains(&code), "{said:?}");
    let told =
        "warning: interrupted: index.html and pages of findings are left out; --resume writes them";
    let index = directory.path().join("o/index.html");
    assert_eq!(
        said.iter().any(|line| line == told),
        code == 130,
        "{said:?}"
    );
    assert_eq!(index.exists(), code == 100);
    let resumed = tornwrite(&directory, &[&arguments[..], &["--resume"]].concat());
    assert_eq!(exit(&resumed), 100, "{}", stderr(&resumed));
    assert!(index.exists());
}
