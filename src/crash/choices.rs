//! What one file may look like once the log is cut.

use std::collections::BTreeMap;

use super::{
    effect::{BLOCK, BlockEffect, EffectKind},
    window::{FileSlots, Window},
};
use crate::{
    image::FileContent,
    profile::{DataPath, FreshTear, OverwriteTear},
};

/// What one file may look like once the log is cut.
#[derive(Debug, Default)]
pub struct FileChoices {
    /// The length if no pending one survives.
    pub base_size: u64,
    /// Lengths that may survive, as a prefix.
    pub sizes: Vec<usize>,
    /// How many of them must survive.
    pub sizes_needed: usize,
    /// Blocks of which versions may survive.
    pub chains: Vec<Chain>,
    /// Cuts that may happen or not, where they are on their own; each with how many of the lengths must survive for it.
    pub cuts: Vec<(usize, usize)>,
    /// The first group of the log that is lost.
    pub(super) lost_group: u32,
    places: BTreeMap<u32, usize>,
}

/// The pending versions of one block.
#[derive(Debug)]
pub struct Chain {
    /// The index of the block.
    pub block: u32,
    /// Whether the block was not on disk.
    pub fresh: bool,
    /// Whether it shows zeros until its bytes are there, whatever else a new block may show.
    pub reserved: bool,
    /// Whether the block is given back by what survives, so that nothing of it can be seen.
    pub given_back: bool,
    /// Its versions in order.
    pub slots: Vec<usize>,
}

impl Window<'_> {
    /// The first group and the first operation whose logged effects are lost; late effects of later operations are lost too.
    fn limit(&self, cut: usize) -> (u32, u32) {
        let first = self.log.get(cut).map(|slots| self.effect(slots.start));
        first.map_or((self.groups_issued, u32::MAX), |effect| {
            (effect.group.unwrap_or(u32::MAX), effect.entry)
        })
    }

    /// What a file may look like if the first `cut` groups of the pending log survive.
    pub fn choices(&self, file: &FileSlots, cut: usize) -> FileChoices {
        let (lost_group, limit) = self.limit(cut);
        let content = self.durable.file(file.inode);
        let mut choices = FileChoices {
            base_size: content.map_or(0, FileContent::size_bytes),
            lost_group,
            ..FileChoices::default()
        };
        let profile = self.graph.profile;
        let copied = profile.data.value == DataPath::CopyOnWrite;
        let tied = profile.fresh_tear.value == FreshTear::Write
            || profile.overwrite_tear.value == OverwriteTear::Write;
        // Ranges that are given back by what is lost: a block there is a new one afterwards, and needs that.
        let mut lost_drops: Vec<(u64, u64)> = Vec::new();
        let is_dropped = |drops: &[(u64, u64)], offset: u64| {
            let holds = |&(start, end): &(u64, u64)| (start..end).contains(&offset);
            drops.iter().any(holds)
        };
        for &slot in &file.slots {
            let effect = self.effect(slot);
            let drops = effect.drops().map(|(_, start, end)| (start, end));
            match (effect.kind, effect.group) {
                (EffectKind::Size { .. } | EffectKind::Hole { .. }, Some(group)) => {
                    if group >= lost_group {
                        lost_drops.extend(drops);
                        continue;
                    }
                    if let EffectKind::Size { size, .. } = effect.kind {
                        choices.set_size(size);
                    }
                    if let Some((start, end)) = drops {
                        choices.drop_blocks(start, end, tied);
                    }
                }
                (EffectKind::Block(block), None) if is_dropped(&lost_drops, block.offset()) => {}
                (EffectKind::Size { .. }, None) if effect.entry < limit => {
                    choices.sizes.push(slot);
                    if effect.needed_by.is_some_and(|group| group < lost_group) {
                        choices.sizes_needed = choices.sizes.len();
                    }
                }
                (EffectKind::Cut { .. }, _) => choices.cuts.push((slot, choices.sizes.len())),
                (EffectKind::Hole { .. }, None) => choices.cuts.push((slot, 0)),
                (EffectKind::Block(block), None) => {
                    // The log before its own operation is what it needs, not what that operation adds.
                    let possible = effect.entry <= limit;
                    if possible || !copied {
                        let fresh = self.is_new(block);
                        choices.push_version(BlockEffect { fresh, ..block }, slot, possible);
                    }
                }
                _ => {}
            }
        }
        choices
    }

    /// Whether a write goes to a block that is not on disk at this point.
    fn is_new(&self, block: BlockEffect) -> bool {
        let is_pending = |first: u32| self.graph.effects[first as usize].certain_at > self.point;
        block.fresh && block.first.is_none_or(is_pending)
    }

    /// Whether the bytes in a slot must be there if the first `length` of the lengths survive.
    pub(super) fn is_forced(&self, choices: &FileChoices, length: usize, slot: usize) -> bool {
        let effect = self.effect(slot);
        let by_log = effect
            .needed_by
            .is_some_and(|group| group < choices.lost_group);
        let by_size = |step: u32| {
            let sizes = &choices.sizes[..length];
            let found = sizes.binary_search_by_key(&step, |&size| self.pending[size]);
            found.is_ok()
        };
        by_log || effect.shown_by.is_some_and(by_size)
    }
}

impl FileChoices {
    /// The cuts that may happen if the first `length` of the lengths survive: a file's blocks are let go by the same write
    /// of its inode that makes it shorter, or later.
    pub fn cuts_at(&self, length: usize) -> impl Iterator<Item = usize> + '_ {
        let possible = self
            .cuts
            .iter()
            .filter(move |(_, needed)| *needed <= length);
        possible.map(|(slot, _)| *slot)
    }

    /// A logged length survives: the pending lengths before it cannot be seen.
    fn set_size(&mut self, size: u64) {
        self.base_size = size;
        self.sizes.clear();
        self.sizes_needed = 0;
    }

    /// What gave these blocks back survives: nothing that was written to them before can be seen. If a write's blocks are
    /// `tied`, what must be there of them still decides about its other blocks.
    fn drop_blocks(&mut self, start: u64, end: u64, tied: bool) {
        let range = start..end;
        let is_inside = |chain: &Chain| range.contains(&(u64::from(chain.block) * BLOCK));
        if tied {
            let inside = self.chains.iter_mut().filter(|chain| is_inside(chain));
            inside.for_each(|chain| chain.given_back = true);
        } else {
            self.chains.retain(|chain| !is_inside(chain));
        }
        let indexed = self.chains.iter().zip(0..);
        let kept = indexed.filter(|(chain, _)| !chain.given_back);
        self.places = kept.map(|(chain, place)| (chain.block, place)).collect();
    }

    fn push_version(&mut self, block: BlockEffect, slot: usize, before_limit: bool) {
        if let Some(&place) = self.places.get(&block.block) {
            // Once the first version is on disk, a later one overwrites it in place.
            self.chains[place].slots.push(slot);
        } else if before_limit || !block.fresh {
            self.places.insert(block.block, self.chains.len());
            self.chains.push(Chain {
                block: block.block,
                fresh: block.fresh,
                reserved: block.reserved,
                given_back: false,
                slots: vec![slot],
            });
        }
    }
}
