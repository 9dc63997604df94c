//! What a crash left, as one line of text.

use std::{
    collections::BTreeMap,
    fmt::{self, Write as _},
};

use super::Runs;
use crate::image::{Image, Node};

/// What a path means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// A directory.
    Directory,
    /// A file: the number of its inode, which other names may share, and its bytes.
    File(u64, Vec<u8>),
    /// A symbolic link and where it leads.
    Symlink(Vec<u8>),
}

/// A tree of files: every path with what it means.
///
/// It is written as its paths in order, separated by spaces: `d/` for a directory, `f=A*6000+0*2192` or `f=empty` for a
/// file, `g==f` for one more name of a file, `l->f` for a symbolic link, `(nothing)` for a tree without any.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tree(BTreeMap<Vec<u8>, Content>);

impl Tree {
    /// A tree with nothing in it.
    pub fn new() -> Tree {
        Tree::default()
    }

    /// Adds a path.
    pub fn insert(&mut self, path: &[u8], content: Content) {
        self.0.insert(path.to_vec(), content);
    }

    /// The tree of an image.
    pub fn of(image: &Image) -> Tree {
        let mut tree = Tree::new();
        for (path, inode) in image.paths() {
            let content = match image.node(inode) {
                Some(Node::File(file)) => Content::File(inode.0.into(), file.to_vec()),
                Some(Node::Symlink(target)) => Content::Symlink(target.to_vec()),
                Some(Node::Directory(_)) | None => Content::Directory,
            };
            tree.0.insert(path, content);
        }
        tree
    }
}

impl fmt::Display for Tree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("(nothing)");
        }
        let mut first_names: BTreeMap<u64, &[u8]> = BTreeMap::new();
        for (index, (path, content)) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_char(' ')?;
            }
            write!(f, "{}", path.escape_ascii())?;
            match content {
                Content::Directory => f.write_char('/')?,
                Content::Symlink(target) => write!(f, "->{}", target.escape_ascii())?,
                Content::File(inode, bytes) => {
                    if let Some(first) = first_names.get(inode) {
                        write!(f, "=={}", first.escape_ascii())?;
                    } else {
                        write!(f, "={}", Runs::of(bytes))?;
                        first_names.insert(*inode, path);
                    }
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_is_one_line() {
        let mut tree = Tree::new();
        assert_eq!(tree.to_string(), "(nothing)");
        tree.insert(b"f", Content::File(7, vec![b'A'; 3]));
        tree.insert(b"d", Content::Directory);
        tree.insert(b"d/e", Content::File(8, Vec::new()));
        tree.insert(b"g", Content::File(7, vec![b'A'; 3]));
        tree.insert(b"l", Content::Symlink(b"d/e".to_vec()));
        assert_eq!(tree.to_string(), "d/ d/e=empty f=A*3 g==f l->d/e");
    }
}
