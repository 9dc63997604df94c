//! A write-ahead log as it is often written, its weaknesses included.
//!
//! **Claims** that a batch is durable and atomic when `append_batch` returns
//! ([`Promise::Durable`]), that events keep their order, and that recovery succeeds. What stands
//! behind the claim: all records of a batch go out in one write, a COMMIT record ends them, and an
//! fsync follows before the acknowledgement.
//!
//! | file | content |
//! |---|---|
//! | `wal/000001.log` … | segments of the log; [`record`] is the format |
//! | `snap/snapshot` | the oldest events as PUTs, then a COMMIT with the last `seq` covered |
//! | `snap/snapshot.tmp` | a snapshot being written |
//!
//! Recovery collects operations and applies them at the next COMMIT; it stops in a segment at the
//! first record that is short or does not match its checksum, and goes on with the next segment.
//!
//! Weaknesses, kept on purpose, each shown by a test:
//! - there is no BEGIN and no batch number: orphans of a torn batch are adopted by the next
//!   batch's COMMIT;
//! - the torn tail is not cut, and new batches go behind it, where no later recovery finds them;
//! - the checksum leaves lengths and sequence number out, so that a record moved or renumbered
//!   passes;
//! - nothing ties a record to its place or its file: stale bytes of an old segment pass as new
//!   records;
//! - eight zero bytes are a record of length 0 whose checksum, 0, is right: a zero tail makes
//!   recovery fail;
//! - damage in the middle looks like a torn tail: everything behind it is dropped without a word;
//! - a missing segment is not noticed;
//! - neither `wal/` nor the root is synced after a segment was created, so that a segment may
//!   vanish with all in it;
//! - [`checkpoint`](EventStore::checkpoint) truncates the log in place: between the cut and its
//!   fsync, records that were durable exist in memory alone;
//! - after a failed fsync it goes on, and a later fsync that succeeds acknowledges what the kernel
//!   has dropped;
//! - recovery trusts what it reads, although it may be in the page cache alone.

mod describe;
pub mod record;

use std::mem;

pub use self::describe::describe;
use self::record::{OP_COMMIT, OP_PUT, Scanner, Stop};
use super::{EventStore, OpenContext, StoreError, memory::Memory};
use crate::{
    trace::Promise,
    vfs::{FileExt, OpenOptions, Path, PathBuf, Vfs, VfsExt, VfsFile, VfsResult},
    workload::{EventBatch, EventLog},
};

const LOG_DIRECTORY: Path<'static> = Path::new(b"wal");
const SNAPSHOT_DIRECTORY: Path<'static> = Path::new(b"snap");
const SNAPSHOT: Path<'static> = Path::new(b"snap/snapshot");
const SNAPSHOT_TEMPORARY: Path<'static> = Path::new(b"snap/snapshot.tmp");

/// How the store behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WalNoteOptions {
    /// A segment of at least this size takes no further batch.
    pub segment_bytes: u64,
}

impl Default for WalNoteOptions {
    fn default() -> WalNoteOptions {
        WalNoteOptions {
            segment_bytes: 64 * 1024,
        }
    }
}

/// The note's write-ahead log, open.
#[derive(Debug)]
pub struct WalNote {
    context: OpenContext,
    options: WalNoteOptions,
    memory: Memory,
    next_seq: u64,
    segment: Segment,
    /// What the next snapshot covers.
    old: Extent,
    buffer: Vec<u8>,
    key: Vec<u8>,
}

/// The segment that takes new batches.
#[derive(Debug)]
struct Segment {
    number: u64,
    file: Box<dyn VfsFile>,
    size_bytes: u64,
}

/// A beginning of the log.
#[derive(Clone, Copy, Debug, Default)]
struct Extent {
    last_seq: u64,
    events: usize,
}

impl WalNote {
    /// Opens the store and replays snapshot and log.
    pub fn open(options: WalNoteOptions, context: OpenContext) -> Result<WalNote, StoreError> {
        let vfs = context.vfs.as_ref();
        vfs.create_dir_all(LOG_DIRECTORY)?;
        vfs.create_dir_all(SNAPSHOT_DIRECTORY)?;
        let mut replay = Replay::default();
        if vfs.exists(SNAPSHOT)? {
            replay.file(SNAPSHOT, &vfs.read(SNAPSHOT)?)?;
            replay.covered_seq = replay.last_seq;
        }
        let numbers = super::file_numbers(vfs, LOG_DIRECTORY, b".log")?;
        for &number in &numbers {
            let path = segment_path(number);
            replay.file(path.as_path(), &vfs.read(path.as_path())?)?;
        }
        let segment = open_segment(vfs, numbers.last().copied().unwrap_or(1))?;
        Ok(WalNote {
            options,
            segment,
            next_seq: replay.last_seq + 1,
            old: Extent {
                last_seq: replay.last_seq,
                events: replay.memory.log().len(),
            },
            memory: replay.memory,
            context,
            buffer: Vec::new(),
            key: Vec::new(),
        })
    }

    fn encode(&mut self, operation: u8, value: &[u8]) -> Result<(), StoreError> {
        record::encode(&mut self.buffer, self.next_seq, operation, &self.key, value)?;
        self.next_seq += 1;
        Ok(())
    }

    /// Writes the old events as a snapshot. This part is done right, so that truncation is the
    /// only thing that breaks.
    fn write_snapshot(&mut self, covered: Extent) -> Result<(), StoreError> {
        let seq = covered.last_seq;
        self.buffer.clear();
        for event in self.memory.log().iter().take(covered.events) {
            record::write_key(&mut self.key, event.stream, event.id);
            record::encode(&mut self.buffer, seq, OP_PUT, &self.key, event.data)?;
        }
        record::encode(&mut self.buffer, seq, OP_COMMIT, &[], &[])?;
        let vfs = self.context.vfs.as_ref();
        let options = OpenOptions::new().write().create().truncate();
        let file = vfs.open(SNAPSHOT_TEMPORARY, options)?;
        file.write_all_at(&self.buffer, 0)?;
        file.sync_all()?;
        vfs.rename(SNAPSHOT_TEMPORARY, SNAPSHOT)?;
        vfs.sync_dir(SNAPSHOT_DIRECTORY)?;
        Ok(vfs.sync_dir(Path::ROOT)?)
    }

    /// Drops all records up to a sequence number by rewriting each segment in place.
    fn truncate(&mut self, up_to_seq: u64) -> Result<(), StoreError> {
        let vfs = self.context.vfs.as_ref();
        for number in super::file_numbers(vfs, LOG_DIRECTORY, b".log")? {
            let path = segment_path(number);
            let bytes = vfs.read(path.as_path())?;
            self.buffer.clear();
            let mut scanner = Scanner::new(&bytes);
            while let Ok(record) = scanner.next() {
                if record.seq > up_to_seq {
                    self.buffer.extend_from_slice(record.bytes);
                }
            }
            let options = OpenOptions::new().write().truncate();
            let file = vfs.open(path.as_path(), options)?;
            file.write_all_at(&self.buffer, 0)?;
            file.sync_all()?;
            self.segment.size_bytes = self.buffer.len() as u64;
        }
        Ok(())
    }
}

impl EventStore for WalNote {
    fn append_batch(&mut self, stream: &[u8], events: &EventBatch) -> Result<Promise, StoreError> {
        if self.segment.size_bytes >= self.options.segment_bytes {
            self.rotate()?;
        }
        self.buffer.clear();
        let first_id = self.memory.next_id(stream);
        for (id, data) in (first_id..).zip(events.iter()) {
            record::write_key(&mut self.key, stream, id);
            self.encode(OP_PUT, data)?;
        }
        self.key.clear();
        self.encode(OP_COMMIT, &[])?;
        self.segment.file.append_all(&self.buffer)?;
        self.segment.size_bytes += self.buffer.len() as u64;
        self.segment.file.sync_all()?;
        for (id, data) in (first_id..).zip(events.iter()) {
            self.memory.push(stream, id, data);
        }
        Ok(Promise::Durable)
    }

    fn sync(&mut self) -> Result<(), StoreError> {
        Ok(())
    }

    /// Writes a snapshot of what was there at the checkpoint before (or at opening), and truncates
    /// the log to the rest.
    ///
    /// The snapshot lags by one checkpoint, so that the newest batches are always in the log, and
    /// only there.
    fn checkpoint(&mut self) -> Result<(), StoreError> {
        let now = Extent {
            last_seq: self.next_seq - 1,
            events: self.memory.log().len(),
        };
        let covered = mem::replace(&mut self.old, now);
        self.write_snapshot(covered)?;
        self.truncate(covered.last_seq)
    }

    fn rotate(&mut self) -> Result<(), StoreError> {
        self.segment = open_segment(self.context.vfs.as_ref(), self.segment.number + 1)?;
        Ok(())
    }

    fn read_all(&mut self, log: &mut EventLog) -> Result<(), StoreError> {
        self.memory.read_all(log);
        Ok(())
    }

    fn read_stream(&mut self, stream: &[u8], log: &mut EventLog) -> Result<(), StoreError> {
        self.memory.read_stream(stream, log);
        Ok(())
    }

    fn close(self: Box<Self>) -> Result<(), StoreError> {
        Ok(())
    }
}

/// What recovery has understood so far.
#[derive(Default)]
struct Replay {
    memory: Memory,
    /// Operations that no COMMIT has followed yet: (stream, id, event), wherever they came from.
    pending: EventLog,
    last_seq: u64,
    covered_seq: u64,
}

impl Replay {
    fn file(&mut self, path: Path<'_>, bytes: &[u8]) -> Result<(), StoreError> {
        let mut scanner = Scanner::new(bytes);
        let corrupt = |offset: usize, reason: &str| StoreError::Corrupt {
            path: path.to_owned(),
            offset: offset as u64,
            reason: reason.to_owned(),
        };
        loop {
            let record = match scanner.next() {
                Ok(record) => record,
                Err(Stop::End | Stop::Torn) => return Ok(()),
                Err(Stop::Undecodable) => {
                    return Err(corrupt(
                        scanner.offset,
                        "too few bytes for a record's fields",
                    ));
                }
            };
            if record.seq <= self.covered_seq {
                continue;
            }
            self.last_seq = self.last_seq.max(record.seq);
            match record.operation {
                OP_PUT => {
                    let event = record::parse_key(record.key);
                    let (stream, id) =
                        event.ok_or_else(|| corrupt(record.offset, "a key that is no event"))?;
                    self.pending.push(stream, id, record.value);
                }
                OP_COMMIT => self.apply(),
                _ => {}
            }
        }
    }

    fn apply(&mut self) {
        for event in self.pending.iter() {
            self.memory.push(event.stream, event.id, event.data);
        }
        self.pending.clear();
    }
}

fn segment_path(number: u64) -> PathBuf {
    LOG_DIRECTORY.join(format!("{number:06}.log"))
}

/// Opens a segment for appending at its end, whatever is there.
fn open_segment(vfs: &dyn Vfs, number: u64) -> VfsResult<Segment> {
    let options = OpenOptions::new().append().create();
    let file = vfs.open(segment_path(number).as_path(), options)?;
    let size_bytes = file.size_bytes()?;
    Ok(Segment {
        number,
        file,
        size_bytes,
    })
}

#[cfg(test)]
mod tests;
