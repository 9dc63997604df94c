//! Fewer operations, and smaller ones.

use std::collections::BTreeSet;

use super::shrinker::{Elsewhere, Shrinker};
use crate::run::{Crash, OPERATIONS_SUCCEED, Subject, Tagged};

impl<S: Subject> Shrinker<'_, S> {
    /// Without what was never issued: it lies behind the crash.
    pub(super) fn trim(&mut self) -> bool {
        let best = &self.best.attempt;
        let issued = best.crashes.iter().flat_map(Crash::issued);
        let mut issued: BTreeSet<u32> = issued.collect();
        if self.bench.invariant == OPERATIONS_SUCCEED {
            // The last life has no crash.
            let last = best.lives.iter().skip(best.crashes.len()).flatten();
            issued.extend(last.map(|tagged| tagged.tag));
        }
        self.keep(|tagged| issued.contains(&tagged.tag))
    }

    /// A few operations at the end or at the start, more and more; then without chunks, smaller and smaller.
    pub(super) fn drop_operations(&mut self) -> bool {
        let mut is_smaller = self.few();
        let mut chunk = self.tags().len().div_ceil(2);
        while chunk > 0 && !self.is_over() {
            let mut end = self.tags().len();
            while end > 0 && !self.is_over() {
                let tags = self.tags();
                end = end.min(tags.len());
                let start = end.saturating_sub(chunk);
                let gone: BTreeSet<u32> = tags[start..end].iter().copied().collect();
                is_smaller |= self.keep(|tagged| !gone.contains(&tagged.tag));
                end = start;
            }
            chunk /= 2;
        }
        is_smaller
    }

    /// Each operation as small as it may be.
    pub(super) fn reduce_operations(&mut self) -> bool {
        let mut is_smaller = false;
        for tag in self.tags() {
            while !self.is_over() && self.reduce(tag) {
                is_smaller = true;
            }
        }
        is_smaller
    }

    fn reduce(&mut self, tag: u32) -> bool {
        let lives = self.best.attempt.lives.iter().flatten();
        let mut same = lives.filter(|tagged| tagged.tag == tag);
        let Some(operation) = same.next().map(|tagged| tagged.operation.clone()) else {
            return false;
        };
        let smaller = self.bench.job.workload.smaller(&operation);
        smaller.into_iter().any(|operation| {
            let mut attempt = self.best.attempt.clone();
            let lives = attempt.lives.iter_mut().flatten();
            for tagged in lives.filter(|tagged| tagged.tag == tag) {
                tagged.operation = operation.clone();
            }
            self.attempt(&attempt, Elsewhere::Hunt)
        })
    }

    fn few(&mut self) -> bool {
        let tags = self.tags();
        let mut count = 1;
        while count < tags.len() && !self.is_over() {
            for few in [&tags[tags.len() - count..], &tags[..count]] {
                let few: BTreeSet<u32> = few.iter().copied().collect();
                if self.keep(|tagged| few.contains(&tagged.tag)) {
                    return true;
                }
            }
            count += count.div_ceil(2);
        }
        false
    }

    fn tags(&self) -> Vec<u32> {
        let lives = self.best.attempt.lives.iter().flatten();
        lives.map(|tagged| tagged.tag).collect()
    }

    /// Tries it with some of the operations only.
    fn keep(&mut self, is_kept: impl Fn(&Tagged<S::Operation>) -> bool) -> bool {
        let mut attempt = self.best.attempt.clone();
        for life in &mut attempt.lives {
            life.retain(&is_kept);
        }
        if attempt.lives == self.best.attempt.lives {
            return false;
        }
        self.attempt(&attempt, Elsewhere::Hunt)
    }
}
