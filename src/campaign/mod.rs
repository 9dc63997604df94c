//! Many runs: a plan of scenarios and seeds, executed on all cores, counted, and written down.
//!
//! ```text
//! plan ─► pool (runs in any order) ─► reorder buffer ─► tally (in seed order) ─► folder
//! ```
//!
//! Guarantees:
//! - Results are consumed in the order of the plan, so that everything but the time it took is a
//!   function of the plan.
//! - Memory does not grow with the number of runs.
//! - All output goes through a [`Vfs`](crate::vfs::Vfs); what people wait for (`summary.json`,
//!   `campaign.json`) is there as a whole or not at all.
//!
//! Deliberately absent: the clock, the terminal, scenario files. An [`Entry`] is handed its run as
//! a function.

mod folder;
mod plan;
mod pool;
mod reproducer;
mod strips;
mod summary;
mod tally;
#[cfg(test)]
mod tests;
mod verdict;

use std::{
    ops::ControlFlow,
    sync::atomic::{AtomicBool, Ordering},
};

pub use folder::{Folder, FolderError};
pub use plan::{Entry, Plan};
pub use pool::in_order;
pub use reproducer::{REPRODUCER_VERSION, Reproducer, Sentences};
pub use strips::{STRIPS_VERSION, Strips};
pub use summary::{Finding, InvariantSummary, SUMMARY_VERSION, ScenarioSummary, Summary};
pub use verdict::Verdict;

use crate::{base::Seed, run::RunOutcome, vfs::VfsResult};
use tally::{RunLine, Tally};

/// When a campaign ends early.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// A scenario ends with this many violating runs.
    pub violating_runs_max: u64,
    /// All ends with the first unexpected violation.
    pub fail_fast: bool,
}

/// Looks on while a campaign goes.
pub trait Observer {
    /// A run of an entry of the plan is counted.
    fn run_done(&mut self, entry: usize, outcome: &RunOutcome);
}

/// Executes a plan and writes it down in a folder.
///
/// # Errors
///
/// What the folder's filesystem answers.
pub fn execute(
    plan: &Plan,
    jobs: usize,
    limits: Limits,
    folder: &Folder,
    observer: &mut dyn Observer,
) -> VfsResult<Summary> {
    folder.write_json("campaign.json", &plan.describe())?;
    let log = folder.append_to("runs.ndjson")?;
    let mut tallies: Vec<Tally> = plan.entries.iter().map(Tally::new).collect();
    let ended: Vec<AtomicBool> = plan
        .entries
        .iter()
        .map(|_| AtomicBool::new(false))
        .collect();
    let work = |unit| {
        let (entry, seed) = plan.unit(unit);
        // Only a run that is not counted may be left out.
        (!ended[entry].load(Ordering::Relaxed)).then(|| (plan.entries[entry].run)(Seed(seed)))
    };
    let consume = |unit, outcome: Option<RunOutcome>| {
        let (entry, _) = plan.unit(unit);
        let Some(outcome) = outcome.filter(|_| !ended[entry].load(Ordering::Relaxed)) else {
            return Ok(ControlFlow::Continue(()));
        };
        let scenario = &plan.entries[entry];
        log.append_line(&RunLine::new(scenario, &outcome))?;
        for (finding, violation) in tallies[entry].add(&outcome) {
            folder.write_reproducer(&Reproducer::new(
                scenario,
                finding,
                outcome.seed,
                violation,
            ))?;
        }
        observer.run_done(entry, &outcome);
        if tallies[entry].violating_runs() >= limits.violating_runs_max {
            ended[entry].store(true, Ordering::Relaxed);
        }
        let surprise = |id: &str| !scenario.expectation.allows(id);
        let failed = outcome
            .violations
            .iter()
            .any(|violation| surprise(violation.invariant));
        Ok(if limits.fail_fast && failed {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        })
    };
    pool::in_order(plan.units(), jobs, work, consume)?;
    log.sync()?;
    let scenarios = tallies.into_iter().map(Tally::finish).collect();
    let summary = Summary::new(plan.seeds(), scenarios);
    folder.write_json("summary.json", &summary)?;
    Ok(summary)
}
