//! What an oracle is shown: operations, acknowledgements, recovered states; never bytes on disk.

use crate::{
    trace::OperationId,
    workload::{CrashKind, Standing},
};

/// One recovery to judge.
#[derive(Clone, Copy, Debug)]
pub struct Case<'a, Operation, State> {
    /// The operations issued before the crash, in order, over all lives.
    pub history: &'a [Issued<'a, Operation>],
    /// What the crash took.
    pub crash: CrashKind,
    /// What recovery showed, or how it failed.
    pub recovery: Result<&'a State, &'a Failure>,
    /// Whether errors were injected into this recovery, so that it may say that it failed.
    pub injected: bool,
    /// What a second recovery without a crash in between showed; `None` if it was not tried.
    pub again: Option<Result<&'a State, &'a Failure>>,
    /// What became of one more operation after the recovery; `None` if it was not tried.
    pub progress: Option<Progress<'a, Operation, State>>,
    /// What a device did to the disk after the crash, if anything.
    pub damage: Option<&'a Damage>,
}

/// An operation that was issued before the crash.
#[derive(Clone, Copy, Debug)]
pub struct Issued<'a, Operation> {
    /// Its number within the run.
    pub id: OperationId,
    /// What was asked.
    pub operation: &'a Operation,
    /// What must be true of it now.
    pub standing: Standing,
    /// Whether it ended in an error.
    pub failed: bool,
    /// Whether an earlier recovery showed it.
    pub seen: bool,
}

/// One more operation on the recovered subject, acknowledged as durable, then a clean close and re-open.
#[derive(Clone, Copy, Debug)]
pub struct Progress<'a, Operation, State> {
    /// The operation.
    pub probe: &'a Operation,
    /// What the re-opened subject showed, or what failed on the way.
    pub outcome: Result<&'a State, &'a Failure>,
}

/// What a device did to a disk after the crash, before the recovery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damage {
    /// In words.
    pub what: String,
    /// The damaged files, each by its path.
    pub paths: Vec<String>,
    /// What can be asked of a subject that meets it.
    pub class: DamageClass,
}

/// What can be asked of a subject that meets damage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DamageClass {
    /// All that can be asked after a crash: on this device a crash may leave that.
    OfTheCrash,
    /// It cannot be told from a tear: it is in what was written last, and nothing durable was written after.
    InLastGroup,
    /// To show the right state, or to name the place.
    BelowSynced,
}

/// How a subject failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// In which way.
    pub kind: FailureKind,
    /// What the subject said.
    pub message: String,
}

/// In which way a subject failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FailureKind {
    /// It returned an error.
    Error,
    /// It panicked.
    Panic,
    /// It did more operations on the filesystem than it may.
    OperationBudget,
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let how = match self.kind {
            FailureKind::Error => "returned an error",
            FailureKind::Panic => "panicked",
            FailureKind::OperationBudget => "exceeded its operation budget",
        };
        write!(f, "{how}: {}", self.message)
    }
}
