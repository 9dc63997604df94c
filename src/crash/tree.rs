//! What a barrier makes certain that writes a log tree: the inode and its names, ahead of what is queued in the log.
//!
//! The log itself stays as it is: what the tree did not take survives as a prefix, as before.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    effect::{Effect, EffectKind},
    graph::PersistenceGraph,
    reach::{OpenBarrier, Scope},
};
use crate::{
    base::Position,
    image::{Inode, Node},
    profile::{Reach, TreeDirectories, TreeRemovals, TreeRenames},
    trace::Action,
};

/// What a log tree needs to know of the names and files in the log.
#[derive(Debug, Default)]
pub(super) struct TreeState<'r> {
    /// The changes of names of each inode, both halves of a rename.
    names: BTreeMap<Inode, Vec<u32>>,
    /// The changes of the entries of each directory.
    entries: BTreeMap<Inode, Vec<u32>>,
    /// The logged changes of the length and the blocks of each file.
    content: BTreeMap<Inode, Vec<u32>>,
    /// The last change of each name, and the one before each change.
    last: BTreeMap<(Inode, &'r [u8]), u32>,
    before: BTreeMap<u32, u32>,
    /// The change that first gave an inode a name.
    creations: BTreeMap<Inode, u32>,
    /// The inodes that the tree holds, and those of them whose names have changed since.
    held: BTreeSet<Inode>,
    renamed: BTreeSet<Inode>,
}

impl TreeState<'_> {
    /// The whole log is on disk: the next tree is an empty one.
    pub(super) fn commit(&mut self) {
        self.held.clear();
        self.renamed.clear();
    }
}

impl PersistenceGraph<'_> {
    /// Remembers an effect in the log, where a log tree may take it ahead of the others.
    pub(super) fn remember_logged(&mut self, index: u32) {
        if !matches!(self.profile.reach.value, Reach::LogTree | Reach::Own) {
            return;
        }
        let effect = &self.effects[index as usize];
        let tree = &mut self.tree;
        let EffectKind::Name {
            directory,
            name,
            target,
            replaced,
        } = effect.kind
        else {
            if let Some(inode) = effect.file() {
                tree.content.entry(inode).or_default().push(index);
            }
            return;
        };
        let word = self.recording.trace.bytes(name);
        if let Some(before) = tree.last.insert((directory, word), index) {
            tree.before.insert(index, before);
        }
        tree.entries.entry(directory).or_default().push(index);
        // A file whose name comes to mean another is not the one that the change is about.
        if let Some(inode) = target.or(replaced) {
            tree.names.entry(inode).or_default().push(index);
            if tree.held.contains(&inode) {
                tree.renamed.insert(inode);
            }
        }
        if let Some(inode) = target
            && self.recording.base.node(inode).is_none()
        {
            tree.creations.entry(inode).or_insert(index);
        }
    }

    pub(super) fn cover_tree(&mut self, barrier: &OpenBarrier, at: Position) {
        let (inode, begin) = (barrier.inode, barrier.begin);
        let mut wanted: BTreeSet<u32> = BTreeSet::new();
        if self.profile.reach.value == Reach::LogTree {
            wanted.extend(self.queued(self.tree.names.get(&inode), begin));
        }
        if barrier.scope == Scope::Directory {
            wanted.extend(self.entries_of(inode, begin));
        }
        let content: Vec<u32> = self.queued(self.tree.content.get(&inode), begin).collect();
        if wanted.is_empty() && content.is_empty() && !self.is_dirty(inode, begin) {
            // Nothing of it has changed since it was durable: no log is written that could take others along.
            return;
        }
        if self.profile.tree_renames.value == TreeRenames::NextSync {
            for held in &self.tree.renamed {
                wanted.extend(self.queued(self.tree.names.get(held), begin));
            }
        }
        let names = self.with_needs(wanted);
        let removes = names.iter().any(|&index| self.removes_other(index, inode));
        self.cover_file(inode, begin, at);
        if removes && self.profile.tree_removals.value == TreeRemovals::FullCommit {
            self.cover_log_before(begin, at);
            return self.tree.commit();
        }
        for index in content.into_iter().chain(names) {
            self.cover_logged(index, at);
        }
        self.forget_covered(inode);
        self.tree.held.insert(inode);
    }

    /// Whether there is something of a file's own to write that was done before `begin`.
    fn is_dirty(&self, inode: Inode, begin: u32) -> bool {
        let first = self
            .files
            .get(&inode)
            .and_then(|state| state.pending.first());
        first.is_some_and(|&index| self.effects[index as usize].entry < begin)
    }

    /// Those of some effects in the log that no barrier covers yet, of operations before `begin`.
    fn queued(&self, effects: Option<&Vec<u32>>, begin: u32) -> impl Iterator<Item = u32> {
        let effects = effects.map_or(&[][..], Vec::as_slice).iter().copied();
        effects.filter(move |&index| {
            let effect = &self.effects[index as usize];
            effect.certain_at == Position::NEVER && effect.entry < begin
        })
    }

    /// What is certain of the inode's own is not looked at again.
    fn forget_covered(&mut self, inode: Inode) {
        let effects = &self.effects;
        let pending = |index: &u32| effects[*index as usize].certain_at == Position::NEVER;
        let tree = &mut self.tree;
        for known in [&mut tree.names, &mut tree.entries, &mut tree.content] {
            if let Some(indices) = known.get_mut(&inode) {
                indices.retain(pending);
            }
        }
        let names = &tree.names;
        let is_pending = |inode: &Inode| names.get(inode).is_some_and(|n| n.iter().any(pending));
        tree.renamed.retain(is_pending);
    }

    /// The changes of the entries of this directory and, where the profile says so, of new directories in it.
    fn entries_of(&self, directory: Inode, begin: u32) -> BTreeSet<u32> {
        let deep = self.profile.tree_directories.value == TreeDirectories::NewSubdirectories;
        let mut entries = BTreeSet::new();
        let mut open = vec![directory];
        while let Some(directory) = open.pop() {
            for index in self.queued(self.tree.entries.get(&directory), begin) {
                if !entries.insert(index) || !deep {
                    continue;
                }
                if let EffectKind::Name {
                    target: Some(inode),
                    ..
                } = self.effects[index as usize].kind
                    && self.is_new_directory(inode, index)
                {
                    open.push(inode);
                }
            }
        }
        entries
    }

    /// Whether an entry is that by which a directory came into being.
    fn is_new_directory(&self, inode: Inode, index: u32) -> bool {
        let entry = self.effects[index as usize].entry as usize;
        let action = self.recording.trace.entries()[entry].action;
        matches!(action, Action::CreateDirectory { inode: created, .. } if created == inode)
            || self.is_queued_directory(inode)
    }

    /// Whether a directory came into being within the recording, and is not on disk yet.
    fn is_queued_directory(&self, inode: Inode) -> bool {
        let is_known = matches!(self.recording.base.node(inode), Some(Node::Directory(_)));
        let creation = self.tree.creations.get(&inode);
        !is_known
            && self.tree.entries.contains_key(&inode)
            && creation
                .is_some_and(|&index| self.effects[index as usize].certain_at == Position::NEVER)
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
            if let EffectKind::Name {
                directory,
                replaced,
                ..
            } = effect.kind
            {
                open.extend(self.tree.before.get(&index));
                open.extend(self.tree.creations.get(&directory));
                open.extend(self.adding_half(index, effect, replaced));
            }
            let pending = |index: &u32| self.effects[*index as usize].certain_at == Position::NEVER;
            open.retain(pending);
        }
        found
    }

    /// Of a change that takes a name from an inode, the change of the same step that gives it another.
    fn adding_half(&self, index: u32, effect: &Effect, replaced: Option<Inode>) -> Option<u32> {
        let group = self.groups[effect.group? as usize];
        (group.first..group.end).find(|&other| {
            let kind = self.effects[other as usize].kind;
            let EffectKind::Name { target, .. } = kind else {
                return false;
            };
            other != index && replaced.is_some() && target == replaced
        })
    }

    /// Whether a change takes a name away from another inode than the one that the barrier is about.
    fn removes_other(&self, index: u32, inode: Inode) -> bool {
        match self.effects[index as usize].kind {
            EffectKind::Name {
                replaced: Some(replaced),
                ..
            } => replaced != inode,
            _ => false,
        }
    }
}
