//! A file with a position, for code written against [`std::io`].

use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};

use super::{FileExt, VfsFile};

/// [`Read`], [`Write`] and [`Seek`] over a [`VfsFile`], whose own operations have no position.
///
/// [`Write::flush`] does nothing, since nothing is buffered here; it makes nothing durable. A
/// handle opened for appending writes at its end whatever the position says.
///
/// ```
/// use std::io::{Read, Seek, Write};
/// use tornwrite::vfs::{Cursor, OpenOptions, OsVfs, Path, Vfs};
///
/// let directory = tempfile::tempdir()?;
/// let options = OpenOptions::new().read().write().create();
/// let mut cursor = Cursor::new(OsVfs::new(directory.path()).open(Path::from("f"), options)?);
/// cursor.write_all(b"torn")?;
/// cursor.rewind()?;
/// let mut text = String::new();
/// cursor.read_to_string(&mut text)?;
/// assert_eq!(text, "torn");
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct Cursor {
    file: Box<dyn VfsFile>,
    position: u64,
}

impl Cursor {
    /// A cursor at the start of the file.
    pub fn new(file: Box<dyn VfsFile>) -> Cursor {
        Cursor { file, position: 0 }
    }

    /// The file, for its persistence barriers.
    pub fn file(&self) -> &dyn VfsFile {
        self.file.as_ref()
    }

    /// Gives the file back.
    pub fn into_file(self) -> Box<dyn VfsFile> {
        self.file
    }
}

impl Read for Cursor {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read_at(buffer, self.position)?;
        self.position += read as u64;
        Ok(read)
    }
}

impl Write for Cursor {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write_at(bytes, self.position)?;
        self.position += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Seek for Cursor {
    fn seek(&mut self, target: SeekFrom) -> io::Result<u64> {
        let position = match target {
            SeekFrom::Start(offset) => Some(offset),
            SeekFrom::Current(offset) => self.position.checked_add_signed(offset),
            SeekFrom::End(offset) => self.file.size_bytes()?.checked_add_signed(offset),
        };
        self.position = position.ok_or(ErrorKind::InvalidInput)?;
        Ok(self.position)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vfs::{OpenOptions, OsVfs, Path, Vfs};

    #[test]
    fn reads_writes_and_seeks_share_one_position() {
        let directory = tempfile::tempdir().unwrap();
        let vfs = OsVfs::new(directory.path());
        let options = OpenOptions::new().read().write().create();
        let mut cursor = Cursor::new(vfs.open(Path::from("f"), options).unwrap());
        cursor.write_all(b"abcdef").unwrap();
        assert_eq!(cursor.seek(SeekFrom::End(-4)).unwrap(), 2);
        cursor.write_all(b"CD").unwrap();
        assert_eq!(cursor.seek(SeekFrom::Current(-3)).unwrap(), 1);
        let mut rest = Vec::new();
        cursor.read_to_end(&mut rest).unwrap();
        assert_eq!(rest, b"bCDef");
        assert_eq!(cursor.stream_position().unwrap(), 6);
    }

    #[test]
    fn there_is_no_position_before_the_start() {
        let directory = tempfile::tempdir().unwrap();
        let vfs = OsVfs::new(directory.path());
        let options = OpenOptions::new().write().create();
        let mut cursor = Cursor::new(vfs.open(Path::from("f"), options).unwrap());
        let error = cursor.seek(SeekFrom::Current(-1)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
    }
}
