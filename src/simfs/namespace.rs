//! Names: resolving paths, creating, removing and renaming, with Linux's errors.

use std::{io::ErrorKind, panic::Location, sync::Arc};

use super::{State, faults::Class};
use crate::{
    image::{Inode, Name, Node},
    trace::Action,
    vfs::{DirEntry, FileKind, OpenOptions, Path},
};

type CallSite = &'static Location<'static>;
type Answer<T> = Result<T, ErrorKind>;

impl State {
    pub(super) fn resolve(&self, path: Path<'_>) -> Answer<Inode> {
        let mut at = Inode::ROOT;
        for name in path.names() {
            let directory = self.live.directory(at).ok_or(ErrorKind::NotADirectory)?;
            check_name(name)?;
            at = directory.get(name).ok_or(ErrorKind::NotFound)?;
        }
        Ok(at)
    }

    pub(super) fn resolve_directory(&self, path: Path<'_>) -> Answer<Inode> {
        let inode = self.resolve(path)?;
        self.live
            .directory(inode)
            .map(|_| inode)
            .ok_or(ErrorKind::NotADirectory)
    }

    /// The directory that holds the last name of a path, and that name.
    fn parent<'p>(&self, path: Path<'p>) -> Answer<(Inode, &'p [u8])> {
        let name = path.file_name().ok_or(ErrorKind::AlreadyExists)?;
        let parent = path.parent().ok_or(ErrorKind::AlreadyExists)?;
        let directory = self.resolve_directory(parent)?;
        check_name(name)?;
        Ok((directory, name))
    }

    fn lookup(&self, directory: Inode, name: &[u8]) -> Option<Inode> {
        self.live.directory(directory)?.get(name)
    }

    fn is_directory(&self, inode: Inode) -> bool {
        matches!(self.live.node(inode), Some(Node::Directory(_)))
    }

    fn new_inode(&mut self) -> Inode {
        let inode = self.next_inode;
        self.next_inode = Inode(inode.0 + 1);
        inode
    }

    fn insert(&mut self, directory: Inode, name: &[u8], inode: Inode) {
        self.live
            .directory_mut(directory)
            .insert(Name::from(name), inode);
    }

    fn remove(&mut self, directory: Inode, name: &[u8]) {
        self.live.directory_mut(directory).remove(name);
    }

    /// What opening a file does, as far as its possible errors go.
    pub(super) fn class_of_open(&self, path: Path<'_>, options: OpenOptions) -> Class {
        let creates = options.create || options.create_new;
        match self.resolve(path) {
            Err(ErrorKind::NotFound) if creates => Class::Change,
            Ok(_) if options.truncate && !options.create_new => Class::Change,
            _ => Class::Lookup,
        }
    }

    pub(super) fn open(
        &mut self,
        path: Path<'_>,
        options: OpenOptions,
        caller: CallSite,
    ) -> Answer<Inode> {
        if path.file_name().is_none() {
            return if options.write {
                Err(ErrorKind::IsADirectory)
            } else {
                Ok(Inode::ROOT)
            };
        }
        let (directory, name) = self.parent(path)?;
        let Some(inode) = self.lookup(directory, name) else {
            if !options.create && !options.create_new {
                return Err(ErrorKind::NotFound);
            }
            let inode = self.new_inode();
            self.live.add(inode, Node::File(Arc::default()));
            self.insert(directory, name, inode);
            let name = self.recording.trace.keep(name);
            self.record(
                Action::Create {
                    directory,
                    name,
                    inode,
                },
                caller,
            );
            return Ok(inode);
        };
        if options.create_new {
            return Err(ErrorKind::AlreadyExists);
        }
        if self.is_directory(inode) && options.write {
            return Err(ErrorKind::IsADirectory);
        }
        if options.truncate {
            self.truncate(inode, 0, caller);
        }
        Ok(inode)
    }

    pub(super) fn truncate(&mut self, inode: Inode, size: u64, caller: CallSite) {
        let file = self.live.file_mut(inode);
        let old_size = file.size_bytes();
        file.truncate(size);
        if size != old_size {
            self.record(
                Action::Truncate {
                    inode,
                    size,
                    old_size,
                },
                caller,
            );
        }
    }

    pub(super) fn create_dir(&mut self, path: Path<'_>, caller: CallSite) -> Answer<()> {
        let (directory, name) = self.parent(path)?;
        if self.lookup(directory, name).is_some() {
            return Err(ErrorKind::AlreadyExists);
        }
        let inode = self.new_inode();
        self.live.add(inode, Node::Directory(Arc::default()));
        self.insert(directory, name, inode);
        let name = self.recording.trace.keep(name);
        self.record(
            Action::CreateDirectory {
                directory,
                name,
                inode,
            },
            caller,
        );
        Ok(())
    }

    pub(super) fn remove_dir(&mut self, path: Path<'_>, caller: CallSite) -> Answer<()> {
        let (directory, name) = self.parent(path).map_err(busy_root)?;
        let inode = self.lookup(directory, name).ok_or(ErrorKind::NotFound)?;
        let empty = self
            .live
            .directory(inode)
            .ok_or(ErrorKind::NotADirectory)?
            .is_empty();
        if !empty {
            return Err(ErrorKind::DirectoryNotEmpty);
        }
        self.remove(directory, name);
        let name = self.recording.trace.keep(name);
        self.record(
            Action::RemoveDirectory {
                directory,
                name,
                inode,
            },
            caller,
        );
        Ok(())
    }

    pub(super) fn remove_file(&mut self, path: Path<'_>, caller: CallSite) -> Answer<()> {
        let (directory, name) = self.parent(path).map_err(|kind| match kind {
            ErrorKind::AlreadyExists => ErrorKind::IsADirectory,
            other => other,
        })?;
        let inode = self.lookup(directory, name).ok_or(ErrorKind::NotFound)?;
        if self.is_directory(inode) {
            return Err(ErrorKind::IsADirectory);
        }
        self.remove(directory, name);
        let name = self.recording.trace.keep(name);
        self.record(
            Action::Unlink {
                directory,
                name,
                inode,
            },
            caller,
        );
        Ok(())
    }

    pub(super) fn rename(&mut self, from: Path<'_>, to: Path<'_>, caller: CallSite) -> Answer<()> {
        let (from_directory, from_name) = self.parent(from).map_err(busy_root)?;
        let (to_directory, to_name) = self.parent(to).map_err(busy_root)?;
        let inode = self
            .lookup(from_directory, from_name)
            .ok_or(ErrorKind::NotFound)?;
        if self.is_directory(inode) && self.is_below(to, inode) {
            return Err(ErrorKind::InvalidInput);
        }
        if self.is_below(from, self.lookup(to_directory, to_name).unwrap_or(inode)) {
            return Err(ErrorKind::DirectoryNotEmpty);
        }
        let replaced = self.lookup(to_directory, to_name);
        if let Some(old) = replaced {
            self.check_replace(inode, old)?;
            if old == inode {
                return Ok(());
            }
        }
        self.remove(from_directory, from_name);
        self.insert(to_directory, to_name, inode);
        let action = Action::Rename {
            from: from_directory,
            from_name: self.recording.trace.keep(from_name),
            to: to_directory,
            to_name: self.recording.trace.keep(to_name),
            inode,
            replaced,
        };
        self.record(action, caller);
        Ok(())
    }

    fn check_replace(&self, inode: Inode, old: Inode) -> Answer<()> {
        match (self.is_directory(inode), self.live.directory(old)) {
            (false, Some(_)) => Err(ErrorKind::IsADirectory),
            (true, None) => Err(ErrorKind::NotADirectory),
            (true, Some(directory)) if old != inode && !directory.is_empty() => {
                Err(ErrorKind::DirectoryNotEmpty)
            }
            _ => Ok(()),
        }
    }

    /// Whether the last name of `path` lies in the directory `ancestor` or below it.
    fn is_below(&self, path: Path<'_>, ancestor: Inode) -> bool {
        let mut at = Inode::ROOT;
        let mut names = path.names();
        names.next_back();
        let on_the_way = names.any(|name| {
            at = self.lookup(at, name).unwrap_or(at);
            at == ancestor
        });
        on_the_way || ancestor == Inode::ROOT
    }

    pub(super) fn hard_link(
        &mut self,
        original: Path<'_>,
        link: Path<'_>,
        caller: CallSite,
    ) -> Answer<()> {
        let inode = self.resolve(original)?;
        let (directory, name) = self.parent(link)?;
        if self.lookup(directory, name).is_some() {
            return Err(ErrorKind::AlreadyExists);
        }
        if self.is_directory(inode) {
            return Err(ErrorKind::PermissionDenied);
        }
        self.insert(directory, name, inode);
        let name = self.recording.trace.keep(name);
        self.record(
            Action::Link {
                directory,
                name,
                inode,
            },
            caller,
        );
        Ok(())
    }

    pub(super) fn read_dir(&self, path: Path<'_>) -> Answer<Vec<DirEntry>> {
        let inode = self.resolve_directory(path)?;
        let directory = self.live.directory(inode).ok_or(ErrorKind::NotADirectory)?;
        let entry = |(name, inode): (&Name, Inode)| DirEntry {
            name: name.to_vec(),
            kind: if self.is_directory(inode) {
                FileKind::Directory
            } else {
                FileKind::File
            },
        };
        Ok(directory.iter().map(entry).collect())
    }
}

/// The root can be neither removed nor renamed.
fn busy_root(kind: ErrorKind) -> ErrorKind {
    match kind {
        ErrorKind::AlreadyExists => ErrorKind::ResourceBusy,
        other => other,
    }
}

/// A path is a plain walk down: `..` would leave that, and no filesystem has a name with a NUL or above 255 bytes.
fn check_name(name: &[u8]) -> Answer<()> {
    match name {
        b".." => Err(ErrorKind::InvalidInput),
        _ if name.contains(&0) => Err(ErrorKind::InvalidInput),
        _ if name.len() > 255 => Err(ErrorKind::InvalidFilename),
        _ => Ok(()),
    }
}
