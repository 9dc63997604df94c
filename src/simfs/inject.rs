//! What those who run a subject ask of injected errors.

use super::{FaultPlan, InjectedError, PlacedError, SimFs, failing::Failing};
use crate::{base::Position, trace::Action};

impl SimFs {
    /// Makes operations fail from now on, as the plan has it.
    pub fn inject(&self, plan: FaultPlan) {
        let mut state = self.state();
        state.failing = Some(Box::new(Failing::new(plan, &state)));
    }

    /// Makes nothing fail any more, and forgets what was not told yet.
    pub fn stop_injecting(&self) {
        self.state().failing = None;
    }

    /// The errors that were injected so far, each with the position before it.
    pub fn injected(&self) -> Vec<(Position, InjectedError)> {
        let state = self.state();
        let failing = state.failing.as_ref();
        failing.map_or_else(Vec::new, |failing| failing.plan.injected().to_vec())
    }

    /// The same, told by operations of the workload.
    pub fn placed_errors(&self) -> Vec<PlacedError> {
        let state = self.state();
        let failing = state.failing.as_ref();
        failing.map_or_else(Vec::new, |failing| failing.plan.placed_so_far().to_vec())
    }

    /// Whether a failed write of the log has made the filesystem useless until it is mounted again.
    pub fn is_broken(&self) -> bool {
        let state = self.state();
        let failing = state.failing.as_ref();
        failing.is_some_and(|failing| failing.is_broken())
    }

    /// Whether, behind a position, something was made to fail, or told of an earlier failure.
    pub fn is_disturbed_behind(&self, position: Position) -> bool {
        let state = self.state();
        let entries = &state.recording.trace.entries()[position.index()..];
        let tells = entries.iter().any(|entry| {
            matches!(
                entry.action,
                Action::Refused { .. } | Action::BarrierFailed { .. }
            )
        });
        let injected = state
            .failing
            .as_ref()
            .map(|failing| failing.plan.injected());
        let last = injected.and_then(<[_]>::last);
        tells || last.is_some_and(|(at, _)| *at >= position)
    }
}
