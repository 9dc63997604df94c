//! The nearest legal crash state to one that was wished for.

use std::ops::Range;

use super::{
    effect::Sectors,
    state::{Kept, Selection},
    window::{Chain, FileChoices, Window},
};
use crate::profile::{FreshTear, OverwriteTear};

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
        let survives = |slot: usize, selection: &Selection| {
            let whole = self.effect(slot).whole();
            selection[slot].sectors & whole == whole
        };
        let survives_whole =
            |slots: &&Range<usize>| (slots.start..slots.end).all(|slot| survives(slot, selection));
        let cut = self.log.iter().take_while(survives_whole).count();
        for slots in &self.log[cut..] {
            slots
                .clone()
                .for_each(|slot| selection[slot] = Kept::NOTHING);
        }
        for slots in &self.names {
            let survive = slots
                .iter()
                .take_while(|slot| survives(**slot, selection))
                .count();
            slots[survive..]
                .iter()
                .for_each(|&slot| selection[slot] = Kept::NOTHING);
        }
        for file in &self.files {
            let choices = self.choices(file, cut);
            let possible = choices.possible();
            for &slot in &file.slots {
                if self.effect(slot).group.is_none() && possible.binary_search(&slot).is_err() {
                    selection[slot] = Kept::NOTHING;
                }
            }
            let survive = choices
                .sizes
                .iter()
                .take_while(|slot| survives(**slot, selection))
                .count();
            for (place, &slot) in choices.sizes.iter().enumerate() {
                let kept = place < survive.max(choices.sizes_needed);
                selection[slot] = if kept { Kept::WHOLE } else { Kept::NOTHING };
            }
            for &(slot, length) in &choices.cuts {
                if length > survive.max(choices.sizes_needed) {
                    selection[slot] = Kept::NOTHING;
                }
            }
            choices
                .chains
                .iter()
                .for_each(|chain| self.legalise_chain(chain, selection));
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
