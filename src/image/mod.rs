//! A filesystem at rest: inodes, directory entries, pages.
//!
//! Images are values. Cloning one shares all its pages; changing a clone copies only what is touched. That is what makes
//! thousands of crash states from one recording cheap.
//!
//! Not modelled: permissions, ownership, timestamps.

mod directory;
mod file;
mod freed;
mod sectors;
mod write_out;

use std::{fmt, sync::Arc};

use smallvec::{SmallVec, smallvec};

use crate::base::{Digest, DigestCell, Hasher};

pub use directory::{Directory, Name};
pub use file::{FileContent, PAGE_BYTES};
pub use freed::{FreedBlock, FreedBlocks, Home};
pub use sectors::SECTOR_BYTES;

/// The number of an inode: the identity of a file or directory, whatever its names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Inode(pub u32);

impl Inode {
    /// The root directory.
    pub const ROOT: Inode = Inode(0);

    /// The number as an index.
    #[must_use]
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

impl fmt::Display for Inode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "inode {}", self.0)
    }
}

/// What an inode holds.
#[derive(Clone, Debug)]
pub enum Node {
    /// A regular file.
    File(Arc<FileContent>),
    /// A directory.
    Directory(Arc<Directory>),
    /// A symbolic link, and where it leads.
    Symlink(Arc<[u8]>),
}

/// A whole filesystem at rest; cheap to clone.
#[derive(Clone, Debug)]
pub struct Image {
    nodes: Arc<Vec<Option<Node>>>,
    freed: FreedBlocks,
    /// Known once it was asked for, until the next change.
    digest: DigestCell,
}

impl Default for Image {
    fn default() -> Image {
        Image::empty()
    }
}

impl Image {
    /// A filesystem with nothing but an empty root directory.
    pub fn empty() -> Image {
        Image {
            nodes: Arc::new(vec![Some(Node::Directory(Arc::default()))]),
            freed: FreedBlocks::default(),
            digest: DigestCell::new(),
        }
    }

    /// What files gave back and new blocks may show, where the filesystem lets that happen.
    pub fn freed(&self) -> &FreedBlocks {
        &self.freed
    }

    /// Sets what files gave back.
    pub fn set_freed(&mut self, freed: FreedBlocks) {
        self.digest = DigestCell::new();
        self.freed = freed;
    }

    /// A number above that of every inode here.
    pub fn next_inode(&self) -> Inode {
        Inode(u32::try_from(self.nodes.len()).expect("fewer than 2^32 inodes"))
    }

    /// What this inode holds, if it exists.
    pub fn node(&self, inode: Inode) -> Option<&Node> {
        self.nodes.get(inode.index())?.as_ref()
    }

    /// The file with this inode, if it is one.
    pub fn file(&self, inode: Inode) -> Option<&FileContent> {
        match self.node(inode)? {
            Node::File(file) => Some(file),
            Node::Directory(_) | Node::Symlink(_) => None,
        }
    }

    /// The directory with this inode, if it is one.
    pub fn directory(&self, inode: Inode) -> Option<&Directory> {
        match self.node(inode)? {
            Node::Directory(directory) => Some(directory),
            Node::File(_) | Node::Symlink(_) => None,
        }
    }

    /// Where the symbolic link with this inode leads, if it is one.
    pub fn symlink(&self, inode: Inode) -> Option<&[u8]> {
        match self.node(inode)? {
            Node::Symlink(target) => Some(target),
            Node::File(_) | Node::Directory(_) => None,
        }
    }

    /// Makes an empty file or directory, which has no name yet.
    pub fn add(&mut self, inode: Inode, node: Node) {
        let nodes = self.change();
        if nodes.len() <= inode.index() {
            nodes.resize(inode.index() + 1, None);
        }
        nodes[inode.index()] = Some(node);
    }

    /// The file to change; its pages are copied as they are written to.
    ///
    /// # Panics
    ///
    /// If the inode is no file.
    pub fn file_mut(&mut self, inode: Inode) -> &mut FileContent {
        match &mut self.change()[inode.index()] {
            Some(Node::File(file)) => Arc::make_mut(file),
            other => panic!("{inode} is {other:?}, not a file"),
        }
    }

    /// The directory to change.
    ///
    /// # Panics
    ///
    /// If the inode is no directory.
    pub fn directory_mut(&mut self, inode: Inode) -> &mut Directory {
        match &mut self.change()[inode.index()] {
            Some(Node::Directory(directory)) => Arc::make_mut(directory),
            other => panic!("{inode} is {other:?}, not a directory"),
        }
    }

    /// The number of names that mean this inode.
    pub fn links(&self, inode: Inode) -> u32 {
        let names = self
            .directories()
            .flat_map(|(_, directory)| directory.iter());
        u32::try_from(names.filter(|(_, target)| *target == inode).count()).unwrap_or(u32::MAX)
    }

    /// Every directory with its inode, in inode order.
    pub fn directories(&self) -> impl Iterator<Item = (Inode, &Directory)> {
        self.inodes()
            .filter_map(|inode| Some((inode, self.directory(inode)?)))
    }

    /// Every inode that exists, in order.
    pub fn inodes(&self) -> impl Iterator<Item = Inode> + '_ {
        let numbers = 0..self.next_inode().0;
        numbers
            .map(Inode)
            .filter(|&inode| self.node(inode).is_some())
    }

    /// Every path with its inode, parents before children and names in order; the root is not among them.
    pub fn paths(&self) -> Vec<(Vec<u8>, Inode)> {
        let mut found = Vec::new();
        self.collect_paths(Inode::ROOT, &mut Vec::new(), &mut found);
        found
    }

    fn collect_paths(&self, at: Inode, prefix: &mut Vec<u8>, found: &mut Vec<(Vec<u8>, Inode)>) {
        let Some(directory) = self.directory(at) else {
            return;
        };
        for (name, inode) in directory.iter() {
            let length = prefix.len();
            if length > 0 {
                prefix.push(b'/');
            }
            prefix.extend_from_slice(name);
            found.push((prefix.clone(), inode));
            self.collect_paths(inode, prefix, found);
            prefix.truncate(length);
        }
    }

    /// Makes the image what a mount would show: sizes cut what lies behind them, and inodes without a name are gone.
    ///
    /// A directory that the crash left with two names (both halves of a rename, where a profile allows that) keeps the
    /// first, as a filesystem check would have it; so a tree stays a tree.
    pub fn settle(&mut self) {
        let mut reached: SmallVec<[bool; 64]> = smallvec![false; self.nodes.len()];
        reached[Inode::ROOT.index()] = true;
        let mut open: SmallVec<[Inode; 8]> = smallvec![Inode::ROOT];
        while let Some(at) = open.pop() {
            let Some(Node::Directory(directory)) = &self.nodes[at.index()] else {
                continue;
            };
            let mut second_names = Vec::new();
            for (name, inode) in directory.iter() {
                let is_directory = matches!(self.node(inode), Some(Node::Directory(_)));
                if is_directory && reached[inode.index()] || self.node(inode).is_none() {
                    second_names.push(name.clone());
                    continue;
                }
                reached[inode.index()] = true;
                if is_directory {
                    open.push(inode);
                }
            }
            for name in second_names {
                self.directory_mut(at).remove(&name);
            }
        }
        let cut = |node: &Node| matches!(node, Node::File(file) if !file.is_settled());
        let changes = |(node, reached): (&Option<Node>, &bool)| {
            node.as_ref().is_some_and(|node| !reached || cut(node))
        };
        // Most often nothing does, and what is shared with other images stays so.
        let ends_in_nothing = matches!(self.nodes.last(), Some(None));
        if !ends_in_nothing && !self.nodes.iter().zip(&reached).any(changes) {
            return;
        }
        let nodes = self.change();
        for (node, reached) in nodes.iter_mut().zip(reached) {
            match node {
                Some(Node::File(file)) if reached && !file.is_settled() => {
                    Arc::make_mut(file).settle();
                }
                Some(_) if !reached => *node = None,
                _ => {}
            }
        }
        while matches!(nodes.last(), Some(None)) {
            nodes.pop();
        }
    }

    /// The identity of a settled image: equal for equal trees over the same inode numbers, and equal freed blocks.
    pub fn digest(&self) -> Digest {
        self.digest.get_or_init(|| self.compute_digest())
    }

    fn compute_digest(&self) -> Digest {
        let mut hasher = Hasher::with_capacity(24 * self.nodes.len() + 64);
        for (index, node) in self.nodes.iter().enumerate() {
            match node {
                Some(Node::File(file)) => {
                    hasher.number(2 * index as u64).digest(file.digest());
                }
                Some(Node::Directory(directory)) => {
                    hasher
                        .number(2 * index as u64 + 1)
                        .digest(directory.digest());
                }
                Some(Node::Symlink(target)) => {
                    hasher.number(u64::MAX - index as u64).bytes(target);
                }
                None => {}
            }
        }
        self.freed.hash_into(&mut hasher);
        hasher.finish()
    }

    /// What the inodes hold, to be changed.
    fn change(&mut self) -> &mut Vec<Option<Node>> {
        self.digest = DigestCell::new();
        Arc::make_mut(&mut self.nodes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image() -> Image {
        let mut image = Image::empty();
        image.add(Inode(1), Node::File(Arc::default()));
        image
            .directory_mut(Inode::ROOT)
            .insert(Name::from(&b"f"[..]), Inode(1));
        image
    }

    #[test]
    fn a_clone_shares_what_is_not_written_to() {
        let mut one = image();
        one.file_mut(Inode(1)).write(0, &[7; 2 * PAGE_BYTES]);
        let mut two = one.clone();
        two.file_mut(Inode(1)).write(0, b"x");
        assert_eq!(
            one.file(Inode(1))
                .map(|f| f.shared_pages(two.file(Inode(1)).unwrap())),
            Some(1)
        );
        assert_ne!(one.digest(), two.digest());
        two.file_mut(Inode(1)).write(0, &[7]);
        assert_eq!(one.digest(), two.digest());
    }

    #[test]
    fn settling_drops_inodes_without_a_name() {
        let mut image = image();
        image.add(Inode(5), Node::File(Arc::default()));
        image.settle();
        assert_eq!(image.inodes().collect::<Vec<_>>(), [Inode::ROOT, Inode(1)]);
        assert_eq!(image.next_inode(), Inode(2));
    }

    #[test]
    fn a_directory_with_two_names_keeps_one() {
        let mut image = image();
        image.add(Inode(2), Node::Directory(Arc::default()));
        for name in [&b"a"[..], b"b"] {
            image
                .directory_mut(Inode::ROOT)
                .insert(Name::from(name), Inode(2));
        }
        image
            .directory_mut(Inode(2))
            .insert(Name::from(&b"loop"[..]), Inode(2));
        image.settle();
        let paths: Vec<_> = image.paths().into_iter().map(|(path, _)| path).collect();
        assert_eq!(paths, [b"a".to_vec(), b"f".to_vec()]);
    }
}
