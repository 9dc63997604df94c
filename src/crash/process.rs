//! Process crashes: the page cache survives, and the write in flight may be cut at any page.

use super::{effect::BLOCK, state::Selection, window::Window};
use crate::{
    base::Position,
    image::Image,
    trace::{Action, Trace},
};

/// The number of places at which a process crash at `point` may cut the write that is in flight there: 0 if none is, or
/// if it lies within one page.
pub fn pages_in_flight(trace: &Trace, point: Position) -> u64 {
    match trace.entries().get(point.index()).map(|entry| entry.action) {
        Some(Action::Write { offset, bytes, .. }) => {
            (offset + u64::from(bytes.len) - 1) / BLOCK - offset / BLOCK
        }
        _ => 0,
    }
}

/// What the next process sees: everything done before the crash point, and the first `pages` pages of the write in
/// flight.
pub fn process_crash(window: &Window<'_>, pages: u64) -> (Selection, Image) {
    let selection = window.everything();
    let mut image = window.image(&selection);
    let trace = &window.graph.recording.trace;
    let in_flight = trace
        .entries()
        .get(window.point.index())
        .map(|entry| entry.action);
    if let (
        Some(Action::Write {
            inode,
            offset,
            bytes,
            ..
        }),
        1..,
    ) = (in_flight, pages)
    {
        let end = (offset / BLOCK + pages) * BLOCK;
        let bytes = trace.bytes(bytes);
        let landed = usize::try_from(end - offset)
            .unwrap_or(usize::MAX)
            .min(bytes.len());
        if image.file(inode).is_some() {
            image.file_mut(inode).write(offset, &bytes[..landed]);
        }
    }
    (selection, image)
}
