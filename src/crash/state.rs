//! One crash state: what survives of each pending effect, and what shows where nothing was written.

use std::collections::BTreeMap;

use super::{
    effect::{ALL_SECTORS, BlockEffect, EffectKind, Sectors, for_each_run},
    window::Window,
};
use crate::{
    base::Digest,
    image::{Image, Inode, PAGE_BYTES},
    profile::{Fill, SECTOR_BYTES},
};

/// What survives of one pending effect.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Kept {
    /// The sectors that survive; of anything but a block, all or none.
    pub sectors: Sectors,
    /// What lost sectors of a new block show: two bits for each sector.
    fills: u16,
}

impl Kept {
    /// Nothing survives, and new blocks show zeros.
    pub const NOTHING: Kept = Kept {
        sectors: 0,
        fills: 0,
    };
    /// All of it survives.
    pub const WHOLE: Kept = Kept {
        sectors: ALL_SECTORS,
        fills: 0,
    };

    /// These sectors survive.
    pub const fn sectors(sectors: Sectors) -> Kept {
        Kept { sectors, fills: 0 }
    }

    /// These sectors survive, and lost ones show what the pairs of bits in `fills` say.
    pub const fn from_parts(sectors: Sectors, fills: u16) -> Kept {
        Kept { sectors, fills }
    }

    /// What all lost sectors show, as [`Kept::from_parts`] takes it.
    pub const fn fills(self) -> u16 {
        self.fills
    }

    /// Sets what one lost sector shows.
    pub fn set_fill(&mut self, sector: u32, fill: Fill) {
        self.fills = self.fills & !(3 << (2 * sector)) | (fill as u16) << (2 * sector);
    }

    /// What one lost sector shows.
    pub fn fill(self, sector: u32) -> Fill {
        match self.fills >> (2 * sector) & 3 {
            0 => Fill::Zero,
            1 => Fill::Stale,
            2 => Fill::Garbage,
            _ => Fill::OtherStale,
        }
    }

    /// Whether a lost sector shows something else than zeros.
    pub fn shows_foreign_bytes(self) -> bool {
        self.fills != 0
    }

    /// The sectors that show this fill.
    fn filled_with(self, fill: Fill) -> Sectors {
        let lost = (0..Sectors::BITS).filter(|sector| self.sectors >> sector & 1 == 0);
        lost.filter(|&sector| self.fill(sector) == fill)
            .fold(0, |mask, sector| mask | 1 << sector)
    }
}

/// What survives of each slot of a [`Window`].
pub type Selection = Vec<Kept>;

impl Window<'_> {
    /// The selection in which nothing pending survives.
    pub fn nothing(&self) -> Selection {
        vec![Kept::NOTHING; self.pending.len()]
    }

    /// The selection in which everything survives: what the running program saw.
    pub fn everything(&self) -> Selection {
        (0..self.pending.len())
            .map(|slot| Kept::sectors(self.effect(slot).whole()))
            .collect()
    }

    /// The disk that a selection leaves, as a mount would show it.
    pub fn image(&self, selection: &[Kept]) -> Image {
        let mut image = self.durable.clone();
        let ends = self.ends(selection);
        for (slot, &kept) in selection.iter().enumerate() {
            let effect = self.effect(slot);
            if let EffectKind::Block(block) = effect.kind {
                if kept.fills != 0 {
                    self.fill(block.inode, block.block, kept, &mut image);
                }
                let survivors = kept.sectors & block.sectors;
                if survivors != 0 {
                    // Nothing behind the end would be seen, and a page that nothing is written to stays shared.
                    let end = ends.get(&block.inode).copied();
                    let end = end.or_else(|| Some(self.durable.file(block.inode)?.size_bytes()));
                    let trace = &self.graph.recording.trace;
                    effect.apply_below(trace, survivors, end.unwrap_or(u64::MAX), &mut image);
                }
                if kept.fills != 0 || survivors != 0 {
                    self.cut_again(slot, &block, &mut image);
                }
            } else if kept.sectors != 0 {
                effect.apply(&self.graph.recording.trace, ALL_SECTORS, &mut image);
            } else if kept.fills != 0 {
                self.reuse(slot, kept.fills, &mut image);
            }
        }
        image.settle();
        if !self.stale.is_empty() {
            image.set_freed(self.freed_by(selection));
        }
        image
    }

    /// Where files end whose length a selection changes.
    fn ends(&self, selection: &[Kept]) -> BTreeMap<Inode, u64> {
        let kept = selection.iter().enumerate();
        kept.filter(|(_, kept)| kept.sectors != 0)
            .filter_map(|(slot, _)| match self.effect(slot).kind {
                EffectKind::Size { inode, size, .. } => Some((inode, size)),
                _ => None,
            })
            .collect()
    }

    /// Takes away what a pending write put where a later, certain truncate or hole took everything.
    fn cut_again(&self, slot: usize, block: &BlockEffect, image: &mut Image) {
        let later = self.cuts.partition_point(|cut| *cut < self.pending[slot]);
        let with_tail = self.graph.profile.zeroes_before_cutting();
        for &cut in &self.cuts[later..] {
            self.graph.effects[cut as usize].drop_again(block, with_tail, image);
        }
    }

    fn fill(&self, inode: Inode, block: u32, kept: Kept, image: &mut Image) {
        let start = u64::from(block) * PAGE_BYTES as u64;
        let garbage = garbage(inode.0, block);
        for fill in [Fill::Stale, Fill::OtherStale, Fill::Garbage] {
            let sectors = kept.filled_with(fill);
            if sectors == 0 {
                continue;
            }
            let stale = match fill {
                Fill::Garbage | Fill::Zero => None,
                Fill::Stale | Fill::OtherStale => self.stale_bytes(image, inode, block, fill),
            };
            let source = stale.unwrap_or(&garbage);
            let file = image.file_mut(inode);
            for_each_run(sectors, |low, high| {
                let range = usize::try_from(low).unwrap_or(0)..usize::try_from(high).unwrap_or(0);
                file.write_content(start + low, &source[range]);
            });
        }
    }
}

/// Bytes that mean nothing, the same for the same block.
fn garbage(inode: u32, block: u32) -> [u8; PAGE_BYTES] {
    let mut bytes = [0; PAGE_BYTES];
    for (index, sector) in bytes.chunks_mut(SECTOR_BYTES).enumerate() {
        let key = [inode, block, u32::try_from(index).unwrap_or(0)]
            .map(u32::to_le_bytes)
            .concat();
        let mut word = Digest::of(&key);
        for chunk in sector.chunks_mut(16) {
            chunk.copy_from_slice(&word.0.to_le_bytes());
            word = Digest::of(chunk);
        }
    }
    bytes
}
