//! What a failed barrier leaves: nothing is certain, and what it tried to write may be lost for good.

use super::{
    effect::EffectKind,
    graph::PersistenceGraph,
    reach::{OpenBarrier, Scope},
};
use crate::{base::Position, image::Inode, trace::FailedPages};

impl PersistenceGraph<'_> {
    pub(super) fn fail_barrier(&mut self, barrier: &OpenBarrier, pages: FailedPages, at: Position) {
        let inodes = match barrier.scope {
            Scope::File => vec![barrier.inode],
            Scope::Filesystem => self.files.keys().copied().collect(),
            Scope::Directory | Scope::Nothing => Vec::new(),
        };
        for inode in inodes {
            match pages {
                FailedPages::Dirty => {}
                FailedPages::Cleaned => self.clean_pages(inode, barrier.begin),
                FailedPages::Reverted => self.revert_pages(inode, barrier.begin, at),
            }
        }
    }

    /// The pages are clean: no barrier writes them again, until they are dirty again.
    fn clean_pages(&mut self, inode: Inode, begin: u32) {
        let mut failed = self.take_from_log(inode, begin);
        let state = self.files.entry(inode).or_default();
        let effects = &mut self.effects;
        let tied = state.allocated;
        let mut place = 0;
        state.pending.retain(|&index| {
            let effect = &mut effects[index as usize];
            let fails = effect.entry < begin && matches!(effect.kind, EffectKind::Block(_));
            if fails {
                effect.failed = true;
                effect.needed_by = None;
                effect.shown_by = None;
                failed.push(index);
                state.allocated -= usize::from(place < tied);
            }
            place += 1;
            !fails
        });
        state.failed.extend(failed);
        state.failed.sort_unstable();
    }

    /// Bytes in the log that could not be written to their place are no part of it any more.
    fn take_from_log(&mut self, inode: Inode, begin: u32) -> Vec<u32> {
        if !self.is_journaled() {
            return Vec::new();
        }
        let queued = self.groups[self.groups_certain..].iter();
        let effects = queued
            .take_while(|group| group.entry < begin)
            .flat_map(|group| group.first..group.end);
        let taken: Vec<u32> = effects
            .filter(|&index| match self.effects[index as usize].kind {
                EffectKind::Block(block) => block.inode == inode,
                _ => false,
            })
            .collect();
        for &index in &taken {
            let effect = &mut self.effects[index as usize];
            effect.group = None;
            effect.failed = true;
        }
        taken
    }

    /// The pages are back to what is on disk: what was written to them can survive no more.
    fn revert_pages(&mut self, inode: Inode, begin: u32, at: Position) {
        if self.is_journaled() {
            // The log holds all that the pages showed, what an earlier barrier failed to write included.
            return;
        }
        let has_log = self.profile.has_log();
        let Some(state) = self.files.get_mut(&inode) else {
            return;
        };
        let effects = &mut self.effects;
        let before = |index: &u32| effects[*index as usize].entry < begin;
        let reverted = state.pending.partition_point(before);
        let gone: Vec<u32> = state.pending.drain(..reverted).collect();
        for &index in &gone {
            effects[index as usize].gone_at = at;
        }
        state.allocated = state.allocated.saturating_sub(reverted);
        state.forget_first(&gone);
        if !has_log {
            // Where truncates are not logged, they are gone too: pages show what they cut.
            state.settle();
        }
    }
}
