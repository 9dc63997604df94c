//! What is done to names.

use tornwrite::{
    image::Inode,
    profile::RenameOver,
    trace::{Action, Span},
};

use super::{
    disk::Change,
    effects::{Builder, Edge, Why, edges},
};

/// What an effect means for names.
#[derive(Clone, Debug, Default)]
pub struct NameChange {
    /// Whose names come or go.
    pub inodes: Vec<Inode>,
    /// Whose name goes, or comes to mean another.
    pub removes: Vec<Inode>,
    /// The directories whose entries change.
    pub directories: Vec<Inode>,
    pub rename: bool,
    /// The directory that it makes.
    pub makes: Option<Inode>,
}

/// One name that comes to mean something else.
struct Part {
    directory: Inode,
    name: Span,
    target: Option<Inode>,
    inode: Inode,
    removes: Option<Inode>,
}

impl Builder<'_> {
    pub fn names(&mut self, action: Action) {
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
            }
            | Action::Link {
                directory,
                name,
                inode,
            } => {
                let effect = self.change(&[part(directory, name, Some(inode), inode, None)]);
                if matches!(action, Action::CreateDirectory { .. }) {
                    self.made.insert(inode, effect);
                    self.name_of(effect).makes = Some(inode);
                }
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
                self.change(&[part(directory, name, None, inode, Some(inode))]);
            }
            Action::Rename {
                from,
                from_name,
                to,
                to_name,
                inode,
                replaced,
            } => {
                let first = replaced.map_or(Vec::new(), |_| self.flushed(inode));
                let add = self.change(&[part(to, to_name, Some(inode), inode, replaced)]);
                let del = self.change(&[part(from, from_name, None, inode, Some(inode))]);
                self.effects[add].edges.extend(first);
                self.tie_rename(add, del);
            }
            Action::Exchange {
                from,
                from_name,
                to,
                to_name,
                inode,
                other,
            } => self.exchange(
                part(from, from_name, Some(other), other, Some(inode)),
                part(to, to_name, Some(inode), inode, Some(other)),
            ),
            _ => panic!("{action:?} changes no name"),
        }
    }

    fn name_of(&mut self, effect: usize) -> &mut NameChange {
        self.effects[effect].name.get_or_insert_default()
    }

    /// Names that change in one step.
    fn change(&mut self, parts: &[Part]) -> usize {
        let mut changes = Vec::new();
        let mut before = Vec::new();
        let mut meaning = NameChange::default();
        for part in parts {
            let name = self.recording.trace.bytes(part.name).to_vec();
            let key = (part.directory, name.clone());
            before.extend(self.last_name.get(&key).copied());
            if part.target.is_some() && self.rules.has_log() {
                before.extend(self.made.get(&part.directory).copied());
            }
            changes.push(Change::Name {
                directory: part.directory,
                name,
                target: part.target,
            });
            meaning.inodes.push(part.inode);
            meaning.removes.extend(part.removes);
            meaning.directories.push(part.directory);
            self.last_name.insert(key, self.effects.len());
        }
        let effect = self.push(changes, edges(before, Why::Needs), self.rules.has_log());
        self.effects[effect].name = Some(meaning);
        effect
    }

    /// A rename is one step of the log; only what a log tree takes may hold the new name alone.
    fn tie_rename(&mut self, add: usize, del: usize) {
        for effect in [add, del] {
            self.name_of(effect).rename = true;
        }
        if self.rules.has_log() {
            let tie = |to, why| Edge { to, why };
            self.effects[add].edges.push(tie(del, Why::Order));
            self.effects[del].edges.push(tie(add, Why::Needs));
        }
    }

    fn exchange(&mut self, one: Part, two: Part) {
        if self.rules.has_log() {
            let effect = self.change(&[one, two]);
            self.name_of(effect).rename = true;
        } else {
            self.change(&[one]);
            self.change(&[two]);
        }
    }

    /// What a rename over a file waits for.
    fn flushed(&self, inode: Inode) -> Vec<Edge> {
        let waits = |change: &Change| match self.rules.rename_over {
            RenameOver::Nothing => false,
            RenameOver::AllocatesFirst => change.sizes(inode),
            RenameOver::WritesFirst => change.file() == Some(inode),
        };
        let indexed = self.effects.iter().enumerate();
        let found = indexed.filter(|(_, effect)| effect.changes.iter().any(waits));
        edges(found.map(|(index, _)| index), Why::Needs)
    }
}

fn part(
    directory: Inode,
    name: Span,
    target: Option<Inode>,
    inode: Inode,
    removes: Option<Inode>,
) -> Part {
    Part {
        directory,
        name,
        target,
        inode,
        removes,
    }
}
