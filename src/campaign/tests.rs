//! Verdicts, and subjects that misbehave.

use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicU8, AtomicU16, Ordering},
    },
};

use super::{
    Baseline, Entry, Folder, Limits, Observer, Plan, RunRecord, StopSignal, Summary, Task, Verdict,
    execute,
};
use crate::{
    base::{Ratio, Seed},
    image::Image,
    oracle::{Case, Issued, Oracle, Outcome, Witness},
    profile::{Device, PROFILES},
    run::{
        Acknowledgements, CoverageMark, CrashMode, Expectation, Faults, Job, Mode, RunConfig,
        Subject, SubjectError, Workload, silence_subject_panics,
    },
    simfs::SimFs,
    trace::{OperationId, Promise},
    vfs::{OpenOptions, Path, Vfs, VfsExt as _, VfsFile},
    workload::Past,
};

/// Keeps a counter in a file, in the way that a test asks for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Counter {
    Careful,
    Panicking,
    Endless,
    /// Writes something else each time.
    Fickle,
    /// Panics a few times, and then never again.
    Moody,
}

/// What makes [`Counter::Moody`] moody.
static OPENED: AtomicU16 = AtomicU16::new(0);

/// What makes [`Counter::Fickle`] fickle.
static WRITTEN: AtomicU8 = AtomicU8::new(0);

impl Subject for Counter {
    type Operation = u8;
    type State = usize;
    type Instance = (Arc<dyn Vfs>, Box<dyn VfsFile>);

    fn open(&self, vfs: Arc<dyn Vfs>, _: u64) -> Result<Self::Instance, SubjectError> {
        let file = vfs.open(Path::new(b"c"), OpenOptions::new().read().append().create());
        let file = file.map_err(|error| SubjectError::new(&error))?;
        let size = file
            .metadata()
            .map_err(|error| SubjectError::new(&error))?
            .size_bytes;
        match self {
            Counter::Panicking if size > 1 => panic!("two are too many"),
            Counter::Moody if size > 1 => {
                let opened = OPENED.fetch_add(1, Ordering::Relaxed);
                assert!(opened > 50, "a bad day");
                Ok((vfs, file))
            }
            Counter::Endless if size > 1 => loop {
                file.append(b"x")
                    .map_err(|error| SubjectError::new(&error))?;
            },
            _ => Ok((vfs, file)),
        }
    }

    fn apply(
        &self,
        (vfs, file): &mut Self::Instance,
        id: OperationId,
        operation: &u8,
        acks: &mut Acknowledgements<'_>,
    ) -> Result<Option<usize>, SubjectError> {
        let failed = |error| SubjectError::new(&error);
        let byte = match self {
            Counter::Fickle => WRITTEN.fetch_add(1, Ordering::Relaxed),
            _ => *operation,
        };
        file.append(&[byte]).map_err(failed)?;
        file.sync_all().map_err(failed)?;
        vfs.sync_dir(Path::ROOT).map_err(failed)?;
        acks.acknowledge(id, Promise::Durable);
        Ok(None)
    }

    fn read(&self, (vfs, _): &mut Self::Instance) -> Result<usize, SubjectError> {
        let bytes = vfs.read(Path::new(b"c"));
        Ok(bytes.map_err(|error| SubjectError::new(&error))?.len())
    }

    fn close(&self, _: Self::Instance) -> Result<(), SubjectError> {
        Ok(())
    }
}

#[derive(Debug)]
struct Four;

impl Workload<u8> for Four {
    fn life(&self, _: Seed, _: u32, _: u32, _: &[Past<'_, u8>]) -> Vec<u8> {
        vec![1, 2, 3, 4]
    }

    fn probe(&self, _: Seed, _: u32, _: &[Past<'_, u8>]) -> u8 {
        5
    }
}

/// Knows one invariant: recovery succeeds.
struct Comes;

impl Oracle<u8, usize> for Comes {
    fn invariants(&self) -> Vec<&'static str> {
        vec!["recovery-succeeds"]
    }

    fn check(&self, case: &Case<'_, u8, usize>, outcomes: &mut Vec<Outcome>) {
        outcomes.push(match case.recovery {
            Ok(_) => Outcome::Holds { exercised: true },
            Err(failure) => Outcome::Violated(Box::new(Witness {
                given: "four operations".to_owned(),
                shown: failure.to_string(),
                however: "it has to come up".to_owned(),
            })),
        });
    }

    fn shown(&self, history: &[Issued<'_, u8>], state: &usize) -> Vec<bool> {
        (0..history.len()).map(|index| index < *state).collect()
    }
}

pub(super) fn job(subject: Counter) -> Job<Counter> {
    Job {
        subject,
        workload: Box::new(Four),
        oracle: Box::new(Comes),
    }
}

pub(super) fn config() -> RunConfig {
    RunConfig {
        crash: CrashMode::PowerLoss,
        profile: &PROFILES[0],
        device: Device::honest(),
        lives: 1,
        in_recovery: 0,
        recovery_states: 1,
        mode: Mode::Sampled,
        states_per_run: 8,
        exhaustive_budget: 64,
        operations_per_life: 100,
        skip: None,
        swarm: false,
        faults: Faults::default(),
    }
}

pub(super) fn entry(subject: Counter) -> Entry {
    let mut entry = Entry::new("counting", "counter", job(subject), config());
    entry.seeds = 5..25;
    entry
}

pub(super) struct Nobody;

impl Observer for Nobody {
    fn run_done(&mut self, _: usize, _: &RunRecord) {}
}

/// Nobody stops it.
pub(super) static GO_ON: StopSignal = StopSignal::new();

pub(super) fn task(plan: &Plan, limits: Limits) -> Task<'_> {
    Task {
        jobs: 2,
        limits,
        ..Task::new(plan, &GO_ON)
    }
}

pub(super) fn campaign(entry: Entry, limits: Limits) -> (Summary, SimFs) {
    against(entry, limits, None)
}

pub(super) fn against(
    entry: Entry,
    limits: Limits,
    baseline: Option<&Baseline>,
) -> (Summary, SimFs) {
    silence_subject_panics();
    let fs = SimFs::mount(Image::empty());
    let folder = Folder::create(Arc::new(fs.clone()), "out/r".into()).unwrap();
    let plan = Plan::new(vec![entry]);
    let task = Task {
        baseline,
        ..task(&plan, limits)
    };
    (execute(&task, &folder, &mut Nobody).unwrap(), fs)
}

fn verdict(entry: Entry) -> (Verdict, Vec<String>) {
    let (summary, _) = campaign(entry, Limits::NONE);
    let scenario = &summary.scenarios[0];
    assert_eq!(scenario.met, scenario.verdict == Verdict::Expected);
    (summary.verdict, scenario.reasons.clone())
}

fn exactly(ids: &[&str]) -> Expectation {
    Expectation::Exactly(ids.iter().map(|&id| id.to_owned()).collect::<BTreeSet<_>>())
}

#[test]
fn a_careful_subject_is_clean() {
    assert_eq!(
        verdict(entry(Counter::Careful)),
        (Verdict::Expected, vec![])
    );
}

#[test]
fn a_subject_that_panics_is_a_verdict_with_its_seed() {
    let (summary, fs) = campaign(entry(Counter::Panicking), Limits::NONE);
    assert_eq!(summary.verdict, Verdict::Unexpected);
    let finding = &summary.scenarios[0].findings[0];
    assert!((5..25).contains(&finding.first_seed));
    let file = fs
        .read(Path::from(&*format!("out/r/{}", finding.reproducer)))
        .unwrap();
    let file = String::from_utf8(file).unwrap();
    assert!(file.contains("two are too many"), "{file}");
}

#[test]
fn a_subject_that_never_ends_is_a_verdict() {
    let (summary, fs) = campaign(entry(Counter::Endless), Limits::NONE);
    assert_eq!(summary.verdict, Verdict::Unexpected);
    let finding = &summary.scenarios[0].findings[0];
    let file = fs
        .read(Path::from(&*format!("out/r/{}", finding.reproducer)))
        .unwrap();
    let file = String::from_utf8(file).unwrap();
    assert!(file.contains("more than 100 operations"), "{file}");
}

#[test]
fn expected_violations_have_to_happen_and_no_others_may() {
    let expecting = |subject, expectation| {
        let mut entry = entry(subject);
        entry.expectation = expectation;
        verdict(entry).0
    };
    let found = exactly(&["recovery-succeeds"]);
    assert_eq!(
        expecting(Counter::Panicking, found.clone()),
        Verdict::Expected
    );
    assert_eq!(
        expecting(Counter::Panicking, Expectation::Violations),
        Verdict::Expected
    );
    let other = exactly(&["operations-succeed"]);
    assert_eq!(expecting(Counter::Panicking, other), Verdict::Unexpected);
    assert_eq!(expecting(Counter::Careful, found), Verdict::Unexpected);
    assert_eq!(
        expecting(Counter::Careful, Expectation::Violations),
        Verdict::Unexpected
    );
}

#[test]
fn what_was_not_exercised_does_not_pass() {
    let mut idle = entry(Counter::Careful);
    idle.seeds = 7..7;
    assert_eq!(verdict(idle).0, Verdict::Unexercised);
    let mut demanding = entry(Counter::Careful);
    demanding.required.insert(CoverageMark::CrashInRecovery, 1);
    let (verdict_of_demanding, reasons) = verdict(demanding);
    assert_eq!(verdict_of_demanding, Verdict::Unexercised);
    assert_eq!(
        reasons,
        ["crash-in-recovery was reached 0 times and 1 are required"]
    );
    let mut impatient = entry(Counter::Careful);
    impatient.runs_min = 100;
    assert_eq!(verdict(impatient).0, Verdict::Inconclusive);
    assert_eq!(Verdict::of(&[]), Verdict::Unexercised);
}

#[test]
fn of_several_verdicts_the_worst_counts() {
    let all = [
        Verdict::Expected,
        Verdict::Inconclusive,
        Verdict::Unexercised,
        Verdict::Unexpected,
    ];
    for (index, verdict) in all.iter().enumerate() {
        assert_eq!(Verdict::of(&all[..=index]), *verdict);
    }
}

#[test]
fn a_campaign_ends_early_at_the_same_place_every_time() {
    let fail_fast = Limits {
        fail_fast: true,
        ..Limits::NONE
    };
    let (one, _) = campaign(entry(Counter::Panicking), fail_fast);
    let (two, _) = campaign(entry(Counter::Panicking), fail_fast);
    assert_eq!(one, two);
    assert_eq!(one.scenarios[0].violating_runs, 1);
    let capped = Limits {
        violating_runs_max: 3,
        ..Limits::NONE
    };
    let (capped, _) = campaign(entry(Counter::Panicking), capped);
    assert_eq!(capped.scenarios[0].violating_runs, 3);
}

#[test]
fn older_results_are_moved_aside_and_foreign_ones_left_alone() {
    let (_, fs) = campaign(entry(Counter::Careful), Limits::NONE);
    let vfs: Arc<dyn Vfs> = Arc::new(fs.clone());
    Folder::create(vfs.clone(), "out/r".into()).unwrap();
    assert!(fs.exists(Path::from("out/r.1/summary.json")).unwrap());
    assert!(!fs.exists(Path::from("out/r/summary.json")).unwrap());
    // An empty folder is taken as it is.
    Folder::create(vfs.clone(), "out/r".into()).unwrap();
    assert!(!fs.exists(Path::from("out/r.2")).unwrap());
    fs.write(Path::from("out/r/thesis.tex"), b"").unwrap();
    assert!(Folder::create(vfs.clone(), "out/r".into()).is_err());
    assert!(Folder::create(vfs, "out/r/thesis.tex".into()).is_err());
}

#[test]
fn every_run_is_a_line() {
    let (summary, fs) = campaign(entry(Counter::Panicking), Limits::NONE);
    let lines = String::from_utf8(fs.read(Path::from("out/r/runs.ndjson")).unwrap()).unwrap();
    assert_eq!(lines.lines().count() as u64, summary.scenarios[0].runs);
    let first: serde_json::Value = serde_json::from_str(lines.lines().next().unwrap()).unwrap();
    assert_eq!(first["seed"], 5);
    assert_eq!(first["violated"][0]["invariant"], "recovery-succeeds");
}

#[test]
fn a_subject_that_does_not_repeat_itself_is_named_with_its_operation() {
    let ran = |subject: Counter| {
        let fs = SimFs::new();
        let folder = Folder::create(Arc::new(fs), "out/r".into()).unwrap();
        let plan = Plan::new(vec![entry(subject)]);
        let task = Task {
            check_determinism: Ratio::new(1, 4).unwrap(),
            ..task(&plan, Limits::NONE)
        };
        execute(&task, &folder, &mut Nobody).unwrap()
    };
    assert_eq!(ran(Counter::Careful).verdict, Verdict::Expected);
    let summary = ran(Counter::Fickle);
    assert_eq!(summary.verdict, Verdict::Nondeterministic);
    let scenario = &summary.scenarios[0];
    assert!((2..20).contains(&scenario.nondeterministic_runs));
    let reason = &scenario.reasons[0];
    assert!(reason.contains("life 1: write "), "{reason}");
    assert!(reason.contains("src/campaign/tests.rs"), "{reason}");
    assert!(reason.ends_with("with other bytes"), "{reason}");
}

/// It was a panic of ours once: whatever had been found was lost, and the user was told that tornwrite has a bug.
#[test]
fn a_violation_that_its_seed_does_not_find_again_is_nondeterminism() {
    let mut moody = entry(Counter::Moody);
    moody.seeds = 5..105;
    let (summary, _) = campaign(moody, Limits::NONE);
    assert_eq!(summary.verdict, Verdict::Nondeterministic);
    let scenario = &summary.scenarios[0];
    assert!(scenario.nondeterministic_runs > 0);
    let reason = &scenario.reasons[0];
    let said = ": recovery-succeeds was violated, and not again in the same way";
    assert!(reason.ends_with(said), "{reason}");
    assert!(!scenario.findings.is_empty());
}
