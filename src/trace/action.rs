//! The operations that a trace is made of.

use super::{Mark, Trace};
use crate::{
    base::{Hasher, Position},
    image::Inode,
    vfs::VfsOperation,
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
    /// syncfs: the whole filesystem.
    Syncfs,
    /// `msync(MS_SYNC)` of a shared mapping.
    Msync,
    /// `sync_file_range`: it starts write-back of a range, and makes nothing durable.
    SyncFileRange,
}

/// What a failed barrier left of what it tried to write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailedPages {
    /// The pages are marked clean and show the new bytes: no later barrier writes them.
    Cleaned,
    /// The pages are back to what is on disk: the new bytes are gone.
    Reverted,
    /// The pages are dirty still: the next barrier writes them.
    Dirty,
}

/// Whether the subject learnt of a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Report {
    /// The failed call said so.
    ThisCall,
    /// The failed call said that it had succeeded; a later one fails instead.
    LaterCall,
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
    /// A symbolic link; its content comes and goes with the inode.
    Symlink {
        directory: Inode,
        name: Span,
        inode: Inode,
        target: Span,
    },
    /// Two names swap what they mean; `inode` is what the first one meant before.
    Exchange {
        from: Inode,
        from_name: Span,
        to: Inode,
        to_name: Span,
        inode: Inode,
        other: Inode,
    },
    /// Blocks are reserved, which read as zeros until they are written; `size` is above `old_size` if the file grows too.
    Allocate {
        inode: Inode,
        offset: u64,
        len: u64,
        size: u64,
        old_size: u64,
    },
    /// A range reads as zeros, and its whole blocks are given back; one that went beyond the end is recorded up to the end
    /// of the last block, which is given back whole, too.
    PunchHole { inode: Inode, offset: u64, len: u64 },
    /// A range reads as zeros, and its whole blocks, also behind the end, are reserved anew; `size` is above `old_size` if
    /// the file grows too.
    ZeroRange {
        inode: Inode,
        offset: u64,
        len: u64,
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
    /// The barrier that began right behind `begin` failed: it makes nothing certain.
    BarrierFailed {
        kind: BarrierKind,
        inode: Inode,
        begin: Position,
        pages: FailedPages,
        report: Report,
    },
    /// An operation failed with an injected error, and changed nothing.
    Refused {
        operation: VfsOperation,
        inode: Option<Inode>,
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
            | Action::Symlink { inode, .. }
            | Action::Exchange { inode, .. }
            | Action::Allocate { inode, .. }
            | Action::PunchHole { inode, .. }
            | Action::ZeroRange { inode, .. }
            | Action::BarrierBegin { inode, .. }
            | Action::BarrierEnd { inode, .. }
            | Action::BarrierFailed { inode, .. } => Some(inode),
            Action::Refused { inode, .. } => inode,
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
            Action::Symlink { .. } => "symlink",
            Action::Exchange { .. } => "exchange",
            Action::Allocate { .. } => "fallocate",
            Action::PunchHole { .. } => "punch hole",
            Action::ZeroRange { .. } => "zero range",
            Action::BarrierBegin { kind, .. }
            | Action::BarrierEnd { kind, .. }
            | Action::BarrierFailed { kind, .. } => kind.verb(),
            Action::Refused { .. } => "failed",
            Action::Mark(_) => "mark",
        }
    }

    /// Whether this changes the filesystem.
    pub fn is_change(&self) -> bool {
        !matches!(
            self,
            Action::Mark(_)
                | Action::BarrierBegin { .. }
                | Action::BarrierEnd { .. }
                | Action::BarrierFailed { .. }
                | Action::Refused { .. }
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
            Action::BarrierBegin { kind, inode } => add(hasher, kind.tags().0, inode),
            Action::BarrierEnd { kind, inode, .. } => add(hasher, kind.tags().1, inode),
            Action::Mark(mark) => hash_mark(mark, hasher),
            _ => self.hash_rare_into(trace, hasher),
        }
    }

    /// The operations that came with later versions of the trace; their tags do not meet those of the others.
    fn hash_rare_into(&self, trace: &Trace, hasher: &mut Hasher) {
        let add = |hasher: &mut Hasher, tag: u64, inode: Inode, numbers: &[u64]| {
            hasher.number(tag).number(u64::from(inode.0));
            for &number in numbers {
                hasher.number(number);
            }
        };
        match *self {
            Action::Symlink {
                directory,
                name,
                inode,
                target,
            } => {
                add(hasher, 32, inode, &[u64::from(directory.0)]);
                hasher.bytes(trace.bytes(name)).bytes(trace.bytes(target));
            }
            Action::Exchange {
                from,
                from_name,
                to,
                to_name,
                inode,
                other,
            } => {
                let numbers = [from, to, other].map(|inode| u64::from(inode.0));
                add(hasher, 33, inode, &numbers);
                hasher
                    .bytes(trace.bytes(from_name))
                    .bytes(trace.bytes(to_name));
            }
            Action::Allocate {
                inode,
                offset,
                len,
                size,
                ..
            } => add(hasher, 34, inode, &[offset, len, size]),
            Action::PunchHole { inode, offset, len } => add(hasher, 35, inode, &[offset, len]),
            Action::ZeroRange {
                inode,
                offset,
                len,
                size,
                ..
            } => add(hasher, 36, inode, &[offset, len, size]),
            Action::BarrierFailed {
                kind,
                inode,
                pages,
                report,
                ..
            } => {
                let numbers = [kind.tags().0, pages as u64, report as u64];
                add(hasher, 37, inode, &numbers);
            }
            Action::Refused { operation, inode } => {
                let inode = inode.map_or(0, |inode| u64::from(inode.0) + 1);
                hasher.number(38).number(operation as u64).number(inode);
            }
            _ => unreachable!("hashed with the common operations"),
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
            BarrierKind::Syncfs => "syncfs",
            BarrierKind::Msync => "msync",
            BarrierKind::SyncFileRange => "sync_file_range",
        }
    }

    /// Tells apart, in digests, the beginnings and the ends of barriers.
    fn tags(self) -> (u64, u64) {
        match self {
            BarrierKind::Fsync => (9, 12),
            BarrierKind::Fdatasync => (10, 13),
            BarrierKind::FsyncDirectory => (11, 14),
            BarrierKind::Syncfs => (40, 41),
            BarrierKind::Msync => (42, 43),
            BarrierKind::SyncFileRange => (44, 45),
        }
    }
}
