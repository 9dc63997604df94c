//! Many runs: a plan of scenarios and seeds, executed on all cores, counted, and written down.
//!
//! ```text
//! plan ─► pool (runs in any order) ─► reorder buffer ─► tally (in seed order) ─► findings ─► folder
//! ```
//!
//! Guarantees:
//! - Results are consumed in the order of the plan, so that everything but the time it took is a
//!   function of the plan.
//! - Memory does not grow with the number of runs.
//! - What was found is on disk as soon as it is found: the first violation of each kind is a line of `found.ndjson` until it
//!   is explained and has a folder of its own. A campaign that dies leaves that file behind, each line of which replays.
//! - All output goes through a [`Vfs`](crate::vfs::Vfs); what people wait for (`summary.json`,
//!   `campaign.json`) is there as a whole or not at all.
//!
//! Deliberately absent: the clock, the terminal, scenario files. An [`Entry`] is handed its run as
//! a function.

mod baseline;
#[cfg(test)]
mod baseline_tests;
mod findings;
#[cfg(test)]
mod findings_tests;
mod folder;
mod group;
mod plan;
mod pool;
mod reproducer;
mod summary;
mod tally;
#[cfg(test)]
mod tests;
mod verdict;

use std::{
    ops::ControlFlow,
    sync::atomic::{AtomicBool, Ordering},
};

pub use baseline::{BASELINE_VERSION, Baseline, BaselineError, Comparison, Gone, Mark};
pub use folder::{Folder, FolderError};
pub use plan::{Entry, Plan};
pub use reproducer::{REPRODUCER_VERSION, Reproducer, Sentences};
pub use summary::{
    Finding, InvariantSummary, SUMMARY_VERSION, ScenarioSummary, SignatureCount, Summary,
};
pub use verdict::{Status, Verdict};

use crate::{base::Seed, run::RunOutcome, vfs::VfsResult};
use folder::Log;
use reproducer::finding_id;
use tally::{News, RunLine, Tally};

/// What was found and is not explained yet: a reproducer a line.
const PROVISIONAL: &str = "found.ndjson";

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

    /// Something that was found by an entry of the plan is explained.
    fn explained(&mut self, _entry: usize) {}
}

/// Executes a plan and writes it down in a folder; what was found is marked as new or known if there is a baseline.
///
/// # Errors
///
/// What the folder's filesystem answers.
pub fn execute(
    plan: &Plan,
    jobs: usize,
    limits: Limits,
    baseline: Option<&Baseline>,
    folder: &Folder,
    observer: &mut dyn Observer,
) -> VfsResult<Summary> {
    folder.write_json("campaign.json", &plan.describe())?;
    let tallies = count(plan, jobs, limits, folder, observer)?;
    let findings = findings::explain(plan, &tallies, jobs, folder, observer)?;
    let scenarios = tallies.into_iter().zip(findings);
    let scenarios = scenarios.map(|(tally, findings)| tally.finish(findings, baseline));
    let summary = Summary::new(plan.seeds(), scenarios.collect(), baseline);
    folder.write_json("summary.json", &summary)?;
    folder.remove(PROVISIONAL)?;
    Ok(summary)
}

/// Executes all runs and counts what they found.
fn count<'p>(
    plan: &'p Plan,
    jobs: usize,
    limits: Limits,
    folder: &Folder,
    observer: &mut dyn Observer,
) -> VfsResult<Vec<Tally<'p>>> {
    let log = folder.append_to("runs.ndjson")?;
    let provisional = folder.append_to(PROVISIONAL)?;
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
        for news in tallies[entry].add(&outcome) {
            write_down(&news, scenario, outcome.seed, folder, &provisional)?;
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
    Ok(tallies)
}

/// Keeps what would be lost if the campaign died, and what nobody explains later.
fn write_down(
    news: &News<'_>,
    entry: &Entry,
    seed: Seed,
    folder: &Folder,
    provisional: &Log,
) -> VfsResult<()> {
    let reproducer = Reproducer::new(entry, &news.id, seed, news.found);
    if news.is_explained {
        provisional.append_line(&reproducer)
    } else {
        folder.write_finding(&reproducer, None)
    }
}
