//! The framed log over files: one write a batch, an fsync, the acknowledgement.
//!
//! Its records are those of the floor. It is written once, against what `std::fs` and turmoil's shim of it have in common, and
//! is compiled over each: `super::fs` says which.

use std::{
    io::{self, ErrorKind},
    os::unix::fs::FileExt as _,
    path::{Path, PathBuf},
};

use tornwrite::workload::{EventBatch, EventLog};

use super::fs::{File, OpenOptions, read, sync_dir};
use crate::floor;

/// Called after each operation on the filesystem; an error ends the store there.
pub(crate) type Step<'a> = &'a dyn Fn() -> io::Result<()>;

/// The log, open for batches.
pub(crate) struct Log<'a> {
    file: File,
    size_bytes: u64,
    sequence: u64,
    buffer: Vec<u8>,
    step: Step<'a>,
}

impl<'a> Log<'a> {
    /// A new log in `directory`, its name durable.
    pub(crate) fn create(directory: &Path, step: Step<'a>) -> io::Result<Log<'a>> {
        let mut options = OpenOptions::new();
        let file = options.write(true).create_new(true).open(path(directory))?;
        step()?;
        file.sync_all()?;
        step()?;
        sync_dir(directory)?;
        step()?;
        Ok(Log {
            file,
            size_bytes: 0,
            sequence: 0,
            buffer: Vec::new(),
            step,
        })
    }

    /// Makes a batch durable.
    pub(crate) fn append(&mut self, stream: &[u8], events: &EventBatch) -> io::Result<()> {
        self.buffer.clear();
        floor::push_batch(&mut self.buffer, &mut self.sequence, stream, events);
        self.file.write_all_at(&self.buffer, self.size_bytes)?;
        self.size_bytes += self.buffer.len() as u64;
        (self.step)()?;
        self.file.sync_all()?;
        (self.step)()
    }
}

/// The events of all whole batches; what is behind them is cut off, durably.
pub(crate) fn recover(directory: &Path) -> io::Result<EventLog> {
    let path = path(directory);
    let bytes = match read(&path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(EventLog::new()),
        Err(error) => return Err(error),
    };
    let (events, end) = floor::recover(&bytes);
    if end < bytes.len() {
        let file = OpenOptions::new().write(true).open(&path)?;
        file.set_len(end as u64)?;
        file.sync_all()?;
    }
    Ok(events)
}

fn path(directory: &Path) -> PathBuf {
    directory.join("bank.wal")
}
