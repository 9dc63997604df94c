//! Less lost, and an earlier crash.

use super::shrinker::{Elsewhere, Shrinker};
use crate::run::{Attempt, Crash, Subject};

/// Earlier places that are tried for a crash which is not the last.
const PLACES_MAX: usize = 64;

impl<S: Subject> Shrinker<'_, S> {
    /// The lightest state of the last crash that there is; then each crash with less lost, and earlier.
    pub(super) fn lose_less(&mut self) -> bool {
        let mut is_smaller = false;
        let best = self.best.attempt.clone();
        if let Some(before) = last(&best).map(Crash::size) {
            let is_lighter = |attempt: &Attempt<S::Operation>| {
                last(attempt).is_some_and(|crash| crash.size() < before)
            };
            is_smaller |= self.hunt(&best, is_lighter);
        }
        for number in 0..best.crashes.len() + best.in_recovery.len() {
            while !self.is_over() && self.lose_less_at(number) {
                is_smaller = true;
            }
        }
        is_smaller
    }

    fn lose_less_at(&mut self, number: usize) -> bool {
        let Some(crash) = self.best.attempt.all_crashes().nth(number).cloned() else {
            return false;
        };
        let lighter = crash.with_less().into_iter();
        let lighter = lighter.chain(crash.earlier(PLACES_MAX));
        let is_lighter = |other: &Crash| other.size() < crash.size();
        lighter.filter(is_lighter).any(|crash| {
            let mut attempt = self.best.attempt.clone();
            let crashes = attempt.crashes.iter_mut().chain(&mut attempt.in_recovery);
            crashes
                .skip(number)
                .take(1)
                .for_each(|place| *place = crash.clone());
            self.attempt(&attempt, Elsewhere::GiveUp)
        })
    }
}

fn last<O>(attempt: &Attempt<O>) -> Option<&Crash> {
    attempt.all_crashes().last()
}
