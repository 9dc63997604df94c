//! Where two executions of one run part: a subject that is not a function of its operations and its entropy.

use std::fmt;

use super::{
    RunConfig, Subject, driver::run_watched, naming::NamedOperation, schedule::Outline,
    subject::Job,
};
use crate::{base::Seed, simfs::Recording};

/// The first place at which two executions of one run differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Nondeterminism {
    /// In the work of a life, counted from 1: what was done in its place.
    Work {
        /// The life.
        life: usize,
        /// What the first execution did; nothing if it did no more.
        first: Option<NamedOperation>,
        /// What the second one did.
        second: Option<NamedOperation>,
    },
    /// In a recovery from one of the crashes that followed this life, counted from 1: the lives themselves are equal.
    Recovery {
        /// The last life that was recorded.
        life: usize,
    },
}

/// Executes a run twice; nothing if both do and find the same.
pub fn nondeterminism<S: Subject>(
    job: &Job<S>,
    config: &RunConfig,
    seed: Seed,
) -> Option<Nondeterminism> {
    let mut lives: Vec<Recording> = Vec::new();
    let first = run_watched(job, config, seed, &mut |recording| {
        lives.push(recording.clone());
    });
    let mut number = 0;
    let mut parted = None;
    let second = run_watched(job, config, seed, &mut |recording| {
        number += 1;
        if parted.is_none() {
            parted = lives
                .get(number - 1)
                .and_then(|before| in_work(number, before, recording));
        }
    });
    let differs = first != second || lives.len() != number;
    parted.or(differs.then_some(Nondeterminism::Recovery {
        life: lives.len().min(number),
    }))
}

fn in_work(life: usize, before: &Recording, now: &Recording) -> Option<Nondeterminism> {
    let index = before.trace.first_difference(&now.trace)?;
    Some(Nondeterminism::Work {
        life,
        first: named(before, index),
        second: named(now, index),
    })
}

fn named(recording: &Recording, index: usize) -> Option<NamedOperation> {
    recording.trace.entries().get(index)?;
    let outline = Outline::new(recording, recording.trace.end());
    let index = u32::try_from(index).ok()?;
    Some(NamedOperation::new(recording, &outline, index))
}

impl fmt::Display for Nondeterminism {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let told = |operation: &Option<NamedOperation>| match operation {
            None => "nothing more".to_owned(),
            Some(operation) if operation.site.is_empty() => operation.text.clone(),
            Some(operation) => format!("{} ({})", operation.text, operation.site),
        };
        match self {
            Nondeterminism::Work {
                life,
                first,
                second,
            } if first == second => {
                write!(f, "life {life}: {} with other bytes", told(first))
            }
            Nondeterminism::Work {
                life,
                first,
                second,
            } => write!(
                f,
                "life {life}: the first time {}, the second time {}",
                told(first),
                told(second)
            ),
            Nondeterminism::Recovery { life } => {
                write!(f, "recovery after life {life}, whose work was the same")
            }
        }
    }
}
