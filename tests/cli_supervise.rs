//! Runs in processes of their own, as a user meets them: nothing is to be seen of it, whoever is killed.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod program;

use std::{
    fs,
    os::{
        fd::OwnedFd,
        unix::{fs::MetadataExt as _, net::UnixStream},
    },
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::Duration,
};

use serde_json::{Value, json};

use program::{command, exit, tornwrite};

const NAIVE: &str = "version = 1\n[subject]\nstore = \"ndjson\"\n[workload]\nbatches = 6\n\
    [crash]\nlives = 1\nin_recovery = 0\nstates_per_run = 8\n[check]\ninvariants = [\"durable-ack\"]\n\
    expect = [\"durable-ack\"]\n[budget]\nruns = 40\n";

const LONG: &str = "version = 1\n[subject]\nstore = \"wal\"\n[workload]\nbatches = 6\n\
    [crash]\nlives = 1\nin_recovery = 0\nstates_per_run = 4\n\
    [check]\ninvariants = [\"durable-ack\", \"recovery-succeeds\"]\n[budget]\nruns = 12000\n";

fn read(directory: &Path, name: &str) -> String {
    fs::read_to_string(directory.join(name)).unwrap()
}

fn with(scenario: &str) -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("s.toml"), scenario).unwrap();
    directory
}

#[test]
fn with_it_and_without_it_results_are_the_same() {
    let directory = with(NAIVE);
    let directory = directory.path();
    let base = ["run", "s.toml", "--jobs", "2", "--check-determinism", "1"];
    let run = |out, more: &[&str]| {
        let output = tornwrite(directory, &[&base[..], &["--out", out], more].concat());
        assert_eq!(exit(&output), 0, "{output:?}");
        String::from_utf8(output.stdout)
            .unwrap()
            .replace(out, "OUT")
    };
    assert_eq!(run("out-1", &[]), run("out-2", &["--no-supervise"]));
    for name in ["summary.json", "runs.ndjson", "strips.json", "index.html"] {
        let text = |out| read(directory, &format!("{out}/{name}")).replace(out, "OUT");
        assert!(text("out-1") == text("out-2"), "{name}");
    }
}

#[test]
fn a_reproducer_of_what_ended_a_process_is_executed_in_another() {
    let directory = with(NAIVE);
    let directory = directory.path();
    assert_eq!(
        exit(&tornwrite(directory, &["run", "s.toml", "--out", "out"])),
        0
    );
    let folder = fs::read_dir(directory.join("out/violations"))
        .unwrap()
        .next();
    let path = folder.unwrap().unwrap().path().join("reproducer.json");
    let mut reproducer: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    reproducer["died"] = json!({ "cause": "stack-overflow", "during": { "call": "recovery", "life": 1, "recoveries": 2 } });
    reproducer["schedule"]["crashes"] = json!([]);
    let write = |reproducer: &Value| {
        fs::write(directory.join("died.json"), reproducer.to_string()).unwrap();
    };
    write(&reproducer);
    let output = tornwrite(directory, &["replay", "died.json"]);
    let said = String::from_utf8_lossy(&output.stdout);
    assert_eq!(exit(&output), 100, "{output:?}");
    assert!(
        said.ends_with("STILL FAILS, in another way: durable-ack\n"),
        "{said}"
    );
    for refused in [
        &["shrink", "died.json"][..],
        &["trace", "show", "died.json"],
        &["replay", "died.json", "--keep=kept"],
        &["replay", "died.json", "--write-image", "disk"],
        &["run", "died.json"],
    ] {
        let output = tornwrite(directory, refused);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(exit(&output), 2, "{refused:?}: {said}");
        let reason = "the process that executed the run ended (stack overflow, in recovery 2 of the run, from a crash of life 1)";
        assert!(said.contains(reason), "{said}");
    }
    // A store that survives what is asked of it.
    let hardened = with(LONG);
    let run = ["run", "s.toml", "--runs", "1", "--out", "out"];
    assert_eq!(exit(&tornwrite(hardened.path(), &run)), 0);
    let described: Value =
        serde_json::from_str(&read(hardened.path(), "out/campaign.json")).unwrap();
    reproducer["scenario"] = described["scenarios"][0]["scenario"].clone();
    write(&reproducer);
    let output = tornwrite(directory, &["replay", "died.json"]);
    let said = String::from_utf8_lossy(&output.stdout);
    assert_eq!(exit(&output), 0, "{output:?}");
    assert!(
        said.ends_with("SURVIVES: the run comes to an end by itself\n"),
        "{said}"
    );
}

/// The processes that a process started.
fn children(of: u32) -> Vec<u32> {
    let tasks = fs::read_dir(format!("/proc/{of}/task"));
    let tasks = tasks.into_iter().flatten().flatten();
    let texts = tasks.map(|task| fs::read_to_string(task.path().join("children")));
    let texts: Vec<String> = texts.map(Result::unwrap_or_default).collect();
    let numbers = texts.iter().flat_map(|text| text.split_whitespace());
    numbers.map(|number| number.parse().unwrap()).collect()
}

fn signal(name: &str, process: u32) {
    let mut kill = Command::new("kill");
    kill.args([name, &process.to_string()])
        .stderr(Stdio::null());
    kill.status().unwrap();
}

/// A campaign of which some runs are written.
fn under_way(directory: &Path, more: &[&str]) -> Child {
    let arguments = ["run", "s.toml", "--out", "out", "--jobs", "2"];
    let mut command = command(directory, &[&arguments, more].concat());
    let mut child = command
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let runs = directory.join("out/runs.ndjson");
    while fs::metadata(&runs).map_or(0, |runs| runs.len()) < 20_000 {
        assert!(child.try_wait().unwrap().is_none(), "it ended early");
        thread::sleep(Duration::from_millis(1));
    }
    child
}

#[test]
fn a_worker_that_somebody_kills_is_missed_by_nobody_and_ctrl_c_is_heard() {
    let whole = with(LONG);
    let run = ["run", "s.toml", "--out", "out", "--no-supervise"];
    assert_eq!(exit(&tornwrite(whole.path(), &run)), 0);
    let directory = with(LONG);
    let directory = directory.path();
    let mut child = under_way(directory, &[]);
    for _ in 0..3 {
        for worker in children(child.id()) {
            signal("-KILL", worker);
        }
        thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(child.try_wait().unwrap(), None, "it goes on");
    signal("-INT", child.id());
    assert_eq!(child.wait().unwrap().code(), Some(130));
    let resume = [
        "run",
        "s.toml",
        "--out",
        "out",
        "--resume",
        "--message-format",
        "json",
    ];
    let output = tornwrite(directory, &resume);
    assert_eq!(exit(&output), 0, "{output:?}");
    let summary = read(directory, "out/summary.json");
    assert_eq!(summary, read(whole.path(), "out/summary.json"));
    let printed: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(printed, serde_json::from_str::<Value>(&summary).unwrap());
}

/// What it exits with; it is not waited for for ever.
fn ended_soon(child: &mut Child) -> Option<i32> {
    for _ in 0..2000 {
        if let Some(status) = child.try_wait().unwrap() {
            return status.code();
        }
        thread::sleep(Duration::from_millis(10));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    panic!("it waits for who never answers");
}

/// Those that answer no more are ended a while after all was told to end; what they were executing is executed by whoever goes on.
#[test]
fn ctrl_c_and_the_end_of_the_budget_wait_for_nobody_who_never_answers() {
    let whole = with(LONG);
    let run = ["run", "s.toml", "--out", "out"];
    assert_eq!(exit(&tornwrite(whole.path(), &run)), 0);
    for (more, code) in [(&[][..], 130), (&["--time-budget", "1s"][..], 0)] {
        let directory = with(LONG);
        let directory = directory.path();
        let mut child = under_way(directory, more);
        for worker in children(child.id()) {
            signal("-STOP", worker);
        }
        if more.is_empty() {
            signal("-INT", child.id());
        }
        assert_eq!(ended_soon(&mut child), Some(code));
        let summary: Value = serde_json::from_str(&read(directory, "out/summary.json")).unwrap();
        assert!(summary["scenarios"][0]["runs"].as_u64() < Some(12000));
        let resume = [&run[..], &["--resume"]].concat();
        assert_eq!(exit(&tornwrite(directory, &resume)), 0);
        for name in ["out/summary.json", "out/runs.ndjson"] {
            assert!(read(directory, name) == read(whole.path(), name), "{name}");
        }
    }
}

/// A worker whose supervisor is gone before it said anything is not what the command says, which would be a campaign of its own.
#[test]
fn a_worker_that_is_told_nothing_does_nothing() {
    let directory = with(NAIVE);
    let (ours, theirs) = UnixStream::pair().unwrap();
    let theirs = fs::File::from(OwnedFd::from(theirs));
    let number = theirs.metadata().unwrap().ino();
    drop(ours);
    let mut worker = command(directory.path(), &["run", "s.toml", "--out", "out"]);
    worker.env("TORNWRITE_WORKER", number.to_string());
    let output = worker.stdin(theirs).output().unwrap();
    assert_eq!(exit(&output), 101, "{output:?}");
    assert!(!directory.path().join("out").exists());
}
