//! The persistence graph: every effect of a recording under one profile, and from where on each is certain.
//!
//! Edges are not stored. What must go before what follows from an effect's class:
//!
//! - *logged* effects form groups, and what survives of the log is a prefix of the groups;
//! - a *late* effect (growth under delayed allocation, a newly allocated block) is not there before all logged effects of
//!   earlier operations, and nothing waits for it;
//! - bytes written in place are ordered with nothing; a block that a truncate dropped is new when it is written again;
//! - of one name, one length, one sector, the versions survive as a prefix: a later one contains the earlier.
//!
//! A barrier makes certain what its profile's reach says, of what was recorded before it *began*.

use std::collections::BTreeMap;

use super::effect::{ALL_SECTORS, BLOCK, BlockEffect, Effect, EffectKind, sectors_touched};
use super::reach::{DirectoryState, FileState, OpenBarrier};
use crate::{
    base::Position,
    image::Inode,
    profile::{DataPath, Growth, OverwriteTear, Profile, RenameOver},
    simfs::Recording,
    trace::{Action, Span},
};

/// Effects that the log makes durable in one step.
#[derive(Clone, Copy, Debug)]
pub struct Group {
    /// The index of the operation in the trace.
    pub entry: u32,
    /// The first effect.
    pub first: u32,
    /// The effect behind the last.
    pub end: u32,
}

/// Every effect of a recording under one profile.
#[derive(Debug)]
pub struct PersistenceGraph<'r> {
    /// What was recorded.
    pub recording: &'r Recording,
    /// What the filesystem promises.
    pub profile: &'r Profile,
    /// The effects in the order of their operations.
    pub effects: Vec<Effect>,
    /// The log, in order.
    pub groups: Vec<Group>,
    pub(super) files: BTreeMap<Inode, FileState>,
    pub(super) directories: BTreeMap<Inode, DirectoryState>,
    pub(super) groups_certain: usize,
    open_barriers: Vec<OpenBarrier>,
}

impl<'r> PersistenceGraph<'r> {
    /// Walks the recording once.
    pub fn new(recording: &'r Recording, profile: &'r Profile) -> PersistenceGraph<'r> {
        let mut graph = PersistenceGraph {
            recording,
            profile,
            effects: Vec::with_capacity(recording.trace.entries().len()),
            groups: Vec::new(),
            files: BTreeMap::new(),
            directories: BTreeMap::new(),
            groups_certain: 0,
            open_barriers: Vec::new(),
        };
        for (entry, index) in recording.trace.entries().iter().zip(0..) {
            graph.add(entry.action, index);
        }
        graph
    }

    fn add(&mut self, action: Action, entry: u32) {
        match action {
            Action::Write {
                inode,
                offset,
                bytes,
                old_size,
            } => {
                self.add_write(
                    entry,
                    inode,
                    offset..offset + u64::from(bytes.len),
                    old_size,
                );
            }
            Action::Truncate {
                inode,
                size,
                old_size,
            } => {
                self.add_truncate(entry, inode, size, old_size);
            }
            Action::BarrierBegin { kind, inode } => {
                let barrier = self.begin_barrier(kind, inode, entry);
                self.open_barriers.push(barrier);
            }
            Action::BarrierEnd { begin, .. } => {
                let open = self
                    .open_barriers
                    .iter()
                    .position(|open| open.begin == begin.0);
                if let Some(open) = open {
                    let barrier = self.open_barriers.swap_remove(open);
                    self.complete_barrier(&barrier, Position(entry + 1));
                }
            }
            Action::Mark(_) => {}
            namespace => self.add_namespace(namespace, entry),
        }
    }

    fn add_namespace(&mut self, action: Action, entry: u32) {
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
            } => {
                self.add_names(entry, &[(directory, name, Some(inode))]);
                self.touch(inode, entry, true);
            }
            Action::Link {
                directory,
                name,
                inode,
            } => {
                self.add_names(entry, &[(directory, name, Some(inode))]);
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
                self.add_names(entry, &[(directory, name, None)]);
                self.touch(inode, entry, false);
            }
            Action::Rename {
                from,
                from_name,
                to,
                to_name,
                inode,
                replaced,
            } => {
                if let Some(replaced) = replaced {
                    self.allocate_before_rename(inode);
                    self.touch(replaced, entry, false);
                }
                self.add_names(
                    entry,
                    &[(to, to_name, Some(inode)), (from, from_name, None)],
                );
                self.touch(inode, entry, false);
            }
            _ => unreachable!("only operations on names get here"),
        }
    }

    fn push(&mut self, entry: u32, kind: EffectKind, group: Option<u32>) -> u32 {
        let index = u32::try_from(self.effects.len()).expect("fewer than 2^32 effects");
        self.effects.push(Effect {
            entry,
            kind,
            certain_at: Position::NEVER,
            group,
            needed_by: None,
        });
        index
    }

    /// The group of the effects that follow, if the profile logs them.
    fn open_group(&mut self, entry: u32) -> u32 {
        let next = u32::try_from(self.effects.len()).expect("fewer than 2^32 effects");
        self.groups.push(Group {
            entry,
            first: next,
            end: next,
        });
        u32::try_from(self.groups.len() - 1).expect("fewer groups than effects")
    }

    fn close_last_group(&mut self) {
        let end = u32::try_from(self.effects.len()).expect("fewer than 2^32 effects");
        if let Some(group) = self.groups.last_mut() {
            group.end = end;
        }
    }

    fn add_names(&mut self, entry: u32, changes: &[(Inode, Span, Option<Inode>)]) {
        let group = self.profile.has_log().then(|| self.open_group(entry));
        for &(directory, name, target) in changes {
            let effect = self.push(
                entry,
                EffectKind::Name {
                    directory,
                    name,
                    target,
                },
                group,
            );
            let state = self.directories.entry(directory).or_default();
            state.last = Some(entry);
            if group.is_none() {
                state.pending.push(effect);
            }
        }
        self.close_group(group);
    }

    fn close_group(&mut self, group: Option<u32>) {
        if group.is_some() {
            self.close_last_group();
        }
    }

    /// Remembers that the operation changed the inode; `data` if reading the file back needs the change.
    fn touch(&mut self, inode: Inode, entry: u32, data: bool) {
        let state = self.files.entry(inode).or_default();
        state.last = Some(entry);
        if data {
            state.last_data = Some(entry);
        }
    }

    /// A rename over a file whose profile allocates first: the lengths so far go before the rename.
    fn allocate_before_rename(&mut self, inode: Inode) {
        if self.profile.rename_over.value == RenameOver::Nothing {
            return;
        }
        let rename = u32::try_from(self.groups.len()).expect("fewer than 2^32 groups");
        let state = self.files.entry(inode).or_default();
        for &index in &state.pending[state.allocated..] {
            let effect = &mut self.effects[index as usize];
            if matches!(effect.kind, EffectKind::Size { .. }) {
                effect.needed_by = Some(rename);
            }
        }
        state.allocated = state.pending.len();
    }

    fn add_write(&mut self, entry: u32, inode: Inode, range: std::ops::Range<u64>, old_size: u64) {
        let journaled = self.profile.data.value == DataPath::Journaled;
        let grows_logged = self.profile.growth.value == Growth::Logged;
        let (start, end) = (range.start, range.end);
        let mut allocates = false;
        for block in block_index(start)..=block_index(end - 1) {
            let group = journaled.then(|| self.open_group(entry));
            let (effect, first) = self.block_effect(inode, block, &range);
            allocates |= first;
            self.push_own(entry, inode, EffectKind::Block(effect), group);
            let size = (u64::from(block) * BLOCK + BLOCK).min(end);
            if size > old_size {
                let group = group.or_else(|| grows_logged.then(|| self.open_group(entry)));
                let kind = EffectKind::Size {
                    inode,
                    size,
                    cuts: false,
                };
                self.push_own(entry, inode, kind, group);
                self.close_group(group);
            } else {
                self.close_group(group);
            }
        }
        self.touch(inode, entry, end > old_size || allocates);
    }

    /// The next effect, and whether it is the first on a new block.
    fn block_effect(
        &mut self,
        inode: Inode,
        block: u32,
        range: &std::ops::Range<u64>,
    ) -> (BlockEffect, bool) {
        let index = u32::try_from(self.effects.len()).expect("fewer than 2^32 effects");
        let on_disk = self
            .recording
            .base
            .file(inode)
            .is_some_and(|f| f.has_page(u64::from(block)));
        let state = self.files.entry(inode).or_default();
        let state = state.block(block, on_disk);
        let fresh = !state.on_disk;
        let touched = sectors_touched(block, range.start, range.end);
        // The first write-back of a new block writes all of it; so does a filesystem that tears at blocks.
        let first = fresh && state.first_write.is_none();
        if first {
            state.first_write = Some(index);
        }
        let whole = first || self.profile.overwrite_tear.value != OverwriteTear::Sector;
        let sectors = if whole { ALL_SECTORS } else { touched };
        let effect = BlockEffect {
            inode,
            block,
            fresh,
            sectors,
            zero_from: state.take_cuts(sectors),
        };
        (effect, first)
    }

    fn push_own(&mut self, entry: u32, inode: Inode, kind: EffectKind, group: Option<u32>) {
        let effect = self.push(entry, kind, group);
        if group.is_none() {
            self.files.entry(inode).or_default().pending.push(effect);
        }
    }

    fn add_truncate(&mut self, entry: u32, inode: Inode, size: u64, old_size: u64) {
        let cuts = size < old_size;
        if self.profile.has_log() {
            let group = Some(self.open_group(entry));
            self.push_own(entry, inode, EffectKind::Size { inode, size, cuts }, group);
            self.close_group(group);
        } else {
            self.push_own(
                entry,
                inode,
                EffectKind::Size {
                    inode,
                    size,
                    cuts: false,
                },
                None,
            );
            if cuts {
                self.push_own(entry, inode, EffectKind::Cut { inode, size }, None);
            }
        }
        if cuts {
            let base = self.recording.base.file(inode);
            let pages = base.map_or(0, |file| file.size_bytes().div_ceil(BLOCK));
            self.files
                .entry(inode)
                .or_default()
                .cut(size, block_index(pages * BLOCK), |block| {
                    base.is_some_and(|file| file.has_page(u64::from(block)))
                });
        }
        self.touch(inode, entry, true);
    }
}

fn block_index(offset: u64) -> u32 {
    u32::try_from(offset / BLOCK).expect("a simulated file has fewer than 2^32 blocks")
}
