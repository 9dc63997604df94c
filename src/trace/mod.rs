//! What a subject did to a filesystem, and what was said while it did.
//!
//! A [`Trace`] is pristine: an ordered list of operations, barriers and marks that nothing ever changes. A crash state is
//! a selection over it.

mod action;
mod digest;
mod mark;
mod paths;
mod site;

use std::panic::Location;

use crate::base::{Digest, Hasher, Position};

pub use action::{Action, BarrierKind, FailedPages, Report, Span};
pub use mark::{Mark, OperationId, Promise};
pub use paths::Paths;
pub use site::Site;

/// One entry of a trace.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// What was done or said.
    pub action: Action,
    /// Where in the subject's code.
    pub site: &'static Location<'static>,
}

/// The ordered list of what happened, with the bytes that were written.
#[derive(Clone, Debug, Default)]
pub struct Trace {
    entries: Vec<Entry>,
    bytes: Vec<u8>,
}

impl Trace {
    /// A trace in which nothing happened.
    pub fn new() -> Trace {
        Trace::default()
    }

    /// The entries in order.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The position behind the last entry.
    pub fn end(&self) -> Position {
        Position(u32::try_from(self.entries.len()).expect("fewer than 2^32 entries"))
    }

    /// The bytes of a write or the name of an entry.
    pub fn bytes(&self, span: Span) -> &[u8] {
        &self.bytes[span.start..span.start + span.len as usize]
    }

    /// Keeps bytes that an action refers to.
    pub fn keep(&mut self, bytes: &[u8]) -> Span {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(bytes);
        Span {
            start,
            len: u32::try_from(bytes.len()).expect("one write is below 4 GiB"),
        }
    }

    /// Adds an entry; the position behind it.
    pub fn push(&mut self, action: Action, site: &'static Location<'static>) -> Position {
        if self.entries.is_empty() {
            // What a recovery does fits in without growing.
            self.entries.reserve(64);
        }
        self.entries.push(Entry { action, site });
        self.end()
    }

    /// Makes room for this many more entries.
    pub fn reserve(&mut self, entries: usize) {
        self.entries.reserve(entries);
    }

    /// Forgets everything behind `point`: a process that died there did no more.
    pub fn truncate(&mut self, point: Position) {
        self.entries.truncate(point.index());
    }

    /// The marks with the positions behind them.
    pub fn marks(&self) -> impl Iterator<Item = (Mark, Position)> + '_ {
        self.entries
            .iter()
            .zip(0..)
            .filter_map(|(entry, index)| match entry.action {
                Action::Mark(mark) => Some((mark, Position(index + 1))),
                _ => None,
            })
    }

    /// Where another trace first differs from this one: the index of that entry; nothing if they are equal.
    pub fn first_difference(&self, other: &Trace) -> Option<usize> {
        let identity = |trace: &Trace, entry: &Entry| {
            let mut hasher = Hasher::new();
            entry.action.hash_into(trace, &mut hasher);
            hasher.finish()
        };
        let pairs = self.entries.iter().zip(&other.entries);
        let mut pairs = pairs.map(|(ours, theirs)| identity(self, ours) != identity(other, theirs));
        let common = self.entries.len().min(other.entries.len());
        let is_longer = self.entries.len() != other.entries.len();
        pairs
            .position(|differs| differs)
            .or(is_longer.then_some(common))
    }

    /// The identity of what happened: equal for equal operations with equal bytes; call sites do not count.
    pub fn digest(&self) -> Digest {
        let mut hasher = Hasher::with_capacity(32 * self.entries.len() + self.bytes.len());
        for entry in &self.entries {
            entry.action.hash_into(self, &mut hasher);
        }
        hasher.finish()
    }
}
