//! What is pending at one crash point, sorted into independent choices.

use std::{collections::BTreeMap, ops::Range};

use super::{
    effect::{BLOCK, Effect, EffectKind, Sectors, sectors_before},
    graph::PersistenceGraph,
    stale::StaleBlocks,
};
use crate::{
    base::Position,
    image::{Image, Inode},
    profile::Fill,
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
    /// Truncates that are certain although writes before them are pending: they cut those once more.
    pub(super) cuts: Vec<u32>,
    /// The pending part of the log, as ranges of slots.
    pub log: Vec<Range<usize>>,
    /// The slots of each file, in inode order.
    pub files: Vec<FileSlots>,
    /// The slots of each name, where names are on their own.
    pub names: Vec<Vec<usize>>,
    /// Freed blocks whose bytes may show, where the profile allows that.
    pub stale: StaleBlocks,
    first_group: u32,
}

/// The pending effects of one file.
#[derive(Debug)]
pub struct FileSlots {
    /// The file.
    pub inode: Inode,
    /// Its slots in order.
    pub slots: Vec<usize>,
}

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
    places: BTreeMap<u32, usize>,
}

/// The pending versions of one block.
#[derive(Debug)]
pub struct Chain {
    /// The index of the block.
    pub block: u32,
    /// Whether the block was not on disk.
    pub fresh: bool,
    /// Its versions in order.
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
        let is_pending = |index: &usize| graph.effects[*index].certain_at > point;
        let pending: Vec<u32> = (first..issued)
            .filter(is_pending)
            .filter_map(|index| u32::try_from(index).ok())
            .collect();
        let cuts = cuts_of_pending(graph, point, &pending, first..issued);
        let mut window = Window {
            cuts,
            graph,
            point,
            durable,
            pending,
            log: Vec::new(),
            files: Vec::new(),
            names: Vec::new(),
            stale,
            first_group: 0,
        };
        window.sort_into_log();
        window.sort_into_files();
        if !graph.profile.has_log() {
            window.sort_into_names();
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
                if last.is_none() {
                    self.first_group = group;
                }
                self.log.push(slot..slot + 1);
                last = Some(group);
            }
        }
    }

    fn sort_into_files(&mut self) {
        let mut owned: Vec<(Inode, usize)> = (0..self.pending.len())
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

    /// Whether a pending log group lies within the first `cut` ones.
    fn survives(&self, group: u32, cut: usize) -> bool {
        ((group - self.first_group) as usize) < cut
    }

    /// The operation whose logged effects are the first to be lost; late effects of later ones are lost too.
    fn limit(&self, cut: usize) -> u32 {
        self.log
            .get(cut)
            .map_or(u32::MAX, |slots| self.effect(slots.start).entry)
    }

    /// What a file may look like if the first `cut` groups of the pending log survive.
    pub fn choices(&self, file: &FileSlots, cut: usize) -> FileChoices {
        let limit = self.limit(cut);
        let base_size = self
            .durable
            .file(file.inode)
            .map_or(0, crate::image::FileContent::size_bytes);
        let mut choices = FileChoices {
            base_size,
            ..FileChoices::default()
        };
        let mut lost_from = u64::MAX;
        for &slot in &file.slots {
            let effect = self.effect(slot);
            match (effect.kind, effect.group) {
                (EffectKind::Size { size, cuts, .. }, Some(group)) => {
                    if self.survives(group, cut) {
                        choices.set_size(size, cuts);
                    } else if cuts {
                        lost_from = lost_from.min(size);
                    }
                }
                // A block that a truncate dropped is a new one afterwards, and needs the truncate.
                (EffectKind::Block(block), None) if block.offset() >= lost_from => {}
                (EffectKind::Size { .. }, None) if effect.entry < limit => {
                    choices.sizes.push(slot);
                    if effect
                        .needed_by
                        .is_some_and(|group| self.survives(group, cut))
                    {
                        choices.sizes_needed = choices.sizes.len();
                    }
                }
                (EffectKind::Cut { .. }, _) => choices.cuts.push((slot, choices.sizes.len())),
                (EffectKind::Block(block), None) => {
                    choices.push_version(block.block, slot, block.fresh, effect.entry < limit);
                }
                _ => {}
            }
        }
        choices
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
        sectors_before(chain.block, size)
    }

    /// The fills that an unwritten unit may show here.
    pub fn fills(&self) -> impl Iterator<Item = Fill> + Clone + '_ {
        let allowed = self.graph.profile.fill.value.as_slice().iter().copied();
        allowed.filter(|&fill| fill != Fill::Stale || !self.stale.is_empty())
    }
}

/// The certain truncates among `range` that come after a pending write to the same file.
///
/// Nothing behind such a truncate is certain: what makes a later write of the file certain makes all earlier ones so.
fn cuts_of_pending(
    graph: &PersistenceGraph<'_>,
    point: Position,
    pending: &[u32],
    range: Range<usize>,
) -> Vec<u32> {
    let cuts_pending = |index: &u32| {
        let effect = &graph.effects[*index as usize];
        let EffectKind::Size {
            inode, cuts: true, ..
        } = effect.kind
        else {
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

    /// A logged length survives: the pending lengths before it cannot be seen, nor the blocks that it cut off.
    fn set_size(&mut self, size: u64, cuts: bool) {
        self.base_size = size;
        self.sizes.clear();
        self.sizes_needed = 0;
        if cuts {
            self.chains
                .retain(|chain| u64::from(chain.block) * BLOCK < size);
            self.places = self
                .chains
                .iter()
                .map(|chain| chain.block)
                .zip(0..)
                .collect();
        }
    }

    fn push_version(&mut self, block: u32, slot: usize, fresh: bool, before_limit: bool) {
        if let Some(&place) = self.places.get(&block) {
            // Once the first version is on disk, a later one overwrites it in place.
            self.chains[place].slots.push(slot);
        } else if before_limit || !fresh {
            self.places.insert(block, self.chains.len());
            self.chains.push(Chain {
                block,
                fresh,
                slots: vec![slot],
            });
        }
    }
}
