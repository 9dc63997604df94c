//! Violations that miss the same are one finding, of which the smallest is kept, and none is lost on the way.

use std::{panic::AssertUnwindSafe, sync::Arc};

use super::{
    Entry, Finding, Folder, Limits, Observer, Plan, Reproducer, Shard, StopReason, StopSignal,
    Task, Verdict, execute,
    findings::Found,
    group::Size,
    record::RunRecord,
    resume,
    tally::Tally,
    tests::{Counter, Nobody, campaign, entry, task},
};
use crate::{
    base::{Digest, Seed},
    image::Image,
    oracle::Witness,
    run::{Coverage, Evidence, InvariantCount, LegalStates, RunOutcome, Schedule, Violation},
    simfs::SimFs,
    vfs::{Path, Vfs as _, VfsExt as _},
};

fn read(fs: &SimFs, name: &str) -> Vec<u8> {
    fs.read(Path::from(&*format!("out/r/{name}"))).unwrap()
}

fn reproducer(fs: &SimFs, finding: &Finding) -> Reproducer<serde_json::Value> {
    serde_json::from_slice(&read(fs, &finding.reproducer)).unwrap()
}

/// Interrupts it when the first violation is explained, though time was up before.
struct Impatient<'s> {
    stop: &'s StopSignal,
    explained: u64,
    cut_off: u64,
}

impl Observer for Impatient<'_> {
    fn run_done(&mut self, _: usize, _: &RunRecord) {}

    fn explaining(&mut self, _: u64) {
        self.stop.stop(StopReason::OutOfTime);
    }

    fn explained(&mut self, _: usize) {
        self.explained += 1;
        self.stop.stop(StopReason::Interrupted);
    }

    fn cut_off(&mut self, count: u64) {
        self.cut_off = count;
    }
}

#[test]
fn explaining_that_is_interrupted_ends_at_once_and_is_done_when_it_is_resumed() {
    let (whole, _) = campaign(entry(Counter::Panicking), Limits::NONE);
    let (plan, stop) = (
        Plan::new(vec![entry(Counter::Panicking)]),
        StopSignal::new(),
    );
    let folder = Folder::create(Arc::new(SimFs::new()), "out/r".into()).unwrap();
    let mut impatient = Impatient {
        stop: &stop,
        explained: 0,
        cut_off: 0,
    };
    let stopped = Task {
        stop: &stop,
        ..task(&plan, Limits::NONE)
    };
    let summary = execute(&stopped, &folder, &mut impatient).unwrap();
    assert_eq!(summary.verdict, Verdict::Interrupted);
    assert_eq!(impatient.explained, 1);
    assert!(impatient.cut_off > 0);
    assert_eq!(summary.scenarios[0].findings.len(), 1);
    assert_eq!(summary.scenarios[0].runs, whole.scenarios[0].runs);
    let resumed = resume(&task(&plan, Limits::NONE), &folder, &mut Nobody).unwrap();
    assert_eq!(resumed, whole);
}

#[test]
fn a_finding_adds_up_and_its_evidence_misses_what_it_says() {
    let (summary, fs) = campaign(entry(Counter::Panicking), Limits::NONE);
    let scenario = &summary.scenarios[0];
    assert!(!scenario.findings.is_empty());
    let folders = fs.read_dir(Path::from("out/r/violations")).unwrap();
    assert_eq!(folders.len(), scenario.findings.len(), "no other folder");
    let found: u64 = scenario.findings.iter().map(|finding| finding.count).sum();
    assert_eq!(found, scenario.violating_runs, "no run is counted twice");
    for finding in &scenario.findings {
        let signatures = || finding.signatures.iter();
        assert_eq!(
            signatures().map(|one| one.count).sum::<u64>(),
            finding.count
        );
        assert_eq!(
            signatures().map(|one| one.first_seed).min(),
            Some(finding.first_seed)
        );
        let evidence = read(&fs, &format!("violations/{}/evidence.json", finding.id));
        let evidence: Evidence = serde_json::from_slice(&evidence).unwrap();
        let identity = evidence.missing.unwrap().identity();
        if !identity.is_empty() {
            assert_eq!(identity, finding.missing);
        }
        assert_eq!(reproducer(&fs, finding).id, finding.id);
    }
}

#[test]
fn the_smallest_violation_is_kept() {
    let mut all = entry(Counter::Panicking);
    all.seeds = 0..200;
    let seeds = all.seeds.clone();
    let (summary, fs) = campaign(entry_of(seeds.clone()), Limits::NONE);
    // Each violation again, as it was found: none of the same signature as the kept one is smaller.
    for finding in &summary.scenarios[0].findings {
        let kept = reproducer(&fs, finding);
        let size = (Size::of(&kept.schedule), kept.seed.0);
        for seed in seeds.clone().map(Seed) {
            for violation in (all.run)(seed).violations {
                let is_same = violation.signature == kept.signature;
                assert!(
                    !is_same || size <= (Size::of(&violation.schedule), seed.0),
                    "{seed}"
                );
            }
        }
    }
}

fn entry_of(seeds: std::ops::Range<u64>) -> Entry {
    let mut entry = entry(Counter::Panicking);
    entry.seeds = seeds;
    entry
}

/// Dies when the first finding is explained.
struct Dies;

impl Observer for Dies {
    fn run_done(&mut self, _: usize, _: &RunRecord) {}

    fn explained(&mut self, _: usize) {
        panic!("the machine is gone");
    }
}

#[test]
fn what_a_campaign_found_before_it_died_is_not_lost() {
    let (whole, _) = campaign(entry(Counter::Panicking), Limits::NONE);
    let fs = SimFs::mount(Image::empty());
    let folder = Folder::create(Arc::new(fs.clone()), "out/r".into()).unwrap();
    let plan = Plan::new(vec![entry(Counter::Panicking)]);
    let died = std::panic::catch_unwind(AssertUnwindSafe(|| {
        let _ = execute(&task(&plan, Limits::NONE), &folder, &mut Dies);
    }));
    assert!(died.is_err());
    assert!(!fs.exists(Path::from("out/r/summary.json")).unwrap());
    let resumed = resume(&task(&plan, Limits::NONE), &folder, &mut Nobody).unwrap();
    assert_eq!(resumed, whole);
}

fn run(entry: &Entry, seed: u64, signature: &str) -> RunRecord {
    let violation = Violation {
        invariant: "recovery-succeeds",
        witness: Witness {
            given: String::new(),
            shown: String::new(),
            however: String::new(),
        },
        schedule: Schedule::default(),
        image: Digest::default(),
        signature: signature.to_owned(),
    };
    let outcome = RunOutcome {
        seed: Seed(seed),
        digest: Digest::default(),
        crash_points: 1,
        states_tried: 1,
        distinct_images: 1,
        recoveries: 1,
        exhaustive_points: 0,
        legal_states: LegalStates::default(),
        coverage: Coverage::default(),
        invariants: vec![InvariantCount::default(); 2],
        violations: vec![violation],
        left_out: Vec::new(),
    };
    RunRecord::new(entry, &outcome, None)
}

#[test]
fn beyond_the_limit_groups_are_counted_as_unexplained() {
    let entry = entry(Counter::Panicking);
    let mut tally = Tally::explaining(&entry, 1);
    for (seed, signature) in [(1, "one"), (2, "two"), (3, "two")] {
        tally.add(&run(&entry, seed, signature));
    }
    let explained = tally.groups().filter(|(_, group)| group.is_explained);
    assert_eq!(explained.count(), 1);
    let summary = tally.finish(Found::default(), Shard::WHOLE, None);
    assert_eq!(summary.unexplained, 1);
}
