//! A disk in memory: blocks of 4096 bytes, and what was written to it in order.

use std::{collections::BTreeMap, sync::Arc};

/// The smallest piece of a write that is dropped on its own. Smaller ones would tear the superblocks and log blocks of
/// filesystems that rely on whole blocks, and give images that no real drive leaves behind.
pub(crate) const BLOCK: usize = 4096;

/// The blocks that hold anything but zeros.
#[derive(Clone, Debug, Default)]
pub(crate) struct Disk(pub(crate) BTreeMap<u64, Arc<[u8; BLOCK]>>);

/// A piece of a write that lies within one block.
#[derive(Clone, Debug)]
pub(crate) struct Atom {
    pub(crate) block: u64,
    pub(crate) start: usize,
    pub(crate) bytes: Arc<[u8]>,
}

/// What reached the disk.
#[derive(Clone, Debug)]
pub(crate) enum Event {
    Write(Atom),
    Flush,
    /// The program returned.
    Acknowledged,
}

impl Disk {
    /// Reads `length` bytes from an offset on.
    pub(crate) fn read(&self, offset: u64, length: usize) -> Vec<u8> {
        let mut bytes = vec![0; length];
        for (block, start, range) in pieces(offset, length) {
            if let Some(stored) = self.0.get(&block) {
                bytes[range.clone()].copy_from_slice(&stored[start..start + range.len()]);
            }
        }
        bytes
    }

    /// Writes an atom.
    pub(crate) fn write(&mut self, atom: &Atom) {
        let stored = self.0.entry(atom.block);
        let stored = stored.or_insert_with(|| Arc::new([0; BLOCK]));
        let bytes = Arc::make_mut(stored);
        bytes[atom.start..atom.start + atom.bytes.len()].copy_from_slice(&atom.bytes);
    }
}

/// The atoms of one write.
pub(crate) fn atoms(offset: u64, bytes: &[u8]) -> Vec<Atom> {
    let pieces = pieces(offset, bytes.len());
    let atom = |(block, start, range): (u64, usize, std::ops::Range<usize>)| Atom {
        block,
        start,
        bytes: bytes[range].into(),
    };
    pieces.map(atom).collect()
}

/// A range of bytes by blocks: the block, where in it the piece starts, and the piece within the range.
fn pieces(
    offset: u64,
    length: usize,
) -> impl Iterator<Item = (u64, usize, std::ops::Range<usize>)> {
    let mut done = 0;
    std::iter::from_fn(move || {
        if done == length {
            return None;
        }
        let at = offset + done as u64;
        let start = usize::try_from(at % BLOCK as u64).unwrap_or(0);
        let piece = done..length.min(done + BLOCK - start);
        done = piece.end;
        Some((at / BLOCK as u64, start, piece))
    })
}
