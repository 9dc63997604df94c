//! The effects of operations on names.

use super::{
    effect::{BlockEffect, EffectKind},
    graph::PersistenceGraph,
};
use crate::{
    image::Inode,
    profile::RenameOver,
    trace::{Action, Span},
};

/// What one name means after an operation, and what it meant before.
struct Change {
    directory: Inode,
    name: Span,
    target: Option<Inode>,
    replaced: Option<Inode>,
}

impl PersistenceGraph<'_> {
    pub(super) fn add_namespace(&mut self, action: Action, entry: u32) {
        match action {
            Action::Create {
                directory,
                name,
                inode,
            }
            | Action::CreateDirectory {
                directory,
                name,
                inode,
            }
            | Action::Symlink {
                directory,
                name,
                inode,
                ..
            } => {
                self.add_name(entry, directory, name, Some(inode), None);
                self.touch(inode, entry, true);
            }
            Action::Link {
                directory,
                name,
                inode,
            } => {
                self.add_name(entry, directory, name, Some(inode), None);
                self.touch(inode, entry, false);
            }
            Action::Unlink {
                directory,
                name,
                inode,
            }
            | Action::RemoveDirectory {
                directory,
                name,
                inode,
            } => {
                self.add_name(entry, directory, name, None, Some(inode));
                self.touch(inode, entry, false);
            }
            Action::Rename { .. } => self.add_rename(action, entry),
            Action::Exchange { .. } => self.add_exchange(action, entry),
            _ => unreachable!("only operations on names get here"),
        }
    }

    fn add_rename(&mut self, action: Action, entry: u32) {
        let Action::Rename {
            from,
            from_name,
            to,
            to_name,
            inode,
            replaced,
        } = action
        else {
            unreachable!("only renames get here");
        };
        if let Some(replaced) = replaced {
            self.prepare_rename(inode);
            self.touch(replaced, entry, false);
        }
        let added = Change {
            directory: to,
            name: to_name,
            target: Some(inode),
            replaced,
        };
        let removed = Change {
            directory: from,
            name: from_name,
            target: None,
            replaced: Some(inode),
        };
        self.add_names(entry, &[added, removed]);
        self.touch(inode, entry, false);
    }

    fn add_exchange(&mut self, action: Action, entry: u32) {
        let Action::Exchange {
            from,
            from_name,
            to,
            to_name,
            inode,
            other,
        } = action
        else {
            unreachable!("only exchanges get here");
        };
        let one = Change {
            directory: to,
            name: to_name,
            target: Some(inode),
            replaced: Some(other),
        };
        let two = Change {
            directory: from,
            name: from_name,
            target: Some(other),
            replaced: Some(inode),
        };
        self.add_names(entry, &[one, two]);
        self.touch(inode, entry, false);
        self.touch(other, entry, false);
    }

    fn add_name(
        &mut self,
        entry: u32,
        directory: Inode,
        name: Span,
        target: Option<Inode>,
        replaced: Option<Inode>,
    ) {
        let change = Change {
            directory,
            name,
            target,
            replaced,
        };
        self.add_names(entry, &[change]);
    }

    fn add_names(&mut self, entry: u32, changes: &[Change]) {
        let group = self.profile.has_log().then(|| self.open_group(entry));
        for change in changes {
            let kind = EffectKind::Name {
                directory: change.directory,
                name: change.name,
                target: change.target,
                replaced: change.replaced,
            };
            let effect = self.push(entry, kind, group);
            let state = self.directories.entry(change.directory).or_default();
            state.last = Some(entry);
            if group.is_none() {
                state.pending.push(effect);
            } else {
                self.remember_logged(effect);
            }
        }
        self.close_group(group);
    }

    /// A rename over a file, before which the profile starts write-back: what was done to the file so far goes before it.
    fn prepare_rename(&mut self, inode: Inode) {
        let with_bytes = match self.profile.rename_over.value {
            RenameOver::Nothing => return,
            RenameOver::AllocatesFirst => false,
            RenameOver::WritesFirst => true,
        };
        let rename = u32::try_from(self.groups.len()).expect("fewer than 2^32 groups");
        let state = self.files.entry(inode).or_default();
        for &index in &state.pending[state.allocated..] {
            let effect = &mut self.effects[index as usize];
            let waits = match effect.kind {
                EffectKind::Size { .. } => true,
                EffectKind::Block(BlockEffect { .. }) => with_bytes && !effect.failed,
                _ => false,
            };
            if waits {
                effect.needed_by.get_or_insert(rename);
            }
        }
        state.allocated = state.pending.len();
    }
}
