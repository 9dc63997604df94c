//! The effects of operations on the content and the length of a file.

use std::ops::Range;

use super::{
    effect::{ALL_SECTORS, BLOCK, BlockEffect, EffectKind, sectors_touched},
    graph::PersistenceGraph,
};
use crate::{
    image::{FileContent, Inode},
    profile::{DataFirst, DataPath, Growth, OverwriteTear, TailGrowth},
    trace::Action,
};

impl PersistenceGraph<'_> {
    pub(super) fn add_content(&mut self, action: Action, entry: u32) {
        match action {
            Action::Write {
                inode,
                offset,
                bytes,
                old_size,
            } => {
                let range = offset..offset + u64::from(bytes.len);
                self.add_write(entry, inode, range, old_size);
            }
            Action::Truncate {
                inode,
                size,
                old_size,
            } => self.add_truncate(entry, inode, size, old_size),
            Action::Allocate {
                inode,
                offset,
                len,
                size,
                old_size,
            } => {
                self.set_size(entry, inode, size, old_size);
                self.reserve(inode, offset..offset + len);
                self.touch(inode, entry, true);
            }
            Action::PunchHole { inode, offset, len } => {
                self.add_hole(entry, inode, offset..offset + len);
                self.touch(inode, entry, true);
            }
            Action::ZeroRange {
                inode,
                offset,
                len,
                size,
                old_size,
            } => {
                self.add_hole(entry, inode, offset..offset + len);
                self.set_size(entry, inode, size, old_size);
                self.reserve(inode, offset..offset + len);
                self.touch(inode, entry, true);
            }
            _ => unreachable!("only operations on content get here"),
        }
    }

    fn add_write(&mut self, entry: u32, inode: Inode, range: Range<u64>, old_size: u64) {
        let journaled = self.is_journaled();
        let (start, end) = (range.start, range.end);
        let mut allocates = false;
        // The first block whose bytes a longer size shows.
        let shown_from = block_index(old_size);
        let mut shown = Vec::new();
        for block in block_index(start)..=block_index(end - 1) {
            let group = journaled.then(|| self.open_group(entry));
            let effect = self.block_effect(inode, block, &range, group);
            allocates |= effect.first;
            let index = self.push_own(entry, inode, EffectKind::Block(effect.effect), group);
            if block >= shown_from && self.goes_before_size(effect.first) {
                shown.push(index);
            }
            let size = (u64::from(block) * BLOCK + BLOCK).min(end);
            if size > old_size {
                let logged = || self.logs_growth(inode, block, old_size);
                let group = match group {
                    Some(group) => Some(group),
                    None if logged() => Some(self.open_group(entry)),
                    None => None,
                };
                let kind = EffectKind::Size {
                    inode,
                    size,
                    cuts: false,
                };
                let step = self.push_own(entry, inode, kind, group);
                self.tie_to_size(&mut shown, step, group);
                self.close_group(group);
            } else {
                self.close_group(group);
            }
        }
        // A copy takes a new block too.
        let extents = allocates || self.profile.data.value == DataPath::CopyOnWrite;
        self.touch(inode, entry, end > old_size || extents || journaled);
    }

    /// Whether the step of a size that ends in this block has its place in the log.
    fn logs_growth(&self, inode: Inode, block: u32, old_size: u64) -> bool {
        let in_old_block = u64::from(block) * BLOCK < old_size;
        match (self.profile.growth.value, self.profile.tail_growth.value) {
            (Growth::Logged, _) => true,
            (Growth::Late, TailGrowth::Logged) => in_old_block && self.is_allocated(inode, block),
            _ => false,
        }
    }

    fn is_allocated(&self, inode: Inode, block: u32) -> bool {
        self.files
            .get(&inode)
            .is_some_and(|state| state.is_on_disk(block))
    }

    /// Whether the bytes of a block go before a size that shows them. A block that an earlier write allocated is no new one:
    /// that write may be on disk with its size already.
    fn goes_before_size(&self, first: bool) -> bool {
        match self.profile.data_first.value {
            DataFirst::Nothing => false,
            DataFirst::NewBlocks => first,
            DataFirst::All => true,
        }
    }

    /// The bytes that go before a size are tied to it.
    fn tie_to_size(&mut self, shown: &mut Vec<u32>, step: u32, group: Option<u32>) {
        for index in shown.drain(..) {
            let effect = &mut self.effects[index as usize];
            if effect.group.is_none() {
                match group {
                    Some(group) => effect.needed_by = Some(group),
                    None => effect.shown_by = Some(step),
                }
            }
        }
    }

    /// The next effect, and whether it is the first on a new block.
    fn block_effect(
        &mut self,
        inode: Inode,
        block: u32,
        range: &Range<u64>,
        group: Option<u32>,
    ) -> NewBlock {
        let index = self.next_effect();
        let on_disk = in_base(self.recording.base.file(inode), block);
        let state = self.files.entry(inode).or_default();
        // Its page is dirty again, with all that it holds.
        state.write_again(block, group, &mut self.effects);
        let state = state.block(block, on_disk);
        let fresh = !state.on_disk;
        let touched = sectors_touched(block, range.start, range.end);
        // The first write-back of a new block writes all of it; so does a filesystem that tears at blocks.
        let earlier = state.first_write.filter(|_| fresh);
        let first = fresh && earlier.is_none();
        if first {
            state.first_write = Some(index);
        }
        let copied = self.profile.data.value == DataPath::CopyOnWrite;
        let whole = first || copied || self.profile.overwrite_tear.value != OverwriteTear::Sector;
        let sectors = if whole { ALL_SECTORS } else { touched };
        let effect = BlockEffect {
            inode,
            block,
            fresh,
            first: earlier,
            reserved: state.reserved && self.profile.has_log(),
            sectors,
            zero_from: state.take_cuts(sectors),
        };
        NewBlock { effect, first }
    }

    fn add_truncate(&mut self, entry: u32, inode: Inode, size: u64, old_size: u64) {
        let cuts = size < old_size;
        if self.profile.has_log() {
            let group = Some(self.open_group(entry));
            self.push_own(entry, inode, EffectKind::Size { inode, size, cuts }, group);
            self.close_group(group);
        } else {
            let length = EffectKind::Size {
                inode,
                size,
                cuts: false,
            };
            self.push_own(entry, inode, length, None);
            if cuts {
                self.push_own(entry, inode, EffectKind::Cut { inode, size }, None);
            }
        }
        if cuts {
            let base = self.recording.base.file(inode);
            let pages = base.map_or(0, |file| file.size_bytes().div_ceil(BLOCK));
            let state = self.files.entry(inode).or_default();
            state.cut(size, block_index(pages * BLOCK), |block| {
                in_base(base, block)
            });
        }
        self.touch(inode, entry, true);
    }

    /// A length that is set apart from any bytes, if it is a new one.
    fn set_size(&mut self, entry: u32, inode: Inode, size: u64, old_size: u64) {
        if size == old_size {
            return;
        }
        let group = self.profile.has_log().then(|| self.open_group(entry));
        let kind = EffectKind::Size {
            inode,
            size,
            cuts: false,
        };
        self.push_own(entry, inode, kind, group);
        self.close_group(group);
    }

    /// A range reads as zeros: its whole blocks are given back, its edges are overwritten.
    fn add_hole(&mut self, entry: u32, inode: Inode, range: Range<u64>) {
        if range.is_empty() {
            return;
        }
        let whole = range.start.next_multiple_of(BLOCK)..range.end / BLOCK * BLOCK;
        let first = block_index(range.start);
        let last = block_index(range.end - 1);
        let covers = |block: u32| whole.contains(&(u64::from(block) * BLOCK));
        let edges = [first, last];
        let distinct = if first == last { 1 } else { 2 };
        for &block in edges[..distinct].iter().filter(|block| !covers(**block)) {
            self.zero_edge(entry, inode, block, &range);
        }
        if whole.is_empty() {
            return;
        }
        let group = self.profile.has_log().then(|| self.open_group(entry));
        let kind = EffectKind::Hole {
            inode,
            start: whole.start,
            end: whole.end,
        };
        self.push_own(entry, inode, kind, group);
        self.close_group(group);
        let base = self.recording.base.file(inode);
        let state = self.files.entry(inode).or_default();
        for block in block_index(whole.start)..block_index(whole.end) {
            state.drop_block(block, in_base(base, block));
        }
    }

    /// Part of a block is overwritten with zeros; where there is no block, there is nothing to overwrite.
    fn zero_edge(&mut self, entry: u32, inode: Inode, block: u32, range: &Range<u64>) {
        let on_disk = in_base(self.recording.base.file(inode), block);
        let state = self.files.entry(inode).or_default();
        let state = state.block(block, on_disk);
        if !state.on_disk && state.first_write.is_none() {
            return;
        }
        let group = self.is_journaled().then(|| self.open_group(entry));
        let effect = self.block_effect(inode, block, range, group).effect;
        self.push_own(entry, inode, EffectKind::Block(effect), group);
        self.close_group(group);
    }

    /// The blocks of a range that are not there are reserved: they show zeros until they are written.
    fn reserve(&mut self, inode: Inode, range: Range<u64>) {
        if range.is_empty() {
            return;
        }
        let base = self.recording.base.file(inode);
        let state = self.files.entry(inode).or_default();
        for block in block_index(range.start)..=block_index(range.end - 1) {
            let state = state.block(block, in_base(base, block));
            state.reserved |= !state.on_disk && state.first_write.is_none();
        }
    }
}

/// An effect on a block, and whether it is the first on a new one.
struct NewBlock {
    effect: BlockEffect,
    first: bool,
}

fn in_base(base: Option<&FileContent>, block: u32) -> bool {
    base.is_some_and(|file| file.has_page(u64::from(block)))
}

fn block_index(offset: u64) -> u32 {
    u32::try_from(offset / BLOCK).expect("a simulated file has fewer than 2^32 blocks")
}
