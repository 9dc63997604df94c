//! What the process says when it ends.

use std::{fmt, process::ExitCode};

use crate::{
    campaign::{CampaignError, FolderError, Verdict},
    scenario::InputError,
    vfs::VfsError,
};

/// The exit codes.
///
/// Where several apply, the first of 1, 2, 102, 100, 4, 104 wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
#[non_exhaustive]
pub enum Exit {
    /// Every expectation is met; of a replay: the subject survives now.
    Met = 0,
    /// The harness could not do its job: I/O on results, an internal error.
    Harness = 1,
    /// The command line, a scenario, a reproducer, a baseline or a folder of results is wrong.
    Input = 2,
    /// Nothing was selected, or something that is checked could never have failed.
    Unexercised = 4,
    /// An unexpected violation, or an expected one that did not happen; of a replay: it still
    /// fails.
    Violation = 100,
    /// The same seed gave something else.
    Nondeterministic = 102,
    /// A reproducer no longer fits the subject.
    Stale = 103,
    /// Fewer runs than the scenario demands, or no time for all kept reproducers.
    Inconclusive = 104,
    /// Somebody ended it; what was reached is kept.
    Interrupted = 130,
}

/// What each exit code means; `docs/exit-codes.md` has the same table.
pub(super) const MEANINGS: &[(Exit, &str)] = &[
    (
        Exit::Met,
        "every expectation was met; of `replay`: the subject survives it now",
    ),
    (
        Exit::Harness,
        "the harness could not do its job: results could not be written, or an internal error",
    ),
    (
        Exit::Input,
        "the command line, a scenario, a reproducer, a baseline or a folder of results is wrong: it says where, and what was expected",
    ),
    (
        Exit::Unexercised,
        "nothing was selected or nothing was exercised: no runs, no crash points, an invariant that could never have failed, a required coverage mark that was not reached",
    ),
    (
        Exit::Violation,
        "an unexpected violation, or an expected one that did not happen; of `replay`: it still fails",
    ),
    (
        Exit::Nondeterministic,
        "nondeterminism: the same seed gave something else when it was executed again; it says at which operation the two part",
    ),
    (
        Exit::Stale,
        "the reproducer is stale: the recorded crash cannot be laid onto what the subject does today; it says at which operation they part",
    ),
    (
        Exit::Inconclusive,
        "inconclusive: fewer runs than the scenario's `runs_min`, or no time for all kept reproducers",
    ),
    (
        Exit::Interrupted,
        "interrupted: what was reached is kept; of `run`, `--resume` goes on",
    ),
];

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit as u8)
    }
}

impl From<Verdict> for Exit {
    fn from(verdict: Verdict) -> Exit {
        match verdict {
            Verdict::Expected => Exit::Met,
            Verdict::Unexpected => Exit::Violation,
            Verdict::Unexercised => Exit::Unexercised,
            Verdict::Inconclusive => Exit::Inconclusive,
            Verdict::Nondeterministic => Exit::Nondeterministic,
            Verdict::Interrupted => Exit::Interrupted,
        }
    }
}

/// Why there is no verdict.
#[derive(Debug)]
pub(super) enum Failure {
    /// What was asked for makes no sense.
    Usage(String),
    /// A file that was given is wrong.
    Input(InputError),
    /// Nothing was selected.
    Nothing(String),
    /// Results cannot be written.
    Results(String),
}

impl Failure {
    pub(super) fn exit(&self) -> Exit {
        match self {
            Failure::Usage(_) | Failure::Input(_) => Exit::Input,
            Failure::Nothing(_) => Exit::Unexercised,
            Failure::Results(_) => Exit::Harness,
        }
    }

    pub(super) fn folder(out: &str, error: &FolderError) -> Failure {
        Failure::Results(format!(
            "failed to make the folder for results {out}: {error}"
        ))
    }

    /// Results are wrong, or cannot be written.
    pub(super) fn campaign(out: &str, error: &CampaignError) -> Failure {
        match error {
            CampaignError::Vfs(error) => Failure::results(out, error),
            CampaignError::Executor(text) => Failure::Results(text.clone()),
            CampaignError::Gone { .. } => {
                Failure::Results(format!("failed to write results to {out}: {error}"))
            }
            other => Failure::Usage(other.to_string()),
        }
    }

    pub(super) fn results(out: &str, error: &VfsError) -> Failure {
        Failure::Results(format!("failed to write results to {out}: {error}"))
    }
}

impl From<InputError> for Failure {
    fn from(error: InputError) -> Failure {
        Failure::Input(error)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Usage(text) | Failure::Nothing(text) | Failure::Results(text) => {
                f.write_str(text)
            }
            Failure::Input(error) => error.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documented_exit_codes_are_these() {
        let document = include_str!("../../docs/exit-codes.md");
        let rows = document
            .lines()
            .filter(|line| line.starts_with("| ") && !line.starts_with("| code"));
        let known = MEANINGS
            .iter()
            .map(|(exit, meaning)| format!("| {} | {meaning} |", *exit as u8));
        assert_eq!(rows.collect::<Vec<_>>(), known.collect::<Vec<_>>());
    }
}
