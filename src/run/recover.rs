//! Recovery of one image: what it shows, what a second one shows, and whether work can go on.

use std::sync::Arc;

use super::{
    config::Limits,
    guard::{Call, guard},
    life::{Start, entropy},
    subject::{Acknowledgements, Job, Subject, SubjectError},
};
use crate::{
    base::{Position, Seed},
    image::Image,
    oracle::{Case, Damage, Failure, FailureKind, Issued, Progress},
    simfs::{FaultPlan, InjectedError, Recording, SimFs},
    trace::OperationId,
    workload::{CrashKind, Past},
};

/// One more operation, and what the subject showed afterwards.
type Work<S> = (
    <S as Subject>::Operation,
    Result<<S as Subject>::State, Failure>,
);

/// What came of recovering one image.
#[derive(Debug)]
pub(super) struct Recovered<S: Subject> {
    /// What it showed.
    pub(super) shown: Result<S::State, Failure>,
    /// What a second recovery without a crash in between showed, if an invariant asks.
    pub(super) again: Option<Result<S::State, Failure>>,
    /// One more operation, and what a re-opened subject showed then, if an invariant asks.
    pub(super) progress: Option<Work<S>>,
    /// What was made to fail in it, each with the position before it.
    pub(super) errors: Vec<(Position, InjectedError)>,
    /// Whether what it showed, or said, came of a recovery into which errors were injected.
    pub(super) injected: bool,
    /// What the recovery did to the filesystem.
    pub(super) recording: Recording,
    /// Where in the recording it begins.
    pub(super) first: Position,
}

impl<S: Subject> Recovered<S> {
    /// What the oracle is shown of it.
    pub(super) fn case<'a>(
        &'a self,
        history: &'a [Issued<'a, S::Operation>],
        crash: CrashKind,
        damage: Option<&'a Damage>,
    ) -> Case<'a, S::Operation, S::State> {
        let progress = self.progress.as_ref();
        Case {
            history,
            crash,
            recovery: self.shown.as_ref(),
            injected: self.injected,
            again: self.again.as_ref().map(Result::as_ref),
            progress: progress.map(|(probe, outcome)| Progress {
                probe,
                outcome: outcome.as_ref(),
            }),
            damage,
        }
    }
}

/// What besides the recovery itself is tried.
#[derive(Clone, Copy, Debug)]
pub(super) struct Trials {
    pub(super) again: bool,
    pub(super) progress: bool,
    pub(super) limits: Limits,
    pub(super) seed: Seed,
    pub(super) life: u32,
}

/// Purposes of entropy, each with what it is called: each opening of the same disk draws something else.
const RECOVERY: (u64, Call) = (0, Call::Recovery);
const AGAIN: (u64, Call) = (1, Call::SecondRecovery);
const PROGRESS: (u64, Call) = (2, Call::Progress);
/// The same entropy as a recovery.
const AFTER_PROGRESS: (u64, Call) = (0, Call::Progress);
const AFTER_ERRORS: (u64, Call) = (3, Call::Recovery);

/// Recovers the subject on what `start` shows; `past` is what was asked of it so far.
///
/// Where an injected error makes the recovery fail, the process starts again on the same page cache, and nothing is
/// injected any more.
pub(super) fn recover<S: Subject>(
    job: &Job<S>,
    start: Start,
    trials: Trials,
    past: &[Past<'_, S::Operation>],
    faults: Option<FaultPlan>,
) -> Recovered<S> {
    let fs = start.filesystem();
    let first = fs.position();
    if let Some(plan) = faults {
        fs.inject(plan);
    }
    let (mut shown, mut instance) = open_and_read(job, &fs, trials, RECOVERY);
    let errors = fs.injected();
    let mut injected = !errors.is_empty();
    let is_error = |shown: &Failure| shown.kind == FailureKind::Error;
    let is_broken = fs.is_broken();
    if injected && !is_broken && shown.as_ref().is_err_and(is_error) {
        drop_instance(instance);
        fs.stop_injecting();
        (shown, instance) = open_and_read(job, &fs, trials, AFTER_ERRORS);
        injected = false;
    }
    let is_tried = (trials.again || trials.progress) && shown.is_ok() && !is_broken;
    let recovered = is_tried.then(|| fs.live_image());
    let recording = fs.finish();
    let mut again = None;
    let mut progress = None;
    if let Some(recovered) = recovered {
        again = trials
            .again
            .then(|| show(job, recovered.clone(), trials, AGAIN));
        progress = trials.progress.then(|| {
            let probe = job.workload.probe(trials.seed, trials.life, past);
            let outcome = work(job, recovered, trials, &probe);
            (probe, outcome)
        });
    }
    drop_instance(instance);
    Recovered {
        shown,
        again,
        progress,
        errors,
        injected,
        recording,
        first,
    }
}

fn open_and_read<S: Subject>(
    job: &Job<S>,
    fs: &SimFs,
    trials: Trials,
    (purpose, call): (u64, Call),
) -> (Result<S::State, Failure>, Option<S::Instance>) {
    trials.limits.apply(fs);
    let entropy = entropy(trials.seed, fs.live_digest(), purpose);
    let opened = guard(call, || {
        let mut instance = job.subject.open(Arc::new(fs.clone()), entropy)?;
        let state = job.subject.read(&mut instance)?;
        Ok((state, instance))
    });
    match opened {
        Ok((state, instance)) => (Ok(state), Some(instance)),
        Err(failure) => (Err(failure), None),
    }
}

/// What the subject shows on an image.
fn show<S: Subject>(
    job: &Job<S>,
    image: Image,
    trials: Trials,
    purpose: (u64, Call),
) -> Result<S::State, Failure> {
    let (shown, instance) = open_and_read(job, &SimFs::mount(image), trials, purpose);
    drop_instance(instance);
    shown
}

/// Opens the subject, lets it do one more operation, closes it and shows what it shows when it is opened again.
fn work<S: Subject>(
    job: &Job<S>,
    image: Image,
    trials: Trials,
    probe: &S::Operation,
) -> Result<S::State, Failure> {
    let fs = SimFs::mount(image);
    let (opened, instance) = open_and_read(job, &fs, trials, PROGRESS);
    opened?;
    guard(Call::Progress, || {
        let mut instance = instance.ok_or_else(|| SubjectError("it is not open".to_owned()))?;
        let mut acks = Acknowledgements::new(&fs);
        job.subject
            .apply(&mut instance, OperationId(u32::MAX), probe, &mut acks)?;
        job.subject.close(instance)
    })?;
    show(job, fs.live_image(), trials, AFTER_PROGRESS)
}

fn drop_instance<I>(instance: Option<I>) {
    let _: Result<(), Failure> = guard(Call::DroppingRecovered, || {
        drop(instance);
        Ok(())
    });
}
