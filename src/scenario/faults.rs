//! `[faults]`: which operations are made to fail, and how.

use serde::{Deserialize, Serialize};

use super::{Problem, words};
use crate::{
    base::Ratio,
    profile::{FsyncFailure, LogFailure, Profile},
    run::{FaultKind, Faults},
};

/// `[faults]`; the keys mean what the fields of [`Faults`] mean.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[expect(missing_docs, reason = "documented at the fields of `Faults`")]
pub struct FaultsSection {
    #[serde(with = "words::text")]
    pub fsync: Ratio,
    /// As `fsync` where it is left out.
    #[serde(with = "words::text", skip_serializing_if = "Same::is_same")]
    fdatasync: Same,
    #[serde(with = "words::fsync_failure")]
    pub fsync_failure: Option<FsyncFailure>,
    #[serde(with = "words::text")]
    pub eio: Ratio,
    #[serde(with = "words::text")]
    pub enospc: Ratio,
    #[serde(with = "words::text")]
    pub edquot: Ratio,
    #[serde(with = "words::text")]
    pub eintr: Ratio,
    #[serde(with = "words::text")]
    pub short_read: Ratio,
    #[serde(with = "words::text")]
    pub short_write: Ratio,
    #[serde(with = "words::text")]
    pub log_failure: Ratio,
    /// The number of the one operation that fails as `error` says, of those that can.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<FaultKind>,
}

/// A ratio that may be left out.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Same(Option<Ratio>);

impl Same {
    fn is_same(&self) -> bool {
        self.0.is_none()
    }
}

impl std::fmt::Display for Same {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.unwrap_or(Ratio::NEVER).fmt(f)
    }
}

impl std::str::FromStr for Same {
    type Err = crate::base::RatioError;

    fn from_str(text: &str) -> Result<Same, Self::Err> {
        Ok(Same(Some(text.parse()?)))
    }
}

impl Default for FaultsSection {
    fn default() -> FaultsSection {
        let never = Ratio::NEVER;
        FaultsSection {
            fsync: never,
            fdatasync: Same(None),
            fsync_failure: None,
            eio: never,
            enospc: never,
            edquot: never,
            eintr: never,
            short_read: never,
            short_write: never,
            log_failure: never,
            at: None,
            error: None,
        }
    }
}

impl FaultsSection {
    /// Whether nothing is made to fail, and nothing was said about it.
    pub(super) fn is_none(&self) -> bool {
        *self == FaultsSection::default()
    }

    /// What a run takes of it.
    pub fn faults(&self) -> Faults {
        Faults {
            fsync: self.fsync,
            fdatasync: self.fdatasync.0.unwrap_or(self.fsync),
            fsync_failure: self.fsync_failure,
            eio: self.eio,
            enospc: self.enospc,
            edquot: self.edquot,
            eintr: self.eintr,
            short_read: self.short_read,
            short_write: self.short_write,
            log_failure: self.log_failure,
            at: self.at.zip(self.error),
        }
    }

    /// Finds keys that do not fit each other, or the profiles.
    pub(super) fn check(&self, profiles: &[&'static Profile]) -> Result<(), Problem> {
        let problem = |key: &str, message: &str| Err(Problem::new(&["faults", key], message));
        match (self.at, self.error) {
            (Some(0), _) => return problem("at", "at = 0 is no operation: they count from 1"),
            (Some(_), None) => {
                return problem(
                    "at",
                    "at without error: expected the error that is injected there",
                );
            }
            (None, Some(_)) => {
                return problem(
                    "error",
                    "error without at: expected the number of an operation",
                );
            }
            _ => {}
        }
        if self.eintr.numerator() == self.eintr.denominator() {
            return problem(
                "eintr",
                "what is always interrupted never ends: expected less than 1",
            );
        }
        if self.fsync_failure.is_some() && !self.fails_barriers() {
            let message = "no barrier is made to fail: expected fsync, fdatasync, enospc or edquot \
                           above 0, or at with such an error";
            return problem("fsync_failure", message);
        }
        let without_log = |profile: &&&Profile| profile.log_failure.value == LogFailure::NoLog;
        let fails_log = match self.error {
            Some(FaultKind::LogFailure) => Some("error"),
            _ => (self.log_failure != Ratio::NEVER).then_some("log_failure"),
        };
        match (fails_log, profiles.iter().find(without_log)) {
            (Some(key), Some(profile)) => {
                let message =
                    format!("`{profile}` has no log that could fail: expected another profile");
                problem(key, &message)
            }
            _ => Ok(()),
        }
    }

    fn fails_barriers(&self) -> bool {
        let faults = self.faults();
        let ratios = [faults.fsync, faults.fdatasync, faults.enospc, faults.edquot];
        let kinds = [FaultKind::Fsync, FaultKind::Enospc, FaultKind::Edquot];
        ratios.iter().any(|ratio| *ratio != Ratio::NEVER)
            || self.error.is_some_and(|kind| kinds.contains(&kind))
    }
}
