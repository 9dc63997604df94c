//! Blocks that were given back and are used again before the log says so, where a profile allows that.
//!
//! If what gave the blocks back (a truncate, a hole, the unlinking of the last name) is lost, the old file is there again, and
//! some of its blocks hold what was written to new blocks since. One write takes them, in its own order and from any place of
//! its own or of theirs on, and each block of it may have got to disk or not.
//!
//! Deliberately not modelled: blocks of a file that a rename replaced, which were never seen to be used again before the
//! rename was in the log; that a file which is still open keeps its blocks (closing is not recorded); that several writes
//! share the blocks of one file; what else was written to a new block before it got to disk. Of more than [`TOLD_APART`]
//! blocks that coincide only the first ones or the last ones got to disk.

use std::ops::Range;

use super::{
    effect::{BLOCK, Effect, EffectKind},
    window::Window,
};
use crate::{
    image::{Image, Inode},
    profile::FreedBlocks,
    trace::Action,
};

/// How many coinciding blocks are told apart one by one.
const TOLD_APART: usize = 4;

/// How many ways of using the blocks of one file again are gone through.
const WAYS_MAX: usize = 4096;

/// One way in which blocks that were given back are used again.
#[derive(Clone, Debug)]
pub(super) struct Reuse {
    /// The file that had them.
    inode: Inode,
    /// Its blocks, each with the effect whose bytes it holds.
    blocks: Vec<(u32, u32)>,
}

impl Window<'_> {
    /// The ways in which what a slot gives back may be used again if it is lost.
    pub(super) fn find_reuses(&self, slot: usize) -> Vec<Reuse> {
        if self.graph.profile.freed_blocks.value != FreedBlocks::AtOnce {
            return Vec::new();
        }
        let effect = self.effect(slot);
        let Some((inode, old)) = self.given_back(effect).filter(|(_, old)| !old.is_empty()) else {
            return Vec::new();
        };
        let mut ways = Vec::new();
        for new in self.new_blocks_behind(effect.entry) {
            for shift in 0..old.len() + new.len() - 1 {
                let skipped = (new.len() - 1).saturating_sub(shift);
                let first = (shift + 1).saturating_sub(new.len());
                let pairs: Vec<(u32, u32)> = old[first..]
                    .iter()
                    .copied()
                    .zip(new[skipped..].iter().copied())
                    .collect();
                for landed in landed(pairs.len()) {
                    let blocks = landed.into_iter().map(|place| pairs[place]).collect();
                    ways.push(Reuse { inode, blocks });
                }
            }
        }
        ways.truncate(WAYS_MAX);
        ways
    }

    /// The blocks on disk that an effect gives back, if it is in the log.
    fn given_back(&self, effect: &Effect) -> Option<(Inode, Vec<u32>)> {
        effect.group?;
        let (inode, range) = match effect.kind {
            EffectKind::Name {
                replaced: Some(inode),
                ..
            } if self.is_last_name(effect, inode) => (inode, 0..u64::MAX),
            _ => effect
                .drops()
                .map(|(inode, start, end)| (inode, start..end))?,
        };
        let file = self.durable.file(inode)?;
        let blocks = file.size_bytes().div_ceil(BLOCK);
        let on_disk =
            (0..blocks).filter(|&block| range.contains(&(block * BLOCK)) && file.has_page(block));
        Some((
            inode,
            on_disk
                .filter_map(|block| u32::try_from(block).ok())
                .collect(),
        ))
    }

    /// Whether a removal takes the only name that a file has.
    fn is_last_name(&self, removal: &Effect, inode: Inode) -> bool {
        let entry = &self.graph.recording.trace.entries()[removal.entry as usize];
        let removes = matches!(entry.action, Action::Unlink { .. });
        let named = |effect: &Effect| matches!(effect.kind, EffectKind::Name { target, .. } if target == Some(inode));
        let mut pending = (0..self.pending.len()).map(|slot| self.effect(slot));
        removes && self.durable.links(inode) == 1 && !pending.any(named)
    }

    /// The new blocks of each write behind an operation, in order.
    fn new_blocks_behind(&self, entry: u32) -> Vec<Vec<u32>> {
        let mut writes: Vec<(u32, Vec<u32>)> = Vec::new();
        for (slot, &index) in self.pending.iter().enumerate() {
            let effect = self.effect(slot);
            if effect.entry <= entry || !effect.is_first() {
                continue;
            }
            match writes.last_mut() {
                Some((write, blocks)) if *write == effect.entry => blocks.push(index),
                _ => writes.push((effect.entry, vec![index])),
            }
        }
        writes.into_iter().map(|(_, blocks)| blocks).collect()
    }

    /// The number of ways for the lost part of the log, of which `cut` groups survive: for each slot that has any, one more
    /// than there are, since the old bytes may be there still.
    pub(super) fn reuses_behind(&self, cut: usize) -> impl Iterator<Item = (usize, u64)> + '_ {
        let first = self
            .log
            .get(cut)
            .map_or(usize::MAX, |slots: &Range<usize>| slots.start);
        let lost = self.reuses.range(first..);
        lost.map(|(slot, ways)| (*slot, ways.len() as u64 + 1))
    }

    /// Puts the bytes of new blocks where a lost slot would have given back old ones; `way` counts from 1.
    pub(super) fn reuse(&self, slot: usize, way: u16, image: &mut Image) {
        let ways = self.reuses.get(&slot).map_or(&[][..], Vec::as_slice);
        let Some(reuse) = usize::from(way)
            .checked_sub(1)
            .and_then(|way| ways.get(way))
        else {
            return;
        };
        for &(block, written) in &reuse.blocks {
            let bytes =
                self.graph.effects[written as usize].block_bytes(&self.graph.recording.trace);
            if image.file(reuse.inode).is_some() {
                let file = image.file_mut(reuse.inode);
                file.write_content(u64::from(block) * BLOCK, &bytes);
            }
        }
    }
}

/// Which of some blocks got to disk: at least one.
fn landed(blocks: usize) -> Vec<Vec<usize>> {
    if blocks > TOLD_APART {
        let heads = (1..=blocks).map(|end| (0..end).collect());
        let tails = (1..blocks).map(|start| (start..blocks).collect());
        return heads.chain(tails).collect();
    }
    let masks = 1_usize..1 << blocks;
    let members = |mask: usize| (0..blocks).filter(move |place| mask >> place & 1 == 1);
    masks.map(|mask| members(mask).collect()).collect()
}
