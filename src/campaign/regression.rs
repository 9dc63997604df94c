//! Kept reproducers, which a campaign replays before anything new.
//!
//! Guarantees: each is replayed once, from its explicit choices, whatever seeds, profiles or subjects the campaign goes
//! through; the order is that of their names. If the campaign is to end before all are replayed, it says that some were not.
//!
//! Deliberately absent: files. Who reads them makes sure that they can be replayed at all.

use std::{fmt, ops::ControlFlow};

use serde::{Deserialize, Serialize};

use super::{CampaignError, Ended, Observer, Task, Verdict, error::unless_cut_off, pool};
use crate::{
    base::Seed,
    run::{self, Expectation, Job, RunConfig, Schedule, Subject, replay},
};

/// A kept reproducer.
pub struct Regression {
    /// What is known of it without replaying it.
    pub kept: Kept,
    replay: Box<dyn Fn() -> run::Verdict + Send + Sync>,
}

/// What is known of a kept reproducer without replaying it.
#[derive(Clone, Debug)]
pub struct Kept {
    /// The file's stem.
    pub name: String,
    /// The file as the user named it.
    pub file: String,
    /// The scenario that found it.
    pub scenario: String,
    /// The invariant that was violated.
    pub invariant: String,
    /// What its scenario expects.
    pub expectation: Expectation,
}

/// What came of a kept reproducer: an entry of `regressions` in `summary.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegressionSummary {
    /// The file's stem.
    pub name: String,
    /// The file as the user named it.
    pub file: String,
    /// The scenario that found it.
    pub scenario: String,
    /// The invariant that was violated.
    pub invariant: String,
    /// What came of it.
    pub outcome: RegressionOutcome,
    /// Why, in words.
    pub reason: String,
}

/// What came of a kept reproducer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RegressionOutcome {
    /// The subject survives it.
    Fixed,
    /// It still fails, and its scenario expects that.
    FoundAsExpected,
    /// It still fails, which nobody expects.
    StillFails,
    /// It cannot be laid onto what the subject does today; that is a warning.
    Stale,
}

impl Regression {
    /// The regression that `kept` describes, with what it takes to replay it.
    pub fn new<S: Subject + 'static>(
        kept: Kept,
        job: Job<S>,
        config: RunConfig,
        seed: Seed,
        schedule: Schedule,
    ) -> Regression {
        let invariant = kept.invariant.clone();
        let again = move || replay(&job, &config, seed, &schedule, &invariant).verdict;
        Regression {
            kept,
            replay: Box::new(again),
        }
    }

    /// Replays it.
    pub(super) fn judge(&self) -> RegressionSummary {
        let (outcome, reason) = match (self.replay)() {
            run::Verdict::Survives(reason) => (RegressionOutcome::Fixed, reason),
            run::Verdict::Stale(divergence) => (RegressionOutcome::Stale, divergence.to_string()),
            run::Verdict::StillFails { invariant, .. } => {
                let kept_for = &self.kept.invariant;
                let outcome = self.failing(invariant);
                let reason = if invariant == kept_for {
                    format!("{invariant} is violated")
                } else {
                    format!("{invariant} is violated; it was kept for {kept_for}")
                };
                (outcome, reason)
            }
        };
        self.summary(outcome, reason)
    }

    /// What it means that its replay ended the process that executed it.
    pub(super) fn died(&self, ended: &Ended) -> RegressionSummary {
        let reason = format!("its replay ended the process: {}", ended.told());
        self.summary(self.failing(&self.kept.invariant), reason)
    }

    fn failing(&self, invariant: &str) -> RegressionOutcome {
        if self.kept.expectation.allows(invariant) {
            RegressionOutcome::FoundAsExpected
        } else {
            RegressionOutcome::StillFails
        }
    }

    fn summary(&self, outcome: RegressionOutcome, reason: String) -> RegressionSummary {
        let Kept {
            name,
            file,
            scenario,
            invariant,
            ..
        } = &self.kept;
        RegressionSummary {
            name: name.clone(),
            file: file.clone(),
            scenario: scenario.clone(),
            invariant: invariant.clone(),
            outcome,
            reason,
        }
    }
}

impl fmt::Debug for Regression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Regression")
            .field("kept", &self.kept)
            .finish_non_exhaustive()
    }
}

impl RegressionOutcome {
    /// Whether it counts against the campaign.
    pub fn is_failure(self) -> bool {
        self == RegressionOutcome::StillFails
    }

    /// What it adds to the campaign's verdict; nothing if it is only a warning.
    pub(super) fn verdict(self) -> Option<Verdict> {
        match self {
            RegressionOutcome::Fixed | RegressionOutcome::FoundAsExpected => {
                Some(Verdict::Expected)
            }
            RegressionOutcome::StillFails => Some(Verdict::Unexpected),
            RegressionOutcome::Stale => None,
        }
    }
}

/// What came of the kept reproducers that were replayed.
pub(super) struct Replayed {
    pub(super) summaries: Vec<RegressionSummary>,
    /// Whether none was left out that was to be replayed.
    pub(super) is_complete: bool,
}

impl Replayed {
    /// All there was to replay.
    pub(super) fn all(summaries: Vec<RegressionSummary>) -> Replayed {
        Replayed {
            summaries,
            is_complete: true,
        }
    }

    /// Whether one of them counts against the campaign.
    pub(super) fn has_failed(&self) -> bool {
        let mut summaries = self.summaries.iter();
        summaries.any(|summary| summary.outcome.is_failure())
    }
}

/// Replays all of a plan, in order; with `fail_fast`, up to the first that fails; up to the one that is under way when the campaign
/// is to end, if that comes to an end soon.
pub(super) fn replay_all(
    task: &Task<'_>,
    observer: &mut dyn Observer,
) -> Result<Replayed, CampaignError> {
    let count = task.plan.regressions.len() as u64;
    let mut replayed = Replayed::all(Vec::new());
    let work = |unit: u64| {
        let is_given_up = || task.stop.reason().is_some();
        task.plan.regression(unit, &is_given_up)
    };
    let consume = |unit, summary: Option<Result<RegressionSummary, CampaignError>>| {
        let Some(summary) = unless_cut_off(summary.transpose())? else {
            replayed.is_complete = false;
            return Ok(ControlFlow::Break(()));
        };
        replayed.summaries.extend(summary);
        observer.replayed();
        let is_over = task.limits.fail_fast && replayed.has_failed();
        let is_stopped = task.stop.reason().is_some();
        replayed.is_complete = is_over || !is_stopped || unit + 1 == count;
        Ok::<_, CampaignError>(if is_over || is_stopped {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        })
    };
    pool::in_order(count, task.jobs, work, consume)?;
    Ok(replayed)
}
