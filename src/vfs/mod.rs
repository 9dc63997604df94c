//! The filesystem that a subject is written against.
//!
//! A pair of object-safe, synchronous traits, [`Vfs`] and [`VfsFile`], with the semantics of Linux: a handle means its
//! inode, kept across rename and unlink; reads and writes are positional and may be short; nothing is durable before
//! a persistence barrier ([`VfsFile::sync_all`], [`VfsFile::sync_data`], [`Vfs::sync_dir`]).
//!
//! [`OsVfs`] is a real directory; [`SimFs`](crate::simfs::SimFs) records. Helpers that need no more than these traits
//! are in [`VfsExt`] and [`Cursor`].
//!
//! Deliberately absent: permissions, ownership, timestamps, locks. No crash-consistency rule depends on them.

mod cursor;
mod error;
mod ext;
mod os;
mod path;

use std::fmt;

pub use cursor::Cursor;
pub use error::{VfsError, VfsOperation, VfsResult};
pub use ext::{FileExt, VfsExt};
pub use os::OsVfs;
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

    /// Removes a name of a file; the file lives on while a handle or another name means it.
    #[track_caller]
    fn remove_file(&self, path: Path<'_>) -> VfsResult<()>;

    /// Renames a file or directory, in one step replacing what is at `to`.
    #[track_caller]
    fn rename(&self, from: Path<'_>, to: Path<'_>) -> VfsResult<()>;

    /// Gives the file `original` a second name `link`.
    #[track_caller]
    fn hard_link(&self, original: Path<'_>, link: Path<'_>) -> VfsResult<()>;

    /// The entries of a directory, sorted by name (bytewise).
    #[track_caller]
    fn read_dir(&self, path: Path<'_>) -> VfsResult<Vec<DirEntry>>;

    /// What is known of a file or directory.
    #[track_caller]
    fn metadata(&self, path: Path<'_>) -> VfsResult<Metadata>;

    /// Persistence barrier: fsync of a directory, which makes its entries durable.
    #[track_caller]
    fn sync_dir(&self, path: Path<'_>) -> VfsResult<()>;
}

/// An open file.
pub trait VfsFile: fmt::Debug + Send + Sync + 'static {
    /// Reads at a byte offset into `buffer`; the number of bytes read, 0 at the end of the file.
    #[track_caller]
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> VfsResult<usize>;

    /// Writes at a byte offset; the number of bytes written, which may be fewer than given.
    #[track_caller]
    fn write_at(&self, bytes: &[u8], offset: u64) -> VfsResult<usize>;

    /// Writes at the end of the file; the number of bytes written, which may be fewer than given.
    #[track_caller]
    fn append(&self, bytes: &[u8]) -> VfsResult<usize>;

    /// Cuts or extends (with zeros) the file to `size_bytes`.
    #[track_caller]
    fn set_len(&self, size_bytes: u64) -> VfsResult<()>;

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

/// How a file is opened; the fields mean what they mean in [`std::fs::OpenOptions`].
///
/// ```
/// use tornwrite::vfs::OpenOptions;
///
/// let options = OpenOptions::new().append().create();
/// assert!(options.append && options.write && options.create);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "the flags of open(2), independent of each other"
)]
pub struct OpenOptions {
    /// Reading is allowed.
    pub read: bool,
    /// Writing is allowed.
    pub write: bool,
    /// Every write goes to the end of the file.
    pub append: bool,
    /// The file is cut to zero bytes.
    pub truncate: bool,
    /// The file is created if it is not there.
    pub create: bool,
    /// The file must not be there, and is created.
    pub create_new: bool,
}

impl OpenOptions {
    /// Nothing is allowed yet.
    pub const fn new() -> OpenOptions {
        OpenOptions {
            read: false,
            write: false,
            append: false,
            truncate: false,
            create: false,
            create_new: false,
        }
    }

    /// Allows reading.
    #[must_use]
    pub const fn read(mut self) -> OpenOptions {
        self.read = true;
        self
    }

    /// Allows writing.
    #[must_use]
    pub const fn write(mut self) -> OpenOptions {
        self.write = true;
        self
    }

    /// Allows writing, at the end only.
    #[must_use]
    pub const fn append(mut self) -> OpenOptions {
        self.write = true;
        self.append = true;
        self
    }

    /// Cuts the file to zero bytes.
    #[must_use]
    pub const fn truncate(mut self) -> OpenOptions {
        self.truncate = true;
        self
    }

    /// Creates the file if it is not there.
    #[must_use]
    pub const fn create(mut self) -> OpenOptions {
        self.create = true;
        self
    }

    /// Creates the file, which must not be there.
    #[must_use]
    pub const fn create_new(mut self) -> OpenOptions {
        self.create_new = true;
        self
    }

    /// Whether the flags make sense together (as in std: no truncate or create without write, no truncate with append).
    pub const fn is_valid(self) -> bool {
        let changes = self.create || self.create_new || self.truncate;
        (self.write || (self.read && !changes))
            && !(self.append && self.truncate && !self.create_new)
    }
}

/// What an inode is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FileKind {
    /// A regular file.
    File,
    /// A directory.
    Directory,
}

/// What is known of an inode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Metadata {
    /// File or directory.
    pub kind: FileKind,
    /// The length of a file in bytes; 0 for a directory.
    pub size_bytes: u64,
    /// The number of names; of a directory, always 1.
    pub links: u32,
}

/// One entry of a directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DirEntry {
    /// The name within the directory.
    pub name: Vec<u8>,
    /// What the name means.
    pub kind: FileKind,
}
