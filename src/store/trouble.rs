//! A filesystem for tests that notes what changes it, and fails when told to.

use std::{
    io::ErrorKind,
    sync::{Arc, Mutex, MutexGuard},
};

use super::{OpenContext, testing::Disk};
use crate::vfs::{
    AllocateMode, DirEntry, Metadata, OpenOptions, Path, PathBuf, Vfs, VfsError, VfsFile,
    VfsOperation, VfsResult,
};

#[derive(Debug, Default)]
struct State {
    operations: Vec<VfsOperation>,
    fails_next: Option<VfsOperation>,
    /// The process has this many changes left before it dies.
    changes_left: Option<usize>,
    short_append: bool,
}

/// A [`Vfs`] over that of a [`Disk`]; only what changes it, or makes it durable, is noted and
/// fails.
#[derive(Clone, Debug)]
pub(super) struct Trouble {
    vfs: Arc<dyn Vfs>,
    state: Arc<Mutex<State>>,
}

impl Trouble {
    pub(super) fn new(disk: &Disk) -> Trouble {
        Trouble {
            vfs: Arc::clone(&disk.vfs),
            state: Arc::default(),
        }
    }

    /// What a store is opened with.
    pub(super) fn context(&self) -> OpenContext {
        OpenContext {
            vfs: Arc::new(self.clone()),
            entropy: 99,
        }
    }

    /// All that was done to the disk, opening included only where it creates or truncates.
    pub(super) fn operations(&self) -> Vec<VfsOperation> {
        self.state().operations.clone()
    }

    pub(super) fn fail_next(&self, operation: VfsOperation) {
        self.state().fails_next = Some(operation);
    }

    /// Lets `changes` more succeed and fails all that follow, as if the process had died.
    pub(super) fn die_after(&self, changes: usize) {
        self.state().changes_left = Some(changes);
    }

    pub(super) fn shorten_next_append(&self) {
        self.state().short_append = true;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    fn change(&self, operation: VfsOperation, path: Path<'_>) -> VfsResult<()> {
        let mut state = self.state();
        state.operations.push(operation);
        let fails = state.fails_next == Some(operation) || state.changes_left == Some(0);
        if fails {
            state.fails_next = None;
            return Err(VfsError::new(operation, path.to_owned(), ErrorKind::Other));
        }
        state.changes_left = state.changes_left.map(|left| left - 1);
        Ok(())
    }
}

impl Vfs for Trouble {
    fn open(&self, path: Path<'_>, options: OpenOptions) -> VfsResult<Box<dyn VfsFile>> {
        if options.create || options.create_new || options.truncate {
            self.change(VfsOperation::Open, path)?;
        }
        Ok(Box::new(TroubledFile {
            file: self.vfs.open(path, options)?,
            path: path.to_owned(),
            trouble: self.clone(),
        }))
    }

    fn create_dir(&self, path: Path<'_>) -> VfsResult<()> {
        self.change(VfsOperation::CreateDir, path)?;
        self.vfs.create_dir(path)
    }

    fn remove_dir(&self, path: Path<'_>) -> VfsResult<()> {
        self.change(VfsOperation::RemoveDir, path)?;
        self.vfs.remove_dir(path)
    }

    fn remove_file(&self, path: Path<'_>) -> VfsResult<()> {
        self.change(VfsOperation::RemoveFile, path)?;
        self.vfs.remove_file(path)
    }

    fn rename(&self, from: Path<'_>, to: Path<'_>) -> VfsResult<()> {
        self.change(VfsOperation::Rename, from)?;
        self.vfs.rename(from, to)
    }

    fn rename_no_replace(&self, from: Path<'_>, to: Path<'_>) -> VfsResult<()> {
        self.change(VfsOperation::Rename, from)?;
        self.vfs.rename_no_replace(from, to)
    }

    fn exchange(&self, one: Path<'_>, other: Path<'_>) -> VfsResult<()> {
        self.change(VfsOperation::Exchange, one)?;
        self.vfs.exchange(one, other)
    }

    fn symlink(&self, target: &[u8], link: Path<'_>) -> VfsResult<()> {
        self.change(VfsOperation::Symlink, link)?;
        self.vfs.symlink(target, link)
    }

    fn read_link(&self, path: Path<'_>) -> VfsResult<Vec<u8>> {
        self.vfs.read_link(path)
    }

    fn hard_link(&self, original: Path<'_>, link: Path<'_>) -> VfsResult<()> {
        self.change(VfsOperation::HardLink, original)?;
        self.vfs.hard_link(original, link)
    }

    fn read_dir(&self, path: Path<'_>) -> VfsResult<Vec<DirEntry>> {
        self.vfs.read_dir(path)
    }

    fn metadata(&self, path: Path<'_>) -> VfsResult<Metadata> {
        self.vfs.metadata(path)
    }

    fn symlink_metadata(&self, path: Path<'_>) -> VfsResult<Metadata> {
        self.vfs.symlink_metadata(path)
    }

    fn sync_dir(&self, path: Path<'_>) -> VfsResult<()> {
        self.change(VfsOperation::SyncDir, path)?;
        self.vfs.sync_dir(path)
    }

    fn sync_filesystem(&self) -> VfsResult<()> {
        self.change(VfsOperation::SyncFilesystem, Path::ROOT)
    }
}

#[derive(Debug)]
struct TroubledFile {
    file: Box<dyn VfsFile>,
    path: PathBuf,
    trouble: Trouble,
}

impl TroubledFile {
    fn change(&self, operation: VfsOperation) -> VfsResult<()> {
        self.trouble.change(operation, self.path.as_path())
    }
}

impl VfsFile for TroubledFile {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> VfsResult<usize> {
        self.file.read_at(buffer, offset)
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> VfsResult<usize> {
        self.change(VfsOperation::Write)?;
        self.file.write_at(bytes, offset)
    }

    fn append(&self, bytes: &[u8]) -> VfsResult<usize> {
        self.change(VfsOperation::Append)?;
        let short = std::mem::take(&mut self.trouble.state().short_append);
        let size = if short { bytes.len() / 2 } else { bytes.len() };
        self.file.append(&bytes[..size])
    }

    fn set_len(&self, size_bytes: u64) -> VfsResult<()> {
        self.change(VfsOperation::SetLen)?;
        self.file.set_len(size_bytes)
    }

    fn allocate(&self, offset: u64, len: u64, mode: AllocateMode) -> VfsResult<()> {
        self.change(VfsOperation::Allocate)?;
        self.file.allocate(offset, len, mode)
    }

    fn punch_hole(&self, offset: u64, len: u64) -> VfsResult<()> {
        self.change(VfsOperation::PunchHole)?;
        self.file.punch_hole(offset, len)
    }

    fn zero_range(&self, offset: u64, len: u64, mode: AllocateMode) -> VfsResult<()> {
        self.change(VfsOperation::ZeroRange)?;
        self.file.zero_range(offset, len, mode)
    }

    fn write_pages(&self, bytes: &[u8], offset: u64) -> VfsResult<()> {
        self.change(VfsOperation::WritePages)?;
        self.file.write_pages(bytes, offset)
    }

    fn sync_pages(&self) -> VfsResult<()> {
        self.change(VfsOperation::SyncPages)
    }

    fn sync_range(&self, offset: u64, len: u64) -> VfsResult<()> {
        self.file.sync_range(offset, len)
    }

    fn sync_data(&self) -> VfsResult<()> {
        self.change(VfsOperation::SyncData)
    }

    fn sync_all(&self) -> VfsResult<()> {
        self.change(VfsOperation::SyncAll)
    }

    fn metadata(&self) -> VfsResult<Metadata> {
        self.file.metadata()
    }
}
