//! Runs steps over a filesystem.

use std::{collections::BTreeMap, io::ErrorKind};

use super::Step;
use crate::vfs::{
    FileExt, OpenOptions, Path, PathBuf, SyncWrites, Vfs, VfsError, VfsFile, VfsOperation,
    VfsResult,
};

/// What a script asks for that no [`Vfs`] can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outside<'p> {
    /// Wait until the kernel has written everything back by itself.
    Pause,
    /// Let the next fsync, which is one of this file, fail.
    FailFsync(Path<'p>),
}

/// Runs steps; `outside` is asked for what the filesystem itself cannot do.
///
/// # Errors
///
/// The first operation that fails. An fsync that was meant to fail and does not is `Unsupported`.
pub fn execute(
    fs: &dyn Vfs,
    steps: &[Step],
    outside: &mut dyn FnMut(Outside<'_>) -> VfsResult<()>,
) -> VfsResult<()> {
    let mut held = Held::default();
    for step in steps {
        match step {
            Step::Pause => outside(Outside::Pause)?,
            Step::FsyncFails(path) => {
                outside(Outside::FailFsync(path.as_path()))?;
                held.with(fs, path, |file| fails(file, path))?;
            }
            Step::Hold(path) => {
                let file = fs.open(path.as_path(), READ_WRITE)?;
                held.0.insert(path.clone(), file);
            }
            Step::Release(path) => drop(held.0.remove(path)),
            step => plain(fs, step, &held)?,
        }
    }
    Ok(())
}

/// One fsync that reports an error. Where that comes late, only the next call of the same handle says so.
fn fails(file: &dyn VfsFile, path: &PathBuf) -> VfsResult<()> {
    if file.sync_all().is_err() || file.sync_all().is_err() {
        return Ok(());
    }
    let (operation, kind) = (VfsOperation::SyncAll, ErrorKind::Unsupported);
    Err(VfsError::new(operation, path.clone(), kind))
}

const READ_WRITE: OpenOptions = OpenOptions::new().read().write();

/// Handles that later steps use in place of their paths.
#[derive(Default)]
struct Held(BTreeMap<PathBuf, Box<dyn VfsFile>>);

impl Held {
    fn with<T>(
        &self,
        fs: &dyn Vfs,
        path: &PathBuf,
        act: impl FnOnce(&dyn VfsFile) -> VfsResult<T>,
    ) -> VfsResult<T> {
        match self.0.get(path) {
            Some(file) => act(&**file),
            None => act(&*fs.open(path.as_path(), READ_WRITE)?),
        }
    }
}

/// One step that means one operation of the filesystem, or of a file.
fn plain(fs: &dyn Vfs, step: &Step, held: &Held) -> VfsResult<()> {
    match step {
        Step::Create(path) => {
            let options = OpenOptions::new().write().create_new();
            fs.open(path.as_path(), options).map(drop)
        }
        Step::Put(path, bytes) => {
            let options = OpenOptions::new().write().create().truncate();
            let file = fs.open(path.as_path(), options)?;
            file.write_all_at(&bytes.to_bytes(), 0)
        }
        Step::Rename(from, to) => fs.rename(from.as_path(), to.as_path()),
        Step::RenameNoReplace(from, to) => fs.rename_no_replace(from.as_path(), to.as_path()),
        Step::Exchange(one, other) => fs.exchange(one.as_path(), other.as_path()),
        Step::Link(original, link) => fs.hard_link(original.as_path(), link.as_path()),
        Step::Symlink(target, link) => fs.symlink(target.as_path().as_bytes(), link.as_path()),
        Step::Unlink(path) => fs.remove_file(path.as_path()),
        Step::MakeDirectory(path) => fs.create_dir(path.as_path()),
        Step::RemoveDirectory(path) => fs.remove_dir(path.as_path()),
        Step::FsyncDirectory(path) => fs.sync_dir(path.as_path()),
        Step::Syncfs => fs.sync_filesystem(),
        Step::Append(path, bytes, sync) if *sync != SyncWrites::No => {
            let mut options = OpenOptions::new().append();
            options.sync = *sync;
            let file = fs.open(path.as_path(), options)?;
            file.append_all(&bytes.to_bytes())
        }
        step => of_file(fs, step, held),
    }
}

/// One step on an open file.
fn of_file(fs: &dyn Vfs, step: &Step, held: &Held) -> VfsResult<()> {
    match step {
        Step::Write(path, offset, bytes) => held.with(fs, path, |file| {
            file.write_all_at(&bytes.to_bytes(), *offset)
        }),
        Step::Append(path, bytes, _) => {
            held.with(fs, path, |file| file.append_all(&bytes.to_bytes()))
        }
        Step::Truncate(path, size) => held.with(fs, path, |file| file.set_len(*size)),
        Step::Fsync(path) => held.with(fs, path, VfsFile::sync_all),
        Step::Fdatasync(path) => held.with(fs, path, VfsFile::sync_data),
        Step::SyncRange(path, offset, len) => {
            held.with(fs, path, |file| file.sync_range(*offset, *len))
        }
        Step::WritePages(path, offset, bytes) => held.with(fs, path, |file| {
            file.write_pages(&bytes.to_bytes(), *offset)
        }),
        Step::SyncPages(path) => held.with(fs, path, VfsFile::sync_pages),
        Step::Allocate(path, offset, len, mode) => {
            held.with(fs, path, |file| file.allocate(*offset, *len, *mode))
        }
        Step::PunchHole(path, offset, len) => {
            held.with(fs, path, |file| file.punch_hole(*offset, *len))
        }
        Step::ZeroRange(path, offset, len, mode) => {
            held.with(fs, path, |file| file.zero_range(*offset, *len, *mode))
        }
        step => unreachable!("{step:?} is no operation on an open file"),
    }
}
