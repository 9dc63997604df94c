//! Ends a campaign between two runs, from outside.

use std::sync::atomic::{AtomicU8, Ordering};

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
pub struct StopSignal(AtomicU8);

impl StopSignal {
    /// A signal that nobody gave.
    pub const fn new() -> StopSignal {
        StopSignal(AtomicU8::new(0))
    }

    /// Ends the campaign as soon as the run that is counted next is counted; the first reason stays.
    pub fn stop(&self, reason: StopReason) {
        let code = match reason {
            StopReason::Interrupted => 1,
            StopReason::OutOfTime => 2,
        };
        let _ = self
            .0
            .compare_exchange(0, code, Ordering::Relaxed, Ordering::Relaxed);
    }

    /// Why the campaign is to end, if it is.
    pub fn reason(&self) -> Option<StopReason> {
        match self.0.load(Ordering::Relaxed) {
            0 => None,
            1 => Some(StopReason::Interrupted),
            _ => Some(StopReason::OutOfTime),
        }
    }
}
