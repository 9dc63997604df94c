//! Effects: the smallest things that survive a power loss or do not.

use crate::{
    base::Position,
    image::{Image, Inode, Name, PAGE_BYTES},
    profile::SECTOR_BYTES,
    trace::{Action, Span, Trace},
};

/// The sectors of one block, one bit each, the first sector lowest.
pub type Sectors = u8;

/// All sectors of a block.
pub const ALL_SECTORS: Sectors = u8::MAX;

/// The size of a block as a file offset.
pub const BLOCK: u64 = PAGE_BYTES as u64;

const SECTOR: u64 = SECTOR_BYTES as u64;

static ZEROS: [u8; PAGE_BYTES] = [0; PAGE_BYTES];

const _: () = assert!(
    PAGE_BYTES / SECTOR_BYTES == Sectors::BITS as usize,
    "a bit for each sector"
);

/// One effect of one operation.
#[derive(Clone, Copy, Debug)]
pub struct Effect {
    /// The index of the operation in the trace.
    pub entry: u32,
    /// What it changes on disk.
    pub kind: EffectKind,
    /// The position from which on it is certain.
    pub certain_at: Position,
    /// The position from which on it can survive no more: a failed barrier took it back.
    pub gone_at: Position,
    /// The log group that it belongs to, where the profile logs it.
    pub group: Option<u32>,
    /// The first log group that needs this to be there: of a rename, or of a size that shows it, where the profile says so.
    pub needed_by: Option<u32>,
    /// The late size that needs these bytes to be there, by the index of its effect, where the profile says so.
    pub shown_by: Option<u32>,
    /// A barrier failed to write it: it may be there, and nothing waits for it.
    pub failed: bool,
}

/// What an effect changes on disk.
#[derive(Clone, Copy, Debug)]
pub enum EffectKind {
    /// A name means an inode, or nothing any more.
    Name {
        /// The directory.
        directory: Inode,
        /// The name in it.
        name: Span,
        /// What it means now.
        target: Option<Inode>,
        /// What it meant before.
        replaced: Option<Inode>,
    },
    /// A file has another length.
    Size {
        /// The file.
        inode: Inode,
        /// Its length in bytes.
        size: u64,
        /// From where on content goes with it, if any does.
        cuts: Option<u64>,
    },
    /// Content behind a length is gone; where the length itself is an effect of its own.
    Cut {
        /// The file.
        inode: Inode,
        /// Where the content ends.
        size: u64,
    },
    /// Whole blocks are given back: a hole that was punched, or a range that was zeroed.
    Hole {
        /// The file.
        inode: Inode,
        /// Where the blocks begin.
        start: u64,
        /// Where they end.
        end: u64,
    },
    /// Bytes of one write in one block.
    Block(BlockEffect),
}

/// Bytes of one write in one block of a file.
#[derive(Clone, Copy, Debug)]
pub struct BlockEffect {
    /// The file.
    pub inode: Inode,
    /// The index of the block, on the file's grid.
    pub block: u32,
    /// Whether the block was not on disk when the file was last made durable.
    pub fresh: bool,
    /// The first version of the new block that this is a later one of: once that is certain, this goes to a block on disk.
    pub first: Option<u32>,
    /// Whether the block was reserved before it was written: it shows zeros until its bytes are there.
    pub reserved: bool,
    /// The sectors that are written.
    pub sectors: Sectors,
    /// For each sector, the first byte of the block that a truncate cut off since the sector was last written: what
    /// write-back writes are zeros from there on, whether or not the truncate itself is on disk. The largest number if none did.
    pub zero_from: [u16; SECTORS],
}

/// The number of sectors of a block.
pub(super) const SECTORS: usize = PAGE_BYTES / SECTOR_BYTES;

/// No byte of a sector was cut off.
pub(super) const NOT_CUT: u16 = u16::MAX;

impl BlockEffect {
    /// The offset of the block in the file.
    pub fn offset(&self) -> u64 {
        u64::from(self.block) * BLOCK
    }
}

/// The sectors of `block` that the bytes `start..end` of a file touch.
pub(super) fn sectors_touched(block: u32, start: u64, end: u64) -> Sectors {
    let first = u64::from(block) * BLOCK;
    let within = |offset: u64| offset.clamp(first, first + BLOCK) - first;
    let (low, high) = (within(start) / SECTOR, within(end).div_ceil(SECTOR));
    (low..high).fold(0, |mask, sector| mask | 1 << sector)
}

/// The sectors of `block` that lie, at least in part, before `size`.
pub(super) fn sectors_before(block: u32, size: u64) -> Sectors {
    sectors_touched(block, 0, size)
}

impl Effect {
    /// The file whose content or length this is about.
    pub fn file(&self) -> Option<Inode> {
        match self.kind {
            EffectKind::Name { .. } => None,
            EffectKind::Size { inode, .. }
            | EffectKind::Cut { inode, .. }
            | EffectKind::Hole { inode, .. } => Some(inode),
            EffectKind::Block(block) => Some(block.inode),
        }
    }

    /// The range of a file whose bytes this takes away, if it does.
    pub(super) fn drops(&self) -> Option<(Inode, u64, u64)> {
        match self.kind {
            EffectKind::Size {
                inode,
                cuts: Some(from),
                ..
            }
            | EffectKind::Cut { inode, size: from } => Some((inode, from, u64::MAX)),
            EffectKind::Hole { inode, start, end } => Some((inode, start, end)),
            _ => None,
        }
    }

    /// Takes away once more what `block` put where this effect, a later one, took everything; `with_tail` if a truncate is
    /// never there without the zeros in the rest of the block that it ends in.
    pub(super) fn drop_again(&self, block: &BlockEffect, with_tail: bool, image: &mut Image) {
        let Some((inode, mut start, end)) = self.drops() else {
            return;
        };
        if let (true, EffectKind::Size { size, .. }) = (with_tail, self.kind) {
            start = size;
        }
        if inode == block.inode && start < block.offset() + BLOCK && block.offset() < end {
            let from = start.max(block.offset());
            image.file_mut(inode).cut_page(u64::from(block.block), from);
        }
    }

    /// Whether it is decided at `point`, one way or the other.
    pub(super) fn is_settled(&self, point: Position) -> bool {
        self.certain_at <= point || self.gone_at <= point
    }

    /// Whether it is the first version of a new block.
    pub(super) fn is_first(&self) -> bool {
        matches!(self.kind, EffectKind::Block(block) if block.fresh && block.first.is_none())
    }

    /// Everything that there is to keep of it.
    pub fn whole(&self) -> Sectors {
        match self.kind {
            EffectKind::Block(block) => block.sectors,
            _ => ALL_SECTORS,
        }
    }

    /// Puts the effect onto an image: of a block, the given sectors; of anything else, all of it.
    pub fn apply(&self, trace: &Trace, sectors: Sectors, image: &mut Image) {
        self.apply_below(trace, sectors, u64::MAX, image);
    }

    /// The same, without the bytes of a block behind `size`, which is where its file ends once the image is complete.
    pub(super) fn apply_below(
        &self,
        trace: &Trace,
        sectors: Sectors,
        size: u64,
        image: &mut Image,
    ) {
        match self.kind {
            EffectKind::Name {
                directory,
                name,
                target,
                ..
            } => {
                let name = trace.bytes(name);
                let entries = image.directory_mut(directory);
                match target {
                    Some(inode) => entries.insert(Name::from(name), inode),
                    None => entries.remove(name),
                }
            }
            EffectKind::Size { inode, size, cuts } => {
                let file = image.file_mut(inode);
                if let Some(from) = cuts {
                    file.drop_from(from);
                }
                file.set_size(size);
            }
            EffectKind::Cut { inode, size } => image.file_mut(inode).drop_from(size),
            EffectKind::Hole { inode, start, end } => image.file_mut(inode).drop_range(start, end),
            EffectKind::Block(block) => self.apply_block(&block, trace, sectors, size, image),
        }
    }

    /// What a new block holds once the write got to disk: its bytes, and zeros.
    pub(super) fn block_bytes(&self, trace: &Trace) -> [u8; PAGE_BYTES] {
        let mut page = [0; PAGE_BYTES];
        if let (EffectKind::Block(at), Action::Write { offset, bytes, .. }) =
            (self.kind, trace.entries()[self.entry as usize].action)
        {
            let bytes = trace.bytes(bytes);
            let low = at.offset().max(offset);
            let high = (at.offset() + BLOCK).min(offset + bytes.len() as u64);
            if low < high {
                let target = index(low - at.offset())..index(high - at.offset());
                page[target].copy_from_slice(&bytes[index(low - offset)..index(high - offset)]);
            }
        }
        page
    }

    fn apply_block(
        &self,
        at: &BlockEffect,
        trace: &Trace,
        sectors: Sectors,
        file_end: u64,
        image: &mut Image,
    ) {
        let file = image.file_mut(at.inode);
        let (offset, bytes) = match trace.entries()[self.entry as usize].action {
            Action::Write { offset, bytes, .. } => (offset, trace.bytes(bytes)),
            // The edges of the range are overwritten with zeros.
            // So is the rest of the block in which a file was cut.
            Action::Truncate { size, .. } => {
                let start = size.max(at.offset());
                (start, &ZEROS[..index(at.offset() + BLOCK - start)])
            }
            Action::PunchHole { offset, len, .. } | Action::ZeroRange { offset, len, .. } => {
                let start = offset.max(at.offset());
                let end = (offset + len).min(at.offset() + BLOCK);
                (start, &ZEROS[..index(end - start)])
            }
            _ => unreachable!("only writes have blocks"),
        };
        let end = offset + bytes.len() as u64;
        for (sector, &from) in at.zero_from.iter().enumerate() {
            if sectors >> sector & 1 == 1 && from != NOT_CUT {
                let end = (sector + 1) * SECTOR_BYTES;
                let zeros = &[0; SECTOR_BYTES][..end - usize::from(from)];
                file.write_content_below(file_end, at.offset() + u64::from(from), zeros);
            }
        }
        for_each_run(sectors, |low, high| {
            let low = (at.offset() + low).max(offset);
            let high = (at.offset() + high).min(end);
            if low < high {
                let bytes = &bytes[index(low - offset)..index(high - offset)];
                file.write_content_below(file_end, low, bytes);
            }
        });
    }
}

/// Visits each run of neighbouring sectors as a range of byte offsets within the block.
pub(super) fn for_each_run(sectors: Sectors, mut visit: impl FnMut(u64, u64)) {
    let mut rest = u32::from(sectors);
    while rest != 0 {
        let first = rest.trailing_zeros();
        let len = (rest >> first).trailing_ones();
        visit(u64::from(first) * SECTOR, u64::from(first + len) * SECTOR);
        rest &= !(((1 << len) - 1) << first);
    }
}

fn index(offset: u64) -> usize {
    usize::try_from(offset).expect("an offset within one write")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sectors_lie_on_the_grid_of_the_file() {
        assert_eq!(sectors_touched(0, 0, 1), 0b1);
        assert_eq!(sectors_touched(0, 511, 513), 0b11);
        assert_eq!(sectors_touched(1, 100, 4096 + 1024), 0b11);
        assert_eq!(sectors_touched(1, 0, 1 << 20), ALL_SECTORS);
        assert_eq!(sectors_touched(3, 0, 4096), 0);
        assert_eq!(sectors_before(0, 0), 0);
    }

    #[test]
    fn runs_join_neighbours() {
        let mut runs = Vec::new();
        for_each_run(0b1110_0101, |low, high| runs.push((low / 512, high / 512)));
        assert_eq!(runs, [(0, 1), (2, 3), (5, 8)]);
    }
}
