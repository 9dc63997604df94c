//! The content to which a failed barrier may take a file back.
//!
//! For each file what is on disk at least, and which blocks were written since: those go back. What went through the log
//! stays, since the failure of a data block does not undo it; so does a block that an earlier failure has marked clean.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use super::{
    Recording,
    promises::{Logged, Promises},
};
use crate::{
    image::{FileContent, Image, Inode, Node, PAGE_BYTES},
    trace::{Action, BarrierKind, FailedPages, Trace},
};

const PAGE: u64 = PAGE_BYTES as u64;

#[derive(Debug)]
pub(super) struct Retained {
    promises: Promises,
    /// Files that something was done to since the recording began.
    files: BTreeMap<Inode, OnDisk>,
}

#[derive(Debug, Default)]
struct OnDisk {
    content: FileContent,
    dirty: BTreeSet<u64>,
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
            retained.repeat(&entry.action, trace, &mut live, &recording.base);
        }
        retained
    }

    /// Takes the dirty pages of a file, and its length, back to what is on disk.
    pub(super) fn take_back(&mut self, inode: Inode, live: &mut Image, base: &Image) {
        if self.promises.logged == Logged::Bytes || live.file(inode).is_none() {
            return;
        }
        let on_disk = self.file(inode, base);
        let file = live.file_mut(inode);
        for block in std::mem::take(&mut on_disk.dirty) {
            copy(block, &on_disk.content, file);
        }
        file.set_size(on_disk.content.size_bytes());
    }

    /// Takes note of an operation that was done, of which `live` shows the result.
    pub(super) fn note(&mut self, action: &Action, live: &Image, base: &Image) {
        let is_logged = self.promises.logged >= Logged::Cuts;
        match *action {
            Action::Write {
                inode,
                offset,
                bytes,
                old_size,
            } => {
                let end = offset + u64::from(bytes.len);
                let grows = self.promises.logged >= Logged::Growth && end > old_size;
                let file = self.file(inode, base);
                file.dirty.extend(offset / PAGE..end.div_ceil(PAGE));
                if grows {
                    file.content.truncate(end);
                }
            }
            Action::Truncate {
                inode,
                size,
                old_size,
            }
            | Action::Allocate {
                inode,
                size,
                old_size,
                ..
            } => self.file(inode, base).resize(size, old_size, is_logged),
            Action::ZeroRange {
                inode,
                offset,
                len,
                size,
                old_size,
            } => {
                let file = self.file(inode, base);
                file.resize(size, old_size, is_logged);
                file.zero(offset, len, is_logged);
            }
            Action::PunchHole { inode, offset, len } => {
                self.file(inode, base).zero(offset, len, is_logged);
            }
            Action::BarrierFailed {
                inode,
                pages: FailedPages::Cleaned,
                ..
            } => self.file(inode, base).dirty.clear(),
            Action::BarrierEnd { kind, inode, .. } => self.cover(kind, inode, live),
            _ => {}
        }
    }

    /// A barrier is complete: what was dirty is on disk.
    fn cover(&mut self, kind: BarrierKind, inode: Inode, live: &Image) {
        let covers_all = kind == BarrierKind::Syncfs || self.promises.covers_all;
        for (&other, on_disk) in &mut self.files {
            let is_covered = covers_all || other == inode;
            if let Some(file) = live.file(other).filter(|_| is_covered) {
                for block in std::mem::take(&mut on_disk.dirty) {
                    copy(block, file, &mut on_disk.content);
                }
                on_disk.content.set_size(file.size_bytes());
            }
        }
    }

    fn file(&mut self, inode: Inode, base: &Image) -> &mut OnDisk {
        self.files.entry(inode).or_insert_with(|| OnDisk {
            content: base.file(inode).cloned().unwrap_or_default(),
            dirty: BTreeSet::new(),
        })
    }

    /// Does an operation of a recording again, as far as the content of files goes, and takes note of it.
    fn repeat(&mut self, action: &Action, trace: &Trace, live: &mut Image, base: &Image) {
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
            } => self.take_back(inode, live, base),
            _ => {}
        }
        self.note(action, live, base);
    }
}

impl OnDisk {
    /// Another length; where that is not logged, the blocks that it cuts come back with it.
    fn resize(&mut self, size: u64, old_size: u64, is_logged: bool) {
        if size == old_size {
            return;
        }
        if is_logged {
            self.content.truncate(size);
            self.dirty.retain(|block| *block < size.div_ceil(PAGE));
        } else if size < old_size {
            self.dirty.extend(size / PAGE..old_size.div_ceil(PAGE));
        }
    }

    /// Zeros; where whole blocks are logged, only the edges are bytes like others.
    fn zero(&mut self, offset: u64, len: u64, is_logged: bool) {
        let end = offset + len;
        let whole = offset.div_ceil(PAGE)..end / PAGE;
        let blocks = offset / PAGE..end.div_ceil(PAGE);
        self.dirty
            .extend(blocks.filter(|block| !is_logged || !whole.contains(block)));
        if is_logged && !whole.is_empty() {
            self.dirty.retain(|block| !whole.contains(block));
            let start = whole.start * PAGE;
            self.content.zero(start, whole.end * PAGE - start);
        }
    }
}

/// Makes a block of `to` what it is in `from`, a hole included.
fn copy(block: u64, from: &FileContent, to: &mut FileContent) {
    let offset = block * PAGE;
    to.zero(offset, PAGE);
    if from.has_page(block) {
        let mut bytes = [0; PAGE_BYTES];
        from.read(offset, &mut bytes);
        to.write_content(offset, &bytes);
    }
}
