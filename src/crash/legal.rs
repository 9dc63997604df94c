//! The nearest legal crash state to one that was wished for.

use std::{collections::BTreeMap, ops::Range};

use super::{
    choices::{Chain, FileChoices},
    effect::Sectors,
    state::{Kept, Selection},
    ties::Ties,
    window::{FileSlots, Window},
};
use crate::profile::{DataPath, FreshTear, OverwriteTear};

impl Window<'_> {
    /// Whether a selection is one of the crash states at this point.
    ///
    /// Blocks that cannot be seen may be kept or lost: that makes no difference on disk.
    pub fn is_legal(&self, selection: &[Kept]) -> bool {
        let mut legal = selection.to_vec();
        self.legalise(&mut legal);
        (0..selection.len()).all(|slot| {
            let whole = self.effect(slot).whole();
            selection[slot].sectors & whole == legal[slot].sectors & whole
        })
    }

    /// Takes from a selection what cannot survive without something that it leaves out, and adds what a surviving rename
    /// needs.
    pub fn legalise(&self, selection: &mut Selection) {
        let survives_whole = |slots: &&Range<usize>| {
            (slots.start..slots.end).all(|slot| self.survives(slot, selection))
        };
        let cut = self.log.iter().take_while(survives_whole).count();
        for slots in &self.log[cut..] {
            // What is lost may have given back blocks that are used again: its fill says how.
            slots.clone().for_each(|slot| selection[slot].sectors = 0);
        }
        for slots in &self.names {
            let survive = slots
                .iter()
                .take_while(|slot| self.survives(**slot, selection))
                .count();
            slots[survive..]
                .iter()
                .for_each(|&slot| selection[slot] = Kept::NOTHING);
        }
        for file in &self.files {
            self.legalise_file(file, cut, selection);
        }
    }

    fn survives(&self, slot: usize, selection: &[Kept]) -> bool {
        let whole = self.effect(slot).whole();
        selection[slot].sectors & whole == whole
    }

    fn legalise_file(&self, file: &FileSlots, cut: usize, selection: &mut Selection) {
        let choices = self.choices(file, cut);
        let possible = choices.possible();
        for &slot in &file.slots {
            if self.effect(slot).group.is_none() && possible.binary_search(&slot).is_err() {
                selection[slot] = Kept::NOTHING;
            }
        }
        let sizes = choices.sizes.iter();
        let survive = sizes.take_while(|slot| self.survives(**slot, selection));
        let mut length = survive.count().max(choices.sizes_needed);
        // A size that needs bytes which are not there is not there either.
        while length > choices.sizes_needed && self.lacks_bytes(&choices, length, selection) {
            length -= 1;
        }
        for (place, &slot) in choices.sizes.iter().enumerate() {
            let kept = place < length;
            selection[slot] = if kept { Kept::WHOLE } else { Kept::NOTHING };
        }
        for &(slot, needed) in &choices.cuts {
            if needed > length {
                selection[slot] = Kept::NOTHING;
            }
        }
        self.legalise_contents(&choices, length, selection);
    }

    fn lacks_bytes(&self, choices: &FileChoices, length: usize, selection: &[Kept]) -> bool {
        let slots = choices.chains.iter().flat_map(|chain| &chain.slots);
        let mut by_size = slots.filter(|&&slot| {
            self.effect(slot).shown_by.is_some() && self.is_forced(choices, length, slot)
        });
        by_size.any(|&slot| !self.survives(slot, selection))
    }

    fn legalise_contents(&self, choices: &FileChoices, length: usize, selection: &mut Selection) {
        let profile = self.graph.profile;
        let fresh_tied = profile.fresh_tear.value == FreshTear::Write;
        let all_tied = profile.overwrite_tear.value == OverwriteTear::Write;
        if profile.data.value == DataPath::CopyOnWrite && (fresh_tied || all_tied) {
            for ties in Ties::of(self, choices, length) {
                ties.legalise(selection);
            }
            return;
        }
        for chain in &choices.chains {
            self.force_chain(choices, length, chain, selection);
            self.legalise_chain(chain, selection);
        }
        if fresh_tied {
            self.legalise_bundles(choices, length, selection);
        }
    }

    /// Adds what must be there.
    fn force_chain(
        &self,
        choices: &FileChoices,
        length: usize,
        chain: &Chain,
        selection: &mut Selection,
    ) {
        let forced = |slot: &&usize| self.is_forced(choices, length, **slot);
        for &slot in chain.slots.iter().filter(forced) {
            let sectors = self.effect(slot).whole();
            for &earlier in chain.slots.iter().take_while(|&&other| other <= slot) {
                selection[earlier].sectors |= self.effect(earlier).whole() & sectors;
            }
            let first = chain.slots[0];
            if chain.fresh && self.graph.profile.fresh_tear.value != FreshTear::Sector {
                selection[first].sectors |= self.effect(first).whole();
            }
        }
    }

    /// The new blocks of one write are all there or all missing.
    fn legalise_bundles(&self, choices: &FileChoices, length: usize, selection: &mut Selection) {
        let fresh = choices.chains.iter().filter(|chain| chain.fresh);
        let mut bundles: BTreeMap<u32, Vec<&Chain>> = BTreeMap::new();
        for chain in fresh {
            let write = self.effect(chain.slots[0]).entry;
            bundles.entry(write).or_default().push(chain);
        }
        for bundle in bundles.values() {
            let mut slots = bundle.iter().flat_map(|chain| &chain.slots);
            let is_forced = slots.any(|&slot| self.is_forced(choices, length, slot));
            let firsts = bundle.iter().map(|chain| chain.slots[0]);
            if is_forced {
                for first in firsts {
                    selection[first].sectors |= self.effect(first).whole();
                }
            } else if !firsts.clone().all(|first| self.survives(first, selection)) {
                for &slot in bundle.iter().flat_map(|chain| &chain.slots) {
                    selection[slot].sectors = 0;
                }
            }
        }
    }

    fn legalise_chain(&self, chain: &Chain, selection: &mut Selection) {
        let profile = self.graph.profile;
        let comes_whole = chain.fresh && profile.fresh_tear.value != FreshTear::Sector;
        let in_place = !chain.fresh || comes_whole;
        let tears_whole = in_place && profile.overwrite_tear.value != OverwriteTear::Sector;
        // Sectors of which an earlier version is lost cannot show a later one.
        let mut lost: Sectors = 0;
        for (place, &slot) in chain.slots.iter().enumerate() {
            let whole = self.effect(slot).whole();
            let mut sectors = selection[slot].sectors & whole & !lost;
            if (tears_whole || comes_whole && place == 0) && sectors != whole {
                sectors = 0;
            }
            if comes_whole && place == 0 && sectors == 0 {
                lost = Sectors::MAX;
            }
            lost |= whole & !sectors;
            selection[slot].sectors = sectors;
        }
    }
}

impl FileChoices {
    /// The slots that may survive, in order.
    fn possible(&self) -> Vec<usize> {
        let chains = self.chains.iter().flat_map(|chain| &chain.slots);
        let mut slots: Vec<usize> = chains
            .chain(&self.sizes)
            .copied()
            .chain(self.cuts.iter().map(|(slot, _)| *slot))
            .collect();
        slots.sort_unstable();
        slots
    }
}
