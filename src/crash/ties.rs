//! Blocks that are copied on write, where a profile ties the blocks of one write together.
//!
//! The versions of the blocks of a file form a web: what belongs to one write survives as a whole, and a later version of a
//! block needs the earlier one. What survives is closed under that; the closed sets of each connected part of the web are
//! counted by leaving out one write after the other, with parts that fall asunder counted on their own.

use std::collections::BTreeMap;

use super::{
    choices::FileChoices,
    state::{Kept, Selection},
    window::Window,
};
use crate::{
    base::{Rng, Seed, Stream},
    profile::{FreshTear, OverwriteTear},
};

/// A set of writes, one bit each in their order.
type Writes = u64;

/// The number of writes that a web may have to be counted.
const COUNTED: usize = Writes::BITS as usize;

/// How many steps counting may take before it is given up.
const STEPS: u32 = 1 << 16;

/// A connected part of the web.
#[derive(Debug)]
pub(super) struct Ties<'w> {
    window: &'w Window<'w>,
    /// The slots of each write, in the order of the writes.
    nodes: Vec<Vec<usize>>,
    /// For each write, those that need it, itself included.
    above: Vec<Writes>,
    /// For each write, those that it has a block in common with.
    near: Vec<Writes>,
    /// The writes that may be lost.
    free: Writes,
    /// How many of the first writes hold all that must survive: of a web too large to be counted, only prefixes are tried.
    needed: usize,
    count: u64,
}

/// What ties versions together: the write, and whether they are the first on new blocks; or a version on its own.
type Tie = (u32, u8, usize);

impl<'w> Ties<'w> {
    /// The parts of the web of a file that can be seen if the first `length` of the lengths survive.
    pub(super) fn of(
        window: &'w Window<'w>,
        choices: &FileChoices,
        length: usize,
    ) -> Vec<Ties<'w>> {
        let size = window.size(choices, length);
        let ties = tied(window, choices);
        let node_of: BTreeMap<usize, usize> = ties
            .values()
            .zip(0..)
            .flat_map(|(slots, node)| slots.iter().map(move |&slot| (slot, node)))
            .collect();
        let nodes: Vec<Vec<usize>> = ties.into_values().collect();
        let mut earlier: Vec<Vec<usize>> = vec![Vec::new(); nodes.len()];
        let mut seen = vec![false; nodes.len()];
        let mut forced = vec![false; nodes.len()];
        for chain in &choices.chains {
            let visible = window.visible(chain, size) != 0;
            let mut before = None;
            for &slot in &chain.slots {
                let node = node_of[&slot];
                earlier[node].extend(before.filter(|&before| before != node));
                seen[node] |= visible;
                forced[node] |= window.is_forced(choices, length, slot);
                before = Some(node);
            }
        }
        close_down(&earlier, &mut seen);
        close_down(&earlier, &mut forced);
        split(&earlier, &seen)
            .into_iter()
            .map(|members| Ties::new(window, &nodes, &earlier, &forced, &members))
            .collect()
    }

    fn new(
        window: &'w Window<'w>,
        nodes: &[Vec<usize>],
        earlier: &[Vec<usize>],
        forced: &[bool],
        members: &[usize],
    ) -> Ties<'w> {
        let place = |node: usize| members.binary_search(&node).ok();
        let counted = members.len().min(COUNTED);
        let mut above: Vec<Writes> = (0..counted).map(|node| 1 << node).collect();
        let mut near = above.clone();
        for index in (0..counted).rev() {
            for before in earlier[members[index]]
                .iter()
                .filter_map(|&node| place(node))
            {
                above[before] |= above[index];
                near[before] |= 1 << index;
                near[index] |= 1 << before;
            }
        }
        let free = (0..counted).filter(|&index| !forced[members[index]]);
        let last_forced = members.iter().rposition(|&node| forced[node]);
        let mut ties = Ties {
            window,
            nodes: members.iter().map(|&node| nodes[node].clone()).collect(),
            above,
            near,
            free: free.fold(0, |set, index| set | 1 << index),
            needed: last_forced.map_or(0, |last| last + 1),
            count: u64::MAX,
        };
        if members.len() <= COUNTED {
            let mut steps = STEPS;
            let count = ties.count_closed(ties.free, &mut steps, &mut BTreeMap::new());
            ties.count = count.unwrap_or(u64::MAX);
        }
        ties
    }

    /// The number of states, exactly (or `u64::MAX` where that is too small, or where there are too many to count).
    pub(super) fn count(&self) -> u64 {
        self.count
    }

    /// The number of closed subsets of `set`, whose needs outside of it are there.
    fn count_closed(
        &self,
        set: Writes,
        steps: &mut u32,
        known: &mut BTreeMap<Writes, u64>,
    ) -> Option<u64> {
        if set == 0 {
            return Some(1);
        }
        if let Some(&count) = known.get(&set) {
            return Some(count);
        }
        *steps = steps.checked_sub(1)?;
        let part = self.part_of(set);
        let count = if part == set {
            let (with, without) = self.step(set);
            let with = self.count_closed(with, steps, known)?;
            with.saturating_add(self.count_closed(without, steps, known)?)
        } else {
            let one = self.count_closed(part, steps, known)?;
            one.saturating_mul(self.count_closed(set & !part, steps, known)?)
        };
        known.insert(set, count);
        Some(count)
    }

    /// What is left to decide if the first write of a set survives, and if it does not.
    fn step(&self, set: Writes) -> (Writes, Writes) {
        let first = set.trailing_zeros() as usize;
        (set & !(1 << first), set & !self.above[first])
    }

    /// The writes of a set that hang together with its first.
    fn part_of(&self, set: Writes) -> Writes {
        let mut part = set & set.wrapping_neg();
        loop {
            let members = (0..COUNTED).filter(|index| part >> index & 1 == 1);
            let next = members.fold(part, |all, index| all | self.near[index]) & set;
            if next == part {
                return part;
            }
            part = next;
        }
    }

    /// Puts the state with this number, below the count, into a selection.
    pub(super) fn select(&self, number: u64, selection: &mut Selection) {
        let lost = if self.count == u64::MAX {
            self.draw_lost(number)
        } else {
            self.lost(self.free, number)
        };
        self.keep_all_but(&lost, selection);
    }

    /// The writes of a set that are lost in the state with this number.
    fn lost(&self, mut set: Writes, mut number: u64) -> Vec<usize> {
        let mut lost = Vec::new();
        let mut open = Vec::new();
        let mut known = BTreeMap::new();
        let mut count = |set| {
            let mut steps = u32::MAX;
            self.count_closed(set, &mut steps, &mut known).unwrap_or(1)
        };
        loop {
            if set == 0 {
                match open.pop() {
                    None => return lost,
                    Some((rest, rest_number)) => (set, number) = (rest, rest_number),
                }
                continue;
            }
            let part = self.part_of(set);
            if part != set {
                let here = count(part);
                open.push((set & !part, number / here));
                (set, number) = (part, number % here);
                continue;
            }
            let (with, without) = self.step(set);
            let kept = count(with);
            if number < kept {
                set = with;
            } else {
                number -= kept;
                let gone = set & !without;
                lost.extend((0..COUNTED).filter(|index| gone >> index & 1 == 1));
                set = without;
            }
        }
    }

    fn is_large(&self) -> bool {
        self.nodes.len() > COUNTED
    }

    /// Some state of a web that is too large to be counted.
    fn draw_lost(&self, number: u64) -> Vec<usize> {
        let mut rng = Rng::new(Seed(number), Stream::PersistedSubset, u32::MAX);
        if self.is_large() {
            let kept = self.needed + rng.index(self.nodes.len() - self.needed + 1);
            return (kept..self.nodes.len()).collect();
        }
        let mut gone: Writes = 0;
        for index in (0..self.above.len()).filter(|index| self.free >> index & 1 == 1) {
            if rng.below(2) == 0 {
                gone |= self.above[index];
            }
        }
        (0..COUNTED)
            .filter(|index| gone >> index & 1 == 1)
            .collect()
    }

    fn keep_all_but(&self, lost: &[usize], selection: &mut Selection) {
        for (index, slots) in self.nodes.iter().enumerate() {
            let kept = !lost.contains(&index);
            for &slot in slots {
                let whole = self.window.effect(slot).whole();
                selection[slot] = if kept {
                    Kept::sectors(whole)
                } else {
                    Kept::NOTHING
                };
            }
        }
    }

    /// Everything survives.
    pub(super) fn select_all(&self, selection: &mut Selection) {
        self.keep_all_but(&[], selection);
    }

    /// Nothing survives that may be lost.
    pub(super) fn select_none(&self, selection: &mut Selection) {
        let free = |index: &usize| index < &COUNTED && self.free >> index & 1 == 1;
        let lost: Vec<usize> = if self.is_large() {
            (self.needed..self.nodes.len()).collect()
        } else {
            (0..self.nodes.len()).filter(free).collect()
        };
        self.keep_all_but(&lost, selection);
    }

    /// Everything survives but the last write that may be lost.
    pub(super) fn select_torn(&self, selection: &mut Selection) {
        let newest = self.nodes.len() - 1;
        let is_free = if self.is_large() {
            newest >= self.needed
        } else {
            self.free >> newest & 1 == 1
        };
        let lost: Vec<usize> = is_free.then_some(newest).into_iter().collect();
        self.keep_all_but(&lost, selection);
    }

    /// Takes from a selection the writes of which something is missing, and those that need them.
    pub(super) fn legalise(&self, selection: &mut Selection) {
        let is_whole = |slots: &Vec<usize>| {
            slots.iter().all(|&slot| {
                let whole = self.window.effect(slot).whole();
                selection[slot].sectors & whole == whole
            })
        };
        let mut lost = Vec::new();
        if self.is_large() {
            let kept = self
                .nodes
                .iter()
                .take_while(|slots| is_whole(slots))
                .count();
            lost.extend(kept.max(self.needed)..self.nodes.len());
        } else {
            let mut gone: Writes = 0;
            for (index, slots) in self.nodes.iter().enumerate() {
                let free = self.free >> index & 1 == 1;
                if free && (gone >> index & 1 == 1 || !is_whole(slots)) {
                    gone |= self.above[index];
                    lost.push(index);
                }
            }
        }
        self.keep_all_but(&lost, selection);
    }
}

/// The slots of each thing that survives as a whole, in the order of the writes.
fn tied(window: &Window<'_>, choices: &FileChoices) -> BTreeMap<Tie, Vec<usize>> {
    let profile = window.graph.profile;
    let firsts_tied = profile.fresh_tear.value == FreshTear::Write;
    let others_tied = profile.overwrite_tear.value == OverwriteTear::Write;
    let mut ties: BTreeMap<Tie, Vec<usize>> = BTreeMap::new();
    for chain in &choices.chains {
        for (place, &slot) in chain.slots.iter().enumerate() {
            let entry = window.effect(slot).entry;
            let tie = match chain.fresh && place == 0 {
                true if firsts_tied => (entry, 0, 0),
                false if others_tied => (entry, 1, 0),
                _ => (entry, 2, slot),
            };
            ties.entry(tie).or_default().push(slot);
        }
    }
    ties
}

/// Marks everything that something marked needs; `earlier` points to lower numbers.
fn close_down(earlier: &[Vec<usize>], marked: &mut [bool]) {
    for index in (0..marked.len()).rev() {
        if marked[index] {
            earlier[index].iter().for_each(|&node| marked[node] = true);
        }
    }
}

/// The connected parts of what can be seen, each in order.
fn split(earlier: &[Vec<usize>], seen: &[bool]) -> Vec<Vec<usize>> {
    let mut part: Vec<usize> = (0..seen.len()).collect();
    for index in (0..seen.len()).filter(|&index| seen[index]) {
        for &before in &earlier[index] {
            let (low, high) = (part[index].min(part[before]), part[index].max(part[before]));
            part.iter_mut()
                .filter(|label| **label == high)
                .for_each(|label| *label = low);
        }
    }
    let mut parts: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for index in (0..seen.len()).filter(|&index| seen[index]) {
        parts.entry(part[index]).or_default().push(index);
    }
    parts.into_values().collect()
}
