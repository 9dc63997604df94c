//! Blocks that were freed, whose bytes a new block may show where a profile allows stale fill.
//!
//! Which of them shows is biased to the dangerous: bytes of the same format at the same place, whose frames lie where valid
//! ones would. Two candidates are numbered for each gap; the others never show.
//!
//! Only what a crash state leaves freed goes over to the next life: where the operation that freed a block did not survive,
//! the block still belongs to its file.

use std::sync::{Arc, OnceLock};

use super::{effect::ALL_SECTORS, graph::PersistenceGraph, state::Kept, window::Window};
use crate::{
    base::Position,
    image::{FreedBlock, FreedBlocks, Home, Image, Inode, PAGE_BYTES},
    profile::Fill,
    trace::Action,
};

const BLOCK: u64 = PAGE_BYTES as u64;

/// The newest freed blocks; cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct StaleBlocks {
    freed: Option<Arc<Freed>>,
    /// Whether not all of them are alike.
    differ: bool,
}

#[derive(Clone, Debug, Default)]
struct Freed {
    /// Each with the operation that freed it; none in an earlier life.
    blocks: Vec<(FreedBlock, Option<u32>)>,
    /// What an image keeps of them where all of it survives, which most often it does.
    all: OnceLock<FreedBlocks>,
}

impl Freed {
    fn kept(&self, survived: impl Fn(u32) -> bool) -> FreedBlocks {
        let survived = |entry: &Option<u32>| entry.is_none_or(&survived);
        let freed = self.blocks.iter().filter(|(_, entry)| survived(entry));
        FreedBlocks::new(freed.map(|(freed, _)| freed.clone()).collect())
    }
}

impl StaleBlocks {
    /// What earlier lives left freed.
    fn of(image: &Image) -> StaleBlocks {
        let freed = image.freed();
        let blocks: Vec<_> = freed.iter().map(|freed| (freed.clone(), None)).collect();
        StaleBlocks {
            differ: differ(&blocks),
            freed: Some(Arc::new(Freed {
                blocks,
                all: OnceLock::from(freed.clone()),
            })),
        }
    }

    fn blocks(&self) -> &[(FreedBlock, Option<u32>)] {
        self.freed.as_ref().map_or(&[], |freed| &freed.blocks)
    }

    /// Whether nothing was freed yet.
    pub fn is_empty(&self) -> bool {
        self.blocks().is_empty()
    }

    /// Whether a gap has a second candidate.
    pub fn differ(&self) -> bool {
        self.differ
    }

    fn push(&mut self, freed: FreedBlock, entry: Option<u32>) {
        let Freed { blocks, all } = Arc::make_mut(self.freed.get_or_insert_default());
        *all = OnceLock::new();
        blocks.push((freed, entry));
        blocks.drain(..blocks.len().saturating_sub(FreedBlocks::KEPT));
        self.differ = differ(blocks);
    }

    /// What block `block` of a new file may show, the most dangerous first: two that differ, or one, or none.
    fn candidates(&self, home: Option<&Home>, block: u32) -> [Option<&FreedBlock>; 2] {
        let rank = |freed: &FreedBlock| {
            let is = |same: fn(&Home, &Home) -> bool| match (&freed.home, home) {
                (Some(one), Some(other)) => u32::from(same(one, other)),
                _ => 0,
            };
            let kinship = is(|one, other| one.directory == other.directory)
                + is(|one, other| one.pattern == other.pattern);
            (freed.block == block, kinship)
        };
        let all = || self.blocks().iter().map(|(freed, _)| freed);
        // Of equals the last, which is the newest.
        let first = all().max_by_key(|freed| rank(freed));
        let differs = |freed: &&FreedBlock| first.is_some_and(|first| !first.is_like(freed));
        let second = all().filter(differs).max_by_key(|freed| rank(freed));
        [first, second]
    }
}

/// Whether not all blocks are alike.
fn differ(blocks: &[(FreedBlock, Option<u32>)]) -> bool {
    let mut others = blocks.iter();
    others
        .next()
        .is_some_and(|(first, _)| others.any(|(other, _)| !other.is_like(first)))
}

/// Follows what a recording frees, along the live image.
#[derive(Debug)]
pub(super) struct Freeing {
    live: Image,
    entry: u32,
    effect: usize,
    stale: StaleBlocks,
}

impl Freeing {
    /// Starts on the image that the recording began on, with what is freed there, if the profile lets any of it show.
    pub(super) fn new(graph: &PersistenceGraph<'_>, image: &Image) -> Option<Freeing> {
        let fills = graph.profile.fill.value.as_slice();
        fills.contains(&Fill::Stale).then(|| Freeing {
            live: image.clone(),
            entry: 0,
            effect: 0,
            stale: StaleBlocks::of(image),
        })
    }

    /// What is freed at `point`.
    pub(super) fn advance(&mut self, graph: &PersistenceGraph<'_>, point: Position) -> StaleBlocks {
        let trace = &graph.recording.trace;
        while self.entry < point.0 {
            match trace.entries()[self.entry as usize].action {
                Action::Truncate { inode, size, .. } => {
                    self.free(inode, size.div_ceil(BLOCK), u64::MAX);
                }
                Action::PunchHole { inode, offset, len } => {
                    let end = offset.saturating_add(len) / BLOCK;
                    self.free(inode, offset.div_ceil(BLOCK), end);
                }
                Action::Unlink { inode, .. }
                | Action::Rename {
                    replaced: Some(inode),
                    ..
                } if self.live.links(inode) == 1 => self.free(inode, 0, u64::MAX),
                _ => {}
            }
            while let Some(effect) = graph.effects.get(self.effect) {
                if effect.entry > self.entry {
                    break;
                }
                effect.apply(trace, ALL_SECTORS, &mut self.live);
                self.effect += 1;
            }
            self.entry += 1;
        }
        self.stale.clone()
    }

    /// The blocks `from..to` of a file are freed by the operation that comes next.
    fn free(&mut self, inode: Inode, from: u64, to: u64) {
        let Some(file) = self.live.file(inode) else {
            return;
        };
        let home = Home::of(&self.live, inode);
        for block in from..to.min(file.size_bytes().div_ceil(BLOCK)) {
            if file.has_page(block) {
                let mut bytes = [0; PAGE_BYTES];
                file.read(block * BLOCK, &mut bytes);
                let block = u32::try_from(block).expect("a block of a file");
                let freed = FreedBlock::new(home.clone(), block, bytes);
                self.stale.push(freed, Some(self.entry));
            }
        }
    }
}

impl Window<'_> {
    /// What is freed on the disk that a selection leaves.
    pub(super) fn freed_by(&self, selection: &[Kept]) -> FreedBlocks {
        let survived = |entry: u32| {
            let effects = &self.graph.effects;
            let first = self
                .pending
                .partition_point(|&effect| effects[effect as usize].entry < entry);
            let slots =
                (first..self.pending.len()).take_while(|&slot| self.effect(slot).entry == entry);
            slots.into_iter().all(|slot| selection[slot].sectors != 0)
        };
        let Some(freed) = &self.stale.freed else {
            return FreedBlocks::default();
        };
        let mut entries = freed.blocks.iter().filter_map(|(_, entry)| *entry);
        if entries.all(survived) {
            return freed.all.get_or_init(|| freed.kept(|_| true)).clone();
        }
        freed.kept(survived)
    }

    /// What a lost sector of a block shows for a stale fill.
    pub(super) fn stale_bytes(
        &self,
        image: &Image,
        inode: Inode,
        block: u32,
        fill: Fill,
    ) -> Option<&[u8; PAGE_BYTES]> {
        let home = Home::of(image, inode);
        let [first, second] = self.stale.candidates(home.as_ref(), block);
        let freed = if fill == Fill::OtherStale {
            second.or(first)
        } else {
            first
        };
        freed.map(FreedBlock::bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn home(directory: u32, pattern: &[u8]) -> Home {
        Home {
            directory: Inode(directory),
            pattern: pattern.into(),
        }
    }

    fn stale(blocks: &[(Home, u32, u8)]) -> StaleBlocks {
        let mut stale = StaleBlocks::default();
        for (home, block, byte) in blocks {
            let freed = FreedBlock::new(Some(home.clone()), *block, [*byte; PAGE_BYTES]);
            stale.push(freed, None);
        }
        stale
    }

    fn shown(stale: &StaleBlocks, home: &Home, block: u32) -> Vec<u8> {
        let candidates = stale.candidates(Some(home), block);
        let bytes = candidates
            .into_iter()
            .flatten()
            .map(|freed| freed.bytes()[0]);
        bytes.collect()
    }

    #[test]
    fn the_same_place_in_a_file_of_the_same_kind_comes_first() {
        let (log, snap, other) = (home(1, b"#.wal"), home(2, b"#.snap"), home(3, b"x"));
        let freed = [
            (log.clone(), 2, 1),
            (log.clone(), 2, 2),
            (snap.clone(), 2, 3),
            (log.clone(), 5, 4),
            (other, 7, 5),
        ];
        let stale = stale(&freed);
        assert_eq!(shown(&stale, &log, 2), [2, 1], "of equals the newest");
        assert_eq!(shown(&stale, &snap, 2), [3, 2], "the place before the kind");
        assert_eq!(shown(&stale, &log, 9), [4, 2], "the kind before the age");
        assert_eq!(
            shown(&stale, &home(9, b"y"), 9),
            [5, 4],
            "or else the newest"
        );
    }

    #[test]
    fn a_second_candidate_differs_from_the_first() {
        let log = home(1, b"#.wal");
        let alike = stale(&[(log.clone(), 0, 1), (log.clone(), 1, 1)]);
        assert!(!alike.differ());
        assert_eq!(shown(&alike, &log, 0), [1]);
        let different = stale(&[
            (log.clone(), 0, 1),
            (log.clone(), 0, 1),
            (log.clone(), 1, 2),
        ]);
        assert!(different.differ());
        assert_eq!(shown(&different, &log, 0), [1, 2]);
    }
}
