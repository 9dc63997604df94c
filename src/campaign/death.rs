//! What ended a process in which a subject was executed, as a verdict on the subject.
//!
//! Guarantees: what a verdict is counted by holds neither addresses nor times nor what the process said last: it is the same
//! each time the run is executed.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Sentences;
use crate::{
    base::{Digest, Hasher},
    run::{Call, OPERATIONS_SUCCEED},
};

/// What ended a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Cause {
    /// Its stack was full.
    StackOverflow,
    /// It asked for memory and did not get it.
    AllocationFailed,
    /// A signal.
    Signal(i32),
    /// It ended by itself, with this exit code.
    Exit(i32),
    /// One call of the subject took more than this much CPU time.
    CpuSeconds(u64),
    /// One call of the subject did nothing but wait for more than this long.
    WaitSeconds(u64),
    /// It held more than this much memory.
    MemoryMib(u64),
}

/// The signals that are told by name, of Linux.
const SIGNALS: &[(i32, &str, &str)] = &[
    (3, "quit", "SIGQUIT"),
    (4, "illegal instruction", "SIGILL"),
    (5, "trap", "SIGTRAP"),
    (6, "abort", "SIGABRT"),
    (7, "bus error", "SIGBUS"),
    (8, "arithmetic error", "SIGFPE"),
    (9, "killed", "SIGKILL"),
    (11, "segmentation fault", "SIGSEGV"),
    (15, "ended from outside", "SIGTERM"),
    (24, "CPU time limit", "SIGXCPU"),
    (31, "forbidden system call", "SIGSYS"),
];

/// Signals that a program gets for what it does itself: SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV, SIGSYS.
const ITS_OWN: [i32; 7] = [4, 5, 6, 7, 8, 11, 31];

impl Cause {
    /// Whether it may have been the doing of others: of who ended the process, or of runs that were executed in it before.
    pub(super) fn may_be_of_others(self) -> bool {
        match self {
            Cause::MemoryMib(_) | Cause::AllocationFailed => true,
            _ => self.is_from_outside(),
        }
    }

    /// Whether it says nothing of the subject: somebody sent a signal, such as a system that is short of memory.
    pub(super) fn is_from_outside(self) -> bool {
        matches!(self, Cause::Signal(number) if !ITS_OWN.contains(&number))
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Cause::StackOverflow => f.write_str("stack overflow"),
            Cause::AllocationFailed => f.write_str("out of memory"),
            Cause::Exit(code) => write!(f, "exit with code {code}"),
            Cause::CpuSeconds(seconds) => {
                write!(f, "more than {seconds} s of CPU time in one call")
            }
            Cause::WaitSeconds(seconds) => {
                write!(f, "more than {seconds} s of waiting in one call")
            }
            Cause::MemoryMib(mib) => write!(f, "more than {mib} MiB of memory"),
            Cause::Signal(number) => match SIGNALS.iter().find(|(known, ..)| *known == number) {
                Some((_, what, name)) => write!(f, "{what} ({name})"),
                None => write!(f, "signal {number}"),
            },
        }
    }
}

/// What a run was doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct During {
    /// Which code of the subject was executed.
    pub call: Call,
    /// In which life, counted from 1.
    pub life: u32,
    /// How many recoveries there were in the run by then, second ones left out.
    pub recoveries: u64,
}

/// A run that ended its process.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Death {
    /// What ended it.
    pub cause: Cause,
    /// What it was doing.
    pub during: During,
}

impl Death {
    /// What of it is the same in every run that ends so.
    pub(super) fn signature(&self) -> String {
        let place = if self.is_in_recovery() {
            "in recovery"
        } else {
            "in work"
        };
        format!("{place}: {}", self.cause)
    }

    fn is_in_recovery(&self) -> bool {
        matches!(
            self.during.call,
            Call::Recovery | Call::SecondRecovery | Call::Progress | Call::DroppingRecovered
        )
    }

    /// The place, among these invariants, of the one that does not hold: the last of them is always checked.
    pub(super) fn invariant(&self, invariants: &[&'static str]) -> usize {
        let by_call = match self.during.call {
            Call::SecondRecovery => "recovery-idempotent",
            Call::Progress => "forward-progress",
            _ => "recovery-succeeds",
        };
        let wanted = if self.is_in_recovery() {
            [by_call, "recovery-succeeds", OPERATIONS_SUCCEED]
        } else {
            [OPERATIONS_SUCCEED; 3]
        };
        let place = |wanted: &&str| invariants.iter().position(|known| known == wanted);
        let last = invariants.len().saturating_sub(1);
        wanted.iter().find_map(place).unwrap_or(last)
    }

    /// The digest of a run of which nothing else is known.
    pub(super) fn digest(&self) -> Digest {
        let mut hasher = Hasher::new();
        hasher.bytes(b"died").bytes(self.signature().as_bytes());
        hasher.finish()
    }

    /// Why that is a violation.
    pub(super) fn sentences(&self) -> Sentences {
        Sentences {
            given: "each run is executed in a process that it may not end".to_owned(),
            shown: format!("{} ended it: {}", self.during, self.cause),
            however: "whatever it finds, a subject has to answer: with a state, or with an error"
                .to_owned(),
        }
    }
}

impl fmt::Display for Death {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, in {}", self.cause, self.during)
    }
}

impl fmt::Display for During {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let During {
            call,
            life,
            recoveries,
        } = *self;
        match call {
            Call::Opening => write!(f, "opening it for life {life}"),
            Call::OpeningAgain => write!(f, "opening it again in life {life}"),
            Call::Operation(id) => write!(f, "operation #{id} in life {life}"),
            Call::Dropping => write!(f, "dropping it at the end of life {life}"),
            Call::Recovery => write!(
                f,
                "recovery {recoveries} of the run, from a crash of life {life}"
            ),
            Call::SecondRecovery => write!(
                f,
                "a second recovery after recovery {recoveries}, from a crash of life {life}"
            ),
            Call::Progress => write!(
                f,
                "one more operation after recovery {recoveries}, from a crash of life {life}"
            ),
            Call::DroppingRecovered => write!(
                f,
                "dropping it after recovery {recoveries}, from a crash of life {life}"
            ),
            Call::Describing => write!(f, "describing its files after life {life}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn death(call: Call) -> Death {
        Death {
            cause: Cause::Signal(6),
            during: During {
                call,
                life: 2,
                recoveries: 7,
            },
        }
    }

    #[test]
    fn what_it_was_doing_says_what_is_violated() {
        let all = [
            "durable-ack",
            "recovery-succeeds",
            "forward-progress",
            "operations-succeed",
        ];
        let of = |call| all[death(call).invariant(&all)];
        assert_eq!(of(Call::Operation(3)), "operations-succeed");
        assert_eq!(of(Call::Dropping), "operations-succeed");
        assert_eq!(of(Call::Recovery), "recovery-succeeds");
        assert_eq!(of(Call::Progress), "forward-progress");
        // Nobody asks for a second recovery here, so nobody is told of it.
        assert_eq!(of(Call::SecondRecovery), "recovery-succeeds");
        let few = ["durable-ack", "operations-succeed"];
        assert_eq!(
            few[death(Call::Recovery).invariant(&few)],
            "operations-succeed"
        );
    }

    #[test]
    fn it_reads_as_what_happened() {
        let death = death(Call::Recovery);
        assert_eq!(death.signature(), "in recovery: abort (SIGABRT)");
        assert_eq!(
            death.sentences().shown,
            "recovery 7 of the run, from a crash of life 2 ended it: abort (SIGABRT)"
        );
    }

    #[test]
    fn where_in_the_run_it_was_does_not_make_it_another() {
        let (mut one, other) = (death(Call::Recovery), death(Call::Recovery));
        one.during.recoveries = 9;
        assert_eq!(one.digest(), other.digest());
        assert_ne!(one.digest(), death(Call::Operation(1)).digest());
    }
}
