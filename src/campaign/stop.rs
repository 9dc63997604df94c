//! Ends a campaign between two runs, or what is done behind them, from outside.

use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};

/// Why a campaign ends before its plan does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StopReason {
    /// Somebody wants it to.
    Interrupted,
    /// It had so much time and no more.
    OutOfTime,
}

/// Asks a campaign to end; what was counted is kept.
#[derive(Debug, Default)]
pub struct StopSignal {
    first: AtomicU8,
    is_interrupted: AtomicBool,
    /// Whether it was by the time at which all runs were over.
    is_heeded: AtomicBool,
}

impl StopSignal {
    /// A signal that nobody gave.
    pub const fn new() -> StopSignal {
        StopSignal {
            first: AtomicU8::new(0),
            is_interrupted: AtomicBool::new(false),
            is_heeded: AtomicBool::new(false),
        }
    }

    /// Ends the campaign as soon as the run that is counted next is counted, or, where runs are executed in other processes, does not
    /// come to an end soon; the first reason stays. Where the runs are over, interruption ends what is done behind them.
    pub fn stop(&self, reason: StopReason) {
        let code = match reason {
            StopReason::Interrupted => 1,
            StopReason::OutOfTime => 2,
        };
        let (success, failure) = (Ordering::Relaxed, Ordering::Relaxed);
        let _ = self.first.compare_exchange(0, code, success, failure);
        if reason == StopReason::Interrupted {
            self.is_interrupted.store(true, Ordering::Relaxed);
        }
    }

    /// Why the campaign is to end, if it is.
    pub fn reason(&self) -> Option<StopReason> {
        match self.first.load(Ordering::Relaxed) {
            0 => None,
            1 => Some(StopReason::Interrupted),
            _ => Some(StopReason::OutOfTime),
        }
    }

    /// Says that the runs are over: who interrupted them wants to see what they found.
    pub(super) fn heed(&self) {
        let is_interrupted = self.is_interrupted.load(Ordering::Relaxed);
        self.is_heeded.store(is_interrupted, Ordering::Relaxed);
    }

    /// Whether somebody wants what is done behind the runs to end; that time is up is no reason.
    pub fn ends_the_rest(&self) -> bool {
        let is_heeded = self.is_heeded.load(Ordering::Relaxed);
        self.is_interrupted.load(Ordering::Relaxed) && !is_heeded
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interruption_is_for_the_runs_or_for_the_rest_and_time_only_for_the_runs() {
        let signal = StopSignal::new();
        signal.stop(StopReason::OutOfTime);
        signal.heed();
        assert!(!signal.ends_the_rest());
        signal.stop(StopReason::Interrupted);
        assert_eq!(signal.reason(), Some(StopReason::OutOfTime));
        assert!(signal.ends_the_rest());
        let signal = StopSignal::new();
        signal.stop(StopReason::Interrupted);
        signal.heed();
        assert!(!signal.ends_the_rest());
    }
}
