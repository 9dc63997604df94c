//! Helpers over the trait pair: whole files at a time, interruptions and short transfers taken care of.
//!
//! The loops are written out rather than shared through a closure: `#[track_caller]` does not reach into closures, and
//! the call site of each operation is what reports point at.

use std::io::ErrorKind;

use super::{OpenOptions, Path, Vfs, VfsError, VfsFile, VfsOperation, VfsResult};

/// Helpers that need no more than a [`Vfs`].
pub trait VfsExt: Vfs {
    /// Opens a file for reading.
    #[track_caller]
    fn open_read(&self, path: Path<'_>) -> VfsResult<Box<dyn VfsFile>> {
        self.open(path, OpenOptions::new().read())
    }

    /// The whole content of a file.
    #[track_caller]
    fn read(&self, path: Path<'_>) -> VfsResult<Vec<u8>> {
        self.open_read(path)?.read_to_end()
    }

    /// Creates or replaces a file with this content; makes nothing durable.
    #[track_caller]
    fn write(&self, path: Path<'_>, bytes: &[u8]) -> VfsResult<()> {
        let options = OpenOptions::new().write().create().truncate();
        self.open(path, options)?.write_all_at(bytes, 0)
    }

    /// Whether there is something at this path.
    #[track_caller]
    fn exists(&self, path: Path<'_>) -> VfsResult<bool> {
        match self.metadata(path) {
            Ok(_) => Ok(true),
            Err(error) if error.kind == ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Creates a directory and its parents where they are missing.
    #[track_caller]
    fn create_dir_all(&self, path: Path<'_>) -> VfsResult<()> {
        if path.file_name().is_none() || self.exists(path)? {
            return Ok(());
        }
        if let Some(parent) = path.parent() {
            self.create_dir_all(parent)?;
        }
        self.create_dir(path)
    }
}

impl<V: Vfs + ?Sized> VfsExt for V {}

/// Helpers that need no more than a [`VfsFile`].
pub trait FileExt: VfsFile {
    /// The length of the file in bytes.
    #[track_caller]
    fn size_bytes(&self) -> VfsResult<u64> {
        Ok(self.metadata()?.size_bytes)
    }

    /// The whole content of the file.
    #[track_caller]
    fn read_to_end(&self) -> VfsResult<Vec<u8>> {
        let size = usize::try_from(self.size_bytes()?).unwrap_or(0);
        // Room for one byte more tells the end without growing.
        let mut bytes = Vec::with_capacity(size + 1);
        loop {
            // The file may have grown since its size was asked.
            let room = (size + 1).saturating_sub(bytes.len());
            let room = if room == 0 { 64 } else { room };
            let offset = bytes.len() as u64;
            match self.read_to(&mut bytes, room, offset) {
                Ok(0) => return Ok(bytes),
                Ok(_) => {}
                Err(error) if error.kind == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Writes all of `bytes` at an offset.
    ///
    /// # Errors
    ///
    /// `WriteZero` if the filesystem takes no more, and whatever it answers.
    #[track_caller]
    fn write_all_at(&self, bytes: &[u8], offset: u64) -> VfsResult<()> {
        let mut written = 0;
        while written < bytes.len() {
            match self.write_at(&bytes[written..], offset + written as u64) {
                Ok(0) => return Err(no_room()),
                Ok(more) => written += more,
                Err(error) if error.kind == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Writes all of `bytes` at the end.
    ///
    /// # Errors
    ///
    /// `WriteZero` if the filesystem takes no more, and whatever it answers.
    #[track_caller]
    fn append_all(&self, bytes: &[u8]) -> VfsResult<()> {
        let mut written = 0;
        while written < bytes.len() {
            match self.append(&bytes[written..]) {
                Ok(0) => return Err(no_room()),
                Ok(more) => written += more,
                Err(error) if error.kind == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

impl<F: VfsFile + ?Sized> FileExt for F {}

fn no_room() -> VfsError {
    VfsError::new(
        VfsOperation::Write,
        Path::ROOT.to_owned(),
        ErrorKind::WriteZero,
    )
}
