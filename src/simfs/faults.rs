//! Injected errors: which operation fails, and how.
//!
//! A [`FaultPlan`] is given to a filesystem before a subject starts on it. It either draws, from a stream of its own, which
//! operations fail, or it makes listed ones fail, so that a run with injected errors can be laid down and replayed. Every
//! error is one that the operation can return on Linux; what a failed barrier leaves is the profile's, or the plan's own.
//!
//! Deliberately not modelled: an operation that fails and was done in part (but for short transfers and failed barriers),
//! `EINTR` outside of reads and writes, and errors of `close`, of which Linux tells nothing that `fsync` does not.

use std::{collections::BTreeMap, io::ErrorKind};

use serde::{Deserialize, Serialize};

use super::{
    injection::{Errno, InjectedError, Injection},
    placed::PlacedError,
    promises::Promises,
};
use crate::{
    base::{Position, Ratio, Rng},
    profile::{FsyncFailure, LogFailure, Profile},
    trace::OperationId,
    vfs::{Path, VfsOperation},
};

/// A way in which operations are made to fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FaultKind {
    /// A persistence barrier cannot write back what it covers (`EIO`).
    Fsync,
    /// An operation that is no barrier fails with `EIO`.
    Eio,
    /// There is no room (`ENOSPC`); a barrier fails with it too, as delayed allocation does.
    Enospc,
    /// The quota is used up (`EDQUOT`); a barrier fails with it too.
    Edquot,
    /// A read or a write is interrupted (`EINTR`) before it has done anything.
    Eintr,
    /// A read yields fewer bytes than there are.
    ShortRead,
    /// A write takes fewer bytes than it was given.
    ShortWrite,
    /// A barrier cannot write the log; what the filesystem does then is the profile's.
    LogFailure,
}

impl FaultKind {
    /// All of them.
    pub const ALL: [FaultKind; 8] = [
        FaultKind::Fsync,
        FaultKind::Eio,
        FaultKind::Enospc,
        FaultKind::Edquot,
        FaultKind::Eintr,
        FaultKind::ShortRead,
        FaultKind::ShortWrite,
        FaultKind::LogFailure,
    ];
}

/// How often operations are made to fail; by default none ever is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Faults {
    /// Of the barriers, those that cannot write back what they cover.
    pub fsync: Ratio,
    /// The same for fdatasync.
    pub fdatasync: Ratio,
    /// What a failed barrier leaves; `None` for what the profile says.
    pub fsync_failure: Option<FsyncFailure>,
    /// Of the operations that can: those that fail with `EIO`.
    pub eio: Ratio,
    /// Of the operations that can: those that fail with `ENOSPC`.
    pub enospc: Ratio,
    /// Of the operations that can: those that fail with `EDQUOT`.
    pub edquot: Ratio,
    /// Of the reads and writes, those that are interrupted.
    pub eintr: Ratio,
    /// Of the reads, those that yield too little.
    pub short_read: Ratio,
    /// Of the writes, those that take too little.
    pub short_write: Ratio,
    /// Of the barriers, those that cannot write the log.
    pub log_failure: Ratio,
    /// One operation more: of those that can fail in this way, the one with this number, counted from 1.
    pub at: Option<(u64, FaultKind)>,
}

impl Default for Faults {
    fn default() -> Faults {
        let never = Ratio::NEVER;
        Faults {
            fsync: never,
            fdatasync: never,
            fsync_failure: None,
            eio: never,
            enospc: never,
            edquot: never,
            eintr: never,
            short_read: never,
            short_write: never,
            log_failure: never,
            at: None,
        }
    }
}

impl Faults {
    /// Whether nothing is ever made to fail.
    pub fn is_none(&self) -> bool {
        let harmless = Faults {
            fsync_failure: self.fsync_failure,
            ..Faults::default()
        };
        *self == harmless
    }

    fn ratio(&self, kind: FaultKind, operation: VfsOperation) -> Ratio {
        match kind {
            FaultKind::Fsync if operation == VfsOperation::SyncData => self.fdatasync,
            FaultKind::Fsync => self.fsync,
            FaultKind::Eio => self.eio,
            FaultKind::Enospc => self.enospc,
            FaultKind::Edquot => self.edquot,
            FaultKind::Eintr => self.eintr,
            FaultKind::ShortRead => self.short_read,
            FaultKind::ShortWrite => self.short_write,
            FaultKind::LogFailure => self.log_failure,
        }
    }
}

/// What an operation does, as far as its possible errors go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    /// It looks something up: open, stat, readdir.
    Lookup,
    /// It reads this many bytes.
    Read(usize),
    /// It writes this many bytes.
    Write(usize),
    /// It changes a name, or the length or the blocks of a file.
    Change,
    /// It is a barrier over bytes.
    FileBarrier,
    /// It is a barrier over names, or over everything.
    WideBarrier,
    /// It stores through a mapping, which answers nothing.
    Store,
}

impl Class {
    /// The ways in which such an operation can fail, in the order in which they are drawn.
    fn kinds(self) -> &'static [FaultKind] {
        use FaultKind::{Edquot, Eintr, Eio, Enospc, Fsync, LogFailure, ShortRead, ShortWrite};
        match self {
            Class::Lookup => &[Eio],
            Class::Read(0 | 1) => &[Eio, Eintr],
            Class::Read(_) => &[Eio, Eintr, ShortRead],
            Class::Write(0 | 1) => &[Eio, Enospc, Edquot, Eintr],
            Class::Write(_) => &[Eio, Enospc, Edquot, Eintr, ShortWrite],
            Class::Change => &[Eio, Enospc, Edquot],
            Class::FileBarrier => &[LogFailure, Fsync, Enospc, Edquot],
            Class::WideBarrier => &[LogFailure, Fsync],
            Class::Store => &[],
        }
    }

    pub(super) fn is_barrier(self) -> bool {
        matches!(self, Class::FileBarrier | Class::WideBarrier)
    }

    /// Whether a filesystem that became read-only refuses it.
    pub(super) fn is_change(self) -> bool {
        !matches!(self, Class::Lookup | Class::Read(_))
    }
}

/// Which operations of one recording fail, and what was made to fail so far.
#[derive(Clone, Debug)]
pub struct FaultPlan {
    source: Source,
    fsync_failure: FsyncFailure,
    log_failure: LogFailure,
    pub(super) promises: Promises,
    /// How often each operation was tried on each path.
    tried: BTreeMap<(VfsOperation, Vec<u8>), u32>,
    /// The operation of the workload under way, and how often each operation was tried in it.
    during: Option<OperationId>,
    tried_during: BTreeMap<VfsOperation, u32>,
    injected: Vec<(Position, InjectedError)>,
    placed: Vec<PlacedError>,
}

#[derive(Clone, Debug)]
struct Draws {
    faults: Faults,
    rng: Rng,
    /// Operations so far that could fail in the way of `faults.at`.
    eligible: u64,
}

#[derive(Clone, Debug)]
enum Source {
    Drawn(Box<Draws>),
    Listed(Vec<InjectedError>),
    Placed(Vec<PlacedError>),
}

impl FaultPlan {
    /// A plan that draws what fails on a filesystem of this profile.
    pub fn drawn(faults: Faults, profile: &Profile, rng: Rng) -> FaultPlan {
        let draws = Draws {
            faults,
            rng,
            eligible: 0,
        };
        let fsync_failure = faults.fsync_failure.unwrap_or(profile.fsync_failure.value);
        FaultPlan::new(Source::Drawn(Box::new(draws)), fsync_failure, profile)
    }

    /// A plan in which just these operations fail; those that are not met are not injected.
    pub fn listed(errors: Vec<InjectedError>, profile: &Profile) -> FaultPlan {
        FaultPlan::new(Source::Listed(errors), profile.fsync_failure.value, profile)
    }

    /// The same, told by operations of the workload: for a workload from which some were taken away.
    pub fn placed(errors: Vec<PlacedError>, profile: &Profile) -> FaultPlan {
        FaultPlan::new(Source::Placed(errors), profile.fsync_failure.value, profile)
    }

    fn new(source: Source, fsync_failure: FsyncFailure, profile: &Profile) -> FaultPlan {
        FaultPlan {
            source,
            fsync_failure,
            log_failure: profile.log_failure.value,
            promises: Promises::of(profile),
            tried: BTreeMap::new(),
            during: None,
            tried_during: BTreeMap::new(),
            injected: Vec::new(),
            placed: Vec::new(),
        }
    }

    /// What was made to fail so far, each with the position before it.
    pub fn injected(&self) -> &[(Position, InjectedError)] {
        &self.injected
    }

    /// The same, told by operations of the workload.
    pub fn placed_so_far(&self) -> &[PlacedError] {
        &self.placed
    }

    /// An operation of the workload was issued.
    pub(super) fn issued(&mut self, id: OperationId) {
        self.during = Some(id);
        self.tried_during.clear();
    }

    /// What a failed write of the log does.
    pub(super) fn log_failure(&self) -> LogFailure {
        self.log_failure
    }

    /// Decides whether an operation fails, and takes down that it does.
    pub(super) fn decide(
        &mut self,
        class: Class,
        operation: VfsOperation,
        path: Path<'_>,
        at: Position,
    ) -> Option<Injection> {
        let key = (operation, path.as_bytes().to_vec());
        let nth = self.tried.entry(key).or_default();
        *nth += 1;
        let nth = *nth;
        let during = self.during;
        let nth_during = self.tried_during.entry(operation).or_default();
        *nth_during += 1;
        let nth_during = *nth_during;
        let what = match &mut self.source {
            Source::Listed(errors) => {
                let name = format!("{operation} {path}");
                let found = errors.iter().find(|e| e.nth == nth && e.operation == name);
                found
                    .map(|error| error.what)
                    .filter(|what| what.fits(class))
            }
            Source::Placed(errors) => {
                let is_it = |error: &&PlacedError| {
                    (error.during, error.operation, error.nth) == (during, operation, nth_during)
                };
                let found = errors.iter().find(is_it);
                found
                    .map(|error| error.what.shortened(class))
                    .filter(|what| what.fits(class))
            }
            Source::Drawn(draws) => {
                let kind = draws.draw(class, operation).filter(|kind| {
                    *kind != FaultKind::LogFailure || self.log_failure != LogFailure::NoLog
                });
                kind.map(|kind| injection(kind, class, self.fsync_failure, &mut draws.rng))
            }
        }?;
        self.placed.push(PlacedError {
            during,
            operation,
            nth: nth_during,
            what,
        });
        let operation = format!("{operation} {path}");
        let error = InjectedError {
            operation,
            nth,
            what,
        };
        self.injected.push((at, error));
        Some(what)
    }
}

impl Draws {
    /// The way in which an operation fails, if it does.
    fn draw(&mut self, class: Class, operation: VfsOperation) -> Option<FaultKind> {
        let kinds = class.kinds();
        if let Some((number, kind)) = self.faults.at
            && kinds.contains(&kind)
        {
            self.eligible += 1;
            if self.eligible == number {
                return Some(kind);
            }
        }
        kinds.iter().copied().find(|&kind| {
            let ratio = self.faults.ratio(kind, operation);
            ratio != Ratio::NEVER && self.rng.chance(ratio)
        })
    }
}

/// A fault of this kind in one operation, with what there is to draw about it.
fn injection(kind: FaultKind, class: Class, behaviour: FsyncFailure, rng: &mut Rng) -> Injection {
    let errno = match kind {
        FaultKind::LogFailure => return Injection::Log,
        FaultKind::ShortRead | FaultKind::ShortWrite => {
            let (Class::Read(bytes) | Class::Write(bytes)) = class else {
                unreachable!("only reads and writes are short");
            };
            return Injection::Short(rng.between(1, bytes as u64 - 1));
        }
        FaultKind::Fsync | FaultKind::Eio => Errno::Eio,
        FaultKind::Enospc => Errno::Enospc,
        FaultKind::Edquot => Errno::Edquot,
        FaultKind::Eintr => Errno::Eintr,
    };
    match class {
        // Names are no pages: the log, or the next barrier, writes them. And who syncs everything holds no file.
        Class::WideBarrier => Injection::Barrier(errno, FsyncFailure::DirtyNew),
        Class::FileBarrier if behaviour == FsyncFailure::Any => {
            Injection::Barrier(errno, *rng.choose(&BEHAVIOURS))
        }
        Class::FileBarrier => Injection::Barrier(errno, behaviour),
        _ => Injection::Error(errno),
    }
}

/// What `any` draws from.
const BEHAVIOURS: [FsyncFailure; 4] = [
    FsyncFailure::CleanNew,
    FsyncFailure::CleanNewLater,
    FsyncFailure::CleanOld,
    FsyncFailure::DirtyNew,
];

/// What an error is called where std has a name for it; `EIO` has none.
pub(super) fn kind_of(errno: Errno) -> ErrorKind {
    match errno {
        Errno::Eio => ErrorKind::Other,
        Errno::Enospc => ErrorKind::StorageFull,
        Errno::Edquot => ErrorKind::QuotaExceeded,
        Errno::Eintr => ErrorKind::Interrupted,
    }
}
