//! Blocks that files gave back: what a new block may show where a filesystem does not clear it.
//!
//! An image keeps the newest of them, so that what was freed in one life can show in a later one. They are part of its
//! identity: two disks of one tree that differ in them recover alike, and may crash differently afterwards.
//!
//! Not modelled: which freed block a filesystem takes next, and that one which was taken is free no longer. Any of the newest
//! may show in any new block.

use std::sync::Arc;

use super::{Image, Inode, PAGE_BYTES};
use crate::base::{Digest, Hasher};

/// Where a file is: what tells whether two files hold bytes of one format.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Home {
    /// Its directory.
    pub directory: Inode,
    /// Its name, each run of digits as one `#`.
    pub pattern: Arc<[u8]>,
}

/// A block that a file gave back.
#[derive(Clone, Debug)]
pub struct FreedBlock {
    /// Where the file was.
    pub home: Option<Home>,
    /// The index of the block in it.
    pub block: u32,
    bytes: Arc<[u8; PAGE_BYTES]>,
    digest: Digest,
}

/// The newest freed blocks, oldest first; cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct FreedBlocks {
    /// Of most images there are none, and those take no heap.
    blocks: Option<Arc<[FreedBlock]>>,
    digest: Digest,
}

impl Home {
    /// Where the file has its first name, if it has any.
    pub fn of(image: &Image, inode: Inode) -> Option<Home> {
        image.directories().find_map(|(directory, entries)| {
            let mut names = entries.iter().filter(|(_, target)| *target == inode);
            let (name, _) = names.next()?;
            Some(Home {
                directory,
                pattern: pattern(name),
            })
        })
    }
}

/// A name with each run of digits as one `#`: the segments of one log have one pattern.
fn pattern(name: &[u8]) -> Arc<[u8]> {
    let mut pattern: Vec<u8> = Vec::with_capacity(name.len());
    for &byte in name {
        match byte {
            b'0'..=b'9' if pattern.last() == Some(&b'#') => {}
            b'0'..=b'9' => pattern.push(b'#'),
            other => pattern.push(other),
        }
    }
    pattern.into()
}

impl FreedBlock {
    /// A block that held these bytes.
    pub fn new(home: Option<Home>, block: u32, bytes: [u8; PAGE_BYTES]) -> FreedBlock {
        FreedBlock {
            home,
            block,
            digest: Digest::of(&bytes),
            bytes: Arc::new(bytes),
        }
    }

    /// What it holds.
    pub fn bytes(&self) -> &[u8; PAGE_BYTES] {
        &self.bytes
    }

    /// Whether another one holds the same.
    pub fn is_like(&self, other: &FreedBlock) -> bool {
        self.digest == other.digest
    }
}

impl FreedBlocks {
    /// How many freed blocks are remembered: the newest, since their space is the first to be used again.
    pub const KEPT: usize = 64;

    /// The newest of these, which are in the order in which they were freed.
    pub fn new(mut blocks: Vec<FreedBlock>) -> FreedBlocks {
        blocks.drain(..blocks.len().saturating_sub(FreedBlocks::KEPT));
        let mut hasher = Hasher::new();
        for freed in &blocks {
            hasher.digest(freed.digest).number(freed.block.into());
            if let Some(home) = &freed.home {
                let directory = u64::from(home.directory.0);
                hasher.number(directory).bytes(&home.pattern);
            }
        }
        FreedBlocks {
            digest: hasher.finish(),
            blocks: (!blocks.is_empty()).then(|| blocks.into()),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.blocks.is_none()
    }

    /// The blocks, oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &FreedBlock> {
        self.blocks.as_deref().unwrap_or_default().iter()
    }

    /// Adds nothing where there are none, so that an image of a filesystem that shows none has the identity of its tree.
    pub(super) fn hash_into(&self, hasher: &mut Hasher) {
        if !self.is_empty() {
            hasher.number(u64::MAX).digest(self.digest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_segments_of_one_log_have_one_pattern() {
        assert_eq!(&*pattern(b"000000000012.wal"), b"#.wal");
        assert_eq!(&*pattern(b"log-3-4"), b"log-#-#");
        assert_eq!(&*pattern(b""), b"");
    }

    #[test]
    fn the_newest_are_kept_and_tell_two_images_apart() {
        let block = |byte: u8| FreedBlock::new(None, 0, [byte; PAGE_BYTES]);
        let freed = FreedBlocks::new((0..100).map(block).collect());
        assert_eq!(freed.iter().count(), FreedBlocks::KEPT);
        assert_eq!(freed.iter().next_back().unwrap().bytes()[0], 99);
        let mut image = Image::empty();
        let tree = image.digest();
        image.set_freed(freed);
        assert_ne!(image.digest(), tree);
        image.set_freed(FreedBlocks::default());
        assert_eq!(image.digest(), tree);
    }
}
