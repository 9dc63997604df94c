//! The versions of one block: which combinations of sectors may survive.
//!
//! A sector shows its versions as a prefix. A block that was on disk tears at the profile's overwrite unit. A fresh block
//! comes as a whole where the profile converts it after the I/O; once its first version is there, later ones overwrite it
//! in place, since write-back may have happened between any two operations.

use super::{
    effect::{EffectKind, Sectors},
    state::{Kept, Selection},
    window::{Chain, Window},
};
use crate::profile::{Fill, FreshTear, OverwriteTear};

/// What the sectors of one chain may show.
#[derive(Debug)]
pub(super) struct ChainOptions<'w> {
    window: &'w Window<'w>,
    chain: &'w Chain,
    /// Units that vary on their own: the sectors of each, and the number of versions that touch it.
    units: Vec<Unit>,
    /// Whether the block may be missing as a whole, besides what the units say.
    whole_block: bool,
    fills: Vec<Fill>,
}

/// A part of a block that survives or not.
#[derive(Clone, Copy, Debug)]
struct Unit {
    sectors: Sectors,
    /// The number of states that it may be in.
    states: u64,
}

impl<'w> ChainOptions<'w> {
    /// The options of a chain in a file of which the sectors `visible` can be seen.
    pub(super) fn new(
        window: &'w Window<'w>,
        chain: &'w Chain,
        visible: Sectors,
    ) -> ChainOptions<'w> {
        let profile = window.graph.profile;
        let whole_block = chain.fresh && profile.fresh_tear.value != FreshTear::Sector;
        let fills: Vec<Fill> = if chain.fresh {
            window.fills().collect()
        } else {
            vec![Fill::Zero]
        };
        let mut options = ChainOptions {
            window,
            chain,
            units: Vec::new(),
            whole_block,
            fills,
        };
        let in_place = !chain.fresh || whole_block;
        if in_place && profile.overwrite_tear.value != OverwriteTear::Sector {
            options.push_unit(visible);
        } else {
            (0..Sectors::BITS).for_each(|sector| options.push_unit(visible & 1 << sector));
        }
        options
    }

    fn push_unit(&mut self, sectors: Sectors) {
        let versions = self.versions(sectors).count() as u64;
        let fresh_sector = self.chain.fresh && !self.whole_block;
        let states = if fresh_sector {
            versions + self.fills.len() as u64
        } else {
            versions + 1
        };
        if versions > 0 {
            self.units.push(Unit { sectors, states });
        }
    }

    /// The slots that vary in a unit: those that touch it, but the first of a block that comes as a whole.
    fn versions(&self, sectors: Sectors) -> impl Iterator<Item = usize> + '_ {
        let skipped = usize::from(self.whole_block);
        let slots = self.chain.slots.iter().skip(skipped).copied();
        slots.filter(move |&slot| self.sectors(slot) & sectors != 0)
    }

    fn sectors(&self, slot: usize) -> Sectors {
        match self.window.effect(slot).kind {
            EffectKind::Block(block) => block.sectors,
            _ => 0,
        }
    }

    /// The number of states, exactly (or `u64::MAX` where that is too small).
    pub(super) fn count(&self) -> u64 {
        let mixes = self
            .units
            .iter()
            .fold(1_u64, |product, unit| product.saturating_mul(unit.states));
        if self.whole_block {
            mixes.saturating_add(self.fills.len() as u64)
        } else {
            mixes
        }
    }

    /// Puts the state with this number, below the count, into a selection.
    pub(super) fn select(&self, mut number: u64, selection: &mut Selection) {
        if self.whole_block {
            if let Some(&fill) = usize::try_from(number).ok().and_then(|n| self.fills.get(n)) {
                return self.select_nothing(fill, selection);
            }
            number -= self.fills.len() as u64;
        }
        self.select_nothing(Fill::Zero, selection);
        if self.whole_block {
            let first = self.chain.slots[0];
            selection[first] = Kept::sectors(self.sectors(first));
        }
        for unit in &self.units {
            let state = number % unit.states;
            number /= unit.states;
            self.select_unit(*unit, state, selection);
        }
    }

    fn select_unit(&self, unit: Unit, state: u64, selection: &mut Selection) {
        // In a fresh sector the first states are its fills, in anything else the first is the old content.
        let lost = if self.chain.fresh && !self.whole_block {
            self.fills.len() as u64
        } else {
            1
        };
        let survivors = usize::try_from((state + 1).saturating_sub(lost)).unwrap_or(usize::MAX);
        for slot in self.versions(unit.sectors).take(survivors) {
            selection[slot].sectors |= unit.sectors & self.sectors(slot);
        }
        if survivors == 0 && self.chain.fresh && !self.whole_block {
            let fill = self.fills[usize::try_from(state).unwrap_or(0)];
            selection[self.chain.slots[0]].set_fill(unit.sectors.trailing_zeros(), fill);
        }
    }

    fn select_nothing(&self, fill: Fill, selection: &mut Selection) {
        for &slot in &self.chain.slots {
            selection[slot] = Kept::NOTHING;
        }
        if fill != Fill::Zero {
            let first = &mut selection[self.chain.slots[0]];
            (0..Sectors::BITS).for_each(|sector| first.set_fill(sector, fill));
        }
    }

    /// Puts the state in which every version survives into a selection.
    pub(super) fn select_all(&self, selection: &mut Selection) {
        for &slot in &self.chain.slots {
            selection[slot] = Kept::sectors(self.sectors(slot));
        }
    }

    /// Puts the state into a selection in which all survives but the last version, of which `sectors` do.
    pub(super) fn select_torn(&self, sectors: Sectors, selection: &mut Selection) {
        self.select_all(selection);
        let last = self.chain.slots[self.chain.slots.len() - 1];
        let comes_whole = self.whole_block && self.chain.slots.len() == 1;
        let tears_whole =
            comes_whole || self.units.iter().any(|unit| unit.sectors.count_ones() > 1);
        if !tears_whole {
            selection[last].sectors &= sectors;
        } else if sectors & self.sectors(last) == 0 {
            selection[last] = Kept::NOTHING;
        }
    }
}
