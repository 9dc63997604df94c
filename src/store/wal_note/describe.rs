//! The files of the store as text, for reports.

use super::record::{self, OP_COMMIT, OP_PUT, Record, Scanner, Stop};
use crate::vfs::Path;

/// One line of text for each record of a file; what is no record is named and passed over, to show what recovery, which
/// stops there, never reaches.
pub fn describe(_path: Path<'_>, bytes: &[u8]) -> Vec<String> {
    let mut scanner = Scanner::new(bytes);
    let mut lines = Vec::new();
    let mut is_behind = false;
    loop {
        let unread = if is_behind { ", never read" } else { "" };
        match scanner.next() {
            Ok(record) => lines.push(describe_record(&record) + unread),
            Err(Stop::End) => return lines,
            Err(stop) => {
                let offset = scanner.offset;
                scanner.offset = next_record(bytes, offset);
                let size = scanner.offset - offset;
                let what = match stop {
                    Stop::Undecodable => "undecodable",
                    _ => "torn",
                };
                let reason = reason(&bytes[offset..]);
                lines.push(format!(
                    "{offset:>8}  ! {what}: {size} bytes that are no record ({reason}){unread}"
                ));
                is_behind = true;
            }
        }
    }
}

/// Where the next record behind a damaged place starts, or the end.
fn next_record(bytes: &[u8], offset: usize) -> usize {
    let is_record = |place: &usize| {
        let mut scanner = Scanner::new(bytes);
        scanner.offset = *place;
        scanner.next().is_ok()
    };
    (offset + 1..bytes.len())
        .find(is_record)
        .unwrap_or(bytes.len())
}

/// What is wrong with the record that these bytes should start with.
fn reason(rest: &[u8]) -> String {
    let Some((header, body)) = rest.split_at_checked(record::SEQ_OFFSET) else {
        return format!("cut off after {} bytes", rest.len());
    };
    let length = header
        .first_chunk()
        .map_or(0, |length| u32::from_le_bytes(*length)) as usize;
    match body.len() {
        left if left < length => format!("length {length}, and {left} bytes follow"),
        _ if length == 0 => "length 0".to_owned(),
        _ => format!("length {length}, wrong checksum"),
    }
}

fn describe_record(record: &Record<'_>) -> String {
    let (offset, seq) = (record.offset, record.seq);
    let what = match (record.operation, record::parse_key(record.key)) {
        (OP_PUT, Some((stream, id))) => {
            let stream = stream.escape_ascii();
            format!("put     {stream}/{id}  {} bytes", record.value.len())
        }
        (OP_PUT, None) => "put     of no event".to_owned(),
        (OP_COMMIT, _) => "commit".to_owned(),
        (other, _) => format!("operation {other}"),
    };
    format!("{offset:>8}  seq {seq:<6} {what}")
}
