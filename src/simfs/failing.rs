//! What an injected error does to the filesystem, and to those who hold files open.
//!
//! A failed barrier is told as Linux tells it since 4.16: each open file description that was there when it failed sees
//! the error once; after that fsync returns 0 again. An error that nobody has seen yet is told to whoever opens the file
//! next. A filesystem whose log cannot be written is read-only, or shuts down, until it is mounted again.

use std::{
    collections::BTreeMap,
    io::ErrorKind,
    sync::atomic::{AtomicU64, Ordering},
};

use super::{
    Answer, CallSite, State,
    faults::{Class, FaultPlan, kind_of},
    injection::{Errno, Injection},
    retained::Retained,
};
use crate::{
    image::Inode,
    profile::{FsyncFailure, LogFailure},
    trace::{Action, BarrierKind, FailedPages, Report, Site},
    vfs::{Path, VfsOperation},
};

/// Everything that injected errors need to know of a filesystem.
#[derive(Debug)]
pub(super) struct Failing {
    pub(super) plan: FaultPlan,
    pub(super) retained: Retained,
    errors: BTreeMap<Inode, WriteError>,
    /// What the log's failure has made of the filesystem.
    broken: Option<LogFailure>,
}

/// The last failure to write back a file.
#[derive(Clone, Copy, Debug)]
struct WriteError {
    /// The number of failures so far.
    count: u64,
    /// Whether somebody was told of the last one.
    seen: bool,
    errno: Errno,
}

/// An operation of the subject, as far as injected errors go.
#[derive(Clone, Copy, Debug)]
pub(super) struct Attempt<'a> {
    pub(super) operation: VfsOperation,
    pub(super) path: Path<'a>,
    pub(super) class: Class,
    pub(super) inode: Option<Inode>,
    pub(super) site: CallSite,
}

impl<'a> Attempt<'a> {
    /// A barrier over names or over everything, through no open file.
    pub(super) fn wide(
        operation: VfsOperation,
        path: Path<'a>,
        inode: Inode,
        site: CallSite,
    ) -> Attempt<'a> {
        Attempt {
            operation,
            path,
            class: Class::WideBarrier,
            inode: Some(inode),
            site,
        }
    }
}

impl Failing {
    /// What happened in the recording so far is taken into account: it may be that of a process that died.
    pub(super) fn new(plan: FaultPlan, state: &State) -> Failing {
        let mut errors = BTreeMap::new();
        for entry in state.recording.trace.entries() {
            if let Action::BarrierFailed { inode, report, .. } = entry.action {
                let seen = report == Report::ThisCall;
                let error = WriteError {
                    count: 1,
                    seen,
                    errno: Errno::Eio,
                };
                errors.insert(inode, error);
            }
        }
        Failing {
            retained: Retained::new(plan.promises, &state.recording),
            plan,
            errors,
            broken: None,
        }
    }

    /// The errors that a new open file description will not be told of.
    fn sample(&self, inode: Inode) -> u64 {
        let error = self.errors.get(&inode).filter(|error| error.seen);
        error.map_or(0, |error| error.count)
    }

    /// The error that a description has yet to be told, which it now is.
    fn take_error(&mut self, inode: Inode, told: &AtomicU64) -> Option<Errno> {
        let error = self.errors.get_mut(&inode)?;
        if told.load(Ordering::Relaxed) == error.count {
            return None;
        }
        told.store(error.count, Ordering::Relaxed);
        error.seen = true;
        Some(error.errno)
    }

    fn add_error(&mut self, inode: Inode, errno: Errno) {
        let count = self.errors.get(&inode).map_or(0, |error| error.count) + 1;
        let error = WriteError {
            count,
            seen: false,
            errno,
        };
        self.errors.insert(inode, error);
    }

    /// Whether the filesystem is of no use before it is mounted again.
    pub(super) fn is_broken(&self) -> bool {
        self.broken.is_some()
    }

    fn refusal(&self, class: Class) -> Option<ErrorKind> {
        match self.broken? {
            LogFailure::NoLog => None,
            LogFailure::ReadOnly => class.is_change().then_some(ErrorKind::ReadOnlyFilesystem),
            LogFailure::Shutdown => Some(kind_of(Errno::Eio)),
        }
    }
}

impl State {
    /// The errors that a new open file description will not be told of.
    pub(super) fn sample_errors(&self, inode: Inode) -> u64 {
        let failing = self.failing.as_ref();
        failing.map_or(0, |failing| failing.sample(inode))
    }

    /// Lets an operation that is no barrier fail if it is to; otherwise the number of bytes it may transfer, if that is
    /// limited.
    pub(super) fn attempt(&mut self, attempt: Attempt<'_>) -> Answer<Option<usize>> {
        let at = self.recording.trace.end();
        let Some(failing) = &mut self.failing else {
            return Ok(None);
        };
        let Attempt {
            operation,
            path,
            class,
            inode,
            site,
        } = attempt;
        let kind = match failing.refusal(class) {
            Some(kind) => kind,
            None => match failing.plan.decide(class, operation, path, at) {
                Some(Injection::Error(errno)) => kind_of(errno),
                Some(Injection::Short(bytes)) => return Ok(usize::try_from(bytes).ok()),
                _ => return Ok(None),
            },
        };
        self.record(Action::Refused { operation, inode }, site);
        Err(kind)
    }

    /// A barrier over an inode; `told` is what the open file description knows of earlier errors.
    pub(super) fn barrier(
        &mut self,
        kind: BarrierKind,
        attempt: Attempt<'_>,
        told: Option<&AtomicU64>,
    ) -> Answer<()> {
        if self.skipped == Some(Site::from(attempt.site)) {
            return Ok(());
        }
        let inode = attempt.inode.unwrap_or(Inode::ROOT);
        let begin = self.recording.trace.end();
        let end = Action::BarrierEnd { kind, inode, begin };
        let Some(failing) = &mut self.failing else {
            self.record(Action::BarrierBegin { kind, inode }, attempt.site);
            self.record(end, attempt.site);
            return Ok(());
        };
        if let Some(refusal) = failing.refusal(attempt.class) {
            let operation = attempt.operation;
            let inode = attempt.inode;
            self.record(Action::Refused { operation, inode }, attempt.site);
            return Err(refusal);
        }
        let Attempt {
            operation,
            path,
            class,
            ..
        } = attempt;
        let earlier = told.and_then(|told| failing.take_error(inode, told));
        let now = match earlier {
            Some(_) => None,
            None => failing.plan.decide(class, operation, path, begin),
        };
        let (pages, report, answer) = match (earlier, now) {
            // What the call itself has to write is written, and not yet certain.
            (Some(errno), _) => (
                FailedPages::Dirty,
                Report::ThisCall,
                Some(Err(kind_of(errno))),
            ),
            (None, Some(Injection::Barrier(errno, left))) => {
                failing.fail_pages(inode, errno, left, told)
            }
            (None, Some(Injection::Log)) => {
                failing.broken = Some(failing.plan.log_failure());
                let eio = kind_of(Errno::Eio);
                (FailedPages::Dirty, Report::ThisCall, Some(Err(eio)))
            }
            (None, _) => (FailedPages::Dirty, Report::ThisCall, None),
        };
        self.record(Action::BarrierBegin { kind, inode }, attempt.site);
        let Some(answer) = answer else {
            self.record(end, attempt.site);
            return Ok(());
        };
        if pages == FailedPages::Reverted {
            self.take_back(inode);
        }
        let failed = Action::BarrierFailed {
            kind,
            inode,
            begin,
            pages,
            report,
        };
        self.record(failed, attempt.site);
        answer
    }

    /// `sync_file_range`: a barrier that covers nothing.
    pub(super) fn start_write_back(&mut self, inode: Inode, site: CallSite) {
        let kind = BarrierKind::SyncFileRange;
        let begin = self.recording.trace.end();
        self.record(Action::BarrierBegin { kind, inode }, site);
        self.record(Action::BarrierEnd { kind, inode, begin }, site);
    }

    fn take_back(&mut self, inode: Inode) {
        if let Some(failing) = &mut self.failing {
            let base = &self.recording.base;
            failing.retained.take_back(inode, &mut self.live, base);
        }
    }
}

type Failed = (FailedPages, Report, Option<Answer<()>>);

impl Failing {
    /// What the failure of one barrier to write back a file leaves.
    fn fail_pages(
        &mut self,
        inode: Inode,
        errno: Errno,
        left: FsyncFailure,
        told: Option<&AtomicU64>,
    ) -> Failed {
        let Some(told) = told else {
            // The barrier of a directory or of the whole filesystem, through no open file: nobody else is told.
            return (
                FailedPages::Dirty,
                Report::ThisCall,
                Some(Err(kind_of(errno))),
            );
        };
        self.add_error(inode, errno);
        if left == FsyncFailure::CleanNewLater {
            return (FailedPages::Cleaned, Report::LaterCall, Some(Ok(())));
        }
        let _: Option<Errno> = self.take_error(inode, told);
        let pages = match left {
            FsyncFailure::CleanOld => FailedPages::Reverted,
            FsyncFailure::DirtyNew => FailedPages::Dirty,
            _ => FailedPages::Cleaned,
        };
        (pages, Report::ThisCall, Some(Err(kind_of(errno))))
    }
}
