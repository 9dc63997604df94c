//! A program that executes a campaign, as a user would write it.

use std::{path::PathBuf, process::ExitCode, sync::Arc, thread, time::Duration};

use tornwrite::{
    base::Seed,
    campaign::{
        self, Folder, Observer, Part, RunRecord, Shard, StopReason, StopSignal, Task, Verdict,
        merge, open_shards, resume,
    },
    supervise::{self, protect},
    vfs::OsVfs,
};

use crate::subject::{plan, plan_with_regression};

/// What is asked for on the command line: `campaign WHAT FOLDER JOBS [MORE]`.
pub(crate) fn execute(arguments: &[String]) -> ExitCode {
    let [what, folder, jobs, more @ ..] = arguments else {
        return ExitCode::from(2);
    };
    let more = more.first().cloned().unwrap_or_default();
    // What is told to end is not to end by itself.
    let seconds = if what == "stopped" { 600 } else { 1 };
    let limits = supervise::Limits {
        cpu_seconds: seconds,
        wait_seconds: seconds,
        memory_mib: 256,
    };
    let plan = match what.as_str() {
        "once" => plan(Some(PathBuf::from(&more))),
        "regression" => plan_with_regression(),
        _ => plan(None),
    };
    let plan = protect(plan, &limits).expect("a worker can be started");
    if what == "alone" {
        let run = plan.run_alone(0, Seed(more.parse().expect("a seed")));
        println!(
            "{}",
            serde_json::to_string(&run.expect("a run")).expect("text")
        );
        return ExitCode::SUCCESS;
    }
    let stop = Arc::new(StopSignal::new());
    if what == "stopped" {
        let stop = Arc::clone(&stop);
        thread::spawn(move || {
            thread::sleep(Duration::from_millis(300));
            stop.stop(StopReason::OutOfTime);
        });
    }
    let shard = match what.as_str() {
        "shard" => more.parse().expect("a shard"),
        _ => Shard::WHOLE,
    };
    let task = Task {
        shard,
        jobs: jobs.parse().expect("a number"),
        ..Task::new(&plan, &stop)
    };
    let root = || Arc::new(OsVfs::new(folder.as_str()));
    let create = || Folder::create(root(), "r".into()).expect("a folder");
    let summary = match what.as_str() {
        "resume" => {
            let folder = Folder::open_existing(root(), "r".into()).expect("a campaign");
            resume(&task, &folder, &mut Nobody)
        }
        "merge" => {
            let parts = more.split(',').map(|part| {
                Folder::open_existing(Arc::new(OsVfs::new(part)), "r".into()).expect("a shard")
            });
            let parts: Vec<Part> = open_shards(parts.collect()).expect("a whole");
            merge(&task, &parts, &create(), &mut Nobody)
        }
        _ => campaign::execute(&task, &create(), &mut Nobody),
    };
    match summary.expect("a summary").verdict {
        Verdict::Expected => ExitCode::SUCCESS,
        Verdict::Nondeterministic => ExitCode::from(102),
        _ => ExitCode::from(100),
    }
}

struct Nobody;

impl Observer for Nobody {
    fn run_done(&mut self, _: usize, _: &RunRecord) {}
}
