//! Segments: a header with what recovery carried over, then the frames of appended batches.
//!
//! | offset | size | field |
//! |---|---|---|
//! | 0 | 8 | magic `tornwal` and the format's version |
//! | 8 | 4 | crc32 over all of the header that follows, and the carried frames |
//! | 12 | 4 | zero |
//! | 16 | 8 | number: the one of the file's name; never used twice |
//! | 24 | 8 | incarnation: drawn anew for each segment |
//! | 32 | 8 | `base_lsn`: the first event here; all before it were durable already |
//! | 40 | 8 | length in bytes of the carried frames |
//! | 48 | n | carried frames, then appended ones (`frame`) |
//!
//! All numbers are little-endian. Header and carried frames are one write, durable (with the
//! file's name) before the store is open. A segment is therefore whole up to there, or was never
//! used.

use std::io::ErrorKind;

use super::{
    bytes::{put, u32_at, u64_at},
    frame::{self, Frame, Origin},
    precaution::Precaution,
    twice::sync_all_twice,
};
use crate::vfs::{FileExt, OpenOptions, Path, PathBuf, Vfs, VfsExt, VfsFile, VfsResult};

/// What a segment starts with; the last byte is the version of the format.
pub const MAGIC: [u8; 8] = *b"tornwal\x01";
/// Where the checksum is.
pub const CRC_OFFSET: usize = 8;
/// Where the part starts that the checksum covers.
pub const COVERED_OFFSET: usize = 12;
/// Where the number is.
pub const NUMBER_OFFSET: usize = 16;
/// Where the incarnation is.
pub const INCARNATION_OFFSET: usize = 24;
/// Where the lsn of the first event is.
pub const BASE_LSN_OFFSET: usize = 32;
/// Where the length of the carried frames is.
pub const CARRIED_BYTES_OFFSET: usize = 40;
/// The size of the header, and where frames start.
pub const HEADER_BYTES: usize = 48;

/// The directory of all segments.
pub(super) const DIRECTORY: Path<'static> = Path::new(b"log");

/// What a valid header says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) number: u64,
    pub(super) incarnation: u64,
    pub(super) base_lsn: u64,
}

impl Header {
    /// The header of a new segment; `entropy` differs between openings, the number between
    /// segments of one.
    pub(super) fn new(number: u64, entropy: u64, base_lsn: u64) -> Header {
        let incarnation = mix(entropy ^ mix(number));
        Header {
            number,
            incarnation,
            base_lsn,
        }
    }

    /// Fills in the header in front of the carried frames that `buffer` holds behind it.
    fn encode(self, buffer: &mut [u8]) {
        let carried_bytes = (buffer.len() - HEADER_BYTES) as u64;
        put(buffer, 0, &MAGIC);
        put(buffer, NUMBER_OFFSET, &self.number.to_le_bytes());
        put(buffer, INCARNATION_OFFSET, &self.incarnation.to_le_bytes());
        put(buffer, BASE_LSN_OFFSET, &self.base_lsn.to_le_bytes());
        put(buffer, CARRIED_BYTES_OFFSET, &carried_bytes.to_le_bytes());
        let crc = crc32fast::hash(&buffer[COVERED_OFFSET..]);
        put(buffer, CRC_OFFSET, &crc.to_le_bytes());
    }

    /// The header of the segment with this number, if it is valid and everything carried is.
    pub(super) fn decode(number: u64, bytes: &[u8], without: Option<Precaution>) -> Option<Header> {
        let carried_bytes = usize::try_from(u64_at(bytes, CARRIED_BYTES_OFFSET)).ok()?;
        let covered = bytes.get(COVERED_OFFSET..HEADER_BYTES.checked_add(carried_bytes)?)?;
        let matches = crc32fast::hash(covered) == u32_at(bytes, CRC_OFFSET);
        let is_its_own = number == u64_at(bytes, NUMBER_OFFSET);
        let valid = bytes.starts_with(&MAGIC)
            && (matches || !Precaution::HeaderChecksum.is_taken(without))
            && (is_its_own || !Precaution::HeaderNumber.is_taken(without));
        valid.then(|| Header {
            number,
            incarnation: u64_at(bytes, INCARNATION_OFFSET),
            base_lsn: u64_at(bytes, BASE_LSN_OFFSET),
        })
    }

    /// The frame at an offset, if it belongs to this segment.
    pub(super) fn frame(
        self,
        bytes: &[u8],
        offset: usize,
        without: Option<Precaution>,
    ) -> Result<Frame<'_>, &'static str> {
        let frame = frame::decode(self.number, bytes, offset, without)?;
        let is_foreign = frame.head.incarnation != self.incarnation;
        if is_foreign && Precaution::FrameIncarnation.is_taken(without) {
            return Err("a frame of another incarnation");
        }
        Ok(frame)
    }

    /// Whether a frame at or behind `offset` proves that the event `lsn` was durable when the
    /// frame was written.
    pub(super) fn proves_synced(
        self,
        bytes: &[u8],
        offset: usize,
        lsn: u64,
        without: Option<Precaution>,
    ) -> bool {
        let incarnation = self.incarnation.to_le_bytes();
        places_from(bytes, offset).any(|place| {
            let is_its_own = bytes[place + frame::INCARNATION_OFFSET..].starts_with(&incarnation);
            (is_its_own || !Precaution::FrameIncarnation.is_taken(without))
                && frame::decode(self.number, bytes, place, without)
                    .is_ok_and(|frame| frame.head.synced_to > lsn)
        })
    }
}

/// Whether a batch was appended to this segment, which proves that its header was durable once.
pub(super) fn was_used(number: u64, bytes: &[u8], without: Option<Precaution>) -> bool {
    let origin = (Origin::Appended as u32).to_le_bytes();
    places_from(bytes, HEADER_BYTES).any(|place| {
        bytes[place + frame::ORIGIN_OFFSET..].starts_with(&origin)
            && frame::decode(number, bytes, place, without).is_ok()
    })
}

/// All offsets from `offset` on at which the header of a frame may start.
fn places_from(bytes: &[u8], offset: usize) -> impl Iterator<Item = usize> {
    let first = offset.next_multiple_of(frame::ALIGNMENT);
    let end = (bytes.len() + 1).saturating_sub(frame::HEADER_BYTES);
    (first..end).step_by(frame::ALIGNMENT)
}

/// The segment that takes new batches.
#[derive(Debug)]
pub(super) struct Active {
    pub(super) header: Header,
    pub(super) file: Box<dyn VfsFile>,
    pub(super) size_bytes: u64,
}

impl Active {
    /// Appends in one write; the number of bytes that it took.
    pub(super) fn append(&self, bytes: &[u8]) -> VfsResult<usize> {
        loop {
            match self.file.append(bytes) {
                // It was interrupted before it did anything.
                Err(error) if error.kind == ErrorKind::Interrupted => {}
                answer => return answer,
            }
        }
    }

    /// Creates a segment from room for a header and the carried frames, and makes all of it
    /// durable, name included.
    pub(super) fn create(
        vfs: &dyn Vfs,
        header: Header,
        buffer: &mut [u8],
        without: Option<Precaution>,
    ) -> VfsResult<Active> {
        header.encode(buffer);
        let options = OpenOptions::new().append().create_new();
        let file = vfs.open(path(header.number).as_path(), options)?;
        file.append_all(buffer)?;
        sync_all_twice(file.as_ref(), without)?;
        vfs.sync_dir(DIRECTORY)?;
        Ok(Active {
            header,
            file,
            size_bytes: buffer.len() as u64,
        })
    }

    /// Goes on in a segment that is there, behind whatever it ends with: what a store does that leaves out
    /// [`Precaution::FreshSegment`].
    pub(super) fn reuse(vfs: &dyn Vfs, header: Header) -> VfsResult<Active> {
        let file = vfs.open(
            path(header.number).as_path(),
            OpenOptions::new().read().append(),
        )?;
        let size_bytes = file.size_bytes()?;
        Ok(Active {
            header,
            file,
            size_bytes,
        })
    }
}

/// Where the segment with this number is.
pub(super) fn path(number: u64) -> PathBuf {
    DIRECTORY.join(format!("{number:012}.wal"))
}

/// The numbers of all segments, ascending; none if there is no directory yet.
pub(super) fn numbers(vfs: &dyn Vfs) -> VfsResult<Vec<u64>> {
    if !vfs.exists(DIRECTORY)? {
        return Ok(Vec::new());
    }
    crate::store::file_numbers(vfs, DIRECTORY, b".wal")
}

/// A bijection that spreads every bit over all others (the finaliser of splitmix64).
const fn mix(number: u64) -> u64 {
    let mut mixed = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}
