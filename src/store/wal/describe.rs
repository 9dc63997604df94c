//! The files of the store as text, for reports.

use super::{
    frame::{self, Frame, Origin},
    segment::{self, Header},
    snapshot,
};
use crate::vfs::Path;

/// One line of text for each header and frame of a file; damage is named and passed over.
pub fn describe(path: Path<'_>, bytes: &[u8]) -> Vec<String> {
    let name = path.file_name().unwrap_or_default();
    if !name.ends_with(b".wal") {
        return snapshot::describe(bytes);
    }
    let digits = str::from_utf8(&name[..name.len() - 4]).ok();
    let number = digits.and_then(|digits| digits.parse().ok()).unwrap_or(0);
    let header = Header::decode(number, bytes, None);
    let mut lines = vec![match header {
        Some(header) => format!("{:>8}  segment {number}, base lsn {}", 0, header.base_lsn),
        None => format!("{:>8}  ! no valid head of segment {number}", 0),
    }];
    let mut offset = segment::HEADER_BYTES;
    while offset < bytes.len() {
        match frame::decode(number, bytes, offset, None) {
            Ok(frame) => {
                lines.push(describe_frame(offset, &frame, header));
                offset += frame.size;
            }
            Err(reason) => {
                let next = next_frame(number, bytes, offset);
                let size = next - offset;
                lines.push(format!(
                    "{offset:>8}  ! {size} bytes that are no frame: {reason}"
                ));
                offset = next;
            }
        }
    }
    lines
}

fn describe_frame(offset: usize, frame: &Frame<'_>, header: Option<Header>) -> String {
    let head = frame.head;
    let (index, stream) = (
        head.lsn.wrapping_sub(head.first_lsn),
        frame.stream.escape_ascii(),
    );
    let (lsn, id, count, synced) = (head.lsn, head.event_id, head.count, head.synced_to);
    let origin = match head.origin {
        Origin::Appended => "",
        Origin::Carried => ", carried",
    };
    let foreign = match header {
        Some(header) if header.incarnation != head.incarnation => ", of another incarnation",
        _ => "",
    };
    let length = frame.data.len();
    format!(
        "{offset:>8}  lsn {lsn:<6} {stream}/{id}  {length} bytes, \
         event {index} of {count}, synced to {synced}{origin}{foreign}"
    )
}

/// Where the next frame behind a damaged place starts, or the end.
fn next_frame(number: u64, bytes: &[u8], offset: usize) -> usize {
    let first = (offset + 1).next_multiple_of(frame::ALIGNMENT);
    (first..bytes.len())
        .step_by(frame::ALIGNMENT)
        .find(|&place| frame::decode(number, bytes, place, None).is_ok())
        .unwrap_or(bytes.len())
}
