//! Injected errors on the way through the crash states of a life.

use super::{
    CoverageMark, Subject,
    explore::Explorer,
    life::{Life, log_failure},
    recover::{Recovered, recover},
    state::{State, Troubled},
    tally::Tally,
};
use crate::{
    base::{Position, Rng, Seed, Stream},
    crash::sample_points,
    trace::Action,
    workload::{CrashKind, Past},
};

/// Where the injected errors of a life are.
pub(super) struct Disturbances {
    first_error: Position,
    first_failed_barrier: Position,
    log_failure: Position,
}

impl Disturbances {
    pub(super) fn of<Operation>(life: &Life<Operation>) -> Disturbances {
        let entries = life.recording.trace.entries().iter().zip(1..);
        let mut first_error = Position::NEVER;
        let mut first_failed_barrier = Position::NEVER;
        for (entry, at) in entries {
            let (is_refused, is_failed) = match entry.action {
                Action::Refused { .. } => (true, false),
                Action::BarrierFailed { .. } => (true, true),
                _ => (false, false),
            };
            if is_refused {
                first_error = first_error.min(Position(at));
            }
            if is_failed {
                first_failed_barrier = first_failed_barrier.min(Position(at));
            }
        }
        // A short transfer is no entry of its own.
        let first = life.errors.first().map(|(at, _)| at.next());
        Disturbances {
            first_error: first.map_or(first_error, |first| first_error.min(first)),
            first_failed_barrier,
            log_failure: log_failure(&life.errors),
        }
    }

    pub(super) fn observe(&self, point: Position, tally: &mut Tally) {
        if self.first_error <= point {
            tally.mark(CoverageMark::InjectedError);
        }
        if self.first_failed_barrier <= point {
            tally.mark(CoverageMark::FailedFsync);
        }
    }
}

impl<S: Subject> Explorer<'_, S> {
    /// Draws the crash points of the life; where something was made to fail, half of them fall behind that.
    pub(super) fn sample_points(&self, first: Position, draw: &mut Rng) -> Vec<Position> {
        let trace = &self.life.recording.trace;
        let count = self.config.states_per_run as usize;
        let error = self.disturbances.first_error;
        if error == Position::NEVER {
            return sample_points(trace, first, count, draw);
        }
        let behind = count.div_ceil(2);
        let mut points = sample_points(trace, first, count - behind, draw);
        let first = error.max(first).min(trace.end());
        points.extend(sample_points(trace, first, behind, draw));
        points.sort_unstable();
        points
    }

    /// What a crash at this point takes: behind a failed write of the log only the machine can start again.
    pub(super) fn crash_kind(&self, point: Position) -> CrashKind {
        if self.disturbances.log_failure < point {
            return CrashKind::PowerLoss;
        }
        self.config.crash_kind(self.number)
    }

    /// The same inside a recovery.
    pub(super) fn crash_kind_inside(&self, outer: &Recovered<S>, point: Position) -> CrashKind {
        if log_failure(&outer.errors) < point {
            return CrashKind::PowerLoss;
        }
        self.config.crash_kind_in_recovery(self.number)
    }

    /// Recovers from a crash once more, with errors injected, and tries crashes inside that; nothing if none was.
    pub(super) fn recover_in_trouble(
        &mut self,
        state: &State<'_>,
        past: &[Past<'_, S::Operation>],
    ) -> Option<Troubled<S>> {
        if self.config.faults.is_none() {
            return None;
        }
        let seed = Seed(self.draw_errors.next_u64());
        let plan = self.config.plan(Rng::new(seed, Stream::InjectedError, 0))?;
        let start = self.start(state);
        let recovered = recover(self.job, start, self.trials, past, Some(plan));
        if recovered.errors.is_empty() {
            return None;
        }
        self.tally.recovery();
        self.tally.mark(CoverageMark::InjectedError);
        let mut inner = Vec::new();
        self.crash_inside(&recovered, None, past, &mut inner);
        Some(Troubled { recovered, inner })
    }
}
