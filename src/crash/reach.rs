//! What a completed barrier makes certain.

use super::{
    effect::{Effect, EffectKind},
    graph::PersistenceGraph,
};
use crate::{base::Position, image::Inode, profile::Reach, trace::BarrierKind};

/// What the walk knows of a directory.
#[derive(Debug, Default)]
pub(super) struct DirectoryState {
    /// Name changes that no barrier covers yet and no log holds.
    pub(super) pending: Vec<u32>,
    /// The last operation that changed an entry.
    pub(super) last: Option<u32>,
}

/// A barrier that has begun and not completed.
#[derive(Debug)]
pub(super) struct OpenBarrier {
    /// The index of its beginning in the trace: what lies before is covered.
    pub(super) begin: u32,
    pub(super) inode: Inode,
    pub(super) scope: Scope,
    /// The operation up to which the log is forced, where there is one.
    log_to: Option<u32>,
}

/// What a barrier is asked to make durable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scope {
    File,
    Directory,
    Filesystem,
    /// It only starts write-back.
    Nothing,
}

impl PersistenceGraph<'_> {
    pub(super) fn begin_barrier(&self, kind: BarrierKind, inode: Inode, entry: u32) -> OpenBarrier {
        let file = self.files.get(&inode);
        let last = file.and_then(|state| state.last);
        let (scope, log_to) = match kind {
            BarrierKind::Fsync => (Scope::File, last),
            BarrierKind::Fdatasync | BarrierKind::Msync => {
                (Scope::File, file.and_then(|state| state.last_data))
            }
            // A directory's own creation or rename touches its inode, as a change of its entries does.
            BarrierKind::FsyncDirectory => {
                let entries = self.directories.get(&inode).and_then(|state| state.last);
                (Scope::Directory, last.max(entries))
            }
            BarrierKind::Syncfs => (Scope::Filesystem, None),
            BarrierKind::SyncFileRange => (Scope::Nothing, None),
        };
        OpenBarrier {
            begin: entry,
            inode,
            scope,
            log_to,
        }
    }

    pub(super) fn complete_barrier(&mut self, barrier: &OpenBarrier, at: Position) {
        match (barrier.scope, self.profile.reach.value) {
            (Scope::Nothing, _) => {}
            (Scope::Filesystem, _) | (_, Reach::Everything) => {
                self.cover_everything(barrier.begin, at);
            }
            (_, Reach::Own) if self.profile.has_log() => self.cover_tree(barrier, at),
            (_, Reach::Own) => self.cover_own(barrier, at),
            (_, Reach::LogPrefix) => {
                self.cover_own(barrier, at);
                if let Some(entry) = barrier.log_to {
                    self.cover_log(entry, at);
                }
            }
            (_, Reach::LogTree) => self.cover_tree(barrier, at),
        }
    }

    fn cover_everything(&mut self, begin: u32, at: Position) {
        let files: Vec<_> = self.files.keys().copied().collect();
        for inode in files {
            self.cover_file(inode, begin, at);
        }
        let directories: Vec<_> = self.directories.keys().copied().collect();
        for inode in directories {
            self.cover_entries(inode, begin, at);
        }
        self.cover_log_before(begin, at);
        self.tree.commit();
    }

    fn cover_own(&mut self, barrier: &OpenBarrier, at: Position) {
        if barrier.scope == Scope::File {
            self.cover_file(barrier.inode, barrier.begin, at);
        } else {
            self.cover_entries(barrier.inode, barrier.begin, at);
        }
    }

    /// Makes the entries of a directory certain, where they are on their own.
    fn cover_entries(&mut self, directory: Inode, begin: u32, at: Position) {
        let Some(state) = self.directories.get_mut(&directory) else {
            return;
        };
        let effects = &mut self.effects;
        let before = |effect: &u32| effects[*effect as usize].entry < begin;
        let covered = state.pending.partition_point(before);
        for effect in state.pending.drain(..covered) {
            effects[effect as usize].certain_at = at;
        }
    }

    /// Makes the log certain as far as it goes before the operation `begin`.
    pub(super) fn cover_log_before(&mut self, begin: u32, at: Position) {
        if let Some(last) = begin.checked_sub(1) {
            self.cover_log(last, at);
        }
    }

    pub(super) fn cover_file(&mut self, inode: Inode, begin: u32, at: Position) {
        let Some(state) = self.files.get_mut(&inode) else {
            return;
        };
        let effects = &mut self.effects;
        let mut pending = std::mem::take(&mut state.pending);
        let covered = pending.partition_point(|&effect| effects[effect as usize].entry < begin);
        for index in pending.drain(..covered) {
            let effect = &mut effects[index as usize];
            effect.certain_at = at;
            if let EffectKind::Block(block) = effect.kind {
                state.initialise(block.block, index);
            }
        }
        state.allocated = state.allocated.saturating_sub(covered);
        if pending.is_empty() {
            state.settle();
        }
        state.pending = pending;
    }

    /// Makes the log certain up to and including the operation `entry`.
    pub(super) fn cover_log(&mut self, entry: u32, at: Position) {
        while let Some(group) = self.groups.get(self.groups_certain).copied() {
            if group.entry > entry {
                break;
            }
            for effect in group.first..group.end {
                self.cover_logged(effect, at);
            }
            self.groups_certain += 1;
        }
    }

    /// Makes one effect certain that is in the log, with what needs to be there before it.
    pub(super) fn cover_logged(&mut self, index: u32, at: Position) {
        let effect = &mut self.effects[index as usize];
        if effect.failed || effect.group.is_none() {
            return;
        }
        effect.certain_at = effect.certain_at.min(at);
        let (kind, group) = (effect.kind, effect.group);
        let group = group.map_or(0, |group| group as usize);
        match kind {
            EffectKind::Name {
                target: Some(inode),
                ..
            } => self.cover_needed(inode, group, at),
            EffectKind::Size { inode, .. } => {
                self.cover_needed(inode, group, at);
                self.cover_superseded(inode, index, at);
            }
            EffectKind::Hole { inode, .. } => self.cover_superseded(inode, index, at),
            EffectKind::Block(block) => {
                self.cover_needed(block.inode, group, at);
                let state = self.files.entry(block.inode).or_default();
                state.initialise(block.block, index);
            }
            EffectKind::Name { .. } | EffectKind::Cut { .. } => {}
        }
    }

    /// What a rename over another file or a longer size needs is as certain as that.
    fn cover_needed(&mut self, inode: Inode, group: usize, at: Position) {
        let is_needed = |effect: &Effect| {
            let needed_by = effect.needed_by;
            needed_by.is_some_and(|needed| needed as usize <= group)
        };
        let pending = self
            .files
            .get(&inode)
            .map_or(&[][..], |state| &state.pending);
        let needed = pending.iter().copied();
        let needed: Vec<u32> = needed
            .filter(|&index| is_needed(&self.effects[index as usize]))
            .collect();
        if needed.is_empty() {
            return;
        }
        // A size that is needed needs the bytes that it shows.
        let is_shown = |step: u32| needed.binary_search(&step).is_ok();
        self.cover_pending(inode, at, |_, effect| {
            is_needed(effect) || effect.shown_by.is_some_and(is_shown)
        });
    }

    /// A logged length or hole is certain: earlier lengths are over, and so is what it took away, whether they got to disk or
    /// not.
    fn cover_superseded(&mut self, inode: Inode, logged: u32, at: Position) {
        let sets_size = matches!(self.effects[logged as usize].kind, EffectKind::Size { .. });
        let drops = self.effects[logged as usize].drops();
        let is_over = |index: u32, effect: &Effect| {
            index < logged
                && match effect.kind {
                    EffectKind::Size { .. } => sets_size,
                    EffectKind::Block(block) => {
                        drops.is_some_and(|(_, start, end)| (start..end).contains(&block.offset()))
                    }
                    _ => false,
                }
        };
        self.cover_pending(inode, at, is_over);
        let Some(state) = self.files.get_mut(&inode) else {
            return;
        };
        let effects = &mut self.effects;
        state.failed.retain(|&index| {
            let over = is_over(index, &effects[index as usize]);
            if over {
                effects[index as usize].certain_at = at;
            }
            !over
        });
    }

    /// Makes those pending effects of a file certain that `is_covered` says.
    fn cover_pending(
        &mut self,
        inode: Inode,
        at: Position,
        is_covered: impl Fn(u32, &Effect) -> bool,
    ) {
        let Some(state) = self.files.get_mut(&inode) else {
            return;
        };
        let mut place = 0;
        let tied = state.allocated;
        let mut written = Vec::new();
        state.pending.retain(|&index| {
            let effect = &mut self.effects[index as usize];
            let covered = is_covered(index, effect);
            if covered {
                effect.certain_at = effect.certain_at.min(at);
                state.allocated -= usize::from(place < tied);
                if let EffectKind::Block(block) = effect.kind {
                    written.push((block.block, index));
                }
            }
            place += 1;
            !covered
        });
        for (block, index) in written {
            state.initialise(block, index);
        }
    }
}
