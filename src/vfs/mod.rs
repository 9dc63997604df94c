//! The filesystem that a subject is written against.
//!
//! A pair of object-safe, synchronous traits, [`Vfs`] and [`VfsFile`], with the semantics of Linux: a handle means its
//! inode, kept across rename and unlink; reads and writes are positional and may be short; nothing is durable before
//! a persistence barrier ([`VfsFile::sync_all`], [`VfsFile::sync_data`], [`VfsFile::sync_pages`], [`Vfs::sync_dir`],
//! [`Vfs::sync_filesystem`], and every write through a handle opened with [`SyncWrites`]).
//!
//! Symbolic links are followed by [`Vfs::open`], [`Vfs::metadata`], [`Vfs::read_dir`] and [`Vfs::sync_dir`], and by every
//! operation on the way to the last name; the other operations mean the link itself. More than 40 on the way of one path
//! fail, with the kind that std gives `ELOOP`.
//!
//! [`OsVfs`] is a real directory; [`SimFs`](crate::simfs::SimFs) records. Helpers that need no more than these traits
//! are in [`VfsExt`] and [`Cursor`].
//!
//! Deliberately absent: permissions, ownership, timestamps, locks. No crash-consistency rule depends on them.

mod cursor;
mod error;
mod ext;
mod options;
mod os;
mod path;

use std::fmt;

pub use cursor::Cursor;
pub(crate) use error::filesystem_loop;
pub use error::{VfsError, VfsOperation, VfsResult};
pub use ext::{FileExt, VfsExt};
pub use options::{AllocateMode, OpenOptions, SyncWrites};
pub(crate) use options::{is_offset, is_range, is_transfer};
pub use os::OsVfs;
pub(crate) use path::check_link_target;
pub use path::{Path, PathBuf};

/// A filesystem.
///
/// All paths are relative to the filesystem's root, with or without a leading slash.
pub trait Vfs: fmt::Debug + Send + Sync + 'static {
    /// Opens a file, and creates or truncates it if `options` say so.
    ///
    /// # Errors
    ///
    /// `NotFound`, `AlreadyExists` (with [`OpenOptions::create_new`]), `IsADirectory`, `NotADirectory`, `InvalidInput`
    /// for options that make no sense together.
    #[track_caller]
    fn open(&self, path: Path<'_>, options: OpenOptions) -> VfsResult<Box<dyn VfsFile>>;

    /// Creates one directory; its parent must exist.
    #[track_caller]
    fn create_dir(&self, path: Path<'_>) -> VfsResult<()>;

    /// Removes an empty directory.
    #[track_caller]
    fn remove_dir(&self, path: Path<'_>) -> VfsResult<()>;

    /// Removes a name of a file or symbolic link; the file lives on while a handle or another name means it.
    #[track_caller]
    fn remove_file(&self, path: Path<'_>) -> VfsResult<()>;

    /// Renames a file or directory, in one step replacing what is at `to`.
    #[track_caller]
    fn rename(&self, from: Path<'_>, to: Path<'_>) -> VfsResult<()>;

    /// Renames a file or directory to a name that must be free.
    ///
    /// # Errors
    ///
    /// `AlreadyExists` if there is something at `to`; `Unsupported` where the system has no such operation.
    #[track_caller]
    fn rename_no_replace(&self, from: Path<'_>, to: Path<'_>) -> VfsResult<()>;

    /// Lets two names, which must be there, swap what they mean in one step.
    ///
    /// # Errors
    ///
    /// `NotFound` if one of them is missing; `Unsupported` where the system has no such operation.
    #[track_caller]
    fn exchange(&self, one: Path<'_>, other: Path<'_>) -> VfsResult<()>;

    /// Creates a symbolic link that leads to `target`, seen from the directory that the link is in.
    ///
    /// # Errors
    ///
    /// `InvalidInput` for a target that starts with a slash or has `..` or a NUL in it: it could lead out of the root.
    /// `Unsupported` where the system has no such links.
    #[track_caller]
    fn symlink(&self, target: &[u8], link: Path<'_>) -> VfsResult<()>;

    /// Where a symbolic link leads.
    ///
    /// # Errors
    ///
    /// `InvalidInput` for what is no symbolic link.
    #[track_caller]
    fn read_link(&self, path: Path<'_>) -> VfsResult<Vec<u8>>;

    /// Gives the file or symbolic link `original` a second name `link`.
    #[track_caller]
    fn hard_link(&self, original: Path<'_>, link: Path<'_>) -> VfsResult<()>;

    /// The entries of a directory, sorted by name (bytewise).
    #[track_caller]
    fn read_dir(&self, path: Path<'_>) -> VfsResult<Vec<DirEntry>>;

    /// What is known of a file or directory; of a symbolic link, of what it leads to.
    #[track_caller]
    fn metadata(&self, path: Path<'_>) -> VfsResult<Metadata>;

    /// What is known of a file, a directory, or a symbolic link itself.
    #[track_caller]
    fn symlink_metadata(&self, path: Path<'_>) -> VfsResult<Metadata>;

    /// Persistence barrier: fsync of a directory, which makes its entries durable.
    #[track_caller]
    fn sync_dir(&self, path: Path<'_>) -> VfsResult<()>;

    /// Persistence barrier: syncfs, everything on the filesystem.
    ///
    /// # Errors
    ///
    /// `Unsupported` where the system has no such operation.
    #[track_caller]
    fn sync_filesystem(&self) -> VfsResult<()>;
}

/// An open file.
pub trait VfsFile: fmt::Debug + Send + Sync + 'static {
    /// Reads at a byte offset into `buffer`; the number of bytes read, 0 at the end of the file.
    #[track_caller]
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> VfsResult<usize>;

    /// Reads up to `len` bytes at a byte offset to the end of `buffer`; the number of bytes read, 0 at the end of the file.
    ///
    /// The same operation as [`Self::read_at`], which it is made of unless a file has its bytes at hand.
    #[track_caller]
    fn read_to(&self, buffer: &mut Vec<u8>, len: usize, offset: u64) -> VfsResult<usize> {
        let start = buffer.len();
        buffer.resize(start + len, 0);
        let read = self.read_at(&mut buffer[start..], offset);
        buffer.truncate(start + read.as_ref().map_or(0, |read| *read));
        read
    }

    /// Writes at a byte offset; the number of bytes written, which may be fewer than given.
    #[track_caller]
    fn write_at(&self, bytes: &[u8], offset: u64) -> VfsResult<usize>;

    /// Writes at the end of the file; the number of bytes written, which may be fewer than given.
    #[track_caller]
    fn append(&self, bytes: &[u8]) -> VfsResult<usize>;

    /// Cuts or extends (with zeros) the file to `size_bytes`.
    #[track_caller]
    fn set_len(&self, size_bytes: u64) -> VfsResult<()>;

    /// Reserves blocks for a range: what was never written there reads as zeros, and writing it needs no new space.
    ///
    /// # Errors
    ///
    /// `InvalidInput` for an empty range; `Unsupported` where the system or its filesystem has no such operation.
    #[track_caller]
    fn allocate(&self, offset: u64, len: u64, mode: AllocateMode) -> VfsResult<()>;

    /// Lets a range read as zeros and gives its whole blocks back; the size stays.
    ///
    /// # Errors
    ///
    /// As [`Self::allocate`].
    #[track_caller]
    fn punch_hole(&self, offset: u64, len: u64) -> VfsResult<()>;

    /// Lets a range read as zeros and reserves blocks for all of it.
    ///
    /// # Errors
    ///
    /// As [`Self::allocate`].
    #[track_caller]
    fn zero_range(&self, offset: u64, len: u64, mode: AllocateMode) -> VfsResult<()>;

    /// Stores through a shared mapping (`mmap` with `MAP_SHARED`): all of `bytes`, page by page.
    ///
    /// # Errors
    ///
    /// `InvalidInput` for bytes behind the end of the file, where a real store would end the process; `PermissionDenied`
    /// on a handle that is not for reading and writing, since that cannot be mapped so.
    #[track_caller]
    fn write_pages(&self, bytes: &[u8], offset: u64) -> VfsResult<()>;

    /// Persistence barrier: `msync(MS_SYNC)` of a mapping of the whole file, which does what [`Self::sync_data`] does.
    ///
    /// # Errors
    ///
    /// `PermissionDenied` on a handle that is not for reading, since that cannot be mapped.
    #[track_caller]
    fn sync_pages(&self) -> VfsResult<()>;

    /// Starts write-back of a range and waits for it (`sync_file_range`); a `len` of 0 means to the end of the file.
    ///
    /// This is **no** persistence barrier: neither metadata nor the cache of the device is written.
    #[track_caller]
    fn sync_range(&self, offset: u64, len: u64) -> VfsResult<()>;

    /// Persistence barrier: fdatasync, the data and the metadata that reading it back needs.
    #[track_caller]
    fn sync_data(&self) -> VfsResult<()>;

    /// Persistence barrier: fsync, the data and all metadata of the file.
    #[track_caller]
    fn sync_all(&self) -> VfsResult<()>;

    /// What is known of the file.
    #[track_caller]
    fn metadata(&self) -> VfsResult<Metadata>;
}

/// What an inode is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FileKind {
    /// A regular file.
    File,
    /// A directory.
    Directory,
    /// A symbolic link.
    Symlink,
}

/// What is known of an inode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Metadata {
    /// File, directory or symbolic link.
    pub kind: FileKind,
    /// The length in bytes of a file or of the target of a symbolic link; 0 for a directory.
    pub size_bytes: u64,
    /// The number of names; of a directory, always 1.
    pub links: u32,
    /// The number of the inode, equal for two names of one file; `None` where the system does not tell.
    pub inode: Option<u64>,
}

/// One entry of a directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DirEntry {
    /// The name within the directory.
    pub name: Vec<u8>,
    /// What the name means.
    pub kind: FileKind,
}
