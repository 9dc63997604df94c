//! A filesystem made of maps, and the tree that a program would see on it.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    ops::Range,
    rc::Rc,
};

use tornwrite::{
    base::{Digest, Hasher},
    image::{Image, Inode},
};

/// What a path shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shown {
    Directory,
    File(Vec<u8>),
    Symlink(Vec<u8>),
}

/// Path to what it shows.
pub type Tree = BTreeMap<Vec<u8>, Shown>;

/// One elementary change of what is on disk.
#[derive(Clone, Debug)]
pub enum Change {
    Name {
        directory: Inode,
        name: Vec<u8>,
        target: Option<Inode>,
    },
    Size {
        inode: Inode,
        size: usize,
    },
    /// Content from here on is gone; the length stays.
    Cut {
        inode: Inode,
        size: usize,
    },
    Bytes {
        inode: Inode,
        offset: usize,
        bytes: Vec<u8>,
    },
    /// Content here is zeros; the length stays.
    Zero {
        inode: Inode,
        range: Range<usize>,
    },
}

impl Change {
    /// The file whose content or length it changes.
    pub fn file(&self) -> Option<Inode> {
        match self {
            Change::Name { .. } => None,
            Change::Size { inode, .. }
            | Change::Cut { inode, .. }
            | Change::Bytes { inode, .. }
            | Change::Zero { inode, .. } => Some(*inode),
        }
    }

    /// Whether it changes the length of this file.
    pub fn sizes(&self, file: Inode) -> bool {
        matches!(self, Change::Size { inode, .. } if *inode == file)
    }
}

#[derive(Clone, Debug, Default)]
struct File {
    size: usize,
    /// May be longer than the size (blocks on disk behind it) or shorter (holes).
    content: Vec<u8>,
    /// The end of the content when it was longest.
    used: usize,
}

/// What is on disk.
#[derive(Clone, Debug, Default)]
pub struct Disk {
    names: Rc<BTreeMap<(Inode, Vec<u8>), Inode>>,
    files: BTreeMap<Inode, Rc<File>>,
    directories: Rc<BTreeSet<Inode>>,
    symlinks: Rc<BTreeMap<Inode, Vec<u8>>>,
}

impl Disk {
    /// The disk that an image describes.
    pub fn new(image: &Image) -> Disk {
        let mut disk = Disk::default();
        let mut names = BTreeMap::new();
        for inode in image.inodes() {
            if let Some(file) = image.file(inode) {
                let content = file.to_vec();
                let size = content.len();
                disk.files.insert(
                    inode,
                    Rc::new(File {
                        size,
                        content,
                        used: size,
                    }),
                );
            }
            if let Some(directory) = image.directory(inode) {
                disk.add_directory(inode);
                for (name, target) in directory.iter() {
                    names.insert((inode, name.to_vec()), target);
                }
            }
            if let Some(target) = image.symlink(inode) {
                disk.add_symlink(inode, target);
            }
        }
        disk.names = Rc::new(names);
        disk
    }

    /// An inode that is a directory, whether or not it has a name yet.
    pub fn add_directory(&mut self, inode: Inode) {
        Rc::make_mut(&mut self.directories).insert(inode);
    }

    /// The same for a symbolic link.
    pub fn add_symlink(&mut self, inode: Inode, target: &[u8]) {
        Rc::make_mut(&mut self.symlinks).insert(inode, target.to_vec());
    }

    /// Has the same content in one file as another disk.
    pub fn take_file(&mut self, inode: Inode, other: &Disk) {
        match other.files.get(&inode) {
            Some(file) => self.files.insert(inode, Rc::clone(file)),
            None => self.files.remove(&inode),
        };
    }

    pub fn apply(&mut self, change: &Change) {
        match change {
            Change::Name {
                directory,
                name,
                target,
            } => {
                let names = Rc::make_mut(&mut self.names);
                let key = (*directory, name.clone());
                match target {
                    Some(inode) => names.insert(key, *inode),
                    None => names.remove(&key),
                };
            }
            Change::Size { inode, size } => self.file(*inode).size = *size,
            Change::Cut { inode, size } => self.file(*inode).content.truncate(*size),
            Change::Zero { inode, range } => {
                let content = &mut self.file(*inode).content;
                let end = range.end.min(content.len());
                let start = range.start.min(end);
                content[start..end].fill(0);
            }
            Change::Bytes {
                inode,
                offset,
                bytes,
            } => {
                let file = self.file(*inode);
                let content = &mut file.content;
                let end = offset + bytes.len();
                content.resize(content.len().max(end), 0);
                content[*offset..end].copy_from_slice(bytes);
                file.used = file.used.max(end);
            }
        }
    }

    /// Content, whatever the length says; zeros where there is none.
    pub fn read(&self, inode: Inode, offset: usize, len: usize) -> Vec<u8> {
        let content = self.files.get(&inode).map_or(&[][..], |file| &file.content);
        let rest = content.get(offset..).unwrap_or(&[]);
        let mut bytes = rest[..len.min(rest.len())].to_vec();
        bytes.resize(len, 0);
        bytes
    }

    /// Behind this, the file never had content.
    pub fn used(&self, inode: Inode) -> usize {
        self.files.get(&inode).map_or(0, |file| file.used)
    }

    fn file(&mut self, inode: Inode) -> &mut File {
        Rc::make_mut(self.files.entry(inode).or_default())
    }

    /// What a mount shows. A directory with two names keeps the one that is met first.
    pub fn tree(&self) -> Tree {
        let mut tree = Tree::new();
        let mut reached = BTreeSet::from([Inode::ROOT]);
        let mut open = vec![(Vec::new(), Inode::ROOT)];
        while let Some((prefix, directory)) = open.pop() {
            let first = (directory, Vec::new());
            let entries = self.names.range(first..);
            for ((_, name), &inode) in entries.take_while(|((at, _), _)| *at == directory) {
                let path = [prefix.as_slice(), name.as_slice()].concat();
                if let Some(target) = self.symlinks.get(&inode) {
                    tree.insert(path, Shown::Symlink(target.clone()));
                } else if !self.directories.contains(&inode) {
                    tree.insert(path, Shown::File(self.content(inode)));
                } else if reached.insert(inode) {
                    open.push(([path.as_slice(), b"/"].concat(), inode));
                    tree.insert(path, Shown::Directory);
                }
            }
        }
        tree
    }

    fn content(&self, inode: Inode) -> Vec<u8> {
        let Some(file) = self.files.get(&inode) else {
            return Vec::new();
        };
        let mut content = file.content.clone();
        content.resize(file.size, 0);
        content
    }
}

/// The tree in an image.
pub fn tree_of(image: &Image) -> Tree {
    let shown = |inode| match (image.file(inode), image.symlink(inode)) {
        (Some(file), _) => Shown::File(file.to_vec()),
        (None, Some(target)) => Shown::Symlink(target.to_vec()),
        (None, None) => Shown::Directory,
    };
    let paths = image.paths().into_iter();
    paths.map(|(path, inode)| (path, shown(inode))).collect()
}

/// Equal for equal trees.
pub fn digest_of(tree: &Tree) -> Digest {
    let mut hasher = Hasher::new();
    for (path, shown) in tree {
        hasher.number(path.len() as u64).bytes(path);
        let (tag, bytes) = match shown {
            Shown::Directory => (0, &[][..]),
            Shown::File(bytes) => (1, bytes.as_slice()),
            Shown::Symlink(target) => (2, target.as_slice()),
        };
        hasher.number(tag).number(bytes.len() as u64).bytes(bytes);
    }
    hasher.finish()
}

/// `f:A6000 0*2192 d/ l->f`, where a letter or number is a byte and what follows is how often it comes.
pub fn text_of(tree: &Tree) -> String {
    let mut text = String::new();
    for (path, shown) in tree {
        if !text.is_empty() {
            text.push(' ');
        }
        write!(text, "{}", path.escape_ascii()).unwrap();
        match shown {
            Shown::Directory => text.push('/'),
            Shown::Symlink(target) => write!(text, "->{}", target.escape_ascii()).unwrap(),
            Shown::File(bytes) if bytes.is_empty() => text.push_str(":0len"),
            Shown::File(bytes) => {
                text.push(':');
                for run in bytes.chunk_by(|a, b| a == b) {
                    match run[0] {
                        0 => write!(text, "0*{} ", run.len()).unwrap(),
                        byte if byte.is_ascii_uppercase() => {
                            write!(text, "{}{} ", byte as char, run.len()).unwrap();
                        }
                        byte => write!(text, "{byte:#x}*{} ", run.len()).unwrap(),
                    }
                }
                text.pop();
            }
        }
    }
    if text.is_empty() {
        text.push_str("(empty)");
    }
    text
}
