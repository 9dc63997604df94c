//! The hardened write-ahead log.
//!
//! **Claims**, on every legal crash state of even a minimal POSIX filesystem: an acknowledged
//! batch keeps what it was promised, a batch is there whole or not at all, events keep their order
//! and their ids are gapless, recovery succeeds and may itself crash anywhere, what a recovery
//! showed stays and what it showed absent stays absent, and damage to what was synced before the
//! last batches is an error with its place.
//!
//! | file | content |
//! |---|---|
//! | `log/<number>.wal` | [`segment`]s: a header, carried [`frame`]s, appended frames |
//! | `snap/<lsn>-<number>.snap` | [`snapshot`]s: all events below an lsn |
//! | `snap/<lsn>-<number>.tmp` | a snapshot being written |
//!
//! How it keeps its claims:
//! - *A batch is one append*, and each of its frames says which batch it belongs to, how many
//!   there are, and where it belongs: its checksum is salted with segment, offset and an
//!   incarnation that no other segment has. Stale, relocated and resurrected frames do not pass.
//! - *Old files are never changed.* Every opening creates a new segment. It carries the batches
//!   that may be in the page cache alone, and its `base_lsn` abandons torn tails. Segment and name
//!   are durable before the store is open, and names of segments that are found are synced before
//!   anything is built on them.
//! - *Proof travels with the data.* Snapshots, headers and frames say up to which event the log
//!   was known durable. Recovery tells torn tails from corruption by it.
//! - *Removal comes last.* A segment or snapshot goes only after what replaces it is durable, and
//!   only on the word of an fsync that this opening saw succeed; leftovers are harmless in any
//!   combination.
//! - *One failure is enough.* After a failed write or sync the store answers
//!   [`StoreError::Poisoned`] for ever; no failed fsync is tried again.
//! - *A kernel may be late.* What an fsync could not write, ext4 with journaled data reports at the
//!   next call only. So each file is synced twice before anything relies on it: the second call has
//!   nothing to write, and tells of the first one.
//!
//! `docs/wal-precautions.md` lists each barrier, check and order of things with what notices that it
//! is left out.
//!
//! Deliberately absent: repair of media faults, more than one writer (there is no lock), and a
//! defence against a filesystem that reports an fsync as done and drops the data.

mod bytes;
mod describe;
pub mod frame;
mod precaution;
mod recovery;
pub mod segment;
pub mod snapshot;
mod twice;

pub use self::{describe::describe, precaution::Precaution};

use std::sync::Arc;

use self::{
    frame::{Head, Origin},
    segment::{Active, Header},
    snapshot::Name,
    twice::sync_data_twice,
};
use super::{EventStore, OpenContext, StoreError, memory::Memory};
use crate::{
    trace::Promise,
    vfs::{Path, Vfs, VfsError, VfsExt, VfsOperation, VfsResult},
    workload::{EventBatch, EventLog},
};

/// When a batch is made durable, and so what its acknowledgement promises.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SyncMode {
    /// Before it is acknowledged: [`Promise::Durable`].
    #[default]
    Always,
    /// At the next [`sync`](EventStore::sync), with all others: [`Promise::Buffered`] until then
    /// (group commit).
    Batch,
    /// When a segment or a checkpoint ends: [`Promise::Buffered`], and there is no `sync`.
    None,
}

/// How the store behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WalOptions {
    /// When a batch is made durable.
    pub sync: SyncMode,
    /// A segment of at least this size takes no further batch.
    pub segment_bytes: u64,
    /// A checkpoint is made before the batch that follows this many; 0 for only on request.
    pub checkpoint_batches: u64,
    /// What is left out, to prove that a harness notices.
    pub without: Option<Precaution>,
}

impl Default for WalOptions {
    fn default() -> WalOptions {
        WalOptions {
            sync: SyncMode::default(),
            segment_bytes: 64 * 1024,
            checkpoint_batches: 0,
            without: None,
        }
    }
}

/// The hardened write-ahead log, open.
#[derive(Debug)]
pub struct Wal {
    context: OpenContext,
    options: WalOptions,
    memory: Memory,
    active: Active,
    /// All events below it are durable in the log.
    synced_lsn: u64,
    /// The snapshot that this opening made durable.
    snapshot: Option<Name>,
    batches_since_checkpoint: u64,
    poison: Option<StoreError>,
    buffer: Vec<u8>,
}

impl Wal {
    /// Opens the store: recovers it, and makes durable what it will show.
    pub fn open(options: WalOptions, context: OpenContext) -> Result<Wal, StoreError> {
        let vfs = context.vfs.as_ref();
        let without = options.without;
        let recovered = recovery::recover(vfs, without)?;
        for directory in [segment::DIRECTORY, snapshot::DIRECTORY] {
            make_directory(vfs, directory, recovered.is_new, without)?;
        }
        // What was found may be there in the page cache alone, directories and segments' names
        // included. A snapshot's name may wait: until the next one is durable, nothing is removed
        // that it covers.
        vfs.sync_dir(Path::ROOT)?;
        vfs.sync_dir(segment::DIRECTORY)?;
        if !Precaution::RecoveryRemovesLast.is_taken(without) {
            remove_segments(vfs, &recovered.superseded)?;
        }
        let reused = recovered
            .newest
            .filter(|_| !Precaution::FreshSegment.is_taken(without));
        let mut buffer = Vec::new();
        let active = if let Some(header) = reused {
            Active::reuse(vfs, header)?
        } else {
            let base_lsn = recovered.proven_lsn;
            let header = Header::new(recovered.next_segment, context.entropy, base_lsn);
            buffer = recovered.carried(header, without)?;
            Active::create(vfs, header, &mut buffer, without)?
        };
        if Precaution::RecoveryRemovesLast.is_taken(without) && reused.is_none() {
            remove_segments(vfs, &recovered.superseded)?;
        }
        snapshot::remove_unfinished(vfs)?;
        Ok(Wal {
            options,
            synced_lsn: recovered.log.len() as u64,
            memory: Memory::new(recovered.log),
            active,
            snapshot: None,
            batches_since_checkpoint: 0,
            poison: None,
            buffer,
            context,
        })
    }

    fn takes(&self, precaution: Precaution) -> bool {
        precaution.is_taken(self.options.without)
    }

    fn next_lsn(&self) -> u64 {
        self.memory.log().len() as u64
    }

    /// Runs an operation unless an earlier one failed; poisons the store if this one does.
    fn guarded<T>(
        &mut self,
        operation: impl FnOnce(&mut Wal) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        if let Some(cause) = &self.poison {
            return Err(StoreError::Poisoned(Box::new(cause.clone())));
        }
        let is_poisoned = self.takes(Precaution::Poison);
        operation(self).inspect_err(|error| {
            // What is too large was refused before any of it was written.
            if is_poisoned && !matches!(error, StoreError::TooLarge { .. }) {
                self.poison = Some(error.clone());
            }
        })
    }

    fn append(&mut self, stream: &[u8], events: &EventBatch) -> Result<Promise, StoreError> {
        self.make_room()?;
        self.encode(stream, events)?;
        let appended = self.active.append(&self.buffer)?;
        if appended < self.buffer.len() {
            return Err(self.short_append());
        }
        self.active.size_bytes += appended as u64;
        let promise = match self.options.sync {
            SyncMode::Always => {
                sync_data_twice(self.active.file.as_ref(), self.options.without)?;
                self.synced_lsn = self.next_lsn() + events.len() as u64;
                Promise::Durable
            }
            SyncMode::Batch | SyncMode::None => Promise::Buffered,
        };
        let first_id = self.memory.next_id(stream);
        for (id, data) in (first_id..).zip(events.iter()) {
            self.memory.push(stream, id, data);
        }
        self.batches_since_checkpoint += 1;
        Ok(promise)
    }
}

impl Wal {
    /// Ends the segment, or the log, before a batch that it is too full for.
    fn make_room(&mut self) -> Result<(), StoreError> {
        let batches = self.options.checkpoint_batches;
        if batches > 0 && self.batches_since_checkpoint >= batches {
            return self.write_checkpoint();
        }
        if self.active.size_bytes >= self.options.segment_bytes {
            return self.start_segment();
        }
        Ok(())
    }

    /// Encodes a batch for the end of the active segment.
    fn encode(&mut self, stream: &[u8], events: &EventBatch) -> Result<(), StoreError> {
        self.buffer.clear();
        let first_lsn = self.next_lsn();
        let count = frame::length_u32("number of events", events.len())?;
        let place = (self.active.header.number, self.active.size_bytes);
        let first_id = self.memory.next_id(stream);
        for ((lsn, event_id), data) in (first_lsn..).zip(first_id..).zip(events.iter()) {
            let head = Head {
                incarnation: self.active.header.incarnation,
                lsn,
                synced_to: self.synced_lsn,
                first_lsn,
                event_id,
                count,
                origin: Origin::Appended,
            };
            let without = self.options.without;
            frame::encode(&mut self.buffer, place, without, &head, stream, data)?;
        }
        Ok(())
    }

    /// Makes all that was appended durable.
    fn sync_log(&mut self) -> Result<(), StoreError> {
        if self.synced_lsn < self.next_lsn() {
            // fdatasync is enough: it takes the size along, and the name is durable already.
            sync_data_twice(self.active.file.as_ref(), self.options.without)?;
            self.synced_lsn = self.next_lsn();
        }
        Ok(())
    }

    /// Starts a new segment; everything before it is durable first, as its `base_lsn` will claim.
    fn start_segment(&mut self) -> Result<(), StoreError> {
        if self.takes(Precaution::SyncBeforeSegment) {
            self.sync_log()?;
        }
        self.synced_lsn = self.next_lsn();
        let number = self.active.header.number + 1;
        let header = Header::new(number, self.context.entropy, self.synced_lsn);
        self.buffer.clear();
        self.buffer.resize(segment::HEADER_BYTES, 0);
        let vfs = self.context.vfs.as_ref();
        self.active = Active::create(vfs, header, &mut self.buffer, self.options.without)?;
        Ok(())
    }

    fn write_checkpoint(&mut self) -> Result<(), StoreError> {
        if self.takes(Precaution::SyncBeforeSnapshot) {
            self.sync_log()?;
        }
        let name = Name {
            lsn: self.next_lsn(),
            segment: self.active.header.number,
        };
        let vfs = Arc::clone(&self.context.vfs);
        let vfs = vfs.as_ref();
        if !self.takes(Precaution::RemovalAfterSnapshot) {
            remove_segments_below(vfs, name.segment)?;
        }
        if !self.takes(Precaution::OlderSnapshotLast) {
            snapshot::remove_older(vfs, name)?;
        }
        let newest = match self.snapshot {
            Some(newest) if newest.lsn == name.lsn => newest,
            _ => {
                snapshot::write(vfs, name, self.memory.log(), self.options.without)?;
                name
            }
        };
        self.snapshot = Some(newest);
        if !self.takes(Precaution::RemovalAfterSegment) {
            remove_segments_below(vfs, self.active.header.number + 1)?;
        }
        self.start_segment()?;
        remove_segments_below(vfs, self.active.header.number)?;
        snapshot::remove_older(vfs, newest)?;
        self.batches_since_checkpoint = 0;
        Ok(())
    }

    fn short_append(&self) -> StoreError {
        let path = segment::path(self.active.header.number);
        let kind = std::io::ErrorKind::WriteZero;
        VfsError::new(VfsOperation::Append, path, kind)
            .at(self.active.size_bytes)
            .into()
    }
}

impl EventStore for Wal {
    fn append_batch(&mut self, stream: &[u8], events: &EventBatch) -> Result<Promise, StoreError> {
        self.guarded(|wal| wal.append(stream, events))
    }

    fn sync(&mut self) -> Result<(), StoreError> {
        if self.options.sync == SyncMode::None {
            return Err(StoreError::Unsupported("sync in its mode `none`"));
        }
        self.guarded(Wal::sync_log)
    }

    /// Writes a snapshot, starts a new segment, and only then removes older segments and
    /// snapshots.
    fn checkpoint(&mut self) -> Result<(), StoreError> {
        self.guarded(Wal::write_checkpoint)
    }

    fn rotate(&mut self) -> Result<(), StoreError> {
        self.guarded(Wal::start_segment)
    }

    fn read_all(&mut self, log: &mut EventLog) -> Result<(), StoreError> {
        self.guarded(|wal| {
            wal.memory.read_all(log);
            Ok(())
        })
    }

    fn read_stream(&mut self, stream: &[u8], log: &mut EventLog) -> Result<(), StoreError> {
        self.guarded(|wal| {
            wal.memory.read_stream(stream, log);
            Ok(())
        })
    }

    fn close(self: Box<Self>) -> Result<(), StoreError> {
        Ok(())
    }
}

fn remove_segments(vfs: &dyn Vfs, numbers: &[u64]) -> VfsResult<()> {
    for &number in numbers {
        vfs.remove_file(segment::path(number).as_path())?;
    }
    Ok(())
}

fn remove_segments_below(vfs: &dyn Vfs, number: u64) -> VfsResult<()> {
    let numbers = segment::numbers(vfs)?;
    let below = numbers.partition_point(|known| *known < number);
    remove_segments(vfs, &numbers[..below])
}

/// Makes sure that a directory is there. One of a store that never opened is made anew: an earlier
/// opening may have failed to sync its name, which then no later fsync has to write.
fn make_directory(
    vfs: &dyn Vfs,
    directory: Path<'_>,
    is_new: bool,
    without: Option<Precaution>,
) -> VfsResult<()> {
    if vfs.exists(directory)? {
        if !is_new {
            return Ok(());
        }
        let entries = vfs.read_dir(directory)?;
        for (index, entry) in entries.iter().enumerate().rev() {
            if index == 0 && entries.len() > 1 {
                // Without the first segment beside it, a torn later one would look like damage.
                vfs.sync_dir(directory)?;
            }
            vfs.remove_file(directory.join(&entry.name).as_path())?;
        }
        if !Precaution::RemadeDirectories.is_taken(without) {
            return Ok(());
        }
        vfs.remove_dir(directory)?;
    }
    vfs.create_dir(directory)
}

#[cfg(test)]
mod tests;
