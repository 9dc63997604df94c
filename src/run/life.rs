//! One life, recorded: open, work, and never a crash; those are chosen afterwards.

use super::{
    config::Limits,
    guard::guard,
    subject::{Acknowledgements, Job, Subject, SubjectError},
};
use crate::{
    base::{Hasher, Seed},
    image::Image,
    oracle::Failure,
    simfs::{Recording, SimFs},
    trace::{Mark, OperationId},
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
}

impl Start {
    pub(super) fn filesystem(self) -> SimFs {
        match self {
            Start::Mount(image) => SimFs::mount(image),
            Start::Resume(recording, live) => SimFs::resume(recording, live),
        }
    }
}

/// What a subject may draw from when it opens on this image: the same on the same disk, so that a life begins as the
/// recovery went that it continues.
pub(super) fn entropy(seed: Seed, image: &Image, purpose: u64) -> u64 {
    let mut hasher = Hasher::new();
    hasher.number(seed.0).digest(image.digest()).number(purpose);
    #[expect(clippy::cast_possible_truncation, reason = "64 of 128 bits are enough")]
    let entropy = hasher.finish().0 as u64;
    entropy
}

/// Records a life: `operations` are done one after the other, until one fails.
pub(super) fn record<S: Subject>(
    job: &Job<S>,
    start: Start,
    seed: Seed,
    limits: Limits,
    past: (Vec<S::Operation>, Ledger),
    operations: Vec<S::Operation>,
) -> Life<S::Operation> {
    let fs = start.filesystem();
    limits.apply(&fs);
    let (mut history, mut ledger) = past;
    let first = fs.position();
    let entropy = entropy(seed, &fs.live_image(), 0);
    let mut failure = None;
    let opened = guard(|| job.subject.open(std::sync::Arc::new(fs.clone()), entropy));
    let instance = match opened {
        Ok(mut instance) => {
            fs.mark(Mark::Opened);
            for operation in operations {
                let id =
                    OperationId(u32::try_from(history.len()).expect("fewer than 2^32 operations"));
                history.push(operation);
                fs.mark(Mark::Issued(id));
                if let Err(failed) = apply(job, &fs, &mut instance, id, &history[id.index()]) {
                    fs.mark(Mark::Failed(id));
                    failure = Some((Some(id), failed));
                    break;
                }
            }
            Some(instance)
        }
        Err(failed) => {
            failure = Some((None, failed));
            None
        }
    };
    let recording = fs.finish();
    // The subject dies with its life; what it does while it is dropped is not recorded any more.
    let _: Result<(), Failure> = guard(|| {
        drop(instance);
        Ok(())
    });
    for (mark, at) in recording.trace.marks().filter(|(_, at)| *at > first) {
        ledger.enter(mark, at);
    }
    Life {
        recording,
        history,
        ledger,
        failure,
    }
}

fn apply<S: Subject>(
    job: &Job<S>,
    fs: &SimFs,
    instance: &mut S::Instance,
    id: OperationId,
    operation: &S::Operation,
) -> Result<(), Failure> {
    guard(|| {
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
