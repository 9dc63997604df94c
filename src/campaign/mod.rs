//! Many runs: kept reproducers first, then a plan of scenarios and seeds, executed on all cores, counted, and written down.
//!
//! ```text
//! plan ─► regressions ─► pool (runs in any order) ─► reorder buffer ─► tally (in seed order) ─► folder
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
mod regression;
mod reproducer;
mod summary;
mod tally;
#[cfg(test)]
mod tests;
pub mod token;
mod verdict;

use std::{
    ops::ControlFlow,
    sync::atomic::{AtomicBool, Ordering},
};

pub use folder::{Folder, FolderError, write_whole};
pub use plan::{Entry, Plan};
pub use regression::{Kept, Regression, RegressionOutcome, RegressionSummary};
pub use reproducer::{REPRODUCER_VERSION, Reproducer, Sentences};
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
    let regressions = regression::replay_all(&plan.regressions, jobs, limits.fail_fast);
    let mut failures = regressions.iter().map(|kept| kept.outcome.is_failure());
    let is_over = limits.fail_fast && failures.any(|failed| failed);
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
            let resolved = &scenario.resolved;
            let mut reproducer = scenario.reproducer(resolved, outcome.seed, violation);
            reproducer.id.clone_from(&finding.id);
            folder.write_reproducer(&reproducer)?;
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
    let units = if is_over { 0 } else { plan.units() };
    pool::in_order(units, jobs, work, consume)?;
    log.sync()?;
    let scenarios = tallies.into_iter().map(Tally::finish).collect();
    let summary = Summary::new(plan.seeds(), regressions, scenarios);
    folder.write_json("summary.json", &summary)?;
    Ok(summary)
}
