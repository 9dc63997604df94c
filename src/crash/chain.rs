//! The versions of one block: which combinations of sectors may survive.
//!
//! A sector shows its versions as a prefix. A block that was on disk tears at the profile's overwrite unit. A fresh block
//! comes as a whole where the profile converts it after the I/O; once its first version is there, later ones overwrite it
//! in place, since write-back may have happened between any two operations.

use super::{
    choices::{Chain, FileChoices},
    effect::{ALL_SECTORS, EffectKind, Sectors},
    state::{Kept, Selection},
    window::Window,
};
use crate::profile::{Fill, FreshTear, OverwriteTear};

/// What the sectors of one chain may show.
#[derive(Debug)]
pub(super) struct ChainOptions<'w> {
    window: &'w Window<'w>,
    pub(super) chain: &'w Chain,
    /// Units that vary on their own: the sectors of each, and the number of versions that touch it.
    units: Vec<Unit>,
    /// Whether the block may be missing as a whole, besides what the units say.
    whole_block: bool,
    fills: Vec<Fill>,
    /// The slots that must survive.
    forced: Vec<usize>,
}

/// A part of a block that survives or not.
#[derive(Clone, Copy, Debug)]
struct Unit {
    sectors: Sectors,
    /// How many of its versions must survive.
    required: usize,
    /// The number of states in which none does.
    lost: u64,
    /// The number of states that it may be in.
    states: u64,
}

impl<'w> ChainOptions<'w> {
    /// The options of a chain in a file of which the first `length` of the lengths survive, and the sectors `visible` of the
    /// block can be seen.
    pub(super) fn new(
        window: &'w Window<'w>,
        choices: &FileChoices,
        length: usize,
        chain: &'w Chain,
        visible: Sectors,
    ) -> ChainOptions<'w> {
        let profile = window.graph.profile;
        let whole_block = chain.fresh && profile.fresh_tear.value != FreshTear::Sector;
        let fills: Vec<Fill> = if chain.fresh && !chain.reserved {
            window.fills().collect()
        } else {
            vec![Fill::Zero]
        };
        let slots = chain.slots.iter().copied();
        let forced = slots.filter(|&slot| window.is_forced(choices, length, slot));
        let mut options = ChainOptions {
            window,
            chain,
            units: Vec::new(),
            whole_block,
            fills,
            forced: forced.collect(),
        };
        let in_place = !chain.fresh || whole_block;
        if in_place && profile.overwrite_tear.value != OverwriteTear::Sector {
            options.push_unit(if visible == 0 { 0 } else { ALL_SECTORS });
        } else {
            (0..Sectors::BITS).for_each(|sector| options.push_unit(visible & 1 << sector));
        }
        options
    }

    fn push_unit(&mut self, sectors: Sectors) {
        let (mut versions, mut required) = (0, 0);
        for slot in self.versions(sectors) {
            versions += 1;
            if self.forced.contains(&slot) {
                required = versions;
            }
        }
        if versions == 0 {
            return;
        }
        let lost = match required {
            0 if self.chain.fresh && !self.whole_block => self.fills.len() as u64,
            0 => 1,
            _ => 0,
        };
        let kept = (versions - required) as u64 + u64::from(required > 0);
        self.units.push(Unit {
            sectors,
            required,
            lost,
            states: lost + kept,
        });
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

    /// Whether something in it must survive.
    pub(super) fn is_forced(&self) -> bool {
        !self.forced.is_empty()
    }

    /// The number of fills that it may show if it is missing as a whole.
    pub(super) fn count_missing(&self) -> u64 {
        self.fills.len() as u64
    }

    /// The number of states in which it is there: those of its overwrites in place.
    pub(super) fn count_present(&self) -> u64 {
        let states = self.units.iter().map(|unit| unit.states);
        states.fold(1_u64, u64::saturating_mul)
    }

    /// The number of states, exactly (or `u64::MAX` where that is too small).
    pub(super) fn count(&self) -> u64 {
        if self.whole_block && !self.is_forced() {
            self.count_present().saturating_add(self.count_missing())
        } else {
            self.count_present()
        }
    }

    /// Puts the state with this number, below the count, into a selection.
    pub(super) fn select(&self, number: u64, selection: &mut Selection) {
        if !self.whole_block || self.is_forced() {
            self.select_present(number, selection);
        } else if number < self.count_missing() {
            self.select_missing(number, selection);
        } else {
            self.select_present(number - self.count_missing(), selection);
        }
    }

    /// The block is missing as a whole, with the fill of this number.
    pub(super) fn select_missing(&self, number: u64, selection: &mut Selection) {
        let fill = usize::try_from(number).ok().and_then(|n| self.fills.get(n));
        self.select_nothing(fill.copied().unwrap_or(Fill::Zero), selection);
    }

    /// The block is there, with the state of this number of what may vary.
    pub(super) fn select_present(&self, mut number: u64, selection: &mut Selection) {
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
        self.force(selection);
    }

    fn select_unit(&self, unit: Unit, state: u64, selection: &mut Selection) {
        // In a fresh sector the first states are its fills, in anything else the first is the old content.
        let survivors = match unit.required {
            0 => (state + 1).saturating_sub(unit.lost),
            required => required as u64 + state,
        };
        let survivors = usize::try_from(survivors).unwrap_or(usize::MAX);
        for slot in self.versions(unit.sectors).take(survivors) {
            selection[slot].sectors |= unit.sectors & self.sectors(slot);
        }
        if survivors == 0 && self.chain.fresh && !self.whole_block {
            let fill = self.fills[usize::try_from(state).unwrap_or(0)];
            selection[self.chain.slots[0]].set_fill(unit.sectors.trailing_zeros(), fill);
        }
    }

    /// Lets what must survive do so, with the earlier versions that it contains.
    fn force(&self, selection: &mut Selection) {
        for &slot in &self.forced {
            let sectors = self.sectors(slot);
            for &earlier in self.chain.slots.iter().take_while(|&&other| other <= slot) {
                selection[earlier].sectors |= self.sectors(earlier) & sectors;
            }
            if self.whole_block {
                let first = self.chain.slots[0];
                selection[first].sectors |= self.sectors(first);
            }
        }
    }

    fn select_nothing(&self, fill: Fill, selection: &mut Selection) {
        for &slot in &self.chain.slots {
            selection[slot] = Kept::NOTHING;
        }
        if fill != Fill::Zero {
            self.show(fill, selection);
        }
    }

    /// Puts the state in which nothing survives that may be lost into a selection; lost sectors of a new block show `fill`.
    pub(super) fn select_none(&self, fill: Fill, selection: &mut Selection) {
        self.select_nothing(Fill::Zero, selection);
        self.show(fill, selection);
        self.force(selection);
    }

    /// Lets the lost sectors of a fresh block show `fill`, if it may.
    pub(super) fn show(&self, fill: Fill, selection: &mut Selection) {
        if self.chain.fresh && self.fills.contains(&fill) && fill != Fill::Zero {
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

    /// Whether only whole versions of the block may be missing.
    pub(super) fn tears_whole(&self) -> bool {
        let comes_whole = self.whole_block && self.chain.slots.len() == 1;
        comes_whole || self.units.iter().any(|unit| unit.sectors.count_ones() > 1)
    }

    /// Puts the state into a selection in which all survives but the last version, of which `sectors` do.
    pub(super) fn select_torn(&self, sectors: Sectors, selection: &mut Selection) {
        self.select_all(selection);
        let last = self.chain.slots[self.chain.slots.len() - 1];
        if !self.tears_whole() {
            selection[last].sectors &= sectors;
        } else if sectors & self.sectors(last) == 0 {
            selection[last] = Kept::NOTHING;
        }
        self.force(selection);
    }
}
