//! Records of the note's log: encoding, and the scan that recovery trusts.
//!
//! | offset | size | field |
//! |---|---|---|
//! | 0 | 4 | `record_length`: bytes that follow the next field |
//! | 4 | 4 | `crc32` over operation, key and value; *not* over lengths and sequence number |
//! | 8 | 8 | `seq`: one more than that of the record before |
//! | 16 | 1 | operation: 1 put, 2 delete (reserved), 3 commit |
//! | 17 | 4 | length of the key |
//! | 21 | k | key: stream, a zero byte, event id (8 bytes) |
//! | 21 + k | 4 | length of the value |
//! | 25 + k | v | value: the event |
//!
//! All numbers are little-endian. Fields are cut out as Python cuts slices, where too few bytes
//! are no error yet: only after the checksum has passed does a field that is too short end
//! recovery.

use crc32fast::Hasher;

use crate::store::StoreError;

/// Where `record_length` is.
pub const LENGTH_OFFSET: usize = 0;
/// Where the checksum is.
pub const CRC_OFFSET: usize = 4;
/// Where the sequence number is, and what `record_length` counts from.
pub const SEQ_OFFSET: usize = 8;
/// Where the operation is.
pub const OPERATION_OFFSET: usize = 16;
/// Where the length of the key is.
pub const KEY_LENGTH_OFFSET: usize = 17;
/// Where the key is.
pub const KEY_OFFSET: usize = 21;

/// An event is stored.
pub const OP_PUT: u8 = 1;
/// Reserved; events are never deleted.
pub const OP_DELETE: u8 = 2;
/// All operations since the last commit take effect.
pub const OP_COMMIT: u8 = 3;

/// A record whose checksum passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Record<'a> {
    pub(super) offset: usize,
    /// All its bytes, for those who copy it.
    pub(super) bytes: &'a [u8],
    pub(super) seq: u64,
    pub(super) operation: u8,
    pub(super) key: &'a [u8],
    pub(super) value: &'a [u8],
}

/// Why a scan stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// Nothing follows.
    End,
    /// A record that is cut short or does not match its checksum: taken for a torn tail.
    Torn,
    /// The checksum passed and the fields cannot be cut out.
    Undecodable,
}

/// The records of a file up to the first that is none.
pub(super) struct Scanner<'a> {
    bytes: &'a [u8],
    pub(super) offset: usize,
}

impl<'a> Scanner<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Scanner<'a> {
        Scanner { bytes, offset: 0 }
    }

    pub(super) fn next(&mut self) -> Result<Record<'a>, Stop> {
        let rest = &self.bytes[self.offset..];
        if rest.is_empty() {
            return Err(Stop::End);
        }
        let header = rest.split_at_checked(SEQ_OFFSET);
        let (header, rest_of_file) = header.ok_or(Stop::Torn)?;
        let mut header = Fields::new(header);
        let (length, crc) = (header.u32() as usize, header.u32());
        let body = rest_of_file.get(..length).ok_or(Stop::Torn)?;

        let mut fields = Fields::new(body);
        let (seq, operation) = (fields.u64(), fields.take(1));
        let key_length = fields.u32();
        let key = fields.take(key_length as usize);
        let value_length = fields.u32();
        let value = fields.take(value_length as usize);
        if checksum(operation, key, value) != crc {
            return Err(Stop::Torn);
        }
        let (&[operation], true) = (operation, fields.complete) else {
            return Err(Stop::Undecodable);
        };
        let record = Record {
            offset: self.offset,
            bytes: &rest[..SEQ_OFFSET + length],
            seq,
            operation,
            key,
            value,
        };
        self.offset += record.bytes.len();
        Ok(record)
    }
}

/// Adds a record to `buffer`.
pub(super) fn encode(
    buffer: &mut Vec<u8>,
    seq: u64,
    operation: u8,
    key: &[u8],
    value: &[u8],
) -> Result<(), StoreError> {
    let fixed = KEY_OFFSET - SEQ_OFFSET + size_of::<u32>();
    let record_length = length("record", fixed + key.len() + value.len())?;
    buffer.extend_from_slice(&record_length.to_le_bytes());
    buffer.extend_from_slice(&checksum(&[operation], key, value).to_le_bytes());
    buffer.extend_from_slice(&seq.to_le_bytes());
    buffer.push(operation);
    buffer.extend_from_slice(&length("key", key.len())?.to_le_bytes());
    buffer.extend_from_slice(key);
    buffer.extend_from_slice(&length("event", value.len())?.to_le_bytes());
    buffer.extend_from_slice(value);
    Ok(())
}

fn length(what: &'static str, size: usize) -> Result<u32, StoreError> {
    u32::try_from(size).map_err(|_| StoreError::TooLarge {
        what,
        size_bytes: size as u64,
        limit_bytes: u64::from(u32::MAX),
    })
}

fn checksum(operation: &[u8], key: &[u8], value: &[u8]) -> u32 {
    let mut hasher = Hasher::new();
    hasher.update(operation);
    hasher.update(key);
    hasher.update(value);
    hasher.finalize()
}

/// Cuts fields off the front, shorter ones where bytes are missing.
struct Fields<'a> {
    rest: &'a [u8],
    complete: bool,
}

impl<'a> Fields<'a> {
    fn new(bytes: &'a [u8]) -> Fields<'a> {
        Fields {
            rest: bytes,
            complete: true,
        }
    }

    fn take(&mut self, size: usize) -> &'a [u8] {
        let (field, rest) = self.rest.split_at(size.min(self.rest.len()));
        self.complete &= field.len() == size;
        self.rest = rest;
        field
    }

    fn u32(&mut self) -> u32 {
        self.take(4).try_into().map_or(0, u32::from_le_bytes)
    }

    fn u64(&mut self) -> u64 {
        self.take(8).try_into().map_or(0, u64::from_le_bytes)
    }
}

/// The key of an event, written to `key`.
pub(super) fn write_key(key: &mut Vec<u8>, stream: &[u8], id: u64) {
    key.clear();
    key.extend_from_slice(stream);
    key.push(0);
    key.extend_from_slice(&id.to_le_bytes());
}

/// The stream and event id that a key means.
pub(super) fn parse_key(key: &[u8]) -> Option<(&[u8], u64)> {
    let (rest, id) = key.split_last_chunk()?;
    let (0, stream) = rest.split_last()? else {
        return None;
    };
    Some((stream, u64::from_le_bytes(*id)))
}
