//! Recovery: what the files mean, found out without changing one of them.
//!
//! The newest snapshot, then every segment in ascending order, give a run of events without a gap.
//! Each valid segment restarts the run at its `base_lsn`: what older segments hold from there on
//! was carried into it or abandoned. In a segment the run ends at the first place that does not
//! hold the next whole batch.
//!
//! Whether that place is a torn tail or corruption is a matter of proof. A snapshot, a segment's
//! `base_lsn`, a frame's `synced_to` and the name of a snapshot, finished or not, each prove that all events below an lsn were durable
//! before it was written. An event that is missing and proven is corruption, reported with its
//! place; one that is missing and unproven is torn, and dropped with all that follow it.
//!
//! What is there and unproven is *suspect*: it may be in the page cache alone, and a failed fsync
//! may have marked it clean there. The store is not open before suspect batches are written again,
//! into a new segment.
//!
//! Does not: repair. A media fault that leaves no proof (in the last batches before the crash)
//! passes for a torn tail.

use super::{
    frame::{Frame, Head, Origin, encode},
    precaution::Precaution,
    segment::{self, Header},
    snapshot,
};
use crate::{
    store::StoreError,
    vfs::{Path, PathBuf, Vfs, VfsExt},
    workload::EventLog,
};

/// What recovery found.
#[derive(Debug)]
pub(super) struct Recovered {
    /// All events; the index of each is its lsn.
    pub(super) log: EventLog,
    /// No opening ever got as far as a snapshot or a durable segment.
    pub(super) is_new: bool,
    /// All events below this lsn are proven durable; the others are suspect.
    pub(super) proven_lsn: u64,
    /// Larger than the number of any segment that ever was durable.
    pub(super) next_segment: u64,
    /// Segments that hold nothing but suspect events, abandoned ones, or nothing.
    pub(super) superseded: Vec<u64>,
    /// The newest segment that is valid.
    pub(super) newest: Option<Header>,
    batches: Vec<Batch>,
}

/// A whole batch of the log.
#[derive(Clone, Copy, Debug)]
struct Batch {
    first_lsn: u64,
    count: u32,
}

impl Recovered {
    /// The suspect batches as the new segment carries them, behind room for its header.
    pub(super) fn carried(
        &self,
        header: Header,
        without: Option<Precaution>,
    ) -> Result<Vec<u8>, StoreError> {
        let mut buffer = vec![0; segment::HEADER_BYTES];
        let suspect = |batch: &&Batch| batch.first_lsn >= self.proven_lsn;
        for batch in self.batches.iter().filter(suspect) {
            for lsn in batch.first_lsn..batch.first_lsn + u64::from(batch.count) {
                let event = self.log.get(index(lsn));
                let event = event.expect("every event of a batch that was read is in the log");
                let head = Head {
                    incarnation: header.incarnation,
                    lsn,
                    synced_to: self.proven_lsn,
                    first_lsn: batch.first_lsn,
                    event_id: event.id,
                    count: batch.count,
                    origin: Origin::Carried,
                };
                encode(
                    &mut buffer,
                    (header.number, 0),
                    without,
                    &head,
                    event.stream,
                    event.data,
                )?;
            }
        }
        Ok(buffer)
    }
}

/// Reads everything.
pub(super) fn recover(vfs: &dyn Vfs, without: Option<Precaution>) -> Result<Recovered, StoreError> {
    let snapshot = snapshot::load_newest(vfs, without)?;
    let snapshot_segment = snapshot.as_ref().map_or(0, |(name, _)| name.segment);
    let log = snapshot.map_or_else(EventLog::new, |(_, log)| log);
    let mut reading = Reading::new(log, segment::path(snapshot_segment.max(1)), without);
    if Precaution::NameProof.is_taken(without) {
        reading.proven_lsn = reading.proven_lsn.max(snapshot::named_lsn(vfs)?);
    }
    let numbers = segment::numbers(vfs)?;
    for &number in &numbers {
        let path = segment::path(number);
        reading.segment(number, &path, &vfs.read(path.as_path())?)?;
    }
    // The first segment may be torn, when it is all there is. One behind it was created beside a
    // valid one, which was removed only after a newer one was durable; a snapshot was taken with a
    // durable segment active.
    let lowest = numbers.first().copied().unwrap_or(1);
    let is_lost = reading.valid.is_empty() && (snapshot_segment > 0 || lowest > 1);
    if is_lost && Precaution::ValidSegment.is_taken(without) {
        let path = segment::path(lowest.max(snapshot_segment));
        return Err(corrupt(&path, 0, "the log has no valid segment".to_owned()));
    }
    if !Precaution::CarriedBatches.is_taken(without) {
        reading.proven_lsn = reading.next_lsn();
    }
    if reading.proven_lsn > reading.next_lsn() {
        return Err(reading.gap(reading.proven_lsn));
    }
    // A store that never opened starts its numbers again: what it may have left is removed with
    // the directory.
    let is_new = reading.valid.is_empty() && !is_lost;
    let last = numbers.last().copied().filter(|_| !is_new).unwrap_or(0);
    Ok(Recovered {
        is_new,
        next_segment: last.max(snapshot_segment) + 1,
        superseded: if is_new {
            Vec::new()
        } else {
            reading.superseded(&numbers)
        },
        log: reading.log,
        proven_lsn: reading.proven_lsn,
        newest: reading.valid.last().copied(),
        batches: reading.batches,
    })
}

/// What has been read so far.
#[derive(Debug)]
struct Reading {
    log: EventLog,
    /// Events below it come from the snapshot, and are read nowhere else.
    snapshot_lsn: u64,
    proven_lsn: u64,
    batches: Vec<Batch>,
    valid: Vec<Header>,
    /// Where the log ends, for the report of a gap behind it.
    end: (PathBuf, usize),
    without: Option<Precaution>,
    /// Segments behind that end whose heads are not valid: torn when they were created, or what is missing.
    passed_over: Vec<PathBuf>,
}

impl Reading {
    fn new(log: EventLog, first_segment: PathBuf, without: Option<Precaution>) -> Reading {
        let lsn = log.len() as u64;
        Reading {
            log,
            snapshot_lsn: lsn,
            proven_lsn: lsn,
            batches: Vec::with_capacity(64),
            valid: Vec::new(),
            end: (first_segment, 0),
            without,
            passed_over: Vec::new(),
        }
    }

    fn next_lsn(&self) -> u64 {
        self.log.len() as u64
    }

    fn gap(&self, lsn: u64) -> StoreError {
        let (path, offset) = &self.end;
        let ends = self.next_lsn();
        let mut reason =
            format!("the log ends before event {ends}, and all before {lsn} were synced");
        for other in &self.passed_over {
            reason += "; or they are in ";
            reason += &other.to_string();
            reason += ", whose head is damaged at offset 0";
        }
        corrupt(path, *offset, reason)
    }

    fn segment(&mut self, number: u64, path: &PathBuf, bytes: &[u8]) -> Result<(), StoreError> {
        let without = self.without;
        let Some(header) = Header::decode(number, bytes, without) else {
            let is_used = segment::was_used(number, bytes, without);
            if is_used && Precaution::UsedSegment.is_taken(without) {
                let reason = "the head of a segment that was in use is damaged".to_owned();
                return Err(corrupt(path, 0, reason));
            }
            // Its creation was torn: recovery had not ended, and what it would carry is where it
            // was. If it was damaged later, what it carried is missing below.
            self.passed_over.push(path.clone());
            return Ok(());
        };
        if header.base_lsn > self.next_lsn() {
            if Precaution::BaseProof.is_taken(without) {
                return Err(self.gap(header.base_lsn));
            }
            return Ok(());
        }
        if Precaution::AbandonedTail.is_taken(without) {
            self.restart_at(header.base_lsn);
        }
        self.proven_lsn = self.proven_lsn.max(header.base_lsn);
        self.valid.push(header);
        self.passed_over.clear();
        let mut scan = Scan {
            header,
            bytes,
            offset: segment::HEADER_BYTES,
            lsn: header.base_lsn,
        };
        let stop = loop {
            match self.batch(&mut scan) {
                Ok(()) => {}
                Err(stop) => break stop,
            }
        };
        self.end = (path.clone(), scan.offset);
        let needed = scan.lsn >= self.snapshot_lsn && Precaution::SyncedProof.is_taken(without);
        if needed && header.proves_synced(bytes, scan.offset, scan.lsn, without) {
            let reason = format!("{stop} where event {} was synced", scan.lsn);
            return Err(corrupt(path, scan.offset, reason));
        }
        Ok(())
    }

    /// Forgets what was read of events from `lsn` on; those of the snapshot stay.
    fn restart_at(&mut self, lsn: u64) {
        self.log.truncate(index(lsn.max(self.snapshot_lsn)));
        self.batches.retain(|batch| batch.first_lsn < lsn);
    }

    /// Reads one batch, or leaves the scan at the first place that is wrong and forgets the batch.
    fn batch(&mut self, scan: &mut Scan<'_>) -> Result<(), &'static str> {
        let kept = self.log.len();
        let first_lsn = scan.lsn;
        let read = (|| {
            let count = self.event(scan, first_lsn, None)?;
            for _ in 1..count {
                self.event(scan, first_lsn, Some(count))?;
            }
            Ok(count)
        })();
        match read {
            Ok(count) => self.batches.push(Batch { first_lsn, count }),
            Err(stop) => {
                let count = u32::try_from(scan.lsn - first_lsn).unwrap_or(u32::MAX);
                if count > 0 && !Precaution::WholeBatch.is_taken(self.without) {
                    self.batches.push(Batch { first_lsn, count });
                    return Err(stop);
                }
                self.log.truncate(kept);
                return Err(stop);
            }
        }
        Ok(())
    }

    /// Reads the next event of a batch; answers how many events the batch has.
    fn event(
        &mut self,
        scan: &mut Scan<'_>,
        first_lsn: u64,
        count: Option<u32>,
    ) -> Result<u32, &'static str> {
        let frame = scan.header.frame(scan.bytes, scan.offset, self.without)?;
        let head = frame.head;
        let count = count.unwrap_or(head.count);
        let expected = (scan.lsn, first_lsn, count.max(1));
        let is_due = (head.lsn, head.first_lsn, head.count) == expected;
        if !is_due && Precaution::FrameSequence.is_taken(self.without) {
            return Err("a frame out of sequence");
        }
        self.proven_lsn = self.proven_lsn.max(head.synced_to);
        // Where the older of two events was not forgotten, it is the one that counts.
        if head.lsn >= self.snapshot_lsn.max(self.next_lsn()) {
            self.log.push(frame.stream, head.event_id, frame.data);
        }
        scan.pass(&frame);
        Ok(count)
    }

    /// The segments from which nothing proven was read: the next valid one starts where they do.
    fn superseded(&self, numbers: &[u64]) -> Vec<u64> {
        let next_bases = self.valid.iter().skip(1).map(|header| header.base_lsn);
        let contributes: Vec<u64> = self
            .valid
            .iter()
            .zip(next_bases.chain([self.proven_lsn]))
            .filter(|(header, next_base)| header.base_lsn < *next_base)
            .map(|(header, _)| header.number)
            .collect();
        let superseded = |number: &&u64| contributes.binary_search(number).is_err();
        numbers.iter().filter(superseded).copied().collect()
    }
}

/// The place in a segment up to which it was understood.
struct Scan<'a> {
    header: Header,
    bytes: &'a [u8],
    offset: usize,
    /// The event that is to come next.
    lsn: u64,
}

impl Scan<'_> {
    fn pass(&mut self, frame: &Frame<'_>) {
        self.offset += frame.size;
        self.lsn += 1;
    }
}

fn corrupt(path: &PathBuf, offset: usize, reason: String) -> StoreError {
    StoreError::Corrupt {
        path: Path::to_owned(path.as_path()),
        offset: offset as u64,
        reason,
    }
}

/// The index in the log of an event that is in memory.
fn index(lsn: u64) -> usize {
    usize::try_from(lsn).expect("an lsn in memory counts events in memory")
}
