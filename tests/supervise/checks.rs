//! What is to hold of a campaign in which some runs end their processes.

use std::{
    collections::BTreeMap,
    fs,
    path::Path,
    process::{Child, Command, ExitCode, Output, Stdio},
    thread,
    time::Duration,
};

use serde_json::Value;
use tornwrite::base::Seed;

use crate::subject::{Evil, IN_RECOVERY, IN_WORK, SEEDS, plan};

/// A check by its name; the folder holds a campaign that came to its end.
type Check = (&'static str, fn(&Path));

/// All of it, one after the other; the first that does not hold ends it.
pub(crate) fn all() -> ExitCode {
    let checks: &[Check] = &[
        (
            "each_hostile_seed_has_its_verdict_and_all_others_are_judged_as_ever",
            verdicts,
        ),
        (
            "a_summary_is_the_same_with_any_number_of_jobs_and_shards",
            divided,
        ),
        (
            "whoever_is_killed_the_campaign_goes_on_to_the_same_summary",
            killed,
        ),
        (
            "a_process_that_somebody_stops_for_a_while_does_not_wait",
            stopped,
        ),
        (
            "what_is_under_way_when_all_is_to_end_is_ended_and_executed_again_by_whoever_goes_on",
            told_to_end,
        ),
        ("what_a_run_ended_by_can_be_executed_alone_again", alone),
        ("an_abort_that_does_not_come_again_is_nondeterminism", once),
        (
            "a_kept_reproducer_that_ends_its_process_still_fails",
            regression,
        ),
    ];
    tornwrite::run::silence_subject_panics();
    let whole = tempfile::tempdir().expect("a folder");
    assert_eq!(code(&campaign("whole", whole.path(), "2", "")), 100);
    for (name, check) in checks {
        check(whole.path());
        println!("test {name} ... ok");
    }
    ExitCode::SUCCESS
}

fn start(what: &str, folder: &Path, jobs: &str, more: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().expect("this program"));
    command
        .args(["campaign", what])
        .arg(folder)
        .args([jobs, more])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

fn campaign(what: &str, folder: &Path, jobs: &str, more: &str) -> Output {
    start(what, folder, jobs, more)
        .output()
        .expect("this program starts")
}

fn code(output: &Output) -> i32 {
    let said = String::from_utf8_lossy(&output.stderr);
    let noise = ["overflowed", "memory allocation", "fatal runtime"];
    assert!(!noise.iter().any(|words| said.contains(words)), "{said}");
    output.status.code().unwrap_or_else(|| panic!("{said}"))
}

fn read(folder: &Path, name: &str) -> String {
    let path = folder.join("r").join(name);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn json(folder: &Path, name: &str) -> Value {
    serde_json::from_str(&read(folder, name)).expect("JSON")
}

fn runs(folder: &Path) -> BTreeMap<u64, Value> {
    let text = read(folder, "runs.ndjson");
    let runs = text.lines().map(|line| {
        let run: Value = serde_json::from_str(line).expect("a run");
        (run["seed"].as_u64().expect("a seed"), run)
    });
    runs.collect()
}

/// What a signature says of what ended the process; nothing where a verdict needs no supervisor.
fn words(evil: Evil) -> Option<&'static str> {
    Some(match evil {
        Evil::Loop => "more than 1 s of CPU time in one call",
        Evil::Overflow => "stack overflow",
        Evil::Abort => "abort (SIGABRT)",
        Evil::Hoard => "more than 256 MiB of memory",
        Evil::Exit => "exit with code 3",
        Evil::Wait | Evil::Poll => "more than 1 s of waiting in one call",
        Evil::Mute | Evil::Once | Evil::Child | Evil::Nap => return None,
    })
}

fn verdicts(whole: &Path) {
    let runs = runs(whole);
    assert_eq!(runs.len() as u64, SEEDS);
    let in_work = IN_WORK
        .iter()
        .map(|one| (one, "in work", "operations-succeed"));
    let in_recovery = IN_RECOVERY
        .iter()
        .map(|one| (one, "in recovery", "recovery-succeeds"));
    let mut deadly = BTreeMap::new();
    for ((seed, evil), place, invariant) in in_work.chain(in_recovery) {
        if let Some(words) = words(*evil) {
            deadly.insert(*seed, (format!("{place}: {words}"), invariant));
        }
    }
    // Never those that would end this process.
    let plan = plan(None);
    for (seed, run) in &runs {
        let Some((signature, invariant)) = deadly.get(seed) else {
            let here = plan.run_alone(0, Seed(*seed)).expect("a run");
            assert_eq!(serde_json::to_value(&here).expect("JSON"), *run);
            continue;
        };
        assert_eq!(run["violated"][0]["signature"], **signature, "{run}");
        assert_eq!(run["violated"][0]["invariant"], *invariant);
        assert!(run["died"]["during"]["life"] == 1, "{run}");
    }
    findings(whole, deadly.values());
}

/// Each is a finding, with a reproducer that says how the process ended; what cannot be explained says that.
fn findings<'d>(whole: &Path, deadly: impl ExactSizeIterator<Item = &'d (String, &'d str)>) {
    let summary = json(whole, "summary.json");
    assert_eq!(summary["verdict"], "unexpected");
    let found = summary["scenarios"][0]["findings"]
        .as_array()
        .expect("findings");
    assert_eq!(found.len(), deadly.len() + 1, "{found:#?}");
    for (signature, invariant) in deadly {
        let is_it =
            |one: &&Value| one["signature"] == **signature && one["invariant"] == *invariant;
        let finding = found
            .iter()
            .find(is_it)
            .unwrap_or_else(|| panic!("{signature}"));
        let reproducer = json(whole, finding["reproducer"].as_str().expect("a path"));
        assert!(reproducer["died"]["cause"] != Value::Null, "{reproducer}");
        assert_eq!(reproducer["id"], finding["id"]);
        let shown = reproducer["witness"]["then"].as_str().expect("a sentence");
        let (_, cause) = signature.split_once(": ").expect("a place");
        assert!(shown.ends_with(&format!(" ended it: {cause}")), "{shown}");
    }
    let mute = found
        .iter()
        .find(|one| one["first_seed"] == 21)
        .expect("it panics");
    let folder = format!("violations/{}", mute["id"].as_str().expect("an id"));
    let why = read(whole, &format!("{folder}/not-explained.txt"));
    assert!(
        why.starts_with("abort (SIGABRT), in describing its files"),
        "{why}"
    );
    assert!(json(whole, &format!("{folder}/reproducer.json"))["died"] == Value::Null);
    assert!(!whole.join("r").join(folder).join("evidence.json").exists());
}

fn divided(whole: &Path) {
    let summary = read(whole, "summary.json");
    let [one, first, second, merged] = [(); 4].map(|()| tempfile::tempdir().expect("a folder"));
    assert_eq!(code(&campaign("whole", one.path(), "1", "")), 100);
    assert_eq!(read(one.path(), "summary.json"), summary);
    assert_eq!(read(one.path(), "runs.ndjson"), read(whole, "runs.ndjson"));
    for (folder, shard) in [(&first, "0/2"), (&second, "1/2")] {
        assert_eq!(code(&campaign("shard", folder.path(), "3", shard)), 100);
    }
    let parts = format!("{},{}", first.path().display(), second.path().display());
    assert_eq!(code(&campaign("merge", merged.path(), "2", &parts)), 100);
    assert_eq!(read(merged.path(), "summary.json"), summary);
}

/// The processes that a process started.
fn children(of: u32) -> Vec<u32> {
    let mut all: Vec<u32> = Vec::new();
    let tasks = fs::read_dir(format!("/proc/{of}/task"));
    for task in tasks.into_iter().flatten().flatten() {
        let text = fs::read_to_string(task.path().join("children")).unwrap_or_default();
        all.extend(
            text.split_whitespace()
                .filter_map(|number| number.parse::<u32>().ok()),
        );
    }
    all
}

fn kill(process: u32) {
    signal("-KILL", process);
}

fn signal(name: &str, process: u32) {
    let killed = Command::new("kill")
        .args([name, &process.to_string()])
        .stderr(Stdio::null())
        .status();
    assert!(killed.is_ok());
}

fn is_there(process: u32) -> bool {
    let status = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    !status.is_empty() && !status.contains(") Z ")
}

/// A campaign that goes on, when its workers are there.
fn under_way(folder: &Path, what: &str) -> (Child, Vec<u32>) {
    let mut started = start(what, folder, "2", "")
        .spawn()
        .expect("this program starts");
    loop {
        let workers = children(started.id());
        if workers.len() >= 2 {
            return (started, workers);
        }
        assert!(
            started.try_wait().expect("a child").is_none(),
            "it ended early"
        );
        thread::sleep(Duration::from_millis(1));
    }
}

fn killed(whole: &Path) {
    let summary = read(whole, "summary.json");
    let folder = tempfile::tempdir().expect("a folder");
    // A worker, in the middle of something.
    let (mut started, workers) = under_way(folder.path(), "whole");
    kill(workers[0]);
    thread::sleep(Duration::from_millis(300));
    if let Some(worker) = children(started.id()).first() {
        kill(*worker);
    }
    assert_eq!(started.wait().expect("it ends").code(), Some(100));
    assert_eq!(read(folder.path(), "summary.json"), summary);
    // The supervisor: its workers go with it, one that computes without end too.
    let folder = tempfile::tempdir().expect("a folder");
    let mut what = "whole";
    for wait in [30, 500] {
        let (mut started, mut workers) = under_way(folder.path(), what);
        thread::sleep(Duration::from_millis(wait));
        workers.extend(children(started.id()));
        kill(started.id());
        started.wait().expect("it ends");
        for _ in 0..5000 {
            if !workers.iter().any(|worker| is_there(*worker)) {
                break;
            }
            thread::sleep(Duration::from_millis(1));
        }
        assert!(
            !workers.iter().any(|worker| is_there(*worker)),
            "one lives on"
        );
        what = "resume";
    }
    assert!(!folder.path().join("r/summary.json").exists());
    assert_eq!(code(&campaign("resume", folder.path(), "2", "")), 100);
    assert_eq!(read(folder.path(), "summary.json"), summary);
}

/// In a call that waits for not as long as it may, for longer than that.
fn stopped(whole: &Path) {
    let mut started = start("alone", whole, "1", "27");
    let started = started.spawn().expect("this program starts");
    while children(started.id()).is_empty() {
        thread::sleep(Duration::from_millis(1));
    }
    thread::sleep(Duration::from_millis(250));
    let workers = children(started.id());
    for (name, wait) in [("-STOP", 1500), ("-CONT", 0)] {
        for worker in &workers {
            signal(name, *worker);
        }
        thread::sleep(Duration::from_millis(wait));
    }
    let output = started.wait_with_output().expect("it ends");
    let run: Value = serde_json::from_slice(&output.stdout).expect("a run");
    assert_eq!(run, runs(whole)[&27]);
}

fn told_to_end(whole: &Path) {
    let folder = tempfile::tempdir().expect("a folder");
    let mut started = start("stopped", folder.path(), "2", "");
    let mut started = started.spawn().expect("this program starts");
    let has_ended = |_| {
        thread::sleep(Duration::from_millis(10));
        started.try_wait().expect("a child").is_some()
    };
    let is_soon = (0..3000).any(has_ended);
    started.kill().expect("it has ended, or does now");
    assert!(is_soon, "it waits");
    let ran: Vec<u64> = runs(folder.path()).into_keys().collect();
    assert_eq!(ran, [0, 1], "the next one computes without end");
    assert_eq!(code(&campaign("resume", folder.path(), "2", "")), 100);
    for name in ["summary.json", "runs.ndjson"] {
        assert_eq!(read(folder.path(), name), read(whole, name));
    }
}

fn alone(whole: &Path) {
    let runs = runs(whole);
    for seed in [3_u64, 14, 23, 24, 26, 6] {
        let output = campaign("alone", whole, "1", &seed.to_string());
        assert_eq!(code(&output), 0);
        let run: Value = serde_json::from_slice(&output.stdout).expect("a run");
        assert_eq!(run, runs[&seed]);
    }
}

fn once(_: &Path) {
    let folder = tempfile::tempdir().expect("a folder");
    let flag = folder.path().join("flag");
    let flag = flag.to_str().expect("text");
    assert_eq!(code(&campaign("once", folder.path(), "2", flag)), 102);
    let summary = json(folder.path(), "summary.json");
    let reason = summary["scenarios"][0]["reasons"][0]
        .as_str()
        .expect("a reason");
    assert!(
        reason.contains("abort (SIGABRT); executed again, each alone"),
        "{reason}"
    );
}

fn regression(_: &Path) {
    let folder = tempfile::tempdir().expect("a folder");
    assert_eq!(code(&campaign("regression", folder.path(), "2", "")), 100);
    let kept = &json(folder.path(), "summary.json")["regressions"][0];
    assert_eq!(kept["outcome"], "still-fails");
    let said = "its replay ended the process: abort (SIGABRT), in operation #3 in life 1";
    assert_eq!(kept["reason"], said);
}
