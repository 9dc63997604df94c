//! Records of the small log: one an event; the last of a batch commits it.
//!
//! | offset | size | field |
//! |---|---|---|
//! | 0 | 4 | length of the payload |
//! | 4 | 4 | crc32 over the file's salt and all of the record but this field |
//! | 8 | 8 | number of the record in the file, from 0 |
//! | 16 | 1 | kind: 1 an event that more of its batch follow, 2 the last of its batch |
//! | 17 | n | payload: length of the stream's name (1), stream, event |
//!
//! A file starts with its salt (8). Numbers are little-endian.

use std::borrow::Cow;

use tornwrite::workload::EventLog;

/// Where the first record is.
const FILE_HEADER_BYTES: usize = 8;
const HEADER_BYTES: usize = 17;
const MORE: u8 = 1;
const LAST: u8 = 2;

/// The longest record that a reader which believes every length makes room for.
const BELIEVED_BYTES: usize = 1 << 20;

/// What a reader looks at.
#[derive(Clone, Copy, Debug)]
pub(super) struct Checks {
    pub(super) checksum: bool,
    pub(super) length: bool,
}

impl Checks {
    pub(super) const ALL: Checks = Checks {
        checksum: true,
        length: true,
    };
}

/// Writes the records of one file.
#[derive(Debug)]
pub(super) struct Writer {
    salt: u64,
    next: u64,
}

impl Writer {
    /// Begins a file in `buffer`.
    pub(super) fn begin(salt: u64, buffer: &mut Vec<u8>) -> Writer {
        buffer.extend_from_slice(&salt.to_le_bytes());
        Writer { salt, next: 0 }
    }

    /// Adds a batch.
    pub(super) fn batch<'e>(
        &mut self,
        events: impl Iterator<Item = (&'e [u8], &'e [u8])>,
        buffer: &mut Vec<u8>,
    ) {
        let mut events = events.peekable();
        while let Some((stream, data)) = events.next() {
            let kind = if events.peek().is_some() { MORE } else { LAST };
            self.record(kind, stream, data, buffer);
        }
    }

    fn record(&mut self, kind: u8, stream: &[u8], data: &[u8], buffer: &mut Vec<u8>) {
        let start = buffer.len();
        let length = u32::try_from(1 + stream.len() + data.len()).unwrap();
        buffer.extend_from_slice(&length.to_le_bytes());
        buffer.extend_from_slice(&[0; 4]);
        buffer.extend_from_slice(&self.next.to_le_bytes());
        buffer.push(kind);
        buffer.push(u8::try_from(stream.len()).unwrap());
        buffer.extend_from_slice(stream);
        buffer.extend_from_slice(data);
        let crc = checksum(self.salt, &buffer[start..]).to_le_bytes();
        buffer[start + 4..start + 8].copy_from_slice(&crc);
        self.next += 1;
    }
}

/// What a file shows: the events of all batches up to the first place that is wrong.
#[derive(Debug)]
pub(super) struct Shown {
    pub(super) log: EventLog,
    /// Whether the file ends with the last batch.
    pub(super) whole: bool,
}

pub(super) fn read(bytes: &[u8], checks: Checks) -> Shown {
    let mut log = EventLog::new();
    let mut committed = 0;
    let mut offset = FILE_HEADER_BYTES;
    let salt = bytes
        .first_chunk()
        .map_or(0, |salt| u64::from_le_bytes(*salt));
    for number in 0.. {
        let Some((kind, payload, size)) = record(bytes, offset, (salt, number), checks) else {
            break;
        };
        let Some((stream, data)) = split(&payload) else {
            break;
        };
        log.push(stream, log.len() as u64, data);
        offset += size;
        match kind {
            MORE => {}
            LAST => committed = log.len(),
            _ => break,
        }
    }
    let whole = committed > 0 && committed == log.len() && offset == bytes.len();
    log.truncate(committed);
    Shown { log, whole }
}

fn split(payload: &[u8]) -> Option<(&[u8], &[u8])> {
    let (&length, rest) = payload.split_first()?;
    rest.split_at_checked(usize::from(length))
}

fn record(
    bytes: &[u8],
    offset: usize,
    (salt, number): (u64, u64),
    checks: Checks,
) -> Option<(u8, Cow<'_, [u8]>, usize)> {
    let header: &[u8; HEADER_BYTES] = bytes.get(offset..)?.first_chunk()?;
    let length = u32::from_le_bytes(header[..4].try_into().unwrap()) as usize;
    let end = offset + HEADER_BYTES + length;
    let payload = match bytes.get(offset + HEADER_BYTES..end) {
        Some(payload) => Cow::Borrowed(payload),
        None if checks.length || length > BELIEVED_BYTES => return None,
        None => {
            let mut padded = bytes[offset + HEADER_BYTES..].to_vec();
            padded.resize(length, 0);
            Cow::Owned(padded)
        }
    };
    let crc = u32::from_le_bytes(header[4..8].try_into().unwrap());
    let valid = !checks.checksum || crc == checksum(salt, bytes.get(offset..end)?);
    let in_sequence = header[8..16] == number.to_le_bytes();
    (valid && in_sequence).then_some((header[16], payload, HEADER_BYTES + length))
}

fn checksum(salt: u64, record: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&salt.to_le_bytes());
    hasher.update(&record[..4]);
    hasher.update(&record[8..]);
    hasher.finalize()
}
