//! What a completed barrier makes certain.

use std::collections::BTreeMap;

use super::{
    effect::{BLOCK, Effect, EffectKind, NOT_CUT, SECTORS, Sectors},
    graph::PersistenceGraph,
};
use crate::{
    base::Position,
    image::Inode,
    profile::{Reach, SECTOR_BYTES},
    trace::BarrierKind,
};

/// What the walk knows of a file.
#[derive(Debug, Default)]
pub(super) struct FileState {
    /// Effects of the file's own that no barrier covers yet and no log holds.
    pub(super) pending: Vec<u32>,
    /// How many of them are already tied to a rename over another file.
    pub(super) allocated: usize,
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
    /// For each sector, the first byte of the block that was cut off since the sector was last written.
    cuts: [u16; SECTORS],
}

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
    inode: Inode,
    is_directory: bool,
    /// The operation up to which the log is forced, where there is one.
    log_to: Option<u32>,
}

impl FileState {
    pub(super) fn block(&mut self, block: u32, on_disk: bool) -> &mut BlockState {
        let new = || BlockState {
            on_disk,
            first_write: None,
            cuts: [NOT_CUT; SECTORS],
        };
        self.blocks.entry(block).or_insert_with(new)
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
        }
    }

    /// The effect is on disk; if it is the first on a new block, so is the block. One that a truncate dropped is not.
    fn initialise(&mut self, block: u32, effect: u32) {
        if let Some(state) = self.blocks.get_mut(&block) {
            state.on_disk |= state.first_write == Some(effect);
        }
    }

    /// Everything that was pending is on disk: no cut matters any more.
    fn settle(&mut self) {
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

impl PersistenceGraph<'_> {
    pub(super) fn begin_barrier(&self, kind: BarrierKind, inode: Inode, entry: u32) -> OpenBarrier {
        let file = self.files.get(&inode);
        let directory = self.directories.get(&inode);
        let log_to = match kind {
            BarrierKind::Fsync => file.and_then(|state| state.last),
            BarrierKind::Syncfs | BarrierKind::SyncFileRange => None,
            BarrierKind::Fdatasync | BarrierKind::Msync => file.and_then(|state| state.last_data),
            // A directory's own creation or rename touches its inode, as a change of its entries does.
            BarrierKind::FsyncDirectory => {
                let own = file.and_then(|state| state.last);
                own.max(directory.and_then(|state| state.last))
            }
        };
        let is_directory = kind == BarrierKind::FsyncDirectory;
        OpenBarrier {
            begin: entry,
            inode,
            is_directory,
            log_to,
        }
    }

    pub(super) fn complete_barrier(&mut self, barrier: &OpenBarrier, at: Position) {
        match self.profile.reach.value {
            Reach::Own => self.cover_own(barrier, at),
            Reach::LogPrefix | Reach::LogTree => {
                self.cover_own(barrier, at);
                if let Some(entry) = barrier.log_to {
                    self.cover_log(entry, at);
                }
            }
            Reach::Everything => {
                let files: Vec<_> = self.files.keys().copied().collect();
                for inode in files {
                    self.cover_file(inode, barrier.begin, at);
                }
                if let Some(last) = barrier.begin.checked_sub(1) {
                    self.cover_log(last, at);
                }
            }
        }
    }

    fn cover_own(&mut self, barrier: &OpenBarrier, at: Position) {
        if !barrier.is_directory {
            return self.cover_file(barrier.inode, barrier.begin, at);
        }
        let Some(state) = self.directories.get_mut(&barrier.inode) else {
            return;
        };
        let effects = &mut self.effects;
        let before = |effect: &u32| effects[*effect as usize].entry < barrier.begin;
        let covered = state.pending.partition_point(before);
        for effect in state.pending.drain(..covered) {
            effects[effect as usize].certain_at = at;
        }
    }

    fn cover_file(&mut self, inode: Inode, begin: u32, at: Position) {
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
    fn cover_log(&mut self, entry: u32, at: Position) {
        while let Some(group) = self.groups.get(self.groups_certain).copied() {
            if group.entry > entry {
                break;
            }
            for effect in group.first..group.end {
                self.effects[effect as usize].certain_at = at;
                if let EffectKind::Name {
                    target: Some(inode),
                    ..
                } = self.effects[effect as usize].kind
                {
                    self.cover_needed(inode, self.groups_certain, at);
                }
                if let EffectKind::Size { inode, .. } = self.effects[effect as usize].kind {
                    self.cover_superseded(inode, effect, at);
                }
                if let EffectKind::Block(block) = self.effects[effect as usize].kind {
                    let state = self.files.entry(block.inode).or_default();
                    state.initialise(block.block, effect);
                }
            }
            self.groups_certain += 1;
        }
    }

    /// The lengths that a rename over another file needs are as certain as the rename.
    fn cover_needed(&mut self, inode: Inode, rename: usize, at: Position) {
        self.cover_pending(inode, at, |_, effect| {
            let group = effect.needed_by;
            group.is_some_and(|group| group as usize <= rename)
        });
    }

    /// A logged length is certain: earlier lengths are over, and so is what it cut off, whether they got to disk or not.
    fn cover_superseded(&mut self, inode: Inode, logged: u32, at: Position) {
        let EffectKind::Size { size, cuts, .. } = self.effects[logged as usize].kind else {
            return;
        };
        self.cover_pending(inode, at, |index, effect| {
            index < logged
                && match effect.kind {
                    EffectKind::Size { .. } => true,
                    EffectKind::Block(block) => cuts && block.offset() >= size,
                    _ => false,
                }
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
        state.pending.retain(|&index| {
            let effect = &mut self.effects[index as usize];
            let covered = is_covered(index, effect);
            if covered {
                effect.certain_at = effect.certain_at.min(at);
                state.allocated -= usize::from(place < tied);
            }
            place += 1;
            !covered
        });
    }
}
