//! A filesystem made of maps, and the tree that a program would see on it.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    rc::Rc,
};

use tornwrite::{
    base::{Digest, Hasher},
    image::{Image, Inode},
};

/// Path to content; `None` is a directory.
pub type Tree = BTreeMap<Vec<u8>, Option<Vec<u8>>>;

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
}

impl Disk {
    /// The disk that an image describes; `later` are the directories that come into being afterwards.
    pub fn new(image: &Image, later: impl IntoIterator<Item = Inode>) -> Disk {
        let mut disk = Disk::default();
        let mut names = BTreeMap::new();
        let mut directories: BTreeSet<Inode> = later.into_iter().collect();
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
                directories.insert(inode);
                for (name, target) in directory.iter() {
                    names.insert((inode, name.to_vec()), target);
                }
            }
        }
        disk.names = Rc::new(names);
        disk.directories = Rc::new(directories);
        disk
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
                if !self.directories.contains(&inode) {
                    tree.insert(path, Some(self.content(inode)));
                } else if reached.insert(inode) {
                    open.push(([path.as_slice(), b"/"].concat(), inode));
                    tree.insert(path, None);
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
    let paths = image.paths().into_iter();
    paths
        .map(|(path, inode)| {
            (
                path,
                image.file(inode).map(tornwrite::image::FileContent::to_vec),
            )
        })
        .collect()
}

/// Equal for equal trees.
pub fn digest_of(tree: &Tree) -> Digest {
    let mut hasher = Hasher::new();
    for (path, content) in tree {
        hasher.number(path.len() as u64).bytes(path);
        match content {
            None => hasher.number(0),
            Some(bytes) => hasher.number(1 + bytes.len() as u64).bytes(bytes),
        };
    }
    hasher.finish()
}

/// `f:A6000 02192 d/`, where a letter or number is a byte and what follows is how often it comes.
pub fn text_of(tree: &Tree) -> String {
    let mut text = String::new();
    for (path, content) in tree {
        if !text.is_empty() {
            text.push(' ');
        }
        write!(text, "{}", path.escape_ascii()).unwrap();
        match content {
            None => text.push('/'),
            Some(bytes) if bytes.is_empty() => text.push_str(":0len"),
            Some(bytes) => {
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
