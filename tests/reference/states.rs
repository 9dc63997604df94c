//! Every crash state at one point: all subsets that the needs allow.

use std::collections::BTreeMap;

use tornwrite::{base::Digest, simfs::Recording};

use super::{
    disk::{Disk, Tree, digest_of},
    effects::{Edge, Effect, Why, counts, effects_of},
    rules::Rules,
};

/// The effects of a recording and the disk that they fall on.
pub struct Reference {
    base: Disk,
    effects: Vec<Effect>,
}

impl Reference {
    pub fn new(recording: &Recording, rules: Rules) -> Reference {
        let (base, effects) = effects_of(recording, rules);
        Reference { base, effects }
    }

    /// The distinct trees at `point`, or nothing if more than `limit` subsets make them.
    pub fn states(&self, point: usize, limit: usize) -> Option<BTreeMap<Digest, Tree>> {
        let count = self.effects.partition_point(|effect| effect.entry < point);
        let effects = &self.effects[..count];
        let mut waiting = vec![Vec::new(); count];
        for (index, effect) in effects.iter().enumerate() {
            for edge in effect.edges.iter().filter(|edge| edge.to > index) {
                waiting[edge.to].push((index, edge.why));
            }
        }
        let mut walk = Walk {
            point,
            effects,
            waiting,
            kept: Vec::new(),
            trees: BTreeMap::new(),
            left: limit,
        };
        walk.from(self.base.clone())?;
        Some(walk.trees)
    }
}

struct Walk<'e> {
    point: usize,
    effects: &'e [Effect],
    /// The effects that go with a later one of the same operation.
    waiting: Vec<Vec<(usize, Why)>>,
    /// Which of the effects so far are on disk.
    kept: Vec<bool>,
    trees: BTreeMap<Digest, Tree>,
    left: usize,
}

impl Walk<'_> {
    /// Decides the next effect both ways; `None` once there are too many subsets.
    fn from(&mut self, disk: Disk) -> Option<()> {
        let index = self.kept.len();
        let Some(effect) = self.effects.get(index) else {
            self.left = self.left.checked_sub(1)?;
            let tree = disk.tree();
            self.trees.entry(digest_of(&tree)).or_insert(tree);
            return Some(());
        };
        let certain = self.is_certain(index);
        if certain || self.is_possible(index) {
            let mut with = disk.clone();
            effect.changes.iter().for_each(|change| with.apply(change));
            self.decide(true, with)?;
        }
        if !certain && !self.is_awaited(index) {
            self.decide(false, disk)?;
        }
        Some(())
    }

    fn is_certain(&self, index: usize) -> bool {
        let at = self.effects[index].certain_at;
        at.is_some_and(|at| at <= self.point)
    }

    /// Whether all that goes before is on disk.
    fn is_possible(&self, index: usize) -> bool {
        let effect = &self.effects[index];
        let gone = effect.gone_at.is_some_and(|at| at <= self.point);
        let before = effect.edges.iter().filter(|edge| edge.to < index);
        !gone
            && before
                .copied()
                .all(|edge| self.kept[edge.to] || !counts(self.effects, edge, self.point))
    }

    /// Whether something on disk, that is there by choice, goes with it.
    fn is_awaited(&self, index: usize) -> bool {
        self.waiting[index].iter().any(|&(by, why)| {
            let edge = Edge { to: index, why };
            self.kept[by] && !self.is_certain(by) && counts(self.effects, edge, self.point)
        })
    }

    fn decide(&mut self, keep: bool, disk: Disk) -> Option<()> {
        self.kept.push(keep);
        let answer = self.from(disk);
        self.kept.pop();
        answer
    }
}
