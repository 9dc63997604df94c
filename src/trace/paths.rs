//! The names of inodes as they change along a trace.

use std::collections::BTreeMap;

use super::{Action, Trace};
use crate::{
    base::Position,
    image::{Image, Inode},
    vfs::{Path, PathBuf},
};

/// Follows the names of inodes along a trace, for reports; a run never needs paths.
#[derive(Debug)]
pub struct Paths<'t> {
    trace: &'t Trace,
    at: Position,
    names: BTreeMap<Inode, PathBuf>,
}

impl<'t> Paths<'t> {
    /// Starts before the first entry, with the names of the image that the trace began on.
    pub fn new(base: &Image, trace: &'t Trace) -> Paths<'t> {
        let mut names = BTreeMap::from([(Inode::ROOT, Path::ROOT.to_owned())]);
        for (path, inode) in base.paths() {
            names
                .entry(inode)
                .or_insert_with(|| Path::new(&path).to_owned());
        }
        Paths {
            trace,
            at: Position(0),
            names,
        }
    }

    /// Goes on until all entries before `point` have happened.
    pub fn advance(&mut self, point: Position) {
        for entry in &self.trace.entries()[self.at.index()..point.index()] {
            match entry.action {
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
                | Action::Symlink {
                    directory,
                    name,
                    inode,
                    ..
                } => {
                    let path = self.child(directory, self.trace.bytes(name));
                    self.names.insert(inode, path);
                }
                Action::Rename {
                    to, to_name, inode, ..
                } => self.rename(inode, self.child(to, self.trace.bytes(to_name))),
                Action::Exchange {
                    from,
                    from_name,
                    to,
                    to_name,
                    inode,
                    other,
                } => {
                    // By way of a path that no file has, since what lies below one may move to what lies below the other.
                    self.rename(inode, PathBuf::from("\0"));
                    self.rename(other, self.child(from, self.trace.bytes(from_name)));
                    self.rename(inode, self.child(to, self.trace.bytes(to_name)));
                }
                _ => {}
            }
        }
        self.at = self.at.max(point);
    }

    /// The path of an inode: its newest name, or its last one if it has none any more.
    pub fn get(&self, inode: Inode) -> PathBuf {
        self.names
            .get(&inode)
            .cloned()
            .unwrap_or_else(|| PathBuf::from("?"))
    }

    /// The path of a name within a directory.
    pub fn child(&self, directory: Inode, name: &[u8]) -> PathBuf {
        self.get(directory).as_path().join(name)
    }

    fn rename(&mut self, inode: Inode, new: PathBuf) {
        let old = self.get(inode);
        let mut below = old.as_path().as_bytes().to_vec();
        below.push(b'/');
        for path in self.names.values_mut() {
            if let Some(rest) = path.as_path().as_bytes().strip_prefix(below.as_slice()) {
                *path = new.as_path().join(rest);
            }
        }
        self.names.insert(inode, new);
    }
}
