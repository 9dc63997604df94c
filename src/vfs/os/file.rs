//! An open file of a real directory.

use std::{
    fs,
    io::{self, ErrorKind, Write},
};

use super::{convert, platform, system};
use crate::vfs::{
    AllocateMode, Metadata, OpenOptions, PathBuf, VfsError, VfsFile, VfsOperation, VfsResult,
    is_range,
};

/// What fallocate is asked for.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(
    not(target_os = "linux"),
    expect(dead_code, reason = "only Linux looks at what it is asked for")
)]
pub(super) enum Space {
    /// Blocks.
    Allocate(AllocateMode),
    /// No blocks.
    PunchHole,
    /// Blocks, and zeros.
    Zero(AllocateMode),
}

/// An open file of an [`OsVfs`].
///
/// A handle opened for appending ignores the offset of `write_at`, as Linux does. On any other
/// handle `append` asks for the size and writes there: two threads that append through such
/// handles overwrite each other.
#[derive(Debug)]
pub(super) struct OsFile {
    file: fs::File,
    path: PathBuf,
    options: OpenOptions,
}

impl OsFile {
    pub(super) fn new(file: fs::File, path: PathBuf, options: OpenOptions) -> OsFile {
        OsFile {
            file,
            path,
            options,
        }
    }

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

    /// Refuses what a mapping of the file would need and the handle was not opened for.
    fn allow_mapping(&self, operation: VfsOperation, allowed: bool) -> VfsResult<()> {
        if allowed {
            return Ok(());
        }
        let kind = ErrorKind::PermissionDenied;
        Err(VfsError::new(operation, self.path.clone(), kind))
    }

    /// Runs fallocate; the kernel looks at the range before it looks at the handle.
    fn reserve(
        &self,
        operation: VfsOperation,
        space: Space,
        offset: u64,
        len: u64,
    ) -> VfsResult<()> {
        if !is_range(offset, len) {
            let error = ErrorKind::InvalidInput.into();
            return Err(self.error(operation, &error).at(offset));
        }
        self.allow(operation, self.options.write)?;
        system::reserve(&self.file, space, offset, len)
            .map_err(|error| self.error(operation, &error).at(offset))
    }

    fn write_all_pages(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        let size = self.file.metadata()?.len();
        let end = offset.checked_add(bytes.len() as u64);
        if end.is_none_or(|end| end > size) {
            return Err(ErrorKind::InvalidInput.into());
        }
        let reopened = if self.options.append {
            Some(system::without_append(&self.file)?)
        } else {
            None
        };
        let file = reopened.as_ref().unwrap_or(&self.file);
        let mut written = 0;
        while written < bytes.len() {
            match platform::write_at(file, &bytes[written..], offset + written as u64) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(more) => written += more,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
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
            .and_then(|written| system::after_write(&self.file, self.options.sync, written))
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
        appended
            .and_then(|written| system::after_write(&self.file, self.options.sync, written))
            .map_err(|error| self.error(VfsOperation::Append, &error))
    }

    fn set_len(&self, size_bytes: u64) -> VfsResult<()> {
        self.file
            .set_len(size_bytes)
            .map_err(|error| self.error(VfsOperation::SetLen, &error))
    }

    fn allocate(&self, offset: u64, len: u64, mode: AllocateMode) -> VfsResult<()> {
        self.reserve(VfsOperation::Allocate, Space::Allocate(mode), offset, len)
    }

    fn punch_hole(&self, offset: u64, len: u64) -> VfsResult<()> {
        self.reserve(VfsOperation::PunchHole, Space::PunchHole, offset, len)
    }

    fn zero_range(&self, offset: u64, len: u64, mode: AllocateMode) -> VfsResult<()> {
        self.reserve(VfsOperation::ZeroRange, Space::Zero(mode), offset, len)
    }

    /// Written with pwrite, since mapping a file is not to be had without `unsafe`: the bytes get into the same pages of
    /// the page cache, and nothing else tells the two apart but the time of the last change.
    fn write_pages(&self, bytes: &[u8], offset: u64) -> VfsResult<()> {
        let mappable = self.options.read && self.options.write;
        self.allow_mapping(VfsOperation::WritePages, mappable)?;
        self.write_all_pages(bytes, offset)
            .map_err(|error| self.error(VfsOperation::WritePages, &error).at(offset))
    }

    /// fdatasync, which is what `msync(MS_SYNC)` calls for each file of the mapping.
    fn sync_pages(&self) -> VfsResult<()> {
        self.allow_mapping(VfsOperation::SyncPages, self.options.read)?;
        let synced = self.file.metadata().and_then(|metadata| {
            if metadata.is_dir() {
                return Err(ErrorKind::IsADirectory.into());
            }
            self.file.sync_data()
        });
        synced.map_err(|error| self.error(VfsOperation::SyncPages, &error))
    }

    /// Does nothing: no safe interface has the call, and a caller may not rely on what it does anyway.
    fn sync_range(&self, offset: u64, len: u64) -> VfsResult<()> {
        if !is_range(offset, len.max(1)) {
            let error = ErrorKind::InvalidInput.into();
            let error = self.error(VfsOperation::SyncRange, &error);
            return Err(error.at(offset));
        }
        Ok(())
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
