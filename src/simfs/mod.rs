//! The simulated filesystem: it shows the live image and records a trace.
//!
//! A [`SimFs`] behaves as Linux does: handles mean inodes and survive rename and unlink, hard links share content, errors
//! carry the errno that a real directory gives. It knows nothing of crashes: those are chosen afterwards, over the trace.
//! With a [`FaultPlan`] it makes operations fail.
//!
//! Not modelled: permissions, timestamps, a disk that is full.

mod content;
mod failing;
mod faults;
mod file;
mod inject;
mod injection;
mod namespace;
mod operations;
mod placed;
mod promises;
mod rename;
mod retained;
mod walk;

use std::{
    io::ErrorKind,
    panic::Location,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use crate::{
    base::{Digest, Position},
    image::{Image, Inode, Node},
    trace::{Action, Mark, Site, Trace},
    vfs::{FileKind, Metadata, Path, VfsError, VfsOperation, VfsResult},
};

pub use faults::{FaultKind, FaultPlan, Faults};
pub use injection::{Errno, InjectedError, Injection, InjectionError};
pub use placed::PlacedError;

use failing::{Attempt, Failing};
use faults::Class;

type CallSite = &'static Location<'static>;
type Answer<T> = Result<T, ErrorKind>;

/// What a recording leaves behind: where it began and what happened since.
#[derive(Clone, Debug, Default)]
pub struct Recording {
    /// The filesystem before the first entry of the trace.
    pub base: Image,
    /// What happened.
    pub trace: Trace,
}

/// A filesystem in memory that records everything done to it.
///
/// ```
/// use tornwrite::{simfs::SimFs, vfs::{Path, Vfs, VfsExt}};
///
/// let fs = SimFs::new();
/// fs.write(Path::from("hello"), b"world")?;
/// assert_eq!(fs.read(Path::from("hello"))?, b"world");
/// assert_eq!(fs.finish().trace.entries().len(), 2); // create, write
/// # Ok::<(), tornwrite::vfs::VfsError>(())
/// ```
#[derive(Clone, Debug)]
pub struct SimFs {
    shared: Arc<Mutex<State>>,
}

/// Thrown (as a panic) out of a filesystem call when a subject has done more operations than it may.
///
/// An error would not do: a subject that retries for ever would retry that too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BudgetExceeded {
    /// The number of operations that were allowed.
    pub operations: u64,
}

#[derive(Debug)]
struct State {
    recording: Recording,
    live: Image,
    next_inode: Inode,
    operations_left: u64,
    operations_allowed: u64,
    finished: bool,
    skipped: Option<Site>,
    failing: Option<Box<Failing>>,
}

impl Default for SimFs {
    fn default() -> SimFs {
        SimFs::new()
    }
}

impl SimFs {
    /// An empty filesystem.
    pub fn new() -> SimFs {
        SimFs::mount(Image::empty())
    }

    /// A filesystem that starts with this image, with nothing pending: what a machine sees after a power loss.
    pub fn mount(image: Image) -> SimFs {
        let live = image.clone();
        SimFs::resume(
            Recording {
                base: image,
                trace: Trace::new(),
            },
            live,
        )
    }

    /// A filesystem that goes on where a process died: `live` is the page cache, and what is pending in the recording
    /// is still pending.
    pub fn resume(recording: Recording, live: Image) -> SimFs {
        let next_inode = live.next_inode().max(recording.base.next_inode());
        let created = recording
            .trace
            .entries()
            .iter()
            .filter_map(|entry| entry.action.inode());
        let next_inode = created
            .map(|inode| Inode(inode.0 + 1))
            .fold(next_inode, Inode::max);
        let state = State {
            recording,
            live,
            next_inode,
            operations_left: u64::MAX,
            operations_allowed: u64::MAX,
            finished: false,
            skipped: None,
            failing: None,
        };
        SimFs {
            shared: Arc::new(Mutex::new(state)),
        }
    }

    /// Allows `operations` from now on; the next one panics with [`BudgetExceeded`].
    pub fn allow(&self, operations: u64) {
        let mut state = self.state();
        state.operations_left = operations;
        state.operations_allowed = operations;
    }

    /// Makes room for this many more entries of the trace.
    pub fn reserve(&self, entries: usize) {
        self.state().recording.trace.reserve(entries);
    }

    /// Leaves out, from now on, every barrier that is asked for at this place: the call succeeds and nothing is recorded, as
    /// if the line were not there. What then breaks is what the barrier is for.
    pub fn skip_barriers_at(&self, site: Site) {
        self.state().skipped = Some(site);
    }

    /// Puts a mark between the operations; the position behind it.
    #[track_caller]
    pub fn mark(&self, mark: Mark) -> Position {
        let mut state = self.state();
        if let (Mark::Issued(id), Some(failing)) = (mark, &mut state.failing) {
            failing.plan.issued(id);
        }
        let trace = &mut state.recording.trace;
        trace.push(Action::Mark(mark), Location::caller())
    }

    /// The position behind the last entry so far.
    pub fn position(&self) -> Position {
        self.state().recording.trace.end()
    }

    /// What the running program sees now.
    pub fn live_image(&self) -> Image {
        self.state().live.clone()
    }

    /// The identity of what the running program sees now.
    pub fn live_digest(&self) -> Digest {
        self.state().live.digest()
    }

    /// Ends the recording and takes it; handles that are still open fail from now on.
    pub fn finish(&self) -> Recording {
        let mut state = self.state();
        state.finished = true;
        let rest = Recording {
            base: state.live.clone(),
            trace: Trace::new(),
        };
        std::mem::replace(&mut state.recording, rest)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.shared)
    }

    /// Locks the state for one operation of the subject, which fails here if it is to.
    fn enter(
        &self,
        class: Class,
        operation: VfsOperation,
        path: Path<'_>,
        site: CallSite,
    ) -> VfsResult<MutexGuard<'_, State>> {
        let mut state = enter(&self.shared);
        let attempt = Attempt {
            operation,
            path,
            class,
            inode: None,
            site,
        };
        state.attempt(attempt).map_err(failure(operation, path))?;
        Ok(state)
    }
}

/// A panic inside a filesystem call never leaves the state half changed, so a poisoned lock can be used.
fn lock(shared: &Mutex<State>) -> MutexGuard<'_, State> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Locks the state for one operation of the subject, and counts it.
fn enter(shared: &Mutex<State>) -> MutexGuard<'_, State> {
    let mut state = lock(shared);
    if state.operations_left == 0 {
        let operations = state.operations_allowed;
        drop(state);
        // While a panic unwinds (a store that tidies up when dropped), a second one would abort the process.
        if !std::thread::panicking() {
            std::panic::panic_any(BudgetExceeded { operations });
        }
        state = lock(shared);
    } else {
        state.operations_left -= 1;
    }
    state
}

impl State {
    fn record(&mut self, action: Action, site: CallSite) {
        if let Some(failing) = &mut self.failing {
            let base = &self.recording.base;
            failing.retained.note(&action, &self.live, base);
        }
        self.recording.trace.push(action, site);
    }

    fn metadata(&self, inode: Inode) -> Answer<Metadata> {
        let links = || self.live.links(inode);
        let (kind, size_bytes, links) = match self.live.node(inode).ok_or(ErrorKind::NotFound)? {
            Node::File(file) => (FileKind::File, file.size_bytes(), links()),
            Node::Symlink(target) => (FileKind::Symlink, target.len() as u64, links()),
            Node::Directory(_) => (FileKind::Directory, 0, 1),
        };
        Ok(Metadata {
            kind,
            size_bytes,
            links,
            inode: Some(u64::from(inode.0)),
        })
    }
}

fn failure(operation: VfsOperation, path: Path<'_>) -> impl Fn(ErrorKind) -> VfsError {
    move |kind| VfsError::new(operation, path.to_owned(), kind)
}

#[cfg(test)]
mod failing_tests;
#[cfg(test)]
mod tests;
