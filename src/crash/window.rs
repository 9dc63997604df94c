//! What is pending at one crash point, sorted into independent choices.

use std::{collections::BTreeMap, ops::Range};

use smallvec::SmallVec;

use super::{
    choices::{Chain, FileChoices},
    effect::{Effect, EffectKind, Sectors, sectors_before},
    graph::PersistenceGraph,
    reuse::Reuse,
    stale::StaleBlocks,
};
use crate::{
    base::Position,
    image::{Image, Inode},
    profile::{Fill, FreedBlocks},
};

/// What is pending at one crash point.
///
/// A *slot* is an index into `pending`. A crash state says of each slot what survives of it.
#[derive(Debug)]
pub struct Window<'g> {
    /// The effects of the whole recording.
    pub graph: &'g PersistenceGraph<'g>,
    /// Where the crash falls.
    pub point: Position,
    /// Everything that is certain at the point.
    pub durable: Image,
    /// The effects that are pending, in order.
    pub pending: Vec<u32>,
    /// Truncates and holes that are certain although writes before them are pending: they cut those once more.
    pub(super) cuts: Vec<u32>,
    /// The pending part of the log, as ranges of slots.
    pub log: Vec<Range<usize>>,
    /// The slots of each file, in inode order.
    pub files: Vec<FileSlots>,
    /// The slots of each name, where names are on their own.
    pub names: Vec<Vec<usize>>,
    /// Freed blocks whose bytes may show, where the profile allows that.
    pub stale: StaleBlocks,
    /// How blocks may be used again that a slot in the log gives back, if it is lost.
    pub(super) reuses: BTreeMap<usize, Vec<Reuse>>,
    /// The groups of the log up to the point.
    pub(super) groups_issued: u32,
}

/// The pending effects of one file.
#[derive(Debug)]
pub struct FileSlots {
    /// The file.
    pub inode: Inode,
    /// Its slots in order.
    pub slots: Vec<usize>,
}

impl<'g> Window<'g> {
    pub(super) fn new(
        graph: &'g PersistenceGraph<'g>,
        point: Position,
        first: usize,
        durable: Image,
        stale: StaleBlocks,
    ) -> Window<'g> {
        let issued = graph
            .effects
            .partition_point(|effect| effect.entry < point.0);
        let is_pending = |index: &usize| !graph.effects[*index].is_settled(point);
        let pending: Vec<u32> = (first..issued)
            .filter(is_pending)
            .filter_map(|index| u32::try_from(index).ok())
            .collect();
        let cuts = cuts_of_pending(graph, point, &pending, first..issued);
        let groups = &graph.groups;
        let groups_issued = groups.partition_point(|group| group.entry < point.0);
        let mut window = Window {
            reuses: BTreeMap::new(),
            groups_issued: u32::try_from(groups_issued).expect("fewer than 2^32 groups"),
            cuts,
            graph,
            point,
            durable,
            pending,
            log: Vec::new(),
            files: Vec::new(),
            names: Vec::new(),
            stale,
        };
        window.sort_into_log();
        window.sort_into_files();
        if !graph.profile.has_log() {
            window.sort_into_names();
        }
        if graph.profile.freed_blocks.value == FreedBlocks::AtOnce {
            let found = (0..window.pending.len()).map(|slot| (slot, window.find_reuses(slot)));
            window.reuses = found.filter(|(_, ways)| !ways.is_empty()).collect();
        }
        window
    }

    /// The effect in a slot.
    pub fn effect(&self, slot: usize) -> &'g Effect {
        &self.graph.effects[self.pending[slot] as usize]
    }

    fn sort_into_log(&mut self) {
        let mut last = None;
        for slot in 0..self.pending.len() {
            let Some(group) = self.effect(slot).group else {
                continue;
            };
            if last == Some(group) {
                self.log.last_mut().expect("a group was begun").end = slot + 1;
            } else {
                self.log.push(slot..slot + 1);
                last = Some(group);
            }
        }
    }

    fn sort_into_files(&mut self) {
        let mut owned: SmallVec<[(Inode, usize); 16]> = (0..self.pending.len())
            .filter_map(|slot| Some((self.effect(slot).file()?, slot)))
            .collect();
        owned.sort_unstable();
        for (inode, slot) in owned {
            match self.files.last_mut() {
                Some(file) if file.inode == inode => file.slots.push(slot),
                _ => self.files.push(FileSlots {
                    inode,
                    slots: vec![slot],
                }),
            }
        }
    }

    fn sort_into_names(&mut self) {
        let mut named = Vec::new();
        for slot in 0..self.pending.len() {
            if let EffectKind::Name {
                directory, name, ..
            } = self.effect(slot).kind
            {
                named.push((directory, self.graph.recording.trace.bytes(name), slot));
            }
        }
        named.sort_unstable();
        let mut last = None;
        for (directory, name, slot) in named {
            if last == Some((directory, name)) {
                self.names.last_mut().expect("a name was begun").push(slot);
            } else {
                self.names.push(vec![slot]);
                last = Some((directory, name));
            }
        }
    }

    /// The length of a file if the first `survive` of the lengths in `choices` do.
    pub fn size(&self, choices: &FileChoices, survive: usize) -> u64 {
        let last = survive
            .checked_sub(1)
            .map(|index| self.effect(choices.sizes[index]).kind);
        match last {
            Some(EffectKind::Size { size, .. }) => size,
            _ => choices.base_size,
        }
    }

    /// The sectors of a chain that can be seen in a file of this length.
    pub fn visible(&self, chain: &Chain, size: u64) -> Sectors {
        if chain.given_back {
            return 0;
        }
        sectors_before(chain.block, size)
    }

    /// The fills that an unwritten unit may show here.
    pub fn fills(&self) -> impl Iterator<Item = Fill> + Clone + '_ {
        let allowed = self.graph.profile.fill.value.as_slice().iter().copied();
        let shows_stale = allowed.clone().any(|fill| fill == Fill::Stale);
        let other = (shows_stale && self.stale.differ()).then_some(Fill::OtherStale);
        let allowed = allowed.filter(|&fill| fill != Fill::Stale || !self.stale.is_empty());
        allowed.chain(other)
    }
}

/// What takes bytes away among `range`, is certain, and comes after a pending write to the same file.
fn cuts_of_pending(
    graph: &PersistenceGraph<'_>,
    point: Position,
    pending: &[u32],
    range: Range<usize>,
) -> Vec<u32> {
    let cuts_pending = |index: &u32| {
        let effect = &graph.effects[*index as usize];
        let Some((inode, ..)) = effect.drops() else {
            return false;
        };
        let mut earlier = pending.iter().take_while(|before| *before < index);
        effect.certain_at <= point
            && earlier.any(|&before| {
                let kind = graph.effects[before as usize].kind;
                matches!(kind, EffectKind::Block(block) if block.inode == inode)
            })
    };
    let indices = range.filter_map(|index| u32::try_from(index).ok());
    indices.filter(cuts_pending).collect()
}
