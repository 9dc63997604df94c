//! What the driver needs to know of a system under test.

use std::{fmt, sync::Arc};

use crate::{
    base::Seed,
    oracle::Oracle,
    simfs::SimFs,
    trace::{Mark, OperationId, Promise},
    vfs::{Path, Vfs},
    workload::Past,
};

/// A system under test: something that keeps its state in files, and can be opened again after a crash.
pub trait Subject: fmt::Debug + Send + Sync {
    /// What it can be asked to do.
    type Operation: Clone + fmt::Debug + PartialEq + Send + Sync;
    /// What it shows: the logical state that the oracle judges.
    type State: Clone + fmt::Debug + PartialEq + Send + Sync;
    /// The subject while it is open.
    type Instance;

    /// Opens the subject on `vfs`, of which it owns everything; this is also its recovery.
    ///
    /// `entropy` differs between any two times the subject is opened, for what must never repeat; it takes the place of the
    /// machine's randomness, so that a run stays a function of its seed.
    fn open(&self, vfs: Arc<dyn Vfs>, entropy: u64) -> Result<Self::Instance, SubjectError>;

    /// Does one operation.
    ///
    /// What is promised goes to `acks`, for this operation or for earlier ones, now or in a later call: a group commit
    /// acknowledges a whole group. An operation that reads answers with what it read.
    fn apply(
        &self,
        instance: &mut Self::Instance,
        id: OperationId,
        operation: &Self::Operation,
        acks: &mut Acknowledgements<'_>,
    ) -> Result<Option<Self::State>, SubjectError>;

    /// What the subject shows now.
    fn read(&self, instance: &mut Self::Instance) -> Result<Self::State, SubjectError>;

    /// Closes the subject in good order.
    fn close(&self, instance: Self::Instance) -> Result<(), SubjectError>;

    /// What the bytes of one of its files mean, for reports: a line for each record, its offset in bytes first. What is no
    /// record is a line too: behind its offset stands a `!` and what is wrong with it.
    ///
    /// A subject that has no words for its files says nothing. One that panics is told of, and does no harm.
    fn describe(&self, path: Path<'_>, bytes: &[u8]) -> Vec<String> {
        let _ = (path, bytes);
        Vec::new()
    }
}

/// What a subject says when it fails.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SubjectError(pub String);

impl SubjectError {
    /// What an error of the subject's own says.
    pub fn new(error: &dyn fmt::Display) -> SubjectError {
        SubjectError(error.to_string())
    }
}

/// Takes a subject's promises down, between the operations on the filesystem.
#[derive(Debug)]
pub struct Acknowledgements<'a> {
    fs: &'a SimFs,
}

impl<'a> Acknowledgements<'a> {
    pub(super) fn new(fs: &'a SimFs) -> Acknowledgements<'a> {
        Acknowledgements { fs }
    }

    /// The subject promises this of an operation that was issued before.
    pub fn acknowledge(&mut self, id: OperationId, promise: Promise) {
        self.fs.mark(Mark::Acknowledged(id, promise));
    }
}

/// Draws what a subject is asked to do.
pub trait Workload<Operation>: fmt::Debug + Send + Sync {
    /// The operations of one of `lives` lives; `past` is what was asked in earlier ones, and what is certain of it.
    fn life(
        &self,
        seed: Seed,
        life: u32,
        lives: u32,
        past: &[Past<'_, Operation>],
    ) -> Vec<Operation>;

    /// One more operation, for a subject that has just recovered from a crash of this life.
    fn probe(&self, seed: Seed, life: u32, past: &[Past<'_, Operation>]) -> Operation;

    /// The kinds of operation that a run may go without, each by its name; none by default.
    ///
    /// With swarm a run leaves out a random half of them, after they were drawn.
    fn optional(&self) -> Vec<&'static str> {
        Vec::new()
    }

    /// Which of the optional kinds an operation is of; by default it is of none.
    fn kind(&self, operation: &Operation) -> Option<&'static str> {
        let _ = operation;
        None
    }

    /// Smaller operations that may take the place of one when a violation is shrunk, the smallest first; none by default.
    ///
    /// Each has to be smaller in itself: shrinking takes the first that still fails and asks again.
    fn smaller(&self, operation: &Operation) -> Vec<Operation> {
        let _ = operation;
        Vec::new()
    }

    /// Whether the oracle judges a run with just these operations rightly: some of those that were drawn, in their order,
    /// each as it was drawn or smaller. By default it always does.
    fn accepts(&self, lives: &[Vec<Operation>]) -> bool {
        let _ = lives;
        true
    }
}

/// A subject with what it is asked and how it is judged.
pub struct Job<S: Subject> {
    /// The system under test.
    pub subject: S,
    /// What it is asked to do.
    pub workload: Box<dyn Workload<S::Operation>>,
    /// How it is judged.
    pub oracle: Box<dyn Oracle<S::Operation, S::State>>,
}

impl<S: Subject> fmt::Debug for Job<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Job")
            .field("subject", &self.subject)
            .field("workload", &self.workload)
            .finish_non_exhaustive()
    }
}
