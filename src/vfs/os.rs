//! A real directory as a filesystem.
//!
//! Guarantees: every path stays below the root (`..` is refused), errors carry our own path,
//! operation and offset, and the failures are the ones of Linux; [`SimFs`](crate::simfs::SimFs) is
//! held to the same ones by a test.
//!
//! Deliberately absent: any protection against symbolic links that something else planted below
//! the root, and any emulation of Linux elsewhere. On other systems a failure may be told as
//! another kind, and on Windows [`sync_dir`](Vfs::sync_dir) has nothing to call.

use std::{
    fs,
    io::{self, ErrorKind, Write},
    path,
};

use super::{
    DirEntry, FileKind, Metadata, OpenOptions, Path, PathBuf, Vfs, VfsError, VfsFile, VfsOperation,
    VfsResult,
};

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
}

impl Vfs for OsVfs {
    fn open(&self, path: Path<'_>, options: OpenOptions) -> VfsResult<Box<dyn VfsFile>> {
        let file = self.at(VfsOperation::Open, path, |real| {
            if !options.is_valid() {
                return Err(ErrorKind::InvalidInput.into());
            }
            fs::OpenOptions::new()
                .read(options.read)
                .write(options.write && !options.append)
                .append(options.append)
                .truncate(options.truncate)
                .create(options.create)
                .create_new(options.create_new)
                .open(real)
        })?;
        Ok(Box::new(OsFile {
            file,
            path: path.to_owned(),
            options,
        }))
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
        let target = self.below_root(VfsOperation::Rename, to, |real| Ok(real.to_owned()))?;
        self.below_root(VfsOperation::Rename, from, |real| fs::rename(real, target))
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
                        kind: kind_of(entry.file_type()?.is_dir()),
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

    fn sync_dir(&self, path: Path<'_>) -> VfsResult<()> {
        self.at(VfsOperation::SyncDir, path, |real| {
            if !fs::metadata(real)?.is_dir() {
                return Err(ErrorKind::NotADirectory.into());
            }
            platform::sync_dir(real)
        })
    }
}

/// An open file of an [`OsVfs`].
///
/// A handle opened for appending ignores the offset of `write_at`, as Linux does. On any other
/// handle `append` asks for the size and writes there: two threads that append through such
/// handles overwrite each other.
#[derive(Debug)]
struct OsFile {
    file: fs::File,
    path: PathBuf,
    options: OpenOptions,
}

impl OsFile {
    fn error(&self, operation: VfsOperation, error: &io::Error) -> VfsError {
        VfsError::new(operation, self.path.clone(), error.kind())
    }

    /// Refuses what the handle was not opened for; std has no name for the kind (`EBADF`) that
    /// Linux would answer.
    fn allow(&self, operation: VfsOperation, allowed: bool) -> VfsResult<()> {
        if allowed {
            return Ok(());
        }
        let kind = ErrorKind::Other;
        Err(VfsError::new(operation, self.path.clone(), kind))
    }
}

impl VfsFile for OsFile {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> VfsResult<usize> {
        self.allow(VfsOperation::Read, self.options.read)?;
        platform::read_at(&self.file, buffer, offset)
            .map_err(|error| self.error(VfsOperation::Read, &error).at(offset))
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> VfsResult<usize> {
        self.allow(VfsOperation::Write, self.options.write)?;
        platform::write_at(&self.file, bytes, offset)
            .map_err(|error| self.error(VfsOperation::Write, &error).at(offset))
    }

    fn append(&self, bytes: &[u8]) -> VfsResult<usize> {
        self.allow(VfsOperation::Append, self.options.write)?;
        let appended = if self.options.append {
            (&self.file).write(bytes)
        } else {
            let end = self.file.metadata().map(|metadata| metadata.len());
            end.and_then(|end| platform::write_at(&self.file, bytes, end))
        };
        appended.map_err(|error| self.error(VfsOperation::Append, &error))
    }

    fn set_len(&self, size_bytes: u64) -> VfsResult<()> {
        self.file
            .set_len(size_bytes)
            .map_err(|error| self.error(VfsOperation::SetLen, &error))
    }

    fn sync_data(&self) -> VfsResult<()> {
        self.file
            .sync_data()
            .map_err(|error| self.error(VfsOperation::SyncData, &error))
    }

    fn sync_all(&self) -> VfsResult<()> {
        self.file
            .sync_all()
            .map_err(|error| self.error(VfsOperation::SyncAll, &error))
    }

    fn metadata(&self) -> VfsResult<Metadata> {
        self.file
            .metadata()
            .map(|metadata| convert(&metadata))
            .map_err(|error| self.error(VfsOperation::Metadata, &error))
    }
}

fn kind_of(is_dir: bool) -> FileKind {
    if is_dir {
        FileKind::Directory
    } else {
        FileKind::File
    }
}

fn convert(metadata: &fs::Metadata) -> Metadata {
    let is_dir = metadata.is_dir();
    Metadata {
        kind: kind_of(is_dir),
        size_bytes: if is_dir { 0 } else { metadata.len() },
        links: if is_dir { 1 } else { platform::links(metadata) },
    }
}

#[cfg(unix)]
mod platform {
    use std::{
        ffi::OsStr,
        fs::{File, Metadata},
        io,
        os::unix::{
            ffi::OsStrExt,
            fs::{FileExt, MetadataExt},
        },
        path::Path,
    };

    #[expect(
        clippy::unnecessary_wraps,
        reason = "other systems have bytes that are no name"
    )]
    pub(super) fn name(bytes: &[u8]) -> Option<&OsStr> {
        Some(OsStr::from_bytes(bytes))
    }

    pub(super) fn sync_dir(path: &Path) -> io::Result<()> {
        File::open(path)?.sync_all()
    }

    pub(super) fn read_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        file.read_at(buffer, offset)
    }

    pub(super) fn write_at(file: &File, bytes: &[u8], offset: u64) -> io::Result<usize> {
        file.write_at(bytes, offset)
    }

    pub(super) fn links(metadata: &Metadata) -> u32 {
        u32::try_from(metadata.nlink()).unwrap_or(u32::MAX)
    }
}

#[cfg(windows)]
mod platform {
    use std::{
        ffi::OsStr,
        fs::{File, Metadata},
        io,
        os::windows::fs::FileExt,
        path::Path,
    };

    /// A backslash would separate, a colon would name a drive or a stream.
    pub(super) fn name(bytes: &[u8]) -> Option<&OsStr> {
        let name = std::str::from_utf8(bytes).ok()?;
        (!name.contains(['\\', ':'])).then(|| OsStr::new(name))
    }

    /// Windows has no fsync of a directory; NTFS journals its entries.
    pub(super) fn sync_dir(_path: &Path) -> io::Result<()> {
        Ok(())
    }

    pub(super) fn read_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        file.seek_read(buffer, offset)
    }

    pub(super) fn write_at(file: &File, bytes: &[u8], offset: u64) -> io::Result<usize> {
        file.seek_write(bytes, offset)
    }

    /// The number of links is not to be had from stable std.
    pub(super) fn links(_metadata: &Metadata) -> u32 {
        1
    }
}

#[cfg(test)]
#[path = "os_tests.rs"]
mod tests;
