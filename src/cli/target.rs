//! What is to be seen again: a reproducer, or the first violation of a scenario by a seed.

use std::path::Path;

use serde::Deserialize;

use super::{exit::Failure, files, select};
use crate::{
    base::{SEED_VERSION, Seed},
    campaign::{REPRODUCER_VERSION, Reproducer},
    oracle::catalogue,
    run::{EventStoreJob, ListedWorkload, OPERATIONS_SUCCEED, Schedule, run},
    scenario::{InputError, Problem, Scenario},
    workload::Operation,
};

/// A reproducer file is at most this large.
const REPRODUCER_BYTES_MAX: u64 = 64 << 20;

/// What all versions of the format have.
#[derive(Deserialize)]
struct Head {
    version: u32,
    seed_version: u32,
}

/// What is to be seen again.
pub(super) struct Target {
    /// The finding that it belongs to; empty where it comes from a seed.
    pub(super) id: String,
    pub(super) scenario: Scenario,
    pub(super) seed: Seed,
    pub(super) invariant: String,
    pub(super) schedule: Schedule,
    /// What is asked in each life, where that is not what the seed draws.
    pub(super) operations: Option<Vec<Vec<Operation>>>,
}

impl Target {
    /// The subject, what it is asked to do, and how it is judged.
    pub(super) fn job(&self) -> Result<EventStoreJob, Problem> {
        let mut job = self.scenario.job()?;
        if let Some(operations) = self.operations.clone() {
            job.workload = Box::new(ListedWorkload::new(operations, job.workload));
        }
        Ok(job)
    }
}

/// Reads a reproducer.
pub(super) fn load(path: &Path) -> Result<Target, Failure> {
    let label = path.display().to_string();
    let bytes = files::read(path, REPRODUCER_BYTES_MAX)?;
    let text = String::from_utf8(bytes);
    let text = text.map_err(|_| InputError::whole(&label, "not UTF-8: expected a text file"))?;
    let misread = |error: serde_json::Error| {
        let message = error.to_string();
        let message = message
            .rsplit_once(" at line ")
            .map_or(&*message, |(message, _)| message);
        InputError::at_line(&label, &text, error.line(), error.column(), message)
    };
    let head: Head = serde_json::from_str(&text).map_err(misread)?;
    for (what, found, expected) in [
        ("version", head.version, REPRODUCER_VERSION),
        ("seed_version", head.seed_version, SEED_VERSION),
    ] {
        if found != expected {
            let at = text.find(&format!("\"{what}\"")).unwrap_or(0);
            let span = at..at + what.len() + 2;
            let message = format!("{what} {found} is not supported: expected {expected}");
            return Err(InputError::at(&label, &text, span, &message).into());
        }
    }
    let reproducer: Reproducer<Scenario> = serde_json::from_str(&text).map_err(misread)?;
    let known = reproducer.invariant == OPERATIONS_SUCCEED;
    if let (false, Err(error)) = (known, catalogue::find(&reproducer.invariant)) {
        let at = text.find("\"invariant\"").unwrap_or(0);
        let span = at..at + "\"invariant\"".len();
        return Err(InputError::at(&label, &text, span, &error.to_string()).into());
    }
    let mut scenario = reproducer.scenario;
    let misplaced = |problem: Problem| {
        let key = problem
            .key
            .last()
            .map_or_else(String::new, |key| format!("\"{key}\""));
        let at = text.find(&key).unwrap_or(0);
        InputError::at(&label, &text, at..at + key.len(), &problem.message)
    };
    scenario.check().map_err(misplaced)?;
    scenario.resolve().map_err(misplaced)?;
    Ok(Target {
        id: reproducer.id,
        scenario,
        seed: reproducer.seed,
        invariant: reproducer.invariant,
        schedule: reproducer.schedule,
        operations: reproducer.operations.map(|listed| listed.0),
    })
}

/// The first violation of a scenario by a seed, on the first profile that shows one.
pub(super) fn find(path: &Path, seed: Seed) -> Result<Option<Target>, Failure> {
    let refused = |problem: Problem| Failure::Usage(problem.to_string());
    for scenario in select::load(path)?.by_profile() {
        let job = scenario.job().map_err(refused)?;
        let config = scenario.run_config().map_err(refused)?;
        let found = run(&job, &config, seed).violations.into_iter().next();
        if let Some(found) = found {
            return Ok(Some(Target {
                id: String::new(),
                scenario,
                seed,
                invariant: found.invariant.to_owned(),
                schedule: found.schedule,
                operations: None,
            }));
        }
    }
    Ok(None)
}
