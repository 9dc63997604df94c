//! What Unix and Windows say in different words.

#[cfg(unix)]
pub(super) use unix::*;
#[cfg(windows)]
pub(super) use windows::*;

#[cfg(unix)]
mod unix {
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
    pub(in super::super) fn name(bytes: &[u8]) -> Option<&OsStr> {
        Some(OsStr::from_bytes(bytes))
    }

    #[expect(
        clippy::unnecessary_wraps,
        reason = "other systems have bytes that are no path"
    )]
    pub(in super::super) fn target(bytes: &[u8]) -> Option<&OsStr> {
        Some(OsStr::from_bytes(bytes))
    }

    pub(in super::super) fn symlink(target: &OsStr, link: &Path) -> io::Result<()> {
        std::os::unix::fs::symlink(target, link)
    }

    pub(in super::super) fn sync_dir(path: &Path) -> io::Result<()> {
        File::open(path)?.sync_all()
    }

    pub(in super::super) fn read_at(
        file: &File,
        buffer: &mut [u8],
        offset: u64,
    ) -> io::Result<usize> {
        file.read_at(buffer, offset)
    }

    pub(in super::super) fn write_at(file: &File, bytes: &[u8], offset: u64) -> io::Result<usize> {
        file.write_at(bytes, offset)
    }

    pub(in super::super) fn links(metadata: &Metadata) -> u32 {
        u32::try_from(metadata.nlink()).unwrap_or(u32::MAX)
    }

    #[expect(
        clippy::unnecessary_wraps,
        reason = "other systems do not tell the number"
    )]
    pub(in super::super) fn inode(metadata: &Metadata) -> Option<u64> {
        Some(metadata.ino())
    }
}

#[cfg(windows)]
mod windows {
    use std::{
        ffi::OsStr,
        fs::{File, Metadata},
        io,
        os::windows::fs::FileExt,
        path::Path,
    };

    /// A backslash would separate, a colon would name a drive or a stream.
    pub(in super::super) fn name(bytes: &[u8]) -> Option<&OsStr> {
        let name = std::str::from_utf8(bytes).ok()?;
        (!name.contains(['\\', ':'])).then(|| OsStr::new(name))
    }

    /// As for a name, with slashes between.
    pub(in super::super) fn target(bytes: &[u8]) -> Option<&OsStr> {
        name(bytes)
    }

    /// Links there are of a kind that must be known beforehand, and need a privilege.
    pub(in super::super) fn symlink(_target: &OsStr, _link: &Path) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// Windows has no fsync of a directory; NTFS journals its entries.
    pub(in super::super) fn sync_dir(_path: &Path) -> io::Result<()> {
        Ok(())
    }

    pub(in super::super) fn read_at(
        file: &File,
        buffer: &mut [u8],
        offset: u64,
    ) -> io::Result<usize> {
        file.seek_read(buffer, offset)
    }

    pub(in super::super) fn write_at(file: &File, bytes: &[u8], offset: u64) -> io::Result<usize> {
        file.seek_write(bytes, offset)
    }

    /// The number of links is not to be had from stable std.
    pub(in super::super) fn links(_metadata: &Metadata) -> u32 {
        1
    }

    /// Nor is the number of the file.
    pub(in super::super) fn inode(_metadata: &Metadata) -> Option<u64> {
        None
    }
}
