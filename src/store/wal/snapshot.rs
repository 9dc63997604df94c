//! Snapshots: all events below an lsn, in one file that is durable before it has its name.
//!
//! | offset | size | field |
//! |---|---|---|
//! | 0 | 8 | magic `tornsnp` and the format's version |
//! | 8 | 4 | crc32 over all that follows, to the end of the file |
//! | 12 | 4 | zero |
//! | 16 | 8 | lsn: the number of events |
//! | 24 | 8 | number of the segment that was active |
//! | 32 | … | the events: id (8), lengths of stream (4) and event (4), stream, event |
//!
//! All numbers are little-endian. A name, `snap/<lsn>-<segment>.snap`, is used once only: a rename
//! never replaces a file, so that no crash in the middle of one can take away the snapshot that
//! was there before.

use super::{
    bytes::{put, u32_at, u64_at},
    frame::length_u32,
    precaution::Precaution,
    twice::sync_all_twice,
};
use crate::{
    store::StoreError,
    vfs::{FileExt, OpenOptions, Path, PathBuf, Vfs, VfsExt, VfsResult},
    workload::{EventLog, EventRef},
};

/// What a snapshot starts with; the last byte is the version of the format.
pub const MAGIC: [u8; 8] = *b"tornsnp\x01";
/// Where the checksum is.
pub const CRC_OFFSET: usize = 8;
/// Where the part starts that the checksum covers.
pub const COVERED_OFFSET: usize = 12;
/// Where the number of events is.
pub const LSN_OFFSET: usize = 16;
/// Where the number of the active segment is.
pub const SEGMENT_OFFSET: usize = 24;
/// Where the events start.
pub const HEADER_BYTES: usize = 32;

/// The size of an event without its stream's name and its data.
const EVENT_HEADER_BYTES: usize = 16;

/// The directory of all snapshots.
pub(super) const DIRECTORY: Path<'static> = Path::new(b"snap");

/// What the name of a snapshot says; the greatest is the newest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Name {
    pub(super) lsn: u64,
    pub(super) segment: u64,
}

impl Name {
    fn path(self, kind: &str) -> PathBuf {
        let Name { lsn, segment } = self;
        DIRECTORY.join(format!("{lsn:012}-{segment:012}.{kind}"))
    }

    fn parse(name: &[u8]) -> Option<Name> {
        Name::parse_kind(name, b".snap")
    }

    fn parse_kind(name: &[u8], suffix: &[u8]) -> Option<Name> {
        let name = str::from_utf8(name.strip_suffix(suffix)?).ok()?;
        let (lsn, segment) = name.split_once('-')?;
        Some(Name {
            lsn: lsn.parse().ok()?,
            segment: segment.parse().ok()?,
        })
    }
}

/// The newest snapshot that has its name, and its events.
pub(super) fn load_newest(
    vfs: &dyn Vfs,
    without: Option<Precaution>,
) -> Result<Option<(Name, EventLog)>, StoreError> {
    if !vfs.exists(DIRECTORY)? {
        return Ok(None);
    }
    let entries = vfs.read_dir(DIRECTORY)?;
    let names = entries.iter().filter_map(|entry| Name::parse(&entry.name));
    let Some(name) = names.max() else {
        return Ok(None);
    };
    let path = name.path("snap");
    let log = decode(name, &vfs.read(path.as_path())?, without);
    // It was durable before it was renamed, so no crash explains damage.
    let log = log.map_err(|(offset, reason)| StoreError::Corrupt {
        path,
        offset: offset as u64,
        reason: reason.to_owned(),
    })?;
    Ok(Some((name, log)))
}

/// The lsn below which all events were durable before the newest snapshot, finished or not, got its
/// name; 0 if there is none.
pub(super) fn named_lsn(vfs: &dyn Vfs) -> VfsResult<u64> {
    if !vfs.exists(DIRECTORY)? {
        return Ok(0);
    }
    let entries = vfs.read_dir(DIRECTORY)?;
    let names = entries.iter().filter_map(|entry| {
        let finished = Name::parse(&entry.name);
        finished.or_else(|| Name::parse_kind(&entry.name, b".tmp"))
    });
    Ok(names.map(|name| name.lsn).max().unwrap_or(0))
}

/// Writes a snapshot of all events and makes it durable, name included.
pub(super) fn write(
    vfs: &dyn Vfs,
    name: Name,
    log: &EventLog,
    without: Option<Precaution>,
) -> Result<(), StoreError> {
    let bytes = encode(name, log)?;
    let is_temporary = Precaution::TemporarySnapshot.is_taken(without);
    let temporary = name.path(if is_temporary { "tmp" } else { "snap" });
    let options = OpenOptions::new().write().create_new();
    let file = vfs.open(temporary.as_path(), options)?;
    file.write_all_at(&bytes, 0)?;
    sync_all_twice(file.as_ref(), without)?;
    if is_temporary {
        vfs.rename(temporary.as_path(), name.path("snap").as_path())?;
    }
    Ok(vfs.sync_dir(DIRECTORY)?)
}

/// Removes snapshots that were never finished: no name leads to them that recovery would follow.
pub(super) fn remove_unfinished(vfs: &dyn Vfs) -> VfsResult<()> {
    remove_where(vfs, |name| name.ends_with(b".tmp"))
}

/// Removes all snapshots but this one, which must be durable.
pub(super) fn remove_older(vfs: &dyn Vfs, newest: Name) -> VfsResult<()> {
    remove_where(vfs, |name| {
        Name::parse(name).is_some_and(|name| name < newest)
    })
}

fn remove_where(vfs: &dyn Vfs, condition: impl Fn(&[u8]) -> bool) -> VfsResult<()> {
    for entry in vfs.read_dir(DIRECTORY)? {
        if condition(&entry.name) {
            vfs.remove_file(DIRECTORY.join(&entry.name).as_path())?;
        }
    }
    Ok(())
}

fn encode(name: Name, log: &EventLog) -> Result<Vec<u8>, StoreError> {
    let mut bytes = vec![0; HEADER_BYTES];
    put(&mut bytes, 0, &MAGIC);
    put(&mut bytes, LSN_OFFSET, &name.lsn.to_le_bytes());
    put(&mut bytes, SEGMENT_OFFSET, &name.segment.to_le_bytes());
    for event in log.iter() {
        bytes.extend_from_slice(&event.id.to_le_bytes());
        let length = length_u32("stream", event.stream.len())?;
        bytes.extend_from_slice(&length.to_le_bytes());
        let length = length_u32("event", event.data.len())?;
        bytes.extend_from_slice(&length.to_le_bytes());
        bytes.extend_from_slice(event.stream);
        bytes.extend_from_slice(event.data);
    }
    let crc = crc32fast::hash(&bytes[COVERED_OFFSET..]);
    put(&mut bytes, CRC_OFFSET, &crc.to_le_bytes());
    Ok(bytes)
}

/// The events of a snapshot, or where it is wrong.
fn decode(
    name: Name,
    bytes: &[u8],
    without: Option<Precaution>,
) -> Result<EventLog, (usize, &'static str)> {
    if bytes.len() < HEADER_BYTES || !bytes.starts_with(&MAGIC) {
        return Err((0, "no header of a snapshot"));
    }
    let matches = crc32fast::hash(&bytes[COVERED_OFFSET..]) == u32_at(bytes, CRC_OFFSET);
    if !matches && Precaution::SnapshotChecksum.is_taken(without) {
        return Err((CRC_OFFSET, "a wrong checksum"));
    }
    let inside = Name {
        lsn: u64_at(bytes, LSN_OFFSET),
        segment: u64_at(bytes, SEGMENT_OFFSET),
    };
    if inside != name && Precaution::SnapshotName.is_taken(without) {
        return Err((LSN_OFFSET, "the content of another snapshot"));
    }
    let mut log = EventLog::new();
    let mut offset = HEADER_BYTES;
    while offset < bytes.len() {
        let (event, size) = event_at(bytes, offset).ok_or((offset, "an event cut short"))?;
        log.push(event.stream, event.id, event.data);
        offset += size;
    }
    if log.len() as u64 != name.lsn && Precaution::SnapshotCount.is_taken(without) {
        return Err((LSN_OFFSET, "another number of events than it says"));
    }
    Ok(log)
}

/// The event at an offset, and its size in the file.
fn event_at(bytes: &[u8], offset: usize) -> Option<(EventRef<'_>, usize)> {
    let (header, payload) = bytes.get(offset..)?.split_at_checked(EVENT_HEADER_BYTES)?;
    let (stream, payload) = payload.split_at_checked(u32_at(header, 8) as usize)?;
    let (data, _) = payload.split_at_checked(u32_at(header, 12) as usize)?;
    let id = u64_at(header, 0);
    let size = EVENT_HEADER_BYTES + stream.len() + data.len();
    Some((EventRef { stream, id, data }, size))
}

/// One line of text for the header and each event, for reports.
pub(super) fn describe(bytes: &[u8]) -> Vec<String> {
    let (lsn, segment) = (u64_at(bytes, LSN_OFFSET), u64_at(bytes, SEGMENT_OFFSET));
    let covered = bytes.get(COVERED_OFFSET..).unwrap_or_default();
    let valid = bytes.starts_with(&MAGIC) && crc32fast::hash(covered) == u32_at(bytes, CRC_OFFSET);
    if !valid {
        return vec![format!("{:>8}  ! no valid snapshot", 0)];
    }
    let mut lines = vec![format!(
        "{:>8}  snapshot below lsn {lsn}, segment {segment} active",
        0
    )];
    let mut offset = HEADER_BYTES;
    while let Some((event, size)) = event_at(bytes, offset) {
        let (stream, length) = (event.stream.escape_ascii(), event.data.len());
        lines.push(format!(
            "{offset:>8}  {stream}/{}  {length} bytes",
            event.id
        ));
        offset += size;
    }
    lines
}
