//! What a filesystem answers when it cannot do what was asked.

use std::{fmt, io};

use super::PathBuf;

/// The result of a filesystem operation.
pub type VfsResult<T> = Result<T, VfsError>;

/// A failed filesystem operation: which, where, and the kind that [`std::io`] gives the same failure.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{operation} {path}{}: {kind}", OffsetSuffix(*offset))]
pub struct VfsError {
    /// What was asked for.
    pub operation: VfsOperation,
    /// The path by which the file was opened or named.
    pub path: PathBuf,
    /// The byte offset, for reads and writes at one.
    pub offset: Option<u64>,
    /// What went wrong, as std would say it.
    pub kind: io::ErrorKind,
}

impl VfsError {
    /// An error of a whole file or name.
    pub fn new(operation: VfsOperation, path: PathBuf, kind: io::ErrorKind) -> VfsError {
        VfsError {
            operation,
            path,
            offset: None,
            kind,
        }
    }

    /// The same error at a byte offset.
    #[must_use]
    pub fn at(mut self, offset: u64) -> VfsError {
        self.offset = Some(offset);
        self
    }
}

impl From<VfsError> for io::Error {
    fn from(error: VfsError) -> io::Error {
        io::Error::new(error.kind, error)
    }
}

/// The name of an operation, as errors and timelines print it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
#[expect(
    missing_docs,
    reason = "each is named after the method of the trait pair that it stands for"
)]
pub enum VfsOperation {
    Open,
    CreateDir,
    RemoveDir,
    RemoveFile,
    Rename,
    HardLink,
    ReadDir,
    Metadata,
    SyncDir,
    Read,
    Write,
    Append,
    SetLen,
    SyncData,
    SyncAll,
    Symlink,
    ReadLink,
    Exchange,
    Allocate,
    PunchHole,
    ZeroRange,
    SyncRange,
    SyncFilesystem,
    WritePages,
    SyncPages,
}

impl fmt::Display for VfsOperation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            VfsOperation::Open => "open",
            VfsOperation::CreateDir => "create directory",
            VfsOperation::RemoveDir => "remove directory",
            VfsOperation::RemoveFile => "remove",
            VfsOperation::Rename => "rename",
            VfsOperation::HardLink => "link",
            VfsOperation::ReadDir => "read directory",
            VfsOperation::Metadata => "stat",
            VfsOperation::SyncDir => "fsync directory",
            VfsOperation::Read => "read",
            VfsOperation::Write => "write",
            VfsOperation::Append => "append to",
            VfsOperation::SetLen => "truncate",
            VfsOperation::SyncData => "fdatasync",
            VfsOperation::SyncAll => "fsync",
            VfsOperation::Symlink => "symlink",
            VfsOperation::ReadLink => "read link",
            VfsOperation::Exchange => "exchange",
            VfsOperation::Allocate => "fallocate",
            VfsOperation::PunchHole => "punch hole in",
            VfsOperation::ZeroRange => "zero range of",
            VfsOperation::SyncRange => "sync_file_range",
            VfsOperation::SyncFilesystem => "syncfs",
            VfsOperation::WritePages => "store to pages of",
            VfsOperation::SyncPages => "msync",
        })
    }
}

/// Too many symbolic links on the way: std has the kind for it, but no stable name.
pub(crate) fn filesystem_loop() -> io::ErrorKind {
    let errno = match () {
        () if cfg!(any(target_os = "linux", target_os = "android")) => 40,
        () if cfg!(windows) => 1921,
        () => 62,
    };
    io::Error::from_raw_os_error(errno).kind()
}

struct OffsetSuffix(Option<u64>);

impl fmt::Display for OffsetSuffix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(offset) => write!(f, " at offset {offset}"),
            None => Ok(()),
        }
    }
}
