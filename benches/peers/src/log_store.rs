//! The framed log that the job is defined with: one write a batch, an fsync, the acknowledgement.
//!
//! Its records are those of the floor. It is written once, over what it needs of a filesystem, so that every contender runs the
//! same store.

use std::io;

use tornwrite::workload::{EventBatch, EventLog};

use crate::floor;

/// What the log needs of a filesystem: one file in one directory.
pub(crate) trait Disk {
    /// An open file.
    type File;

    /// Creates the file, which must not be there.
    fn create(&self) -> io::Result<Self::File>;

    /// Opens the file, if it is there.
    fn open(&self) -> io::Result<Option<Self::File>>;

    /// The whole content.
    fn read(&self, file: &Self::File) -> io::Result<Vec<u8>>;

    /// Writes all of `bytes` at an offset.
    fn write(&self, file: &Self::File, bytes: &[u8], offset: u64) -> io::Result<()>;

    /// Cuts the file.
    fn cut(&self, file: &Self::File, size_bytes: u64) -> io::Result<()>;

    /// fsync of the file.
    fn sync(&self, file: &Self::File) -> io::Result<()>;

    /// fsync of the directory.
    fn sync_dir(&self) -> io::Result<()>;
}

/// The log, open for batches.
pub(crate) struct Log<D: Disk> {
    disk: D,
    file: D::File,
    size_bytes: u64,
    sequence: u64,
    buffer: Vec<u8>,
}

impl<D: Disk> Log<D> {
    /// Opens the log, which is its recovery: the events of all whole batches stay, what is behind them is cut off.
    pub(crate) fn open(disk: D) -> io::Result<(Log<D>, EventLog)> {
        let (file, (events, end, sequence)) = if let Some(file) = disk.open()? {
            let bytes = disk.read(&file)?;
            let recovered = floor::recover(&bytes);
            let end = recovered.1;
            if end < bytes.len() {
                disk.cut(&file, end as u64)?;
                disk.sync(&file)?;
            }
            (file, recovered)
        } else {
            let file = disk.create()?;
            disk.sync(&file)?;
            disk.sync_dir()?;
            (file, (EventLog::new(), 0, 0))
        };
        let log = Log {
            disk,
            file,
            size_bytes: end as u64,
            sequence,
            buffer: Vec::new(),
        };
        Ok((log, events))
    }

    /// Makes a batch durable.
    pub(crate) fn append(&mut self, stream: &[u8], events: &EventBatch) -> io::Result<()> {
        self.buffer.clear();
        floor::push_batch(&mut self.buffer, &mut self.sequence, stream, events);
        self.disk.write(&self.file, &self.buffer, self.size_bytes)?;
        self.size_bytes += self.buffer.len() as u64;
        self.disk.sync(&self.file)
    }
}
