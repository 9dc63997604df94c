//! The search: what is tried, what is accepted, when it ends.

use std::sync::atomic::{AtomicBool, Ordering};

use super::{Bounds, End, Observer, Shrunk, Size, Step, Violation};
use crate::run::{
    Attempt, Bench, Failing, Hunt, Job, MediaFault, Missing, OPERATIONS_SUCCEED, Subject, Verdict,
};

/// States looked at for one attempt.
const STATES_OF_ATTEMPT: u64 = 4_000;

/// Findings of one hunt whose missing ordering is looked for.
const FINDINGS_OF_HUNT: usize = 8;

/// Rounds through all kinds of step.
const ROUNDS_MAX: usize = 8;

/// Makes something smaller; whether it did.
type Pass<T> = fn(&mut T) -> bool;

/// What is done where an attempt does not fail in the same place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Elsewhere {
    /// Nothing.
    GiveUp,
    /// The states of its last crash are looked through.
    Hunt,
}

pub(super) struct Shrinker<'a, S: Subject> {
    pub(super) bench: Bench<'a, S>,
    pub(super) best: Failing<S::Operation>,
    missing: Missing,
    identity: String,
    from: Size,
    what: &'static str,
    executions: u64,
    states: u64,
    bounds: Bounds,
    observer: &'a mut dyn Observer,
    stop: &'a AtomicBool,
}

impl<'a, S: Subject> Shrinker<'a, S> {
    pub(super) fn new(
        job: &'a Job<S>,
        violation: &Violation<'a>,
        bounds: Bounds,
        observer: &'a mut dyn Observer,
        stop: &'a AtomicBool,
    ) -> Result<Shrinker<'a, S>, Verdict> {
        let bench = Bench {
            job,
            seed: violation.seed,
            invariant: violation.invariant,
        };
        let best = bench.recorded(violation.config, violation.schedule)?;
        let missing = bench
            .missing(&best)
            .ok_or_else(|| best.replay.verdict.clone())?;
        Ok(Shrinker {
            from: size(&best.attempt),
            identity: missing.identity(),
            bench,
            best,
            missing,
            what: "",
            executions: 0,
            states: 0,
            bounds,
            observer,
            stop,
        })
    }

    /// Takes steps until none helps.
    pub(super) fn shrink(&mut self) {
        for _ in 0..ROUNDS_MAX {
            let mut is_smaller = false;
            let steps: [(&'static str, Pass<Self>); 8] = [
                ("operations", Self::trim),
                ("lives", Self::drop_lives),
                ("crashes in recovery", Self::drop_recoveries),
                ("operations", Self::drop_operations),
                ("errors", Self::drop_errors),
                ("losses", Self::lose_less),
                ("sizes of operations", Self::reduce_operations),
                ("filesystem", Self::strengthen),
            ];
            for (what, step) in steps {
                self.what = what;
                is_smaller |= step(self);
            }
            if !is_smaller || self.is_over() {
                break;
            }
        }
    }

    pub(super) fn finish(self) -> Shrunk<S::Operation> {
        let end = if self.stop.load(Ordering::Relaxed) {
            End::Stopped
        } else if self.is_spent() {
            End::Bounds
        } else {
            End::FixedPoint
        };
        let to = size(&self.best.attempt);
        let Failing {
            attempt,
            schedule,
            witness,
            image,
            replay,
        } = self.best;
        let lives = attempt.lives.into_iter();
        let operations: Vec<Vec<S::Operation>> = lives
            .map(|life| life.into_iter().map(|tagged| tagged.operation).collect())
            .collect();
        let mut config = attempt.config;
        config.lives = u32::try_from(operations.len()).unwrap_or(u32::MAX);
        config.in_recovery = u32::try_from(schedule.in_recovery.len()).unwrap_or(u32::MAX);
        Shrunk {
            operations,
            config,
            schedule,
            witness,
            image,
            missing: self.missing,
            legality: replay.legality(),
            from: self.from,
            to,
            executions: self.executions,
            end,
        }
    }

    /// Whether someone stopped it, or its bounds are reached.
    pub(super) fn is_over(&self) -> bool {
        self.stop.load(Ordering::Relaxed) || self.is_spent()
    }

    fn is_spent(&self) -> bool {
        self.executions >= self.bounds.executions || self.states >= self.bounds.states
    }

    /// Tries an attempt; true if it fails in the same way, and is the best from now on.
    pub(super) fn attempt(
        &mut self,
        attempt: &Attempt<S::Operation>,
        elsewhere: Elsewhere,
    ) -> bool {
        if self.is_over() || !self.is_judged(attempt) {
            return false;
        }
        let is_found = self.execute(attempt.clone())
            || elsewhere == Elsewhere::Hunt && self.hunt(attempt, |_| true);
        self.observer.tried(&Step {
            what: self.what,
            size: size(&self.best.attempt),
            executions: self.executions,
        });
        is_found
    }

    /// Whether the oracle judges a run with these operations rightly.
    fn is_judged(&self, attempt: &Attempt<S::Operation>) -> bool {
        let lives: Vec<Vec<S::Operation>> = attempt
            .lives
            .iter()
            .map(|life| life.iter().map(|tagged| tagged.operation.clone()).collect())
            .collect();
        self.bench.job.workload.accepts(&lives)
    }

    fn execute(&mut self, attempt: Attempt<S::Operation>) -> bool {
        self.executions += 1;
        let failing = self.bench.execute(attempt);
        failing.is_some_and(|failing| self.accept(failing))
    }

    /// Looks through the states of the last crash for one that fails in the same way, and is `wanted`.
    pub(super) fn hunt(
        &mut self,
        attempt: &Attempt<S::Operation>,
        wanted: impl Fn(&Attempt<S::Operation>) -> bool,
    ) -> bool {
        if self.bench.invariant == OPERATIONS_SUCCEED || attempt.crashes.is_empty() {
            return false;
        }
        let left = self.bounds.states.saturating_sub(self.states);
        let mut hunt = Hunt::new(left.min(STATES_OF_ATTEMPT));
        let found = self.bench.hunt(attempt, &mut hunt);
        self.states += hunt.states;
        self.executions += 1;
        let mut tried = 0;
        for found in found {
            if tried == FINDINGS_OF_HUNT || self.is_over() {
                break;
            }
            let mut moved = attempt.clone();
            if let Some(crash) = moved.last_crash() {
                let pages = found.pages_in_flight;
                *crash = crash.moved(found.point, found.lost, pages, found.media);
            }
            if wanted(&moved) {
                tried += 1;
                if self.execute(moved) {
                    return true;
                }
            }
        }
        false
    }

    /// Takes what failed for the best so far, if it is the same bug.
    fn accept(&mut self, failing: Failing<S::Operation>) -> bool {
        let kinds = |failing: &Failing<S::Operation>| -> Vec<String> {
            let media = failing
                .attempt
                .all_crashes()
                .filter_map(|crash| crash.media());
            media.map(MediaFault::likeness).collect()
        };
        let before = kinds(&self.best);
        if kinds(&failing).iter().any(|kind| !before.contains(kind)) {
            return false;
        }
        let Some(missing) = self.bench.missing(&failing) else {
            return false;
        };
        // Where no ordering tells what it is, the place does.
        let is_untold = missing.orderings.is_empty() && before.is_empty();
        if is_untold && failing.place() != self.best.place() {
            return false;
        }
        let is_same =
            missing.identity() == self.identity && (missing.complete || !self.missing.complete);
        if is_same {
            self.best = failing;
            self.missing = missing;
        }
        is_same
    }
}

/// How much there is to an attempt.
pub(super) fn size<O>(attempt: &Attempt<O>) -> Size {
    let errors = attempt.errors.iter().map(Vec::len).sum::<usize>();
    Size {
        lives: attempt.lives.len(),
        operations: attempt.lives.iter().map(Vec::len).sum(),
        in_recovery: attempt.in_recovery.len(),
        errors: errors + attempt.errors_in_recovery.len(),
        lost: attempt.all_crashes().map(|crash| crash.size().lost).sum(),
    }
}
