//! Judges what recovery showed against what was promised.
//!
//! The oracle sees operations, acknowledgements and recovered states only, never bytes on disk.
//!
//! [`BankOracle`] makes one reading of the recovered events against the history and hands it to
//! the [invariants](catalogue), each in a file of its own.

mod bank;
mod case;
pub mod catalogue;
mod compared;
mod comparison;
#[cfg(test)]
mod fixture;
mod invariant;
mod reading;
#[cfg(test)]
mod tests;
mod words;

pub use bank::BankOracle;
pub use case::{Case, Damage, DamageClass, Failure, FailureKind, Issued, Progress};
pub use compared::{Compared, RECOVERY};

/// Judges recoveries of one kind of subject.
///
/// The driver asks for [`Oracle::check`] on every distinct recovered image and acknowledgement frontier.
pub trait Oracle<Operation, State>: Send + Sync {
    /// The stable ids of the invariants that are checked, in the order in which `check` answers: the weakest guarantee
    /// first, so that the first violated one says best *what* broke.
    fn invariants(&self) -> Vec<&'static str>;

    /// Judges one recovery: one outcome for each invariant, pushed to `outcomes` in the order of
    /// [`Oracle::invariants`].
    fn check(&self, case: &Case<'_, Operation, State>, outcomes: &mut Vec<Outcome>);

    /// Which of the issued operations the state shows as a whole, in order; what has no trace in a state (a sync, say)
    /// counts as shown.
    fn shown(&self, history: &[Issued<'_, Operation>], state: &State) -> Vec<bool>;

    /// What was asked of the subject, what had to become of it and what recovery showed: a row each, in order, for people.
    ///
    /// Asked for when a violation is explained, not on every recovery. An oracle that has no words for it says nothing.
    fn compare(&self, case: &Case<'_, Operation, State>) -> Vec<Compared> {
        let _ = case;
        Vec::new()
    }
}

/// What an invariant says of one recovery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It says nothing: what it needs was not tried or not there (recovery failed, say).
    NotEvaluated,
    /// It holds.
    Holds {
        /// Whether it could have failed: something was in doubt, or there was something to lose.
        exercised: bool,
    },
    /// It does not hold.
    Violated(Box<Witness>),
}

/// Why an invariant does not hold, in three sentences.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Witness {
    /// "Let": the acknowledged history.
    pub given: String,
    /// "Then": what recovery showed (what the crash left is added by the report).
    pub shown: String,
    /// "However": why no legal history gives that.
    pub however: String,
}
