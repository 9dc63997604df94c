//! Blocks that are given back, reserved and zeroed.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Range,
};

use tornwrite::{image::Inode, profile::CutTail};

use super::{
    blocks::{BLOCK, Block},
    disk::{Change, Disk},
    effects::{Builder, Why, edges},
};

impl Builder<'_> {
    pub fn truncate(&mut self, inode: Inode, size: usize, down: bool) {
        let apart = self.rules.cut_tail != CutTail::Together;
        let border = size.next_multiple_of(BLOCK);
        let zeros = if down && apart && border > size {
            self.zero_tail(inode, size..border)
        } else {
            Vec::new()
        };
        let effect = self.set_size(inode, size);
        if !down {
            return;
        }
        self.live.apply(&Change::Cut { inode, size });
        let cut = Change::Cut {
            inode,
            size: if apart { border } else { size },
        };
        if self.rules.has_log() {
            self.effects[effect].changes.push(cut);
            if self.rules.cut_tail == CutTail::ZerosFirst {
                self.effects[effect].edges.extend(edges(zeros, Why::Needs));
            }
        } else {
            // A shorter length does not need its cut, but no cut goes without its length.
            self.push(vec![cut], edges([effect], Why::Needs), false);
        }
        self.give_back(inode, size.div_ceil(BLOCK)..usize::MAX);
    }

    /// The rest of a block is overwritten with zeros, if there is a block; the effects that do so.
    fn zero_tail(&mut self, inode: Inode, range: Range<usize>) -> Vec<usize> {
        let block = self.blocks.get(&(inode, range.start / BLOCK));
        if block.is_none_or(|block| !block.written) {
            return Vec::new();
        }
        let mut write = self.zeros(inode);
        self.piece(&mut write, range.start, &vec![0; range.len()]);
        // The page is written back as a whole.
        self.versions[&(inode, range.start / BLOCK)].clone()
    }

    /// Blocks are allocated anew when they are written again.
    fn give_back(&mut self, inode: Inode, range: Range<usize>) {
        let inside = |&(of, block): &(Inode, usize)| of == inode && range.contains(&block);
        self.blocks.retain(|key, _| !inside(key));
        self.versions.retain(|key, _| !inside(key));
    }

    /// Blocks that the file has from now on, unwritten.
    pub fn reserve(&mut self, inode: Inode, range: Range<usize>) {
        for block in range.start / BLOCK..range.end.div_ceil(BLOCK) {
            let reserved = Block {
                reserved: true,
                ..Block::default()
            };
            self.blocks.entry((inode, block)).or_insert(reserved);
        }
    }

    /// A range reads as zeros: its whole blocks are given back in one step, its edges are overwritten where there is a block.
    pub fn zero(&mut self, inode: Inode, range: Range<usize>) {
        let whole = range.start.div_ceil(BLOCK)..range.end / BLOCK;
        let mut write = self.zeros(inode);
        let edges = BTreeSet::from([range.start / BLOCK, (range.end - 1) / BLOCK]);
        for block in edges.into_iter().filter(|block| !whole.contains(block)) {
            let start = range.start.max(block * BLOCK);
            let end = range.end.min((block + 1) * BLOCK);
            if self
                .blocks
                .get(&(inode, block))
                .is_some_and(|block| block.written)
            {
                self.piece(&mut write, start, &vec![0; end - start]);
            }
        }
        if whole.is_empty() {
            return;
        }
        let zero = Change::Zero {
            inode,
            range: whole.start * BLOCK..whole.end * BLOCK,
        };
        self.live.apply(&zero);
        self.push(vec![zero], Vec::new(), self.rules.has_log());
        self.give_back(inode, whole);
    }

    /// What was never written to disk is gone from the running program's view too.
    pub fn revert(&mut self, file: Inode) {
        let mut disk = Disk::new(&self.recording.base);
        let lasting = self
            .effects
            .iter()
            .filter(|effect| effect.gone_at.is_none());
        for change in lasting.flat_map(|effect| &effect.changes) {
            if change.file() == Some(file) {
                disk.apply(change);
            }
        }
        self.live.take_file(file, &disk);
        let gone: Vec<bool> = self.effects.iter().map(|e| e.gone_at.is_some()).collect();
        let old = std::mem::take(&mut self.blocks);
        for (key, mut block) in old {
            let lost = !block.first.is_empty() && block.first.iter().any(|&first| gone[first]);
            if key.0 != file || !lost {
                self.blocks.insert(key, block);
            } else if block.reserved {
                block.first.clear();
                block.written = false;
                self.blocks.insert(key, block);
            }
        }
        let chains: &mut BTreeMap<_, Vec<usize>> = &mut self.versions;
        for chain in chains.values_mut() {
            chain.retain(|&version| !gone[version]);
        }
    }
}
