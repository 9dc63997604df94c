//! Campaigns in parts: shards that are joined, and campaigns that go on after they were cut off.

use std::sync::Arc;

use super::{
    CampaignError, Folder, Limits, Plan, Shard, StopReason, StopSignal, Summary, Task, Verdict,
    execute, merge, open_shards, resume,
    tests::{Counter, Nobody, entry, task},
};
use crate::{
    base::{Rng, Seed, Stream},
    run::silence_subject_panics,
    simfs::SimFs,
    vfs::{Path, Vfs as _, VfsExt as _},
};

pub(super) fn plan() -> Plan {
    silence_subject_panics();
    let mut careful = entry(Counter::Careful);
    careful.name = "careful".to_owned();
    careful.seeds = 0..30;
    let mut panicking = entry(Counter::Panicking);
    panicking.seeds = 5..45;
    Plan::new(vec![careful, panicking])
}

pub(super) fn bytes(fs: &SimFs, path: &str) -> Vec<u8> {
    fs.read(Path::from(path)).unwrap()
}

pub(super) fn whole(limits: Limits) -> (SimFs, Vec<u8>) {
    let fs = SimFs::new();
    let folder = Folder::create(Arc::new(fs.clone()), "whole".into()).unwrap();
    let plan = plan();
    execute(&task(&plan, limits), &folder, &mut Nobody).unwrap();
    let summary = bytes(&fs, "whole/summary.json");
    (fs, summary)
}

fn shards(fs: &SimFs, count: u64, limits: Limits) {
    let plan = plan();
    for index in 0..count {
        let name = format!("s{index}");
        let folder = Folder::create(Arc::new(fs.clone()), name.as_str().into()).unwrap();
        let shard = Shard::new(index, count).unwrap();
        let task = Task {
            shard,
            ..task(&plan, limits)
        };
        execute(&task, &folder, &mut Nobody).unwrap();
    }
}

fn joined(fs: &SimFs, names: &[String], limits: Limits) -> Result<Vec<u8>, CampaignError> {
    let open = |name: &String| Folder::open_existing(Arc::new(fs.clone()), name.as_str().into());
    let folders = names.iter().map(open).collect::<Result<Vec<_>, _>>()?;
    let parts = open_shards(folders)?;
    let folder = Folder::create(Arc::new(fs.clone()), "joined".into()).unwrap();
    let plan = plan();
    merge(&task(&plan, limits), &parts, &folder, &mut Nobody)?;
    Ok(bytes(fs, "joined/summary.json"))
}

fn names(count: u64) -> Vec<String> {
    (0..count).map(|index| format!("s{index}")).collect()
}

#[test]
fn shards_joined_are_one_run_byte_for_byte() {
    let capped = Limits {
        violating_runs_max: 5,
        ..Limits::NONE
    };
    let hasty = Limits {
        fail_fast: true,
        ..Limits::NONE
    };
    for limits in [Limits::NONE, capped, hasty] {
        let (reference, summary) = whole(limits);
        for count in [1, 2, 7, 64] {
            let fs = SimFs::new();
            shards(&fs, count, limits);
            assert_eq!(joined(&fs, &names(count), limits).unwrap(), summary);
            for file in ["campaign.json", "runs.ndjson"] {
                let ours = bytes(&fs, &format!("joined/{file}"));
                assert_eq!(ours, bytes(&reference, &format!("whole/{file}")), "{file}");
            }
        }
    }
}

#[test]
fn shards_that_make_no_whole_are_refused_by_name() {
    let fs = SimFs::new();
    shards(&fs, 3, Limits::NONE);
    let refused = |names: &[&str]| {
        let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
        joined(&fs, &names, Limits::NONE).unwrap_err().to_string()
    };
    assert_eq!(refused(&["s0", "s2"]), "shard 1/3 is missing");
    let twice = "shard 2/3 is given twice: s2 and s2";
    assert_eq!(refused(&["s0", "s1", "s2", "s2"]), twice);
    assert!(refused(&["s0", "s1", "nothing"]).starts_with("nothing/campaign.json"));
    let text = String::from_utf8(bytes(&fs, "s1/campaign.json")).unwrap();
    let other = text.replace("45", "46");
    fs.write(Path::from("s1/campaign.json"), other.as_bytes())
        .unwrap();
    assert!(
        refused(&["s0", "s1", "s2"]).starts_with("s1 is of another campaign than s0: its scenario")
    );
    fs.write(Path::from("s1/campaign.json"), text.as_bytes())
        .unwrap();
    let runs = bytes(&fs, "s1/runs.ndjson");
    fs.write(Path::from("s1/runs.ndjson"), &runs[..runs.len() / 2])
        .unwrap();
    let unfinished = refused(&["s0", "s1", "s2"]);
    assert!(
        unfinished.starts_with("s1 is not finished: it has no run with seed"),
        "{unfinished}"
    );
    let swapped = bytes(&fs, "s2/runs.ndjson");
    fs.write(Path::from("s1/runs.ndjson"), &swapped).unwrap();
    assert!(refused(&["s0", "s1", "s2"]).starts_with("s1/runs.ndjson:1: expected seed"));
}

#[test]
fn a_campaign_goes_on_behind_any_byte_of_its_lines() {
    let (reference, summary) = whole(Limits::NONE);
    let runs = bytes(&reference, "whole/runs.ndjson");
    let mut rng = Rng::new(Seed(0), Stream::CrashPoint, 0);
    for round in 0..24 {
        let mut left = runs[..rng.index(runs.len() + 1)].to_vec();
        if round % 3 == 0 {
            left.extend_from_slice(&[0; 700]);
        }
        let fs = SimFs::mount(reference.live_image());
        fs.write(Path::from("whole/runs.ndjson"), &left).unwrap();
        let folder = Folder::open_existing(Arc::new(fs.clone()), "whole".into()).unwrap();
        let plan = plan();
        resume(&task(&plan, Limits::NONE), &folder, &mut Nobody).unwrap();
        assert_eq!(bytes(&fs, "whole/summary.json"), summary);
        assert_eq!(bytes(&fs, "whole/runs.ndjson"), runs);
    }
}

#[test]
fn another_campaign_does_not_go_on_in_a_folder() {
    let (fs, _) = whole(Limits::NONE);
    let open = || Folder::open_existing(Arc::new(fs.clone()), "whole".into()).unwrap();
    let mut other = plan();
    other.entries[1].seeds = 6..45;
    let other = Plan::new(other.entries);
    let error = resume(&task(&other, Limits::NONE), &open(), &mut Nobody).unwrap_err();
    assert!(matches!(error, CampaignError::Other { .. }), "{error}");
    let plan = plan();
    let part = Task {
        shard: Shard::new(0, 2).unwrap(),
        ..task(&plan, Limits::NONE)
    };
    let error = resume(&part, &open(), &mut Nobody).unwrap_err().to_string();
    assert!(error.ends_with("it is shard 0/1 and not 0/2"), "{error}");
}

#[test]
fn what_was_counted_when_it_was_stopped_is_kept() {
    let plan = plan();
    let stopped = |reason: StopReason| -> (Summary, SimFs) {
        let stop = StopSignal::new();
        stop.stop(reason);
        let fs = SimFs::new();
        let folder = Folder::create(Arc::new(fs.clone()), "whole".into()).unwrap();
        let task = Task {
            stop: &stop,
            ..task(&plan, Limits::NONE)
        };
        (execute(&task, &folder, &mut Nobody).unwrap(), fs)
    };
    let (summary, fs) = stopped(StopReason::Interrupted);
    assert_eq!(summary.verdict, Verdict::Interrupted);
    assert_eq!(summary.scenarios[0].runs, 1);
    let folder = Folder::open_existing(Arc::new(fs.clone()), "whole".into()).unwrap();
    resume(&task(&plan, Limits::NONE), &folder, &mut Nobody).unwrap();
    assert_eq!(bytes(&fs, "whole/summary.json"), whole(Limits::NONE).1);
    let (summary, _) = stopped(StopReason::OutOfTime);
    assert_eq!(summary.scenarios[0].verdict, Verdict::Expected);
    assert_eq!(summary.scenarios[1].verdict, Verdict::Unexercised);
}

#[test]
fn a_shard_judges_only_what_should_be_clean() {
    let mut plan = plan();
    let mut last = plan.entries.pop().unwrap();
    last.expectation = crate::run::Expectation::Violations;
    last.runs_min = 1000;
    plan.entries.push(last);
    let plan = Plan::new(plan.entries);
    let part = Task {
        shard: Shard::new(99, 100).unwrap(),
        ..task(&plan, Limits::NONE)
    };
    let folder = Folder::create(Arc::new(SimFs::new()), "s".into()).unwrap();
    let summary = execute(&part, &folder, &mut Nobody).unwrap();
    assert_eq!(summary.verdict, Verdict::Expected);
    assert_eq!(summary.shard, Some(part.shard));
}

/// Moves the folder of results away after some runs, or puts another in its place.
struct Mover<'f> {
    fs: &'f SimFs,
    runs: u32,
    leaves_another: bool,
}

impl super::Observer for Mover<'_> {
    fn run_done(&mut self, _: usize, _: &super::RunRecord) {
        self.runs += 1;
        if self.runs == 3 {
            let [from, to] = ["whole", "elsewhere"].map(Path::from);
            self.fs.rename(from, to).unwrap();
            if self.leaves_another {
                self.fs.create_dir(from).unwrap();
                self.fs
                    .write(from.join("runs.ndjson").as_path(), b"")
                    .unwrap();
            }
        }
    }
}

#[test]
fn a_folder_that_goes_away_in_mid_run_is_an_error_and_keeps_its_runs() {
    for leaves_another in [false, true] {
        let fs = SimFs::new();
        let folder = Folder::create(Arc::new(fs.clone()), "whole".into()).unwrap();
        let plan = plan();
        let mut mover = Mover {
            fs: &fs,
            runs: 0,
            leaves_another,
        };
        let error = execute(&task(&plan, Limits::NONE), &folder, &mut mover).unwrap_err();
        assert!(matches!(error, CampaignError::Gone { .. }), "{error}");
        assert!(!fs.exists(Path::from("whole/summary.json")).unwrap());
        let folder = Folder::open_existing(Arc::new(fs.clone()), "elsewhere".into()).unwrap();
        resume(&task(&plan, Limits::NONE), &folder, &mut Nobody).unwrap();
        assert_eq!(bytes(&fs, "elsewhere/summary.json"), whole(Limits::NONE).1);
    }
}

#[test]
fn lines_that_no_run_can_have_written_are_refused() {
    let (fs, _) = whole(Limits::NONE);
    let runs = String::from_utf8(bytes(&fs, "whole/runs.ndjson")).unwrap();
    let (first, rest) = runs.split_once('\n').unwrap();
    let mut first: serde_json::Value = serde_json::from_str(first).unwrap();
    first["states"] = u64::MAX.into();
    fs.write(
        Path::from("whole/runs.ndjson"),
        format!("{first}\n{rest}").as_bytes(),
    )
    .unwrap();
    let folder = Folder::open_existing(Arc::new(fs), "whole".into()).unwrap();
    let plan = plan();
    let error = resume(&task(&plan, Limits::NONE), &folder, &mut Nobody).unwrap_err();
    let said = "whole/runs.ndjson:1: expected seed 0 of careful;";
    assert!(error.to_string().starts_with(said), "{error}");
}
