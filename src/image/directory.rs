//! The entries of one directory.

use std::{collections::BTreeMap, sync::Arc};

use super::Inode;
use crate::base::{Digest, DigestCell, Hasher};

/// A name within a directory; cheap to clone.
pub type Name = Arc<[u8]>;

/// The entries of one directory, in the order of their names.
#[derive(Clone, Debug, Default)]
pub struct Directory {
    entries: BTreeMap<Name, Inode>,
    digest: DigestCell,
}

impl Directory {
    /// What a name means, if it is there.
    pub fn get(&self, name: &[u8]) -> Option<Inode> {
        self.entries.get(name).copied()
    }

    /// Lets a name mean this inode.
    pub fn insert(&mut self, name: Name, inode: Inode) {
        self.digest = DigestCell::new();
        self.entries.insert(name, inode);
    }

    /// Takes a name away, if it is there.
    pub fn remove(&mut self, name: &[u8]) {
        self.digest = DigestCell::new();
        self.entries.remove(name);
    }

    /// The entries in the order of their names.
    pub fn iter(&self) -> impl Iterator<Item = (&Name, Inode)> {
        self.entries.iter().map(|(name, inode)| (name, *inode))
    }

    /// Whether there are no entries.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub(super) fn digest(&self) -> Digest {
        self.digest.get_or_init(|| {
            let mut hasher = Hasher::new();
            for (name, inode) in &self.entries {
                hasher.bytes(name).number(u64::from(inode.0));
            }
            hasher.finish()
        })
    }
}
