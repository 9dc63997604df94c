//! A real directory as a filesystem.
//!
//! Guarantees: every path stays below the root (`..` is refused), errors carry our own path,
//! operation and offset, and the failures are the ones of Linux; [`SimFs`](crate::simfs::SimFs) is
//! held to the same ones by a test.
//!
//! Deliberately absent: any protection against symbolic links that something else planted below
//! the root, and any emulation of Linux elsewhere. On other systems a failure may be told as
//! another kind, what only Linux has is `Unsupported`, and on Windows
//! [`sync_dir`](Vfs::sync_dir) has nothing to call.

mod file;
mod platform;
#[cfg_attr(target_os = "linux", path = "linux.rs")]
#[cfg_attr(not(target_os = "linux"), path = "elsewhere.rs")]
mod system;

use std::{
    fs,
    io::{self, ErrorKind},
    path,
};

use super::{
    DirEntry, FileKind, Metadata, OpenOptions, Path, Vfs, VfsError, VfsFile, VfsOperation,
    VfsResult, check_link_target,
};
use file::OsFile;

/// A [`Vfs`] over a directory of the operating system.
///
/// ```
/// use tornwrite::vfs::{OsVfs, Path, VfsExt};
///
/// let directory = tempfile::tempdir()?;
/// let vfs = OsVfs::new(directory.path());
/// vfs.write(Path::from("note"), b"kept")?;
/// assert_eq!(vfs.read(Path::from("/note"))?, b"kept");
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct OsVfs {
    root: path::PathBuf,
}

impl OsVfs {
    /// The filesystem whose root is this directory, which must exist.
    pub fn new(root: impl Into<path::PathBuf>) -> OsVfs {
        OsVfs { root: root.into() }
    }

    /// Where `path` is on the real filesystem.
    fn resolve(&self, operation: VfsOperation, path: Path<'_>) -> VfsResult<path::PathBuf> {
        let mut resolved = self.root.clone();
        for name in path.names() {
            let refused = || VfsError::new(operation, path.to_owned(), ErrorKind::InvalidInput);
            if name == b".." || name.contains(&0) {
                return Err(refused());
            }
            resolved.push(platform::name(name).ok_or_else(refused)?);
        }
        Ok(resolved)
    }

    /// Runs `action` on the real path and dresses its error.
    fn at<T>(
        &self,
        operation: VfsOperation,
        path: Path<'_>,
        action: impl FnOnce(&path::Path) -> io::Result<T>,
    ) -> VfsResult<T> {
        action(&self.resolve(operation, path)?)
            .map_err(|error| VfsError::new(operation, path.to_owned(), error.kind()))
    }

    /// As [`Self::at`], for what Linux refuses to do to the root of a filesystem.
    fn below_root<T>(
        &self,
        operation: VfsOperation,
        path: Path<'_>,
        action: impl FnOnce(&path::Path) -> io::Result<T>,
    ) -> VfsResult<T> {
        if path.file_name().is_none() {
            let kind = ErrorKind::ResourceBusy;
            return Err(VfsError::new(operation, path.to_owned(), kind));
        }
        self.at(operation, path, action)
    }

    /// Runs `action` on two names; an error carries the first.
    fn move_name(
        &self,
        operation: VfsOperation,
        from: Path<'_>,
        to: Path<'_>,
        action: impl FnOnce(&path::Path, &path::Path) -> io::Result<()>,
    ) -> VfsResult<()> {
        let target = self.below_root(operation, to, |real| Ok(real.to_owned()))?;
        self.below_root(operation, from, |real| action(real, &target))
    }
}

impl Vfs for OsVfs {
    fn open(&self, path: Path<'_>, options: OpenOptions) -> VfsResult<Box<dyn VfsFile>> {
        let file = self.at(VfsOperation::Open, path, |real| {
            if !options.is_valid() {
                return Err(ErrorKind::InvalidInput.into());
            }
            let mut wanted = fs::OpenOptions::new();
            wanted
                .read(options.read)
                .write(options.write && !options.append)
                .append(options.append)
                .truncate(options.truncate)
                .create(options.create)
                .create_new(options.create_new);
            system::set_sync(&mut wanted, options.sync);
            wanted.open(real)
        })?;
        Ok(Box::new(OsFile::new(file, path.to_owned(), options)))
    }

    fn create_dir(&self, path: Path<'_>) -> VfsResult<()> {
        self.at(VfsOperation::CreateDir, path, |real| fs::create_dir(real))
    }

    fn remove_dir(&self, path: Path<'_>) -> VfsResult<()> {
        self.below_root(VfsOperation::RemoveDir, path, |real| fs::remove_dir(real))
    }

    fn remove_file(&self, path: Path<'_>) -> VfsResult<()> {
        self.at(VfsOperation::RemoveFile, path, |real| fs::remove_file(real))
    }

    fn rename(&self, from: Path<'_>, to: Path<'_>) -> VfsResult<()> {
        self.move_name(VfsOperation::Rename, from, to, |from, to| {
            fs::rename(from, to)
        })
    }

    fn rename_no_replace(&self, from: Path<'_>, to: Path<'_>) -> VfsResult<()> {
        self.move_name(VfsOperation::Rename, from, to, system::rename_no_replace)
    }

    fn exchange(&self, one: Path<'_>, other: Path<'_>) -> VfsResult<()> {
        self.move_name(VfsOperation::Exchange, one, other, system::exchange)
    }

    fn symlink(&self, target: &[u8], link: Path<'_>) -> VfsResult<()> {
        self.at(VfsOperation::Symlink, link, |real| {
            check_link_target(target)?;
            let target = platform::target(target).ok_or(ErrorKind::InvalidInput)?;
            platform::symlink(target, real)
        })
    }

    fn read_link(&self, path: Path<'_>) -> VfsResult<Vec<u8>> {
        self.at(VfsOperation::ReadLink, path, |real| {
            let target = fs::read_link(real)?;
            Ok(target.into_os_string().into_encoded_bytes())
        })
    }

    fn hard_link(&self, original: Path<'_>, link: Path<'_>) -> VfsResult<()> {
        let target = self.resolve(VfsOperation::HardLink, link)?;
        self.at(VfsOperation::HardLink, original, |real| {
            fs::hard_link(real, target)
        })
    }

    fn read_dir(&self, path: Path<'_>) -> VfsResult<Vec<DirEntry>> {
        self.at(VfsOperation::ReadDir, path, |real| {
            let mut entries = fs::read_dir(real)?
                .map(|entry| {
                    let entry = entry?;
                    Ok(DirEntry {
                        name: entry.file_name().into_encoded_bytes(),
                        kind: kind_of(entry.file_type()?),
                    })
                })
                .collect::<io::Result<Vec<_>>>()?;
            entries.sort_unstable_by(|one, two| one.name.cmp(&two.name));
            Ok(entries)
        })
    }

    fn metadata(&self, path: Path<'_>) -> VfsResult<Metadata> {
        self.at(VfsOperation::Metadata, path, |real| {
            fs::metadata(real).map(|metadata| convert(&metadata))
        })
    }

    fn symlink_metadata(&self, path: Path<'_>) -> VfsResult<Metadata> {
        self.at(VfsOperation::Metadata, path, |real| {
            fs::symlink_metadata(real).map(|metadata| convert(&metadata))
        })
    }

    fn sync_dir(&self, path: Path<'_>) -> VfsResult<()> {
        self.at(VfsOperation::SyncDir, path, |real| {
            if !fs::metadata(real)?.is_dir() {
                return Err(ErrorKind::NotADirectory.into());
            }
            platform::sync_dir(real)
        })
    }

    fn sync_filesystem(&self) -> VfsResult<()> {
        self.at(VfsOperation::SyncFilesystem, Path::ROOT, |real| {
            system::sync_filesystem(real)
        })
    }
}

fn kind_of(of: fs::FileType) -> FileKind {
    if of.is_dir() {
        FileKind::Directory
    } else if of.is_symlink() {
        FileKind::Symlink
    } else {
        FileKind::File
    }
}

fn convert(metadata: &fs::Metadata) -> Metadata {
    let kind = kind_of(metadata.file_type());
    let (size_bytes, links) = match kind {
        FileKind::Directory => (0, 1),
        FileKind::File | FileKind::Symlink => (metadata.len(), platform::links(metadata)),
    };
    Metadata {
        kind,
        size_bytes,
        links,
        inode: platform::inode(metadata),
    }
}

#[cfg(test)]
mod tests;
