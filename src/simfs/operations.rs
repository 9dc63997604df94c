//! What a program asks of the filesystem by path.

use std::{io::ErrorKind, panic::Location};

use super::{
    SimFs, enter, failing::Attempt, failure, faults::Class, file::SimFile, rename::InTheWay,
};
use crate::{
    image::Inode,
    trace::BarrierKind,
    vfs::{DirEntry, Metadata, OpenOptions, Path, Vfs, VfsFile, VfsOperation, VfsResult},
};

impl Vfs for SimFs {
    fn open(&self, path: Path<'_>, options: OpenOptions) -> VfsResult<Box<dyn VfsFile>> {
        let site = Location::caller();
        let error = failure(VfsOperation::Open, path);
        if !options.is_valid() {
            return Err(error(ErrorKind::InvalidInput));
        }
        let class = self.state().class_of_open(path, options);
        let mut state = self.enter(class, VfsOperation::Open, path, site)?;
        let inode = state.open(path, options, site).map_err(error)?;
        let told = state.sample_errors(inode);
        drop(state);
        Ok(Box::new(SimFile::new(
            self.shared.clone(),
            inode,
            options,
            path.to_owned(),
            told,
        )))
    }

    fn create_dir(&self, path: Path<'_>) -> VfsResult<()> {
        let site = Location::caller();
        self.enter(Class::Change, VfsOperation::CreateDir, path, site)?
            .create_dir(path, site)
            .map_err(failure(VfsOperation::CreateDir, path))
    }

    fn remove_dir(&self, path: Path<'_>) -> VfsResult<()> {
        let site = Location::caller();
        self.enter(Class::Change, VfsOperation::RemoveDir, path, site)?
            .remove_dir(path, site)
            .map_err(failure(VfsOperation::RemoveDir, path))
    }

    fn remove_file(&self, path: Path<'_>) -> VfsResult<()> {
        let site = Location::caller();
        self.enter(Class::Change, VfsOperation::RemoveFile, path, site)?
            .remove_file(path, site)
            .map_err(failure(VfsOperation::RemoveFile, path))
    }

    fn rename(&self, from: Path<'_>, to: Path<'_>) -> VfsResult<()> {
        let site = Location::caller();
        self.enter(Class::Change, VfsOperation::Rename, from, site)?
            .rename(from, to, InTheWay::Replaced, site)
            .map_err(failure(VfsOperation::Rename, from))
    }

    fn rename_no_replace(&self, from: Path<'_>, to: Path<'_>) -> VfsResult<()> {
        let site = Location::caller();
        self.enter(Class::Change, VfsOperation::Rename, from, site)?
            .rename(from, to, InTheWay::Kept, site)
            .map_err(failure(VfsOperation::Rename, from))
    }

    fn exchange(&self, one: Path<'_>, other: Path<'_>) -> VfsResult<()> {
        let site = Location::caller();
        self.enter(Class::Change, VfsOperation::Exchange, one, site)?
            .exchange(one, other, site)
            .map_err(failure(VfsOperation::Exchange, one))
    }

    fn symlink(&self, target: &[u8], link: Path<'_>) -> VfsResult<()> {
        let site = Location::caller();
        self.enter(Class::Change, VfsOperation::Symlink, link, site)?
            .symlink(target, link, site)
            .map_err(failure(VfsOperation::Symlink, link))
    }

    fn read_link(&self, path: Path<'_>) -> VfsResult<Vec<u8>> {
        let site = Location::caller();
        self.enter(Class::Lookup, VfsOperation::ReadLink, path, site)?
            .read_link(path)
            .map_err(failure(VfsOperation::ReadLink, path))
    }

    fn hard_link(&self, original: Path<'_>, link: Path<'_>) -> VfsResult<()> {
        let site = Location::caller();
        self.enter(Class::Change, VfsOperation::HardLink, original, site)?
            .hard_link(original, link, site)
            .map_err(failure(VfsOperation::HardLink, original))
    }

    fn read_dir(&self, path: Path<'_>) -> VfsResult<Vec<DirEntry>> {
        let site = Location::caller();
        self.enter(Class::Lookup, VfsOperation::ReadDir, path, site)?
            .read_dir(path)
            .map_err(failure(VfsOperation::ReadDir, path))
    }

    fn metadata(&self, path: Path<'_>) -> VfsResult<Metadata> {
        let site = Location::caller();
        let state = self.enter(Class::Lookup, VfsOperation::Metadata, path, site)?;
        let found = state.resolve(path).and_then(|inode| state.metadata(inode));
        found.map_err(failure(VfsOperation::Metadata, path))
    }

    fn symlink_metadata(&self, path: Path<'_>) -> VfsResult<Metadata> {
        let site = Location::caller();
        let state = self.enter(Class::Lookup, VfsOperation::Metadata, path, site)?;
        let found = state
            .resolve_link(path)
            .and_then(|inode| state.metadata(inode));
        found.map_err(failure(VfsOperation::Metadata, path))
    }

    fn sync_dir(&self, path: Path<'_>) -> VfsResult<()> {
        let site = Location::caller();
        let operation = VfsOperation::SyncDir;
        let mut state = enter(&self.shared);
        let answer = state.resolve_directory(path).and_then(|directory| {
            let kind = BarrierKind::FsyncDirectory;
            state.barrier(kind, Attempt::wide(operation, path, directory, site), None)
        });
        answer.map_err(failure(operation, path))
    }

    fn sync_filesystem(&self) -> VfsResult<()> {
        let site = Location::caller();
        let operation = VfsOperation::SyncFilesystem;
        let attempt = Attempt::wide(operation, Path::ROOT, Inode::ROOT, site);
        enter(&self.shared)
            .barrier(BarrierKind::Syncfs, attempt, None)
            .map_err(failure(operation, Path::ROOT))
    }
}
