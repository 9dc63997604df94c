//! What the types of a scenario leave open: ranges, and keys that must fit each other.

use std::{collections::BTreeSet, fmt};

use super::{SCENARIO_VERSION, Scenario};
use crate::{
    run::{CrashMode, Expectation, OPERATIONS_SUCCEED},
    store::OptionError,
    workload::BankConfigError,
};

/// A value that a scenario may not have, and under which key it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The way to the key, from the top of the file.
    pub key: Vec<String>,
    /// What is wrong, and what was expected.
    pub message: String,
}

impl Problem {
    pub(super) fn new(key: &[&str], message: impl fmt::Display) -> Problem {
        Problem {
            key: key.iter().map(|&name| name.to_owned()).collect(),
            message: message.to_string(),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.key.join("."), self.message)
    }
}

impl std::error::Error for Problem {}

pub(super) fn option_problem(error: &OptionError) -> Problem {
    let key = match error {
        OptionError::UnknownKey { key, .. } => key,
        OptionError::BadValue { key, .. } => *key,
    };
    Problem::new(&["subject", "options", key], error)
}

pub(super) fn bank_problem(error: &BankConfigError) -> Problem {
    let BankConfigError::OutOfRange { key, .. } = error;
    Problem::new(&["workload", key], error)
}

impl Scenario {
    /// Finds the first thing that keeps the scenario from being run.
    pub fn check(&self) -> Result<(), Problem> {
        if self.version != SCENARIO_VERSION {
            return Err(unsupported_version(self.version.into()));
        }
        let legal = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        if self.name.is_empty() || self.name.starts_with('.') || !self.name.chars().all(legal) {
            let message = format!(
                "`{}` is no name: expected letters, digits, - and _",
                self.name
            );
            return Err(Problem::new(&["name"], message));
        }
        self.job()?;
        self.check_ranges()?;
        self.faults.check(&self.crash.profiles)?;
        self.check_lives()?;
        self.check_lists()?;
        self.check_devices()
    }

    fn check_ranges(&self) -> Result<(), Problem> {
        let (crash, budget) = (&self.crash, &self.budget);
        let rows: [(&str, &str, u64, u64, u64); 8] = [
            ("crash", "lives", crash.lives.into(), 1, 1000),
            ("crash", "in_recovery", crash.in_recovery.into(), 0, 3),
            (
                "crash",
                "recovery_states",
                crash.recovery_states.into(),
                1,
                1000,
            ),
            (
                "crash",
                "states_per_run",
                crash.states_per_run.into(),
                1,
                1_000_000,
            ),
            (
                "crash",
                "exhaustive_budget",
                crash.exhaustive_budget,
                1,
                1 << 32,
            ),
            (
                "budget",
                "operations_per_life",
                budget.operations_per_life,
                1,
                1 << 32,
            ),
            ("budget", "runs", budget.runs, 1, 1 << 48),
            ("budget", "runs_min", budget.runs_min, 0, budget.runs),
        ];
        for (section, key, value, low, high) in rows {
            if value < low || value > high {
                let message = format!("{key} = {value} is out of range: expected {low} to {high}");
                return Err(Problem::new(&[section, key], message));
            }
        }
        Ok(())
    }

    fn check_lives(&self) -> Result<(), Problem> {
        let lives = self.crash.lives;
        if self.crash.kind == CrashMode::ProcessThenPower && !lives.is_multiple_of(2) {
            let message = format!(
                "lives = {lives} does not fit kind = \"process-then-power\": each process crash is \
                 followed by a power loss, so expected an even number"
            );
            return Err(Problem::new(&["crash", "lives"], message));
        }
        Ok(())
    }

    /// What a device loses or damages shows in a power loss only: before that, the page cache hides it.
    fn check_devices(&self) -> Result<(), Problem> {
        let mut devices = self.crash.devices.iter();
        match devices.find(|device| !device.is_honest()) {
            Some(device) if self.crash.kind == CrashMode::ProcessCrash => {
                let message = format!(
                    "the device `{device}` shows after a power loss only, and kind = \"process-crash\" has none: \
                     expected \"honest\""
                );
                Err(Problem::new(&["crash", "device"], message))
            }
            _ => Ok(()),
        }
    }

    fn check_lists(&self) -> Result<(), Problem> {
        let profiles: Vec<&str> = self.crash.profiles.iter().map(|known| known.name).collect();
        let devices: Vec<&str> = self.crash.devices.iter().map(|known| known.name).collect();
        let invariants: Vec<&str> = self.check.invariants.iter().map(|known| known.id).collect();
        distinct(&["crash", "profile"], &profiles)?;
        distinct(&["crash", "device"], &devices)?;
        distinct(&["check", "invariants"], &invariants)?;
        let Expectation::Exactly(expected) = &self.check.expect else {
            return Ok(());
        };
        let key = ["check", "expect"];
        if expected.is_empty() {
            return Err(Problem::new(
                &key,
                "an empty list: expected \"clean\" or invariants",
            ));
        }
        let checked =
            |id: &&String| **id == OPERATIONS_SUCCEED || invariants.contains(&id.as_str());
        match expected.iter().find(|id| !checked(id)) {
            None => Ok(()),
            Some(id) => {
                let known: Vec<_> = invariants.iter().map(|id| format!("`{id}`")).collect();
                let known = known.join(", ");
                let message = format!("unknown invariant `{id}`, expected one of {known}");
                Err(Problem::new(&key, message))
            }
        }
    }
}

pub(super) fn unsupported_version(found: i128) -> Problem {
    let message = format!("version {found} is not supported: expected {SCENARIO_VERSION}");
    Problem::new(&["version"], message)
}

fn distinct(key: &[&str], names: &[&str]) -> Result<(), Problem> {
    if names.is_empty() {
        return Err(Problem::new(
            key,
            "an empty list: expected at least one name",
        ));
    }
    let mut seen = BTreeSet::new();
    match names.iter().find(|name| !seen.insert(**name)) {
        Some(name) => Err(Problem::new(key, format!("`{name}` is there twice"))),
        None => Ok(()),
    }
}
