//! Fewer injected errors.

use super::shrinker::{Elsewhere, Shrinker};
use crate::run::{Attempt, Subject};

impl<S: Subject> Shrinker<'_, S> {
    /// None at all; then without one at a time.
    pub(super) fn drop_errors(&mut self) -> bool {
        if self.errors() == 0 {
            return false;
        }
        let attempt = Attempt {
            errors: Vec::new(),
            errors_in_recovery: Vec::new(),
            ..self.best.attempt.clone()
        };
        if self.attempt(&attempt, Elsewhere::Hunt) {
            return true;
        }
        let mut is_smaller = false;
        // From behind: what follows an error may come of it.
        let mut number = self.errors();
        while number > 0 {
            number -= 1;
            if number < self.errors() {
                let mut attempt = self.best.attempt.clone();
                drop_error(&mut attempt, number);
                is_smaller |= self.attempt(&attempt, Elsewhere::Hunt);
            }
        }
        is_smaller
    }

    fn errors(&self) -> usize {
        let attempt = &self.best.attempt;
        attempt.errors.iter().map(Vec::len).sum::<usize>() + attempt.errors_in_recovery.len()
    }
}

fn drop_error<O>(attempt: &mut Attempt<O>, mut number: usize) {
    for errors in &mut attempt.errors {
        if number < errors.len() {
            errors.remove(number);
            return;
        }
        number -= errors.len();
    }
    if number < attempt.errors_in_recovery.len() {
        attempt.errors_in_recovery.remove(number);
    }
}
