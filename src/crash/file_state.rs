//! What the walk along a recording knows of each file and its blocks.

use std::collections::BTreeMap;

use super::effect::{BLOCK, Effect, EffectKind, NOT_CUT, SECTORS, Sectors};
use crate::profile::SECTOR_BYTES;

/// What the walk knows of a file.
#[derive(Debug, Default)]
pub(super) struct FileState {
    /// Effects of the file's own that no barrier covers yet and no log holds.
    pub(super) pending: Vec<u32>,
    /// How many of them are already tied to a rename over another file.
    pub(super) allocated: usize,
    /// Blocks that a barrier failed to write: no barrier writes them until they are dirty again.
    pub(super) failed: Vec<u32>,
    /// The last operation that changed the inode in any way.
    pub(super) last: Option<u32>,
    /// The last operation that changed its length, its blocks or its existence.
    pub(super) last_data: Option<u32>,
    blocks: BTreeMap<u32, BlockState>,
    was_cut: bool,
}

/// What the walk knows of a block of a file.
#[derive(Debug)]
pub(super) struct BlockState {
    /// Whether it was allocated and written when the file was last made durable.
    pub(super) on_disk: bool,
    /// The first effect on it since it was new, and not on disk.
    pub(super) first_write: Option<u32>,
    /// Whether it was reserved before anything was written to it.
    pub(super) reserved: bool,
    /// For each sector, the first byte of the block that was cut off since the sector was last written.
    cuts: [u16; SECTORS],
}

impl FileState {
    pub(super) fn block(&mut self, block: u32, on_disk: bool) -> &mut BlockState {
        let new = || BlockState {
            on_disk,
            first_write: None,
            reserved: false,
            cuts: [NOT_CUT; SECTORS],
        };
        self.blocks.entry(block).or_insert_with(new)
    }

    /// Whether a block is on disk.
    pub(super) fn is_on_disk(&self, block: u32) -> bool {
        self.blocks.get(&block).is_some_and(|state| state.on_disk)
    }

    /// A block is dirty again: what a barrier failed to write of it is written with it.
    ///
    /// `group` is where the log has the new write, if it has it.
    pub(super) fn write_again(&mut self, block: u32, group: Option<u32>, effects: &mut [Effect]) {
        if self.failed.is_empty() {
            return;
        }
        let is_in_block = |index: &mut u32| {
            let kind = effects[*index as usize].kind;
            matches!(kind, EffectKind::Block(this) if this.block == block)
        };
        let again: Vec<u32> = self.failed.extract_if(.., is_in_block).collect();
        for index in again {
            let effect = &mut effects[index as usize];
            effect.failed = false;
            effect.needed_by = group;
            let place = self.pending.partition_point(|&other| other < index);
            self.pending.insert(place, index);
            self.allocated += usize::from(place < self.allocated);
        }
    }

    /// Blocks whose first write can survive no more are new when they are written again.
    pub(super) fn forget_first(&mut self, effects: &[u32]) {
        for state in self.blocks.values_mut() {
            state.first_write = state.first_write.filter(|first| !effects.contains(first));
        }
    }

    /// Whole blocks are given back.
    pub(super) fn drop_block(&mut self, block: u32, in_base: bool) {
        self.was_cut = true;
        let state = self.block(block, in_base);
        state.cut(0);
        state.on_disk = false;
        state.first_write = None;
        state.reserved = false;
    }

    /// A truncate: what lies behind `size` is off disk, up to the block `end` that the file had when the trace began.
    ///
    /// `in_base` says whether the file had a block when the trace began.
    pub(super) fn cut(&mut self, size: u64, end: u32, in_base: impl Fn(u32) -> bool) {
        self.was_cut = true;
        let first = u32::try_from(size / BLOCK).expect("a block of a file");
        let within = u16::try_from(size % BLOCK).expect("smaller than a block");
        let end = end.max(self.blocks.keys().next_back().map_or(0, |last| last + 1));
        for block in first..end {
            let whole = block > first || within == 0;
            let state = self.block(block, in_base(block));
            state.cut(if whole { 0 } else { within });
            state.on_disk &= !whole;
            state.first_write = state.first_write.filter(|_| !whole);
            state.reserved &= !whole;
        }
    }

    /// The effect is on disk; if it is the first on a new block, so is the block. One that a truncate dropped is not.
    pub(super) fn initialise(&mut self, block: u32, effect: u32) {
        if let Some(state) = self.blocks.get_mut(&block) {
            state.on_disk |= state.first_write == Some(effect);
        }
    }

    /// Everything that was pending is on disk: no cut matters any more.
    pub(super) fn settle(&mut self) {
        if std::mem::take(&mut self.was_cut) {
            for state in self.blocks.values_mut() {
                state.cuts = [NOT_CUT; SECTORS];
            }
        }
    }
}

impl BlockState {
    /// A truncate cuts the block at this byte.
    fn cut(&mut self, within: u16) {
        for (cut, start) in self.cuts.iter_mut().zip((0..).step_by(SECTOR_BYTES)) {
            let from = within.max(start);
            if usize::from(from - start) < SECTOR_BYTES {
                *cut = from.min(*cut);
            }
        }
    }

    /// What was cut off of sectors that are written now.
    pub(super) fn take_cuts(&mut self, sectors: Sectors) -> [u16; SECTORS] {
        let mut taken = [NOT_CUT; SECTORS];
        for (sector, cut) in self.cuts.iter_mut().enumerate() {
            if sectors >> sector & 1 == 1 {
                taken[sector] = std::mem::replace(cut, NOT_CUT);
            }
        }
        taken
    }
}
