//! Many runs: kept reproducers first, then a plan of scenarios and seeds, executed on all cores, counted, and written down.
//!
//! ```text
//! regressions ─► plan ─► pool (runs in any order) ─► reorder buffer ─► runs.ndjson ─► tally (in seed order) ─► findings
//! ─► summary.json
//! ```
//!
//! Guarantees:
//! - Results are consumed in the order of the plan, so that everything but the time it took is a
//!   function of the plan.
//! - Memory does not grow with the number of runs.
//! - A summary is a function of the plan and `runs.ndjson`. Shards are joined by counting their lines in the order of one run.
//! - A run is finished, and said to be, when its line in `runs.ndjson` is durable. A power cut at any moment loses the unfinished
//!   ones alone, and the campaign goes on behind the others. Lines are synced in groups: 64 at most, and after 200 ms at the
//!   latest, so that runs that take seconds are synced one by one.
//! - All output goes through a [`Vfs`](crate::vfs::Vfs); what people wait for (`summary.json`,
//!   `campaign.json`) is there as a whole or not at all.
//!
//! Deliberately absent: the clock (but for when lines are synced), the terminal, scenario files. An [`Entry`] is handed its run as
//! a function.

mod baseline;
#[cfg(test)]
mod baseline_tests;
mod count;
mod death;
mod description;
mod error;
mod executor;
#[cfg(test)]
mod executor_tests;
mod explained;
mod finding;
mod findings;
#[cfg(test)]
mod findings_tests;
#[cfg(test)]
mod finished_tests;
mod folder;
mod group;
mod lines;
mod merge;
#[cfg(test)]
mod parts_tests;
mod plan;
mod pool;
mod record;
mod regression;
#[cfg(test)]
mod regression_tests;
mod reproducer;
mod request;
mod shard;
mod stop;
mod strips;
mod summary;
mod tally;
#[cfg(test)]
mod tests;
pub mod token;
mod unsynced;
mod verdict;

use serde::{Deserialize, Serialize};

pub use baseline::{BASELINE_VERSION, Baseline, BaselineError, Comparison, Gone, Mark};
pub use death::{Cause, Death, During};
pub use description::{CAMPAIGN_VERSION, Described, Description};
pub use error::CampaignError;
pub use folder::{Folder, FolderError, UNEXPLAINED, write_whole};
pub use merge::{Part, merge, open_shards};
pub use plan::{Entry, Plan};
pub use pool::in_order;
pub use record::{RunRecord, ViolationRecord};
pub use regression::{Kept, Regression, RegressionOutcome, RegressionSummary};
pub use reproducer::{REPRODUCER_VERSION, Reproducer, Sentences};
pub use request::{
    Answer, Asked, Ended, Executor, GivenUp, NEVER_GIVEN_UP, Request, Telling, Told, Wanted,
};
pub use shard::{Shard, ShardError};
pub use stop::{StopReason, StopSignal};
pub use strips::{STRIPS_VERSION, Strips};
pub use summary::{
    Finding, InvariantSummary, LeftOut, SUMMARY_VERSION, ScenarioSummary, SignatureCount, Summary,
};
pub use verdict::{Status, Verdict};

use crate::base::Ratio;
use count::{Counting, RUNS};
use folder::Log;
use regression::Replayed;
use reproducer::finding_id;

/// The file with what a campaign counted.
const SUMMARY: &str = "summary.json";

/// When a campaign ends early.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// A scenario ends with this many violating runs.
    pub violating_runs_max: u64,
    /// All ends with the first unexpected violation.
    pub fail_fast: bool,
}

impl Limits {
    /// It does not.
    pub const NONE: Limits = Limits {
        violating_runs_max: u64::MAX,
        fail_fast: false,
    };
}

/// A campaign that is to be executed.
#[derive(Debug)]
pub struct Task<'a> {
    /// What is run.
    pub plan: &'a Plan,
    /// Which part of it.
    pub shard: Shard,
    /// On how many threads.
    pub jobs: usize,
    /// When it ends early.
    pub limits: Limits,
    /// The share of runs that are executed twice, to see whether both find the same.
    pub check_determinism: Ratio,
    /// What was found before, if what is found is to be compared with it.
    pub baseline: Option<&'a Baseline>,
    /// Ends it from outside.
    pub stop: &'a StopSignal,
}

impl<'a> Task<'a> {
    /// All of a plan, each run once, on one thread and compared with nothing; `stop` ends it from outside.
    pub fn new(plan: &'a Plan, stop: &'a StopSignal) -> Task<'a> {
        Task {
            plan,
            shard: Shard::WHOLE,
            jobs: 1,
            limits: Limits::NONE,
            check_determinism: Ratio::NEVER,
            baseline: None,
            stop,
        }
    }

    /// The number of its runs.
    pub fn units(&self) -> u64 {
        self.shard.units(self.plan.units())
    }

    /// The entry and the seed of its n-th run.
    fn unit(&self, nth: u64) -> (usize, u64) {
        self.plan.unit(self.shard.unit(nth))
    }
}

/// Looks on while a campaign goes.
pub trait Observer {
    /// Kept reproducers are replayed next, this many.
    fn replaying(&mut self, _count: u64) {}

    /// A kept reproducer is replayed.
    fn replayed(&mut self) {}

    /// Runs are executed next.
    fn executing(&mut self) {}

    /// A run of an entry of the plan is finished: its line is durable.
    fn run_done(&mut self, entry: usize, run: &RunRecord);

    /// A run of an entry is counted that was executed earlier.
    fn run_resumed(&mut self, _entry: usize) {}

    /// Things that were found are to be explained next, this many.
    fn explaining(&mut self, _count: u64) {}

    /// Something that was found by an entry of the plan is explained.
    fn explained(&mut self, _entry: usize) {}

    /// Explaining was interrupted, and this much of it is cut off.
    fn cut_off(&mut self, _count: u64) {}
}

/// Executes a campaign and writes it down in a new folder; what was found is marked as new or known if there is a baseline.
///
/// # Errors
///
/// What the folder's filesystem answers.
pub fn execute(
    task: &Task<'_>,
    folder: &Folder,
    observer: &mut dyn Observer,
) -> Result<Summary, CampaignError> {
    let description = Description::new(task.plan, task.shard, task.limits);
    folder.write_json("campaign.json", &description)?;
    go_on(task, Counting::new(task), folder, observer)
}

/// Goes on with a campaign that was cut off, in its own folder.
///
/// # Errors
///
/// If the folder is of another campaign, and what its filesystem answers.
pub fn resume(
    task: &Task<'_>,
    folder: &Folder,
    observer: &mut dyn Observer,
) -> Result<Summary, CampaignError> {
    let ours = Description::new(task.plan, task.shard, task.limits);
    let theirs = folder.description()?;
    let shards = (ours.shard() != theirs.shard())
        .then(|| format!("it is shard {} and not {}", theirs.shard(), ours.shard()));
    if let Some(difference) = ours.difference(&theirs).or(shards) {
        return Err(CampaignError::Other {
            folder: folder.name(),
            difference,
        });
    }
    let mut counting = Counting::new(task);
    counting.resume(folder, observer)?;
    go_on(task, counting, folder, observer)
}

/// Replays what was kept, then executes what is not counted yet. Of shards, the first has what was kept.
fn go_on(
    task: &Task<'_>,
    mut counting: Counting<'_>,
    folder: &Folder,
    observer: &mut dyn Observer,
) -> Result<Summary, CampaignError> {
    let has_kept = task.shard.index() == 0 && !task.plan.regressions.is_empty();
    let replayed = if has_kept {
        observer.replaying(task.plan.regressions.len() as u64);
        regression::replay_all(task, observer)?
    } else {
        Replayed::all(Vec::new())
    };
    let is_over = task.limits.fail_fast && replayed.has_failed();
    let log = if is_over || !replayed.is_complete {
        folder.append_to(RUNS)?
    } else {
        observer.executing();
        counting.execute(folder, observer)?
    };
    conclude(task, replayed, counting, &log, folder, observer)
}

/// Explains what was counted, and writes the summary.
fn conclude(
    task: &Task<'_>,
    replayed: Replayed,
    counting: Counting<'_>,
    log: &Log,
    folder: &Folder,
    observer: &mut dyn Observer,
) -> Result<Summary, CampaignError> {
    let is_complete = counting.is_complete() && replayed.is_complete;
    let is_ended = !is_complete && task.stop.reason() == Some(StopReason::Interrupted);
    task.stop.heed();
    let tallies = counting.tallies;
    let (findings, cut_off) = findings::explain(task, &tallies, folder, observer)?;
    if cut_off > 0 {
        observer.cut_off(cut_off);
    }
    let scenarios = tallies.into_iter().zip(findings);
    let scenarios = scenarios
        .map(|(tally, found)| tally.finish(found, task.shard, task.baseline))
        .collect();
    let mut summary = Summary::new(task, replayed, scenarios);
    if is_ended || cut_off > 0 {
        summary.verdict = Verdict::Interrupted;
    }
    log.check()?;
    folder.write_json(SUMMARY, &summary)?;
    Ok(summary)
}
