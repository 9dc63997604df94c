//! Violations of one invariant with one signature, counted while a campaign goes.
//!
//! Guarantees: memory grows neither with the number of runs nor, but for a few numbers each, with that of groups: no more than
//! [`EXPLAINED_MAX`] groups of a scenario keep a violation, and no more than two each.

use crate::{
    base::Seed,
    run::{Schedule, Violation},
};

/// Groups of one scenario that are explained; those found later are findings by their signature.
pub(super) const EXPLAINED_MAX: usize = 1000;

/// How much it takes to see a violation again; of two equal ones, that of the lower seed is the smaller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Size {
    lives: usize,
    crashes_in_recovery: usize,
    operations: usize,
    effects_lost: usize,
    errors: usize,
    seed: u64,
}

impl Size {
    pub(super) fn of(seed: Seed, schedule: &Schedule) -> Size {
        let Schedule {
            crashes,
            in_recovery,
            errors,
            errors_in_recovery,
        } = schedule;
        let choices = || crashes.iter().chain(in_recovery);
        Size {
            lives: crashes.len(),
            crashes_in_recovery: in_recovery.len(),
            operations: choices().map(|choice| choice.operations.len()).sum(),
            effects_lost: choices().map(|choice| choice.lost.len()).sum(),
            errors: errors.iter().map(Vec::len).sum::<usize>() + errors_in_recovery.len(),
            seed: seed.0,
        }
    }
}

/// A violation and the seed that found it.
#[derive(Clone, Debug)]
pub(super) struct Found {
    pub(super) seed: Seed,
    pub(super) violation: Violation,
}

impl Found {
    fn new(seed: Seed, violation: &Violation) -> Found {
        Found {
            seed,
            violation: violation.clone(),
        }
    }

    pub(super) fn size(&self) -> Size {
        Size::of(self.seed, &self.violation.schedule)
    }
}

/// What is known of the violations with one signature.
#[derive(Debug)]
pub(super) struct Group {
    /// Runs that found one.
    pub(super) count: u64,
    /// The first of them.
    pub(super) first_seed: u64,
    smallest: Size,
    /// The violations that can be explained; nothing if there were too many groups before.
    pub(super) kept: Option<Kept>,
}

/// The violations of a group that are kept.
#[derive(Debug)]
pub(super) struct Kept {
    /// That of the lowest seed: what it misses, all of the group miss.
    pub(super) first: Found,
    /// The smallest of all, if it is smaller than the first.
    pub(super) smaller: Option<Found>,
}

impl Group {
    /// The group of a violation that is the first of its signature.
    pub(super) fn new(seed: Seed, violation: &Violation, is_kept: bool) -> Group {
        let kept = is_kept.then(|| Kept {
            first: Found::new(seed, violation),
            smaller: None,
        });
        Group {
            count: 1,
            first_seed: seed.0,
            smallest: Size::of(seed, &violation.schedule),
            kept,
        }
    }

    /// Counts one more; true if it is the smallest so far.
    pub(super) fn add(&mut self, seed: Seed, violation: &Violation) -> bool {
        self.count += 1;
        let size = Size::of(seed, &violation.schedule);
        let is_smaller = size < self.smallest;
        if is_smaller {
            self.smallest = size;
            if let Some(kept) = &mut self.kept {
                kept.smaller = Some(Found::new(seed, violation));
            }
        }
        is_smaller
    }
}
