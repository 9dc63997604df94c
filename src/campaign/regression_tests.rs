//! Kept reproducers of a campaign that is to end before all of them are replayed.

use std::sync::Arc;

use super::{
    Folder, Kept, Limits, Observer, Plan, Regression, RunRecord, StopReason, StopSignal, Summary,
    Task, Verdict, execute, merge, open_shards, resume,
    tests::{Counter, Nobody, config, entry, job, task},
};
use crate::{
    base::Seed,
    run::{Expectation, Schedule},
    simfs::SimFs,
    vfs::{Path, VfsExt as _},
};

/// A kept reproducer.
pub(super) fn kept(name: &str) -> Regression {
    let kept = Kept {
        name: name.to_owned(),
        file: format!("{name}.json"),
        scenario: "counting".to_owned(),
        invariant: "recovery-succeeds".to_owned(),
        expectation: Expectation::Clean,
    };
    let job = job(Counter::Careful);
    Regression::new(kept, job, config(), Seed(1), Schedule::default())
}

/// Twenty runs, and three kept reproducers.
fn plan() -> Plan {
    let plan = Plan::new(vec![entry(Counter::Careful)]);
    plan.with_regressions(["a", "b", "c"].map(kept).into())
}

/// Gives the signal when the second one is replayed.
struct Second<'s> {
    stop: &'s StopSignal,
    reason: StopReason,
    announced: u64,
    replayed: u64,
    runs: u64,
}

impl Observer for Second<'_> {
    fn replaying(&mut self, count: u64) {
        self.announced = count;
    }

    fn replayed(&mut self) {
        self.replayed += 1;
        if self.replayed == 2 {
            self.stop.stop(self.reason);
        }
    }

    fn run_done(&mut self, _: usize, _: &RunRecord) {
        self.runs += 1;
    }
}

fn folder(fs: &SimFs) -> Folder {
    let opened = Folder::open_existing(Arc::new(fs.clone()), "r".into());
    opened.unwrap_or_else(|_| Folder::create(Arc::new(fs.clone()), "r".into()).unwrap())
}

type Execute = fn(&Task<'_>, &Folder, &mut dyn Observer) -> Result<Summary, super::CampaignError>;

/// Executes the campaign, which is stopped for this reason in mid-replay.
fn stopped(fs: &SimFs, reason: StopReason, execute: Execute) -> Summary {
    let (plan, stop) = (plan(), StopSignal::new());
    let mut second = Second {
        stop: &stop,
        reason,
        announced: 0,
        replayed: 0,
        runs: 0,
    };
    let task = Task {
        stop: &stop,
        ..task(&plan, Limits::NONE)
    };
    let summary = execute(&task, &folder(fs), &mut second).unwrap();
    assert_eq!((second.announced, second.replayed, second.runs), (3, 2, 0));
    let names = summary.regressions.iter().map(|kept| &*kept.name);
    assert_eq!(names.collect::<Vec<_>>(), ["a", "b"]);
    summary
}

#[test]
fn a_replay_that_is_stopped_leaves_the_campaign_without_a_good_verdict_until_it_is_resumed() {
    let plan = plan();
    let task = task(&plan, Limits::NONE);
    let whole = SimFs::new();
    let summary = execute(&task, &folder(&whole), &mut Nobody).unwrap();
    assert_eq!(summary.verdict, Verdict::Expected);
    let file = |fs: &SimFs| fs.read(Path::from("r/summary.json")).unwrap();
    for (reason, [before, after]) in [
        (StopReason::Interrupted, [Verdict::Interrupted; 2]),
        (
            StopReason::OutOfTime,
            [Verdict::Unexercised, Verdict::Inconclusive],
        ),
    ] {
        let fs = SimFs::new();
        let summary = stopped(&fs, reason, execute);
        assert_eq!((summary.verdict, summary.scenarios[0].runs), (before, 0));
        resume(&task, &folder(&fs), &mut Nobody).unwrap();
        assert_eq!(file(&fs), file(&whole));
        // All runs are counted by now, and still not all is known.
        let summary = stopped(&fs, reason, resume);
        assert_eq!((summary.verdict, summary.scenarios[0].runs), (after, 20));
        let parts = open_shards(vec![folder(&fs)]).unwrap();
        let out = Folder::create(Arc::new(fs.clone()), "m".into()).unwrap();
        let error = merge(&task, &parts, &out, &mut Nobody).unwrap_err();
        let said =
            "r is not finished: it has replayed 2 of 3 kept reproducers; go on with it by --resume";
        assert!(error.to_string().ends_with(said), "{error}");
    }
}
