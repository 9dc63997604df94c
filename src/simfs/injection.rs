//! One injected error, in a form that can be written down and injected again.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use super::faults::Class;
use crate::profile::FsyncFailure;

/// An error that was injected, told by the operation rather than by its place: the n-th of this description since the
/// recording began.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InjectedError {
    /// The operation, as errors name it ("fdatasync log/1.wal").
    pub operation: String,
    /// Which operation of that description, counted from 1, those that fail by themselves included.
    pub nth: u32,
    /// What becomes of it.
    pub what: Injection,
}

/// What becomes of an operation that is made to fail; written `eio`, `short 512`, `eio clean-new` or `log`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Injection {
    /// It fails and changes nothing.
    Error(Errno),
    /// It reads or writes this many bytes only.
    Short(u64),
    /// The barrier fails, and leaves this.
    Barrier(Errno, FsyncFailure),
    /// The barrier cannot write the log.
    Log,
}

/// The errors that are injected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Errno {
    /// Input/output error.
    Eio,
    /// No space left on device.
    Enospc,
    /// Disk quota exceeded.
    Edquot,
    /// Interrupted system call.
    Eintr,
}

impl Errno {
    const ALL: [Errno; 4] = [Errno::Eio, Errno::Enospc, Errno::Edquot, Errno::Eintr];

    /// Its name in lower case.
    pub const fn word(self) -> &'static str {
        match self {
            Errno::Eio => "eio",
            Errno::Enospc => "enospc",
            Errno::Edquot => "edquot",
            Errno::Eintr => "eintr",
        }
    }

    fn find(word: &str) -> Option<Errno> {
        Errno::ALL.into_iter().find(|errno| errno.word() == word)
    }
}

impl Injection {
    /// The same for an operation that may move fewer bytes: a short transfer is still shorter than all of it.
    pub(super) fn shortened(self, class: Class) -> Injection {
        match (self, class) {
            (Injection::Short(bytes), Class::Read(all @ 2..) | Class::Write(all @ 2..)) => {
                Injection::Short(bytes.min(all as u64 - 1))
            }
            (what, _) => what,
        }
    }

    /// Whether it can become of an operation of this class: a list may come from another version of the subject.
    pub(super) fn fits(self, class: Class) -> bool {
        match (self, class) {
            (Injection::Short(bytes), Class::Read(all) | Class::Write(all)) => {
                bytes > 0 && bytes < all as u64
            }
            (Injection::Short(_), _) => false,
            (Injection::Barrier(..) | Injection::Log, class) => class.is_barrier(),
            (Injection::Error(_), class) => !class.is_barrier(),
        }
    }
}

impl fmt::Display for Injection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Injection::Error(errno) => f.write_str(errno.word()),
            Injection::Short(bytes) => write!(f, "short {bytes}"),
            Injection::Barrier(errno, left) => write!(f, "{} {}", errno.word(), left.choice().word),
            Injection::Log => f.write_str("log"),
        }
    }
}

/// A text that names no injected error.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no injected error: expected `eio`, `short 512`, `eio clean-new` or `log`")]
pub struct InjectionError(String);

impl FromStr for Injection {
    type Err = InjectionError;

    fn from_str(text: &str) -> Result<Injection, InjectionError> {
        let parsed = match text.split_once(' ') {
            None if text == "log" => Some(Injection::Log),
            None => Errno::find(text).map(Injection::Error),
            Some(("short", bytes)) => bytes.parse().ok().map(Injection::Short),
            Some((errno, left)) => Errno::find(errno)
                .zip(FsyncFailure::find(left))
                .filter(|(_, left)| *left != FsyncFailure::Any)
                .map(|(errno, left)| Injection::Barrier(errno, left)),
        };
        parsed.ok_or_else(|| InjectionError(text.to_owned()))
    }
}

impl TryFrom<String> for Injection {
    type Error = InjectionError;

    fn try_from(text: String) -> Result<Injection, InjectionError> {
        text.parse()
    }
}

impl From<Injection> for String {
    fn from(injection: Injection) -> String {
        injection.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_injection_prints_as_it_is_read() {
        for text in [
            "eio",
            "edquot",
            "short 512",
            "enospc clean-old",
            "eio dirty-new",
            "log",
        ] {
            let parsed: Result<Injection, _> = text.parse();
            assert_eq!(parsed.map(|what| what.to_string()).as_deref(), Ok(text));
        }
        for text in ["", "eperm", "short", "short x", "eio any", "log clean-new"] {
            assert!(text.parse::<Injection>().is_err(), "{text:?} was accepted");
        }
    }
}
