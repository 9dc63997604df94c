//! Reads a file line by line, a piece at a time: a file of many runs does not have to fit in memory.

use std::io::ErrorKind;

use crate::vfs::{VfsFile, VfsResult};

const PIECE_BYTES: usize = 1 << 16;

/// A longer line is none of ours, and no line: what it is read into would have no end.
const LINE_BYTES_MAX: usize = 1 << 26;

/// The lines of a file; what follows the last newline is no line.
#[derive(Debug)]
pub(super) struct Lines {
    file: Box<dyn VfsFile>,
    /// Where the next piece starts.
    offset: u64,
    piece: Vec<u8>,
    /// What of the piece was given away.
    given: usize,
    /// Where the next line starts.
    pub(super) at: u64,
}

impl Lines {
    pub(super) fn new(file: Box<dyn VfsFile>) -> Lines {
        Lines {
            file,
            offset: 0,
            piece: Vec::new(),
            given: 0,
            at: 0,
        }
    }

    /// The next line without its newline, if there is one.
    pub(super) fn next(&mut self) -> VfsResult<Option<&[u8]>> {
        let mut searched = self.given;
        loop {
            let found = self.piece[searched..]
                .iter()
                .position(|&byte| byte == b'\n');
            if let Some(found) = found {
                let start = self.given;
                let end = searched + found;
                self.given = end + 1;
                self.at += (end + 1 - start) as u64;
                return Ok(Some(&self.piece[start..end]));
            }
            self.piece.drain(..self.given);
            self.given = 0;
            searched = self.piece.len();
            if searched > LINE_BYTES_MAX || self.fill()? == 0 {
                return Ok(None);
            }
        }
    }

    fn fill(&mut self) -> VfsResult<usize> {
        let before = self.piece.len();
        self.piece.resize(before + PIECE_BYTES, 0);
        let read = loop {
            match self.file.read_at(&mut self.piece[before..], self.offset) {
                Err(error) if error.kind == ErrorKind::Interrupted => {}
                answer => break answer,
            }
        };
        let read = read.inspect_err(|_| self.piece.truncate(before))?;
        self.piece.truncate(before + read);
        self.offset += read as u64;
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        simfs::SimFs,
        vfs::{OpenOptions, Path, Vfs as _, VfsExt as _},
    };

    #[test]
    fn lines_come_whole_across_pieces_and_a_torn_one_does_not() {
        let long = "x".repeat(PIECE_BYTES + 7);
        let fs = SimFs::new();
        let path = Path::from("f");
        let text = format!("one\n\n{long}\ntwo\ntorn");
        fs.write(path, text.as_bytes()).unwrap();
        let file = fs.open(path, OpenOptions::new().read()).unwrap();
        let mut lines = Lines::new(file);
        let mut found = Vec::new();
        while let Some(line) = lines.next().unwrap() {
            found.push(String::from_utf8(line.to_vec()).unwrap());
        }
        assert_eq!(found, ["one", "", &long, "two"]);
        assert_eq!(lines.at, (text.len() - "torn".len()) as u64);
    }
}
