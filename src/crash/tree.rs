//! What a barrier makes certain that writes a log tree: the inode and its names, ahead of what is queued in the log.
//!
//! The log itself stays as it is: what the tree did not take survives as a prefix, as before.

use std::collections::BTreeSet;

use super::{
    effect::{Effect, EffectKind},
    graph::PersistenceGraph,
    reach::{OpenBarrier, Scope},
};
use crate::{
    base::Position,
    image::Inode,
    profile::{TreeDirectories, TreeRemovals, TreeRenames},
};

impl PersistenceGraph<'_> {
    pub(super) fn cover_tree(&mut self, barrier: &OpenBarrier, at: Position) {
        let (inode, begin) = (barrier.inode, barrier.begin);
        let mut wanted: BTreeSet<u32> = self.names_of(inode, begin).collect();
        if barrier.scope == Scope::Directory {
            wanted.extend(self.entries_of(inode, begin));
        }
        if self.profile.tree_renames.value == TreeRenames::NextSync {
            for &held in &self.in_tree {
                wanted.extend(self.names_of(held, begin));
            }
        }
        let names = self.with_needs(wanted);
        let removes = names
            .iter()
            .any(|&index| self.removes_other(index, barrier));
        if removes && self.profile.tree_removals.value == TreeRemovals::FullCommit {
            self.cover_file(inode, begin, at);
            self.cover_log_before(begin, at);
            self.in_tree.clear();
            return;
        }
        for index in self.content_of(inode, begin) {
            self.cover_logged(index, at);
        }
        self.cover_file(inode, begin, at);
        for index in names {
            self.cover_logged(index, at);
        }
        self.in_tree.insert(inode);
    }

    /// The effects in the log that no barrier covers yet, of operations before `begin`.
    fn queued(&self, begin: u32) -> impl Iterator<Item = (u32, &Effect)> {
        let queued = self.groups[self.groups_certain..].iter();
        let effects = queued
            .take_while(move |group| group.entry < begin)
            .flat_map(|group| group.first..group.end);
        effects
            .map(|index| (index, &self.effects[index as usize]))
            .filter(|(_, effect)| effect.certain_at == Position::NEVER)
    }

    /// Every change of a name of this inode, both halves of a rename.
    fn names_of(&self, inode: Inode, begin: u32) -> impl Iterator<Item = u32> {
        let is_about = move |effect: &Effect| match effect.kind {
            EffectKind::Name {
                target, replaced, ..
            } => target == Some(inode) || replaced == Some(inode),
            _ => false,
        };
        self.queued(begin)
            .filter(move |(_, effect)| is_about(effect))
            .map(|(index, _)| index)
    }

    /// The changes of the entries of this directory and, where the profile says so, of new directories in it.
    fn entries_of(&self, directory: Inode, begin: u32) -> BTreeSet<u32> {
        let deep = self.profile.tree_directories.value == TreeDirectories::NewSubdirectories;
        let mut directories = BTreeSet::from([directory]);
        let mut entries = BTreeSet::new();
        for (index, effect) in self.queued(begin) {
            if let EffectKind::Name {
                directory, target, ..
            } = effect.kind
                && directories.contains(&directory)
            {
                entries.insert(index);
                let created = target.filter(|inode| deep && self.is_new_directory(*inode, begin));
                directories.extend(created);
            }
        }
        entries
    }

    fn is_new_directory(&self, inode: Inode, begin: u32) -> bool {
        self.creation_of(inode, begin).is_some() && self.directories.contains_key(&inode)
    }

    /// The entry that first gave an inode a name, if no barrier covers it yet.
    fn creation_of(&self, inode: Inode, begin: u32) -> Option<u32> {
        if self.recording.base.node(inode).is_some() {
            return None;
        }
        let names = |effect: &Effect| match effect.kind {
            EffectKind::Name { target, .. } => target == Some(inode),
            _ => false,
        };
        let first = self.effects.iter().position(names)?;
        let effect = &self.effects[first];
        let is_queued = effect.certain_at == Position::NEVER && effect.entry < begin;
        is_queued.then(|| u32::try_from(first).expect("fewer than 2^32 effects"))
    }

    /// The logged changes of the length and the blocks of a file.
    fn content_of(&self, inode: Inode, begin: u32) -> Vec<u32> {
        let own = self
            .queued(begin)
            .filter(|(_, effect)| effect.file() == Some(inode));
        own.map(|(index, _)| index).collect()
    }

    /// The changes of names with all that no recovery puts on disk without: the change of the same name before, the adding
    /// half of a rename, the names of new directories above.
    fn with_needs(&self, wanted: BTreeSet<u32>) -> BTreeSet<u32> {
        let mut found = BTreeSet::new();
        let mut open: Vec<u32> = wanted.into_iter().collect();
        while let Some(index) = open.pop() {
            if !found.insert(index) {
                continue;
            }
            let effect = &self.effects[index as usize];
            let EffectKind::Name {
                directory,
                name,
                replaced,
                ..
            } = effect.kind
            else {
                continue;
            };
            let trace = &self.recording.trace;
            for (other, before) in self.queued(effect.entry + 1) {
                let EffectKind::Name {
                    directory: place,
                    name: word,
                    target,
                    ..
                } = before.kind
                else {
                    continue;
                };
                let same_name =
                    other < index && place == directory && trace.bytes(word) == trace.bytes(name);
                let adding_half = before.group == effect.group
                    && other != index
                    && replaced.is_some()
                    && target == replaced;
                if same_name || adding_half {
                    open.push(other);
                }
            }
            open.extend(self.creation_of(directory, effect.entry));
        }
        found
    }

    /// Whether a change takes a name away from another inode than the one that the barrier is about.
    fn removes_other(&self, index: u32, barrier: &OpenBarrier) -> bool {
        match self.effects[index as usize].kind {
            EffectKind::Name {
                replaced: Some(replaced),
                ..
            } => replaced != barrier.inode,
            _ => false,
        }
    }
}
