//! The event stores that ship with the harness, behind one interface.
//!
//! A store sees a [`Vfs`] and nothing of the simulation.

mod hex;
mod kind;
mod memory;
pub mod ndjson;
mod options;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod trouble;
pub mod wal;
pub mod wal_note;

use std::{fmt, sync::Arc};

pub use kind::{StoreKind, StoreOptions};
pub use options::{OptionError, OptionMap, OptionValue};

use crate::{
    trace::Promise,
    vfs::{Path, PathBuf, Vfs, VfsError, VfsResult},
    workload::{EventBatch, EventLog},
};

/// An open event store.
pub trait EventStore: fmt::Debug + Send {
    /// Appends all events to `stream`, or none.
    ///
    /// What the answer promises holds for the whole batch. After an error the batch is in doubt.
    fn append_batch(&mut self, stream: &[u8], events: &EventBatch) -> Result<Promise, StoreError>;

    /// Makes everything appended so far durable. A store that promises durability at once has nothing to do.
    fn sync(&mut self) -> Result<(), StoreError>;

    /// Writes a checkpoint and drops the log that it covers.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unsupported`] where a store has no checkpoints.
    fn checkpoint(&mut self) -> Result<(), StoreError>;

    /// Starts a new segment of the log.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unsupported`] where a store has no segments.
    fn rotate(&mut self) -> Result<(), StoreError>;

    /// Adds all events, in the order in which they were appended, to `log`.
    fn read_all(&mut self, log: &mut EventLog) -> Result<(), StoreError>;

    /// Adds the events of one stream, in order, to `log`.
    fn read_stream(&mut self, stream: &[u8], log: &mut EventLog) -> Result<(), StoreError>;

    /// Closes the store; what it acknowledged as buffered stays buffered.
    fn close(self: Box<Self>) -> Result<(), StoreError>;
}

/// What a store is given when it opens.
#[derive(Clone, Debug)]
pub struct OpenContext {
    /// The filesystem; the store owns all of it, from the root.
    pub vfs: Arc<dyn Vfs>,
    /// A number that differs between any two times a store is opened, for what must never repeat.
    ///
    /// It takes the place of the machine's entropy, so that a run stays a function of its seed.
    pub entropy: u64,
}

/// Why a store could not do what it was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The filesystem failed.
    #[error(transparent)]
    Vfs(#[from] VfsError),
    /// What is on disk cannot be what the store wrote and synced.
    #[error("{path} is corrupt at offset {offset}: {reason}")]
    Corrupt {
        /// The damaged file.
        path: PathBuf,
        /// The first byte that is wrong, from the start of the file.
        offset: u64,
        /// What is wrong with it.
        reason: String,
    },
    /// An earlier write or sync failed; what is on disk is unknown until the store is opened again.
    #[error("the store is poisoned by an earlier failure: {0}")]
    Poisoned(Box<StoreError>),
    /// This store has no such operation.
    #[error("this store has no {0}")]
    Unsupported(&'static str),
    /// An event or a batch is larger than the format can hold.
    #[error("{what} of {size_bytes} bytes is larger than the limit of {limit_bytes}")]
    TooLarge {
        /// What is too large.
        what: &'static str,
        /// Its size.
        size_bytes: u64,
        /// What the format can hold.
        limit_bytes: u64,
    },
}

/// The numbers of the files in a directory that are named by a number and this suffix, ascending.
fn file_numbers(vfs: &dyn Vfs, directory: Path<'_>, suffix: &[u8]) -> VfsResult<Vec<u64>> {
    let number = |name: &[u8]| {
        str::from_utf8(name.strip_suffix(suffix)?)
            .ok()?
            .parse()
            .ok()
    };
    let entries = vfs.read_dir(directory)?;
    let mut numbers: Vec<u64> = entries
        .iter()
        .filter_map(|entry| number(&entry.name))
        .collect();
    numbers.sort_unstable();
    Ok(numbers)
}
