//! The operations that a trace is made of.

use super::Mark;
use crate::{base::Position, image::Inode, vfs::VfsOperation};

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
}
