//! Fewer lives, and fewer crashes inside recovery.

use super::shrinker::{Elsewhere, Shrinker};
use crate::run::{Attempt, Subject};

impl<S: Subject> Shrinker<'_, S> {
    /// The last life alone; then without one life at a time, its operations gone or done in the next.
    pub(super) fn drop_lives(&mut self) -> bool {
        let mut is_smaller = false;
        if self.best.attempt.crashes.len() > 2 {
            let mut attempt = self.best.attempt.clone();
            while attempt.crashes.len() > 1 {
                drop_life(&mut attempt, 0, Operations::Gone);
            }
            is_smaller |= self.attempt(&attempt, Elsewhere::Hunt);
        }
        let mut number = 0;
        while self.best.attempt.crashes.len() > 1 && number < self.best.attempt.crashes.len() {
            let mut dropped = false;
            for operations in [Operations::Gone, Operations::Later] {
                let mut attempt = self.best.attempt.clone();
                drop_life(&mut attempt, number, operations);
                dropped = dropped || self.attempt(&attempt, Elsewhere::Hunt);
            }
            is_smaller |= dropped;
            number += usize::from(!dropped);
        }
        is_smaller
    }

    /// No crash inside recovery; then without one at a time.
    pub(super) fn drop_recoveries(&mut self) -> bool {
        let mut is_smaller = false;
        if self.best.attempt.in_recovery.len() > 1 {
            let attempt = Attempt {
                in_recovery: Vec::new(),
                ..self.best.attempt.clone()
            };
            is_smaller |= self.attempt(&attempt, Elsewhere::Hunt);
        }
        let mut number = 0;
        while number < self.best.attempt.in_recovery.len() {
            let mut attempt = self.best.attempt.clone();
            attempt.in_recovery.remove(number);
            if self.attempt(&attempt, Elsewhere::Hunt) {
                is_smaller = true;
            } else {
                number += 1;
            }
        }
        is_smaller
    }
}

/// What becomes of the operations of a life that is dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operations {
    Gone,
    /// They are done in the next life.
    Later,
}

fn drop_life<O: Clone>(attempt: &mut Attempt<O>, number: usize, operations: Operations) {
    attempt.crashes.remove(number);
    if number < attempt.lives.len() {
        let mut life = attempt.lives.remove(number);
        if operations == Operations::Later
            && let Some(next) = attempt.lives.get_mut(number)
        {
            life.append(next);
            *next = life;
        }
    }
    if number < attempt.errors.len() {
        let mut errors = attempt.errors.remove(number);
        if operations == Operations::Later
            && let Some(next) = attempt.errors.get_mut(number)
        {
            errors.append(next);
            *next = errors;
        }
    }
}
