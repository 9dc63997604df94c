//! The operations that a trace is made of.

use super::{Mark, Trace};
use crate::{
    base::{Hasher, Position},
    image::Inode,
};

/// A range of the bytes that a trace keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// The first byte.
    pub start: usize,
    /// The number of bytes.
    pub len: u32,
}

/// Which persistence barrier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BarrierKind {
    /// fsync of a file.
    Fsync,
    /// fdatasync of a file.
    Fdatasync,
    /// fsync of a directory.
    FsyncDirectory,
}

/// One thing that happened. Files and directories are named by inode; names are bytes kept by the trace.
#[derive(Clone, Copy, Debug)]
#[expect(
    missing_docs,
    reason = "the fields are the arguments of the operation that the variant names"
)]
pub enum Action {
    /// A new, empty file.
    Create {
        directory: Inode,
        name: Span,
        inode: Inode,
    },
    /// A new, empty directory.
    CreateDirectory {
        directory: Inode,
        name: Span,
        inode: Inode,
    },
    /// One more name for a file.
    Link {
        directory: Inode,
        name: Span,
        inode: Inode,
    },
    /// One name less for a file.
    Unlink {
        directory: Inode,
        name: Span,
        inode: Inode,
    },
    /// An empty directory is gone.
    RemoveDirectory {
        directory: Inode,
        name: Span,
        inode: Inode,
    },
    /// Another name, or another directory; `replaced` is what the new name meant before.
    Rename {
        from: Inode,
        from_name: Span,
        to: Inode,
        to_name: Span,
        inode: Inode,
        replaced: Option<Inode>,
    },
    /// Bytes at an offset; appends are resolved.
    Write {
        inode: Inode,
        offset: u64,
        bytes: Span,
        old_size: u64,
    },
    /// Another length; also opening with truncation.
    Truncate {
        inode: Inode,
        size: u64,
        old_size: u64,
    },
    /// A persistence barrier begins: it covers what was recorded before.
    BarrierBegin { kind: BarrierKind, inode: Inode },
    /// The barrier that began right behind `begin` is complete.
    BarrierEnd {
        kind: BarrierKind,
        inode: Inode,
        begin: Position,
    },
    /// The workload or the subject said something.
    Mark(Mark),
}

impl Action {
    /// The inode that the operation is about, if it is about one.
    pub fn inode(&self) -> Option<Inode> {
        match *self {
            Action::Create { inode, .. }
            | Action::CreateDirectory { inode, .. }
            | Action::Link { inode, .. }
            | Action::Unlink { inode, .. }
            | Action::RemoveDirectory { inode, .. }
            | Action::Rename { inode, .. }
            | Action::Write { inode, .. }
            | Action::Truncate { inode, .. }
            | Action::BarrierBegin { inode, .. }
            | Action::BarrierEnd { inode, .. } => Some(inode),
            Action::Mark(_) => None,
        }
    }

    /// The word for the operation in reports.
    pub fn verb(&self) -> &'static str {
        match self {
            Action::Create { .. } => "create",
            Action::CreateDirectory { .. } => "mkdir",
            Action::Link { .. } => "link",
            Action::Unlink { .. } => "unlink",
            Action::RemoveDirectory { .. } => "rmdir",
            Action::Rename { .. } => "rename",
            Action::Write { .. } => "write",
            Action::Truncate { .. } => "truncate",
            Action::BarrierBegin { kind, .. } | Action::BarrierEnd { kind, .. } => kind.verb(),
            Action::Mark(_) => "mark",
        }
    }

    /// Whether this changes the filesystem.
    pub fn is_change(&self) -> bool {
        !matches!(
            self,
            Action::Mark(_) | Action::BarrierBegin { .. } | Action::BarrierEnd { .. }
        )
    }

    /// Tells apart, in digests, the operations on one name.
    fn namespace_tag(&self) -> u64 {
        match self {
            Action::Create { .. } => 1,
            Action::CreateDirectory { .. } => 2,
            Action::Link { .. } => 3,
            Action::Unlink { .. } => 4,
            _ => 5,
        }
    }

    pub(super) fn hash_into(&self, trace: &Trace, hasher: &mut Hasher) {
        let add = |hasher: &mut Hasher, tag: u64, inode: Inode| {
            hasher.number(tag).number(u64::from(inode.0));
        };
        match *self {
            Action::Create {
                directory,
                name,
                inode,
            }
            | Action::CreateDirectory {
                directory,
                name,
                inode,
            }
            | Action::Link {
                directory,
                name,
                inode,
            }
            | Action::Unlink {
                directory,
                name,
                inode,
            }
            | Action::RemoveDirectory {
                directory,
                name,
                inode,
            } => {
                add(hasher, self.namespace_tag(), inode);
                hasher
                    .number(u64::from(directory.0))
                    .bytes(trace.bytes(name));
            }
            Action::Rename {
                from,
                from_name,
                to,
                to_name,
                inode,
                ..
            } => {
                add(hasher, 6, inode);
                hasher
                    .number(u64::from(from.0))
                    .bytes(trace.bytes(from_name));
                hasher.number(u64::from(to.0)).bytes(trace.bytes(to_name));
            }
            Action::Write {
                inode,
                offset,
                bytes,
                ..
            } => {
                add(hasher, 7, inode);
                hasher.number(offset).bytes(trace.bytes(bytes));
            }
            Action::Truncate { inode, size, .. } => {
                add(hasher, 8, inode);
                hasher.number(size);
            }
            Action::BarrierBegin { kind, inode } => add(hasher, 9 + kind as u64, inode),
            Action::BarrierEnd { kind, inode, .. } => add(hasher, 12 + kind as u64, inode),
            Action::Mark(mark) => hash_mark(mark, hasher),
        }
    }
}

fn hash_mark(mark: Mark, hasher: &mut Hasher) {
    let (tag, id) = match mark {
        Mark::Opened => (15, 0),
        Mark::Issued(id) => (16, id.0),
        Mark::Acknowledged(id, promise) => (17 + promise as u64, id.0),
        Mark::Failed(id) => (19, id.0),
    };
    hasher.number(tag).number(u64::from(id));
}

impl BarrierKind {
    /// The name of the system call.
    pub fn verb(self) -> &'static str {
        match self {
            BarrierKind::Fsync => "fsync",
            BarrierKind::Fdatasync => "fdatasync",
            BarrierKind::FsyncDirectory => "fsync dir",
        }
    }
}
