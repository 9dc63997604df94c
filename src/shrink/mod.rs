//! The smallest workload, crash and filesystem promise with which a violation still happens, in the same way.
//!
//! Tried, again and again until nothing helps any more: fewer lives, fewer crashes inside recovery, fewer operations, fewer
//! injected errors, less lost, zeros for foreign bytes, an earlier crash, smaller operations; then the strongest filesystem
//! and an honest device.
//!
//! Guarantees:
//! - A step is taken only if the same invariant is violated, the same ordering is missing ([`Missing::identity`]) and a
//!   damage of the disk, if there is one, is of the same kind; where no ordering is missing and nothing is damaged, the last
//!   crash falls behind an operation of the same kind. It never ends on another bug.
//! - What comes out replays from its schedule in words and its listed operations; that was tried before it is handed out.
//! - The same violation gives the same result on any machine. There are [`Bounds`]; where they end the search, or someone
//!   stops it, the best so far is the result, and says so.
//!
//! Deliberately absent: the smallest of all violations. What is found is one from which no single step leads on.

mod check;
mod crashes;
mod errors;
mod lives;
mod operations;
mod profiles;
mod shrinker;
mod size;
mod told;

use std::sync::atomic::AtomicBool;

pub use check::{Counterexample, check};
pub use size::Size;

use crate::{
    base::{Digest, Seed},
    oracle::Witness,
    run::{Job, Legality, Missing, RunConfig, Schedule, Subject, Verdict},
};
use shrinker::Shrinker;

/// What to shrink.
#[derive(Clone, Copy, Debug)]
pub struct Violation<'a> {
    /// How the run went that found it, on one profile.
    pub config: &'a RunConfig,
    /// The seed of the run.
    pub seed: Seed,
    /// The choices that led there.
    pub schedule: &'a Schedule,
    /// The violated invariant.
    pub invariant: &'a str,
}

/// How long the search goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Executions of a changed violation.
    pub executions: u64,
    /// Crash states looked at where a changed violation does not happen in the same place.
    pub states: u64,
}

impl Default for Bounds {
    fn default() -> Bounds {
        Bounds {
            executions: 20_000,
            states: 400_000,
        }
    }
}

/// Looks on while a violation shrinks.
pub trait Observer {
    /// A step was tried: what was made smaller, how large it is now, and how often it was executed.
    fn tried(&mut self, step: &Step);
}

/// How far the search is.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    /// What is being made smaller ("operations").
    pub what: &'static str,
    /// The size of the best so far.
    pub size: Size,
    /// Executions so far.
    pub executions: u64,
}

/// Nobody looks on.
#[derive(Clone, Copy, Debug)]
pub struct Unobserved;

impl Observer for Unobserved {
    fn tried(&mut self, _: &Step) {}
}

/// A violation that was shrunk.
#[derive(Clone, Debug)]
pub struct Shrunk<Operation> {
    /// What is asked in each life.
    pub operations: Vec<Vec<Operation>>,
    /// How the run goes: its lives, its profile, its device.
    pub config: RunConfig,
    /// The choices that lead to the violation.
    pub schedule: Schedule,
    /// Why the invariant does not hold.
    pub witness: Witness,
    /// The digest of the disk.
    pub image: Digest,
    /// What is missing: the same as in the beginning.
    pub missing: Missing,
    /// Why each of the crash states is legal.
    pub legality: Vec<Legality>,
    /// How large it was.
    pub from: Size,
    /// How large it is.
    pub to: Size,
    /// How often it was executed.
    pub executions: u64,
    /// How the search ended.
    pub end: End,
}

/// How a search ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// No step leads on.
    FixedPoint,
    /// Its bounds were reached.
    Bounds,
    /// Someone stopped it.
    Stopped,
}

/// Shrinks a violation, until nothing helps or `stop` is set.
///
/// # Errors
///
/// What a replay says, where the violation does not happen as it was recorded.
pub fn shrink<S: Subject>(
    job: &Job<S>,
    violation: &Violation<'_>,
    bounds: Bounds,
    observer: &mut dyn Observer,
    stop: &AtomicBool,
) -> Result<Shrunk<S::Operation>, Verdict> {
    let mut shrinker = Shrinker::new(job, violation, bounds, observer, stop)?;
    shrinker.shrink();
    Ok(shrinker.finish())
}
