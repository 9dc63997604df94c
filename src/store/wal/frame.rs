//! Frames: one event each, in a batch, at one place of one segment.
//!
//! | offset | size | field |
//! |---|---|---|
//! | 0 | 4 | length: bytes of stream and event together |
//! | 4 | 4 | crc32 over segment number, file offset, length, and all that follows |
//! | 8 | 8 | incarnation: the segment's |
//! | 16 | 8 | lsn: the number of events before this one in the whole history |
//! | 24 | 8 | `synced_to`: all events below it were durable when this was written |
//! | 32 | 8 | `first_lsn`: lsn of the batch's first event, which names the batch |
//! | 40 | 8 | event id within the stream |
//! | 48 | 4 | count: events in the batch |
//! | 52 | 4 | length of the stream's name |
//! | 56 | 4 | origin: appended, or carried over by recovery |
//! | 60 | 4 | zero |
//! | 64 | n | stream, event, zeros up to a multiple of 8 |
//!
//! All numbers are little-endian. A frame that decodes was written to exactly this place of
//! exactly this segment; its checksum
//! covers the padding as well.

use super::{
    bytes::{put, u32_at, u64_at},
    precaution::Precaution,
};
use crate::store::StoreError;

/// Where the length of the payload is.
pub const LENGTH_OFFSET: usize = 0;
/// Where the checksum is.
pub const CRC_OFFSET: usize = 4;
/// Where the incarnation is, and the second part that the checksum covers starts.
pub const INCARNATION_OFFSET: usize = 8;
/// Where the lsn is.
pub const LSN_OFFSET: usize = 16;
/// Where the lsn is below which all was durable.
pub const SYNCED_TO_OFFSET: usize = 24;
/// Where the lsn of the batch's first event is.
pub const FIRST_LSN_OFFSET: usize = 32;
/// Where the event's id is.
pub const EVENT_ID_OFFSET: usize = 40;
/// Where the number of events in the batch is.
pub const COUNT_OFFSET: usize = 48;
/// Where the length of the stream's name is.
pub const STREAM_LENGTH_OFFSET: usize = 52;
/// Where the origin is.
pub const ORIGIN_OFFSET: usize = 56;
/// The size of a frame without its payload.
pub const HEADER_BYTES: usize = 64;
/// Frames start at multiples of this.
pub const ALIGNMENT: usize = 8;
/// The longest payload: stream and event together.
pub const PAYLOAD_BYTES_MAX: usize = 1 << 30;

/// How a frame came to be where it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub(super) enum Origin {
    /// `append_batch` wrote it, into a segment that was durable before.
    Appended = 0x4150_5044,
    /// Recovery wrote it, together with the segment's header.
    Carried = 0x4341_5252,
}

/// What a frame says of itself, apart from its payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) incarnation: u64,
    pub(super) lsn: u64,
    pub(super) synced_to: u64,
    pub(super) first_lsn: u64,
    pub(super) event_id: u64,
    pub(super) count: u32,
    pub(super) origin: Origin,
}

/// A frame whose checksum passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Frame<'a> {
    pub(super) head: Head,
    pub(super) stream: &'a [u8],
    pub(super) data: &'a [u8],
    /// Its size in the file, padding included.
    pub(super) size: usize,
}

/// Where a frame is written to, or read from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    segment: u64,
    offset: u64,
}

impl Place {
    /// What the checksum of a frame is salted with that is written to this place of a segment.
    pub(super) fn new(segment: u64, offset: u64, without: Option<Precaution>) -> Place {
        if Precaution::FramePlace.is_taken(without) {
            Place { segment, offset }
        } else {
            Place {
                segment: 0,
                offset: 0,
            }
        }
    }
}

/// Adds a frame to `buffer`, whose first byte will be at `buffer_offset` of `segment`.
pub(super) fn encode(
    buffer: &mut Vec<u8>,
    (segment, buffer_offset): (u64, u64),
    without: Option<Precaution>,
    head: &Head,
    stream: &[u8],
    data: &[u8],
) -> Result<(), StoreError> {
    let start = buffer.len();
    let length = length_u32("event with its stream", stream.len() + data.len())?;
    buffer.resize(start + HEADER_BYTES, 0);
    buffer.extend_from_slice(stream);
    buffer.extend_from_slice(data);
    buffer.resize(buffer.len().next_multiple_of(ALIGNMENT), 0);
    let frame = &mut buffer[start..];
    put(frame, LENGTH_OFFSET, &length.to_le_bytes());
    put(frame, INCARNATION_OFFSET, &head.incarnation.to_le_bytes());
    put(frame, LSN_OFFSET, &head.lsn.to_le_bytes());
    put(frame, SYNCED_TO_OFFSET, &head.synced_to.to_le_bytes());
    put(frame, FIRST_LSN_OFFSET, &head.first_lsn.to_le_bytes());
    put(frame, EVENT_ID_OFFSET, &head.event_id.to_le_bytes());
    put(frame, COUNT_OFFSET, &head.count.to_le_bytes());
    let stream_length = length_u32("stream", stream.len())?;
    put(frame, STREAM_LENGTH_OFFSET, &stream_length.to_le_bytes());
    put(frame, ORIGIN_OFFSET, &(head.origin as u32).to_le_bytes());
    let place = Place::new(segment, buffer_offset + start as u64, without);
    let crc = checksum(place, frame);
    put(frame, CRC_OFFSET, &crc.to_le_bytes());
    Ok(())
}

/// The frame at `offset` of a segment's bytes, or what is wrong there.
pub(super) fn decode(
    segment: u64,
    bytes: &[u8],
    offset: usize,
    without: Option<Precaution>,
) -> Result<Frame<'_>, &'static str> {
    let rest = bytes.get(offset..).unwrap_or_default();
    let (header, payload) = rest
        .split_at_checked(HEADER_BYTES)
        .ok_or("a frame that is cut short")?;
    let length = u32_at(header, LENGTH_OFFSET) as usize;
    if length > payload.len() {
        return Err("a length beyond the end");
    }
    let size = (HEADER_BYTES + length).next_multiple_of(ALIGNMENT);
    let frame = rest.get(..size).ok_or("a frame that is cut short")?;
    let place = Place::new(segment, offset as u64, without);
    let matches = checksum(place, frame) == u32_at(header, CRC_OFFSET);
    if Precaution::FrameChecksum.is_taken(without) && !matches {
        return Err("a wrong checksum");
    }
    let origin = match u32_at(header, ORIGIN_OFFSET) {
        origin if origin == Origin::Appended as u32 => Origin::Appended,
        origin if origin == Origin::Carried as u32 => Origin::Carried,
        _ => return Err("an unknown origin"),
    };
    let stream_length = u32_at(header, STREAM_LENGTH_OFFSET) as usize;
    let (stream, data) = payload[..length]
        .split_at_checked(stream_length)
        .ok_or("a stream longer than the payload")?;
    let head = Head {
        incarnation: u64_at(header, INCARNATION_OFFSET),
        lsn: u64_at(header, LSN_OFFSET),
        synced_to: u64_at(header, SYNCED_TO_OFFSET),
        first_lsn: u64_at(header, FIRST_LSN_OFFSET),
        event_id: u64_at(header, EVENT_ID_OFFSET),
        count: u32_at(header, COUNT_OFFSET),
        origin,
    };
    Ok(Frame {
        head,
        stream,
        data,
        size,
    })
}

/// A size as the format stores it, if it is not too large.
pub(super) fn length_u32(what: &'static str, size: usize) -> Result<u32, StoreError> {
    let length = u32::try_from(size)
        .ok()
        .filter(|_| size <= PAYLOAD_BYTES_MAX);
    length.ok_or(StoreError::TooLarge {
        what,
        size_bytes: size as u64,
        limit_bytes: PAYLOAD_BYTES_MAX as u64,
    })
}

/// Salted with the place, so that a frame which turns up elsewhere does not pass.
fn checksum(place: Place, frame: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&place.segment.to_le_bytes());
    hasher.update(&place.offset.to_le_bytes());
    hasher.update(&frame[..CRC_OFFSET]);
    hasher.update(&frame[INCARNATION_OFFSET..]);
    hasher.finalize()
}
