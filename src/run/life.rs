//! One life, recorded: open, work, and never a crash; those are chosen afterwards.

use std::collections::BTreeSet;

use super::{
    config::Limits,
    guard::{Call, guard},
    subject::{Acknowledgements, Job, Subject, SubjectError},
};
use crate::{
    base::{Digest, Position, Seed},
    image::Image,
    oracle::{Failure, FailureKind, Issued},
    simfs::{FaultPlan, InjectedError, Injection, PlacedError, Recording, SimFs},
    trace::{Action, FailedPages, Mark, OperationId, Promise, Report},
    workload::Ledger,
};

/// Where a life begins.
#[derive(Clone, Debug)]
pub(super) enum Start {
    /// On a disk with nothing pending.
    Mount(Image),
    /// On the page cache of a process that died, with what is pending still pending.
    Resume(Recording, Image),
}

/// A life as it was recorded.
#[derive(Debug)]
pub(super) struct Life<Operation> {
    pub(super) recording: Recording,
    /// What was asked, in this life and in earlier ones.
    pub(super) history: Vec<Operation>,
    /// What was promised.
    pub(super) ledger: Ledger,
    /// What failed although nothing was made to fail.
    pub(super) failure: Option<(Option<OperationId>, Failure)>,
    /// What was made to fail, each with the position before it.
    pub(super) errors: Vec<(Position, InjectedError)>,
    /// The same, told by what was being done.
    pub(super) placed_errors: Vec<PlacedError>,
}

/// Where the log could not be written: from there on the filesystem is of no use before it is mounted again.
pub(super) fn log_failure(errors: &[(Position, InjectedError)]) -> Position {
    let failed = errors
        .iter()
        .find(|(_, error)| error.what == Injection::Log);
    failed.map_or(Position::NEVER, |(at, _)| *at)
}

/// The errors that were injected, those behind a crash too: what a barrier says that it could not write may have failed
/// before the crash.
pub(super) fn named(errors: &[(Position, InjectedError)]) -> Vec<InjectedError> {
    errors.iter().map(|(_, error)| error.clone()).collect()
}

impl Start {
    /// Where in the recording the life begins.
    pub(super) fn position(&self) -> Position {
        match self {
            Start::Mount(_) => Position(0),
            Start::Resume(recording, _) => recording.trace.end(),
        }
    }

    pub(super) fn filesystem(self) -> SimFs {
        match self {
            Start::Mount(image) => SimFs::mount(image),
            Start::Resume(recording, live) => SimFs::resume(recording, live),
        }
    }
}

/// What a subject may draw from when it opens on this image: the same on the same disk, so that a life begins as the
/// recovery went that it continues.
pub(super) fn entropy(seed: Seed, image: Digest, purpose: u64) -> u64 {
    // On the stack: there is one for each recovery.
    let mut key = [0; 32];
    key[..8].copy_from_slice(&seed.0.to_le_bytes());
    key[8..24].copy_from_slice(&image.0.to_le_bytes());
    key[24..].copy_from_slice(&purpose.to_le_bytes());
    #[expect(clippy::cast_possible_truncation, reason = "64 of 128 bits are enough")]
    let entropy = Digest::of(&key).0 as u64;
    entropy
}

/// Openings of the subject in one life, as long as errors keep it from opening.
const OPENINGS: u64 = 3;

/// Entries of the trace that there is room for from the start: an operation of most subjects needs no more.
const ENTRIES_PER_OPERATION: usize = 4;

/// Operations in a row that may fail before the life is over: a subject that refuses everything has nothing more to show.
const FAILURES_IN_A_ROW: u32 = 8;

/// What tells the entropy of later openings in a life from that of recoveries.
const OPENED_AGAIN: u64 = 16;

/// Records a life: `operations` are done one after the other, until one fails although nothing was made to fail.
pub(super) fn record<S: Subject>(
    job: &Job<S>,
    start: Start,
    seed: Seed,
    limits: Limits,
    past: (Vec<S::Operation>, Ledger),
    operations: Vec<S::Operation>,
    faults: Option<FaultPlan>,
) -> Life<S::Operation> {
    let fs = start.filesystem();
    limits.apply(&fs);
    let (mut history, mut ledger) = past;
    let first = fs.position();
    fs.reserve(ENTRIES_PER_OPERATION * operations.len());
    if let Some(plan) = faults {
        fs.inject(plan);
    }
    let mut failure = None;
    let instance = match open(job, &fs, seed) {
        Ok(mut instance) => {
            if fs.is_disturbed_behind(first) {
                see(job, &mut instance, &history, &mut ledger);
            }
            fs.mark(Mark::Opened);
            failure = work(job, &fs, first, &mut instance, &mut history, operations);
            Some(instance)
        }
        Err(failed) => {
            if !is_excused(&fs, first, &failed) {
                failure = Some((None, failed));
            }
            None
        }
    };
    let errors = fs.injected();
    let placed_errors = fs.placed_errors();
    let recording = fs.finish();
    // The subject dies with its life; what it does while it is dropped is not recorded any more.
    let _: Result<(), Failure> = guard(Call::Dropping, || {
        drop(instance);
        Ok(())
    });
    enter_marks(&recording, first, &mut ledger);
    Life {
        recording,
        history,
        ledger,
        failure,
        errors,
        placed_errors,
    }
}

/// Opens the subject; where an injected error keeps it from opening it is started again, on the same page cache.
fn open<S: Subject>(job: &Job<S>, fs: &SimFs, seed: Seed) -> Result<S::Instance, Failure> {
    let mut number = 0;
    loop {
        let before = fs.position();
        let (purpose, call) = match number {
            0 => (0, Call::Opening),
            _ => (OPENED_AGAIN + number, Call::OpeningAgain),
        };
        let entropy = entropy(seed, fs.live_digest(), purpose);
        let opened = guard(call, || {
            job.subject.open(std::sync::Arc::new(fs.clone()), entropy)
        });
        number += 1;
        match opened {
            Err(failed)
                if number < OPENINGS
                    && failed.kind == FailureKind::Error
                    && fs.is_disturbed_behind(before) => {}
            other => return other,
        }
    }
}

/// Whether a failure is the doing of an injected error. A subject may stop with a panic where it cannot go on, but not in
/// its recovery; and it may not try for ever.
fn is_excused(fs: &SimFs, since: Position, failed: &Failure) -> bool {
    failed.kind == FailureKind::Error && fs.is_disturbed_behind(since)
}

/// Does the operations; what fails although nothing was made to fail ends the life.
fn work<S: Subject>(
    job: &Job<S>,
    fs: &SimFs,
    first: Position,
    instance: &mut S::Instance,
    history: &mut Vec<S::Operation>,
    operations: Vec<S::Operation>,
) -> Option<(Option<OperationId>, Failure)> {
    let mut failures = 0;
    for operation in operations {
        let id = OperationId(u32::try_from(history.len()).expect("fewer than 2^32 operations"));
        history.push(operation);
        fs.mark(Mark::Issued(id));
        let Err(failed) = apply(job, fs, instance, id, &history[id.index()]) else {
            failures = 0;
            continue;
        };
        fs.mark(Mark::Failed(id));
        let stops = failed.kind == FailureKind::Panic && fs.is_disturbed_behind(first);
        if !stops && !is_excused(fs, first, &failed) {
            return Some((Some(id), failed));
        }
        failures += 1;
        if stops || failures == FAILURES_IN_A_ROW {
            return None;
        }
    }
    None
}

/// Sets down what a recovery shows that went another way than the one without errors.
fn see<S: Subject>(
    job: &Job<S>,
    instance: &mut S::Instance,
    history: &[S::Operation],
    ledger: &mut Ledger,
) {
    let issued: Vec<_> = ledger
        .carried()
        .zip(history)
        .zip(0..)
        .map(|((standing, operation), number)| Issued {
            id: OperationId(number),
            operation,
            standing,
            failed: false,
            seen: false,
        })
        .collect();
    // A subject that cannot be read says so when it is asked to work.
    if let Ok(state) = guard(Call::OpeningAgain, || job.subject.read(instance)) {
        ledger.see(&job.oracle.shown(&issued, &state));
    }
}

/// Enters what was said in a life. Between a failure to write back that nobody was told of and its report, what is
/// acknowledged as durable is in doubt.
fn enter_marks(recording: &Recording, first: Position, ledger: &mut Ledger) {
    let mut untold = BTreeSet::new();
    let entries = recording.trace.entries().iter().zip(1..);
    for (entry, at) in entries.skip(first.index()) {
        match entry.action {
            Action::Mark(Mark::Acknowledged(id, Promise::Durable)) if !untold.is_empty() => {
                ledger.enter(Mark::Acknowledged(id, Promise::Buffered), Position(at));
            }
            Action::Mark(mark) => ledger.enter(mark, Position(at)),
            Action::BarrierFailed {
                inode,
                pages,
                report,
                ..
            } => {
                if pages != FailedPages::Dirty {
                    ledger.fail_barrier(Position(at), pages == FailedPages::Reverted);
                }
                match report {
                    Report::LaterCall => untold.insert(inode),
                    Report::ThisCall => untold.remove(&inode),
                };
            }
            _ => {}
        }
    }
}

fn apply<S: Subject>(
    job: &Job<S>,
    fs: &SimFs,
    instance: &mut S::Instance,
    id: OperationId,
    operation: &S::Operation,
) -> Result<(), Failure> {
    guard(Call::Operation(id.0), || {
        let shown = job
            .subject
            .apply(instance, id, operation, &mut Acknowledgements::new(fs))?;
        match shown {
            Some(state) if state != job.subject.read(instance)? => Err(SubjectError(
                "it showed two different states one after the other".to_owned(),
            )),
            _ => Ok(()),
        }
    })
}
