//! Names: creating, linking and removing, with Linux's errors.

use std::{io::ErrorKind, sync::Arc};

use super::{
    Answer, CallSite, State,
    faults::Class,
    walk::{Found, Place, check_names},
};
use crate::{
    image::{Inode, Name, Node},
    trace::Action,
    vfs::{DirEntry, FileKind, OpenOptions, Path, check_link_target},
};

impl State {
    pub(super) fn is_directory(&self, inode: Inode) -> bool {
        matches!(self.live.node(inode), Some(Node::Directory(_)))
    }

    fn new_inode(&mut self) -> Inode {
        let inode = self.next_inode;
        self.next_inode = Inode(inode.0 + 1);
        inode
    }

    /// A new inode with its first name.
    fn add(&mut self, directory: Inode, name: &[u8], node: Node) -> Inode {
        let inode = self.new_inode();
        self.live.add(inode, node);
        self.insert(directory, name, inode);
        inode
    }

    /// Where something can be created.
    fn free_place<'p>(&self, path: Path<'p>) -> Answer<Place<'p>> {
        let place = self.place(path)?;
        match self.lookup(&place)? {
            Some(_) => Err(ErrorKind::AlreadyExists),
            None => Ok(place),
        }
    }

    /// Where something is, and what; `of_root` is said of the root, which is nowhere.
    fn taken_place<'p>(&self, path: Path<'p>, of_root: ErrorKind) -> Answer<(Place<'p>, Inode)> {
        if path.file_name().is_none() {
            return Err(of_root);
        }
        let place = self.place(path)?;
        let inode = self.lookup(&place)?.ok_or(ErrorKind::NotFound)?;
        Ok((place, inode))
    }

    pub(super) fn insert(&mut self, directory: Inode, name: &[u8], inode: Inode) {
        self.live
            .directory_mut(directory)
            .insert(Name::from(name), inode);
    }

    pub(super) fn remove(&mut self, directory: Inode, name: &[u8]) {
        self.live.directory_mut(directory).remove(name);
    }

    pub(super) fn open(
        &mut self,
        path: Path<'_>,
        options: OpenOptions,
        caller: CallSite,
    ) -> Answer<Inode> {
        let inode = match self.find_to_open(path, options)? {
            Found::Inode(inode) => inode,
            Found::Free { directory, name } if options.create || options.create_new => {
                return Ok(self.create(directory, &name, caller));
            }
            Found::Free { .. } => return Err(ErrorKind::NotFound),
        };
        if self.is_directory(inode) && options.write {
            return Err(ErrorKind::IsADirectory);
        }
        if options.truncate {
            self.truncate(inode, 0, caller);
        }
        Ok(inode)
    }

    /// What opening a file does, as far as its possible errors go.
    pub(super) fn class_of_open(&self, path: Path<'_>, options: OpenOptions) -> Class {
        match self.find_to_open(path, options) {
            Ok(Found::Free { .. }) if options.create || options.create_new => Class::Change,
            Ok(Found::Inode(_)) if options.truncate => Class::Change,
            _ => Class::Lookup,
        }
    }

    fn find_to_open(&self, path: Path<'_>, options: OpenOptions) -> Answer<Found> {
        if !options.create_new {
            return self.find(path, options.create);
        }
        // The root is there, and so is a symbolic link, wherever it leads.
        let place = self.place(path)?;
        match self.lookup(&place)? {
            Some(_) => Err(ErrorKind::AlreadyExists),
            None => Ok(Found::Free {
                directory: place.directory,
                name: place.name.to_vec(),
            }),
        }
    }

    fn create(&mut self, directory: Inode, name: &[u8], caller: CallSite) -> Inode {
        let inode = self.add(directory, name, Node::File(Arc::default()));
        let name = self.recording.trace.keep(name);
        let action = Action::Create {
            directory,
            name,
            inode,
        };
        self.record(action, caller);
        inode
    }

    pub(super) fn create_dir(&mut self, path: Path<'_>, caller: CallSite) -> Answer<()> {
        let place = self.free_place(path)?;
        let directory = place.directory;
        let inode = self.add(directory, place.name, Node::Directory(Arc::default()));
        let name = self.recording.trace.keep(place.name);
        let action = Action::CreateDirectory {
            directory,
            name,
            inode,
        };
        self.record(action, caller);
        Ok(())
    }

    pub(super) fn symlink(
        &mut self,
        target: &[u8],
        link: Path<'_>,
        caller: CallSite,
    ) -> Answer<()> {
        check_names(link)?;
        check_link_target(target)?;
        let place = self.free_place(link)?;
        let directory = place.directory;
        let inode = self.add(directory, place.name, Node::Symlink(target.into()));
        let name = self.recording.trace.keep(place.name);
        let target = self.recording.trace.keep(target);
        let action = Action::Symlink {
            directory,
            name,
            inode,
            target,
        };
        self.record(action, caller);
        Ok(())
    }

    pub(super) fn read_link(&self, path: Path<'_>) -> Answer<Vec<u8>> {
        let inode = self.resolve_link(path)?;
        let target = self.live.symlink(inode);
        target.map(<[u8]>::to_vec).ok_or(ErrorKind::InvalidInput)
    }

    pub(super) fn hard_link(
        &mut self,
        original: Path<'_>,
        link: Path<'_>,
        caller: CallSite,
    ) -> Answer<()> {
        check_names(link)?;
        let inode = self.resolve_link(original)?;
        let place = self.free_place(link)?;
        if self.is_directory(inode) {
            return Err(ErrorKind::PermissionDenied);
        }
        let directory = place.directory;
        self.insert(directory, place.name, inode);
        let name = self.recording.trace.keep(place.name);
        let action = Action::Link {
            directory,
            name,
            inode,
        };
        self.record(action, caller);
        Ok(())
    }

    pub(super) fn remove_dir(&mut self, path: Path<'_>, caller: CallSite) -> Answer<()> {
        let (place, inode) = self.taken_place(path, ErrorKind::ResourceBusy)?;
        let content = self.live.directory(inode);
        if !content.ok_or(ErrorKind::NotADirectory)?.is_empty() {
            return Err(ErrorKind::DirectoryNotEmpty);
        }
        let directory = place.directory;
        self.remove(directory, place.name);
        let name = self.recording.trace.keep(place.name);
        let action = Action::RemoveDirectory {
            directory,
            name,
            inode,
        };
        self.record(action, caller);
        Ok(())
    }

    pub(super) fn remove_file(&mut self, path: Path<'_>, caller: CallSite) -> Answer<()> {
        let (place, inode) = self.taken_place(path, ErrorKind::IsADirectory)?;
        if self.is_directory(inode) {
            return Err(ErrorKind::IsADirectory);
        }
        let directory = place.directory;
        self.remove(directory, place.name);
        let name = self.recording.trace.keep(place.name);
        let action = Action::Unlink {
            directory,
            name,
            inode,
        };
        self.record(action, caller);
        Ok(())
    }

    pub(super) fn read_dir(&self, path: Path<'_>) -> Answer<Vec<DirEntry>> {
        let inode = self.resolve_directory(path)?;
        let directory = self.live.directory(inode).ok_or(ErrorKind::NotADirectory)?;
        let entry = |(name, inode): (&Name, Inode)| DirEntry {
            name: name.to_vec(),
            kind: match self.live.node(inode) {
                Some(Node::Directory(_)) => FileKind::Directory,
                Some(Node::Symlink(_)) => FileKind::Symlink,
                Some(Node::File(_)) | None => FileKind::File,
            },
        };
        Ok(directory.iter().map(entry).collect())
    }
}
