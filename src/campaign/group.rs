//! Violations of one invariant with one signature, counted while a campaign goes.
//!
//! Guarantees: memory grows neither with the number of runs nor, but for a few numbers each, with that of groups. A violation
//! that is to be explained comes back by running its seed again.

use serde::{Deserialize, Serialize};

use super::{Death, record::ViolationRecord};
use crate::run::Schedule;

/// Groups of one scenario that are explained; those found later are findings by their signature.
pub(super) const EXPLAINED_MAX: usize = 1000;

/// How much it takes to see a violation again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Size {
    lives: u64,
    crashes_in_recovery: u64,
    operations: u64,
    effects_lost: u64,
    errors: u64,
}

impl Size {
    pub(super) fn of(schedule: &Schedule) -> Size {
        let Schedule {
            crashes,
            in_recovery,
            errors,
            errors_in_recovery,
        } = schedule;
        let choices = || crashes.iter().chain(in_recovery);
        let sum = |counts: &mut dyn Iterator<Item = usize>| counts.map(|count| count as u64).sum();
        let errors = errors.iter().map(Vec::len);
        Size {
            lives: crashes.len() as u64,
            crashes_in_recovery: in_recovery.len() as u64,
            operations: sum(&mut choices().map(|choice| choice.operations.len())),
            effects_lost: sum(&mut choices().map(|choice| choice.lost.len())),
            errors: sum(&mut errors.chain([errors_in_recovery.len()])),
        }
    }
}

/// A violation by what it takes to see it again; of two equal ones, that of the lower seed is the smaller.
pub(super) type Sized = (Size, u64);

/// What is known of the violations with one signature.
#[derive(Debug)]
pub(super) struct Group {
    /// Runs that found one.
    pub(super) count: u64,
    /// The first of them: what it misses, all of the group miss.
    pub(super) first_seed: u64,
    pub(super) first: Sized,
    /// The smallest of all.
    pub(super) smallest: Sized,
    /// Whether it is explained; not if there were too many groups before.
    pub(super) is_explained: bool,
    /// What the first of them ended its process by, if that is what they are.
    pub(super) died: Option<Death>,
}

impl Group {
    /// The group of a violation that is the first of its signature.
    pub(super) fn new(
        seed: u64,
        violation: &ViolationRecord,
        is_explained: bool,
        died: Option<&Death>,
    ) -> Group {
        let sized = (violation.size, seed);
        Group {
            count: 1,
            first_seed: seed,
            first: sized,
            smallest: sized,
            is_explained,
            died: died.cloned(),
        }
    }

    /// Counts one more.
    pub(super) fn add(&mut self, seed: u64, violation: &ViolationRecord) {
        self.count += 1;
        self.smallest = self.smallest.min((violation.size, seed));
    }
}
