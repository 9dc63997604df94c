//! What an action adds to the identity of a trace.
//!
//! Tags never change: the digest of what happened must stay the same for ever.

use super::{Action, BarrierKind, Mark, Trace};
use crate::{base::Hasher, image::Inode};

impl Action {
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
            hasher.pair(tag, u64::from(inode.0));
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

impl BarrierKind {
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

fn hash_mark(mark: Mark, hasher: &mut Hasher) {
    let (tag, id) = match mark {
        Mark::Opened => (15, 0),
        Mark::Issued(id) => (16, id.0),
        Mark::Acknowledged(id, promise) => (17 + promise as u64, id.0),
        Mark::Failed(id) => (19, id.0),
    };
    hasher.pair(tag, u64::from(id));
}
