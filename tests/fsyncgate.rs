//! What a store does when fsync fails decides whether it keeps its word.
//!
//! The story is that of `PostgreSQL` in 2018: it tried a failed fsync again, the second one succeeded, since the kernel had
//! marked the pages clean, and it went on as if the data were on disk.

#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

#[allow(dead_code, reason = "the numbers of other tests are not needed here")]
mod support;

use std::sync::Arc;

use support::{CountUp, Durable, config};
use tornwrite::{
    base::{Ratio, Seed},
    profile::{FsyncFailure, Profile},
    run::{
        Acknowledgements, CoverageMark, CrashMode, FaultKind, Faults, Job, RunConfig, RunOutcome,
        Subject, SubjectError, Verdict, replay, run,
    },
    trace::{OperationId, Promise},
    vfs::{FileExt as _, OpenOptions, Path, Vfs, VfsError, VfsExt as _, VfsFile, VfsResult},
};

/// What the store does when fsync fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Answer {
    /// It tries again, and believes the second fsync.
    Retries,
    /// It does not look.
    Ignores,
    /// It says so, and does nothing more until it is opened again.
    Poisons,
    /// The same; and what it finds when it is opened, it writes once more before it believes it.
    PoisonsAndRewrites,
}

/// A log of numbers: each record fills a page and ends in a checksum.
#[derive(Clone, Debug)]
struct Log(Answer);

struct OpenLog {
    file: Box<dyn VfsFile>,
    list: Vec<u32>,
    is_poisoned: bool,
}

const PAGE: usize = 4096;
const LOG: Path<'static> = Path::new(b"log");

fn encode(number: u32) -> Vec<u8> {
    let mut record: Vec<u8> = number.to_le_bytes().repeat(PAGE / 4 - 1);
    let crc = crc32fast::hash(&record);
    record.extend_from_slice(&crc.to_le_bytes());
    record
}

fn decode(record: &[u8]) -> Option<u32> {
    let (content, crc) = record.split_at_checked(PAGE - 4)?;
    let is_valid = crc == crc32fast::hash(content).to_le_bytes();
    is_valid.then(|| u32::from_le_bytes(content[..4].try_into().unwrap()))
}

#[expect(clippy::needless_pass_by_value, reason = "what `map_err` hands over")]
fn say(error: VfsError) -> SubjectError {
    SubjectError::new(&error)
}

impl OpenLog {
    fn open(vfs: &dyn Vfs, answer: Answer) -> VfsResult<OpenLog> {
        let options = OpenOptions::new().read().append().create();
        let file = vfs.open(LOG, options)?;
        vfs.sync_dir(Path::ROOT)?;
        let bytes = vfs.read(LOG)?;
        let list: Vec<u32> = bytes.chunks(PAGE).map_while(decode).collect();
        file.set_len((list.len() * PAGE) as u64)?;
        if answer == Answer::PoisonsAndRewrites {
            let again = vfs.open(LOG, OpenOptions::new().write())?;
            again.write_all_at(&bytes[..list.len() * PAGE], 0)?;
        }
        file.sync_all()?;
        Ok(OpenLog {
            file,
            list,
            is_poisoned: false,
        })
    }

    fn append(&mut self, number: u32, answer: Answer) -> Result<(), SubjectError> {
        if self.is_poisoned {
            return Err(SubjectError("an earlier fsync failed".to_owned()));
        }
        self.file.append_all(&encode(number)).map_err(say)?;
        match answer {
            Answer::Poisons | Answer::PoisonsAndRewrites => {
                self.file.sync_data().map_err(|error| {
                    self.is_poisoned = true;
                    say(error)
                })?;
            }
            Answer::Ignores => drop(self.file.sync_data()),
            Answer::Retries => {
                let again = |_| self.file.sync_data();
                self.file.sync_data().or_else(again).map_err(say)?;
            }
        }
        self.list.push(number);
        Ok(())
    }
}

impl Subject for Log {
    type Operation = u32;
    type State = Vec<u32>;
    type Instance = OpenLog;

    fn open(&self, vfs: Arc<dyn Vfs>, _: u64) -> Result<OpenLog, SubjectError> {
        OpenLog::open(vfs.as_ref(), self.0).map_err(say)
    }

    fn apply(
        &self,
        open: &mut OpenLog,
        id: OperationId,
        number: &u32,
        acks: &mut Acknowledgements<'_>,
    ) -> Result<Option<Vec<u32>>, SubjectError> {
        open.append(*number, self.0)?;
        acks.acknowledge(id, Promise::Durable);
        Ok(None)
    }

    fn read(&self, open: &mut OpenLog) -> Result<Vec<u32>, SubjectError> {
        Ok(open.list.clone())
    }

    fn close(&self, _: OpenLog) -> Result<(), SubjectError> {
        Ok(())
    }
}

fn job(answer: Answer) -> Job<Log> {
    Job {
        subject: Log(answer),
        workload: Box::new(CountUp),
        oracle: Box::new(Durable),
    }
}

fn failing(left: FsyncFailure) -> RunConfig {
    RunConfig {
        faults: Faults {
            fdatasync: Ratio::new(1, 8).unwrap(),
            fsync: Ratio::new(1, 8).unwrap(),
            fsync_failure: Some(left),
            ..Faults::default()
        },
        ..config(CrashMode::PowerLoss, "ext4-ordered", 2)
    }
}

fn runs(answer: Answer, left: FsyncFailure) -> impl Iterator<Item = (Seed, RunOutcome)> {
    let (job, config) = (job(answer), failing(left));
    (0..60).map(move |seed| (Seed(seed), run(&job, &config, Seed(seed))))
}

/// The runs in which what was acknowledged is not there; nothing else may ever break.
fn caught(answer: Answer, left: FsyncFailure) -> usize {
    let mut caught = 0;
    for (seed, outcome) in runs(answer, left) {
        for violation in &outcome.violations {
            assert_eq!(violation.invariant, "durable-ack", "{answer:?}, {seed}");
            caught += 1;
        }
    }
    caught
}

const BEHAVIOURS: [FsyncFailure; 4] = [
    FsyncFailure::CleanNew,
    FsyncFailure::CleanNewLater,
    FsyncFailure::CleanOld,
    FsyncFailure::DirtyNew,
];

#[test]
fn a_store_that_tries_a_failed_fsync_again_is_caught_unless_the_pages_stay_dirty() {
    for left in BEHAVIOURS {
        let caught = caught(Answer::Retries, left);
        assert_eq!(
            caught > 0,
            left != FsyncFailure::DirtyNew,
            "{left:?}: {caught}"
        );
    }
}

#[test]
fn a_store_that_does_not_look_is_caught_whatever_the_pages_do() {
    for left in BEHAVIOURS {
        assert!(caught(Answer::Ignores, left) > 0, "{left:?}");
    }
}

#[test]
fn a_store_that_poisons_itself_is_clean_whatever_the_pages_do() {
    for left in BEHAVIOURS {
        assert_eq!(caught(Answer::Poisons, left), 0, "{left:?}");
        let failed = runs(Answer::Poisons, left).map(|(_, outcome)| {
            let marks = &outcome.coverage.marks;
            marks.get(&CoverageMark::FailedFsync).copied().unwrap_or(0)
        });
        assert!(failed.sum::<u64>() > 100, "{left:?}");
    }
}

/// The finding of "Can Applications Recover from fsync Failures?": the process starts again, reads what only the page cache
/// holds, and the fsync of its recovery has nothing to write.
#[test]
fn a_recovery_that_trusts_the_page_cache_is_caught_behind_a_failed_fsync() {
    let caught = |answer| {
        let config = RunConfig {
            crash: CrashMode::ProcessThenPower,
            ..failing(FsyncFailure::CleanNew)
        };
        let lost = |outcome: &RunOutcome| outcome.is_violating();
        let outcomes = (0..100).map(|seed| run(&job(answer), &config, Seed(seed)));
        outcomes.filter(lost).count()
    };
    assert!(caught(Answer::Poisons) > 0);
    assert_eq!(caught(Answer::PoisonsAndRewrites), 0);
}

#[test]
fn a_plan_that_never_fires_changes_nothing() {
    let never = Faults {
        at: Some((u64::MAX, FaultKind::Eio)),
        ..Faults::default()
    };
    for crash in [CrashMode::PowerLoss, CrashMode::ProcessThenPower] {
        for seed in (0..10).map(Seed) {
            let with = |faults| {
                let config = RunConfig {
                    faults,
                    ..config(crash, "posix-minimum", 2)
                };
                run(&job(Answer::Retries), &config, seed)
            };
            assert_eq!(with(never), with(Faults::default()), "{crash:?}, {seed}");
        }
    }
}

#[test]
fn every_violation_behind_an_injected_error_comes_back() {
    let mut replayed = 0;
    // On btrfs a length waits for its bytes, unless a barrier behind the crash says that they could not be written.
    let behaviours = [
        ("ext4-ordered", FsyncFailure::CleanNew),
        ("ext4-ordered", FsyncFailure::CleanOld),
        ("btrfs", FsyncFailure::CleanNewLater),
    ];
    for (profile, left) in behaviours {
        let (job, mut config) = (job(Answer::Retries), failing(left));
        config.profile = Profile::find(profile).unwrap();
        for seed in (0..12).map(Seed) {
            for violation in run(&job, &config, seed).violations {
                let text = serde_json::to_string(&violation.schedule).unwrap();
                let schedule = serde_json::from_str(&text).unwrap();
                assert_eq!(
                    schedule, violation.schedule,
                    "it survives being written down"
                );
                let again = replay(&job, &config, seed, &schedule, violation.invariant);
                let expected = Verdict::StillFails {
                    invariant: violation.invariant,
                    witness: violation.witness,
                    image: violation.image,
                };
                assert_eq!(again.verdict, expected, "{profile}, {left:?}, seed {seed}");
                replayed += 1;
            }
        }
    }
    assert!(replayed > 4, "{replayed}");
}

#[test]
fn a_violation_goes_away_with_the_error_that_it_needs() {
    let (job, config) = (job(Answer::Retries), failing(FsyncFailure::CleanNew));
    let found = (0..60).map(Seed).find_map(|seed| {
        let violation = run(&job, &config, seed).violations.into_iter().next()?;
        Some((seed, violation))
    });
    let (seed, mut violation) = found.expect("it is caught");
    assert!(!violation.schedule.errors.is_empty());
    violation.schedule.errors.clear();
    let again = replay(
        &job,
        &config,
        seed,
        &violation.schedule,
        violation.invariant,
    );
    let still_fails = matches!(again.verdict, Verdict::StillFails { .. });
    assert!(!still_fails, "{:?}", again.verdict);
}
