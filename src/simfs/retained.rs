//! The content to which a failed barrier may take a file back.
//!
//! For each file what the last completed barrier covered, with the lengths that went through the log since: the failure
//! of a data block does not undo those.

use std::{collections::BTreeMap, sync::Arc};

use super::{
    Recording,
    faults::{Logged, Promises},
};
use crate::{
    image::{FileContent, Image, Inode, Node, PAGE_BYTES},
    trace::{Action, BarrierKind, FailedPages, Trace},
};

#[derive(Debug)]
pub(super) struct Retained {
    promises: Promises,
    /// Files that differ from the filesystem before the recording.
    files: BTreeMap<Inode, FileContent>,
}

impl Retained {
    /// What is retained behind a recording.
    pub(super) fn new(promises: Promises, recording: &Recording) -> Retained {
        let mut retained = Retained {
            promises,
            files: BTreeMap::new(),
        };
        let trace = &recording.trace;
        let mut live = recording.base.clone();
        for entry in trace.entries() {
            retained.apply(&entry.action, trace, &mut live, &recording.base);
        }
        retained
    }

    /// The content to which a file goes back; `None` if nothing of it does.
    pub(super) fn content(&self, inode: Inode, base: &Image) -> Option<FileContent> {
        (self.promises.logged < Logged::Bytes).then(|| self.file(inode, base))
    }

    /// Takes note of an operation that was done, of which `live` shows the result.
    pub(super) fn note(&mut self, action: &Action, live: &Image, base: &Image) {
        match *action {
            Action::Truncate { inode, size, .. } if self.promises.logged >= Logged::Cuts => {
                self.change(inode, base, |file| file.truncate(size));
            }
            Action::Write {
                inode,
                offset,
                bytes,
                old_size,
            } if self.promises.logged >= Logged::Growth => {
                let end = offset + u64::from(bytes.len);
                if end > old_size {
                    self.change(inode, base, |file| file.truncate(end));
                }
            }
            Action::Allocate {
                inode,
                size,
                old_size,
                ..
            } if self.promises.logged >= Logged::Cuts && size > old_size => {
                self.change(inode, base, |file| file.truncate(size));
            }
            Action::ZeroRange {
                inode,
                offset,
                len,
                size,
                old_size,
            } if self.promises.logged >= Logged::Cuts => self.change(inode, base, |file| {
                if size > old_size {
                    file.truncate(size);
                }
                zero_blocks(file, offset, len);
            }),
            Action::PunchHole { inode, offset, len } if self.promises.logged >= Logged::Cuts => {
                self.change(inode, base, |file| zero_blocks(file, offset, len));
            }
            Action::BarrierEnd { kind, inode, .. } => {
                if kind == BarrierKind::Syncfs || self.promises.covers_all {
                    for inode in live.inodes() {
                        self.keep(inode, live);
                    }
                } else if kind != BarrierKind::SyncFileRange {
                    self.keep(inode, live);
                }
            }
            _ => {}
        }
    }

    fn file(&self, inode: Inode, base: &Image) -> FileContent {
        let changed = self.files.get(&inode).or_else(|| base.file(inode));
        changed.cloned().unwrap_or_default()
    }

    fn change(&mut self, inode: Inode, base: &Image, change: impl FnOnce(&mut FileContent)) {
        let mut file = self.file(inode, base);
        change(&mut file);
        self.files.insert(inode, file);
    }

    fn keep(&mut self, inode: Inode, live: &Image) {
        if let Some(file) = live.file(inode) {
            self.files.insert(inode, file.clone());
        }
    }

    /// Does an operation of a recording again, as far as the content of files goes, and takes note of it.
    fn apply(&mut self, action: &Action, trace: &Trace, live: &mut Image, base: &Image) {
        match *action {
            Action::Create { inode, .. } => live.add(inode, Node::File(Arc::default())),
            Action::Write {
                inode,
                offset,
                bytes,
                ..
            } => live.file_mut(inode).write(offset, trace.bytes(bytes)),
            Action::Truncate { inode, size, .. } => live.file_mut(inode).truncate(size),
            Action::Allocate {
                inode,
                size,
                old_size,
                ..
            } if size > old_size => live.file_mut(inode).truncate(size),
            Action::PunchHole { inode, offset, len } => live.file_mut(inode).zero(offset, len),
            Action::ZeroRange {
                inode,
                offset,
                len,
                size,
                old_size,
            } => {
                if size > old_size {
                    live.file_mut(inode).truncate(size);
                }
                live.file_mut(inode).zero(offset, len);
            }
            Action::BarrierFailed {
                inode,
                pages: FailedPages::Reverted,
                ..
            } => {
                if let Some(content) = self.content(inode, base) {
                    *live.file_mut(inode) = content;
                }
            }
            _ => {}
        }
        self.note(action, live, base);
    }
}

/// Zeroes the whole blocks of a range: its edges are bytes like others.
fn zero_blocks(file: &mut FileContent, offset: u64, len: u64) {
    const PAGE: u64 = PAGE_BYTES as u64;
    let start = offset.next_multiple_of(PAGE);
    let end = (offset + len) / PAGE * PAGE;
    if start < end {
        file.zero(start, end - start);
    }
}
