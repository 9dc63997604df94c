//! Every crash state at one point: all subsets that the needs allow.

use std::collections::BTreeMap;

use tornwrite::{base::Digest, simfs::Recording};

use super::{
    disk::{Disk, Tree, digest_of},
    effects::{Effect, effects_of},
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
        let effects: Vec<&Effect> = self.effects.iter().filter(|e| e.entry < point).collect();
        let mut walk = Walk {
            point,
            effects,
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
    effects: Vec<&'e Effect>,
    /// Which of the effects so far are on disk.
    kept: Vec<bool>,
    trees: BTreeMap<Digest, Tree>,
    left: usize,
}

impl Walk<'_> {
    /// Decides the next effect both ways; `None` once there are too many subsets.
    fn from(&mut self, disk: Disk) -> Option<()> {
        let Some(&effect) = self.effects.get(self.kept.len()) else {
            self.left = self.left.checked_sub(1)?;
            let tree = disk.tree();
            self.trees.entry(digest_of(&tree)).or_insert(tree);
            return Some(());
        };
        let possible = effect.needs.iter().all(|&need| self.kept[need]);
        let certain = effect.certain_at.is_some_and(|at| at <= self.point);
        assert!(
            possible || !certain,
            "what is certain needs what is not: {effect:?}"
        );
        if possible {
            let mut with = disk.clone();
            effect.changes.iter().for_each(|change| with.apply(change));
            self.decide(true, with)?;
        }
        if !certain {
            self.decide(false, disk)?;
        }
        Some(())
    }

    fn decide(&mut self, keep: bool, disk: Disk) -> Option<()> {
        self.kept.push(keep);
        let answer = self.from(disk);
        self.kept.pop();
        answer
    }
}
