//! The persistence graph: every effect of a recording under one profile, and from where on each is certain.
//!
//! Edges are not stored. What must go before what follows from an effect's class:
//!
//! - *logged* effects form groups, and what survives of the log is a prefix of the groups that no barrier made certain;
//! - a *late* effect (growth under delayed allocation, a newly allocated block, a block that is copied on write) is not there
//!   before all logged effects of earlier operations, and no log entry waits for it but where the profile says so;
//! - bytes written in place are ordered with nothing; a block that a truncate dropped is new when it is written again;
//! - of one name, one length, one sector, the versions survive as a prefix: a later one contains the earlier.
//!
//! A barrier makes certain what its profile's reach says, of what was recorded before it *began*.

use std::collections::{BTreeMap, VecDeque};

use super::{
    effect::{Effect, EffectKind},
    file_state::FileState,
    reach::{DirectoryState, OpenBarrier},
    tree::TreeState,
};
use crate::{
    base::Position,
    image::Inode,
    profile::{DataPath, Profile},
    simfs::Recording,
    trace::{Action, Entry},
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
    /// How far it was walked: what lies behind adds nothing to a crash before.
    pub end: Position,
    /// What the filesystem promises.
    pub profile: &'r Profile,
    /// The effects in the order of their operations.
    pub effects: Vec<Effect>,
    /// The log, in order.
    pub groups: Vec<Group>,
    pub(super) files: BTreeMap<Inode, FileState>,
    pub(super) directories: BTreeMap<Inode, DirectoryState>,
    /// How many groups at the head of the log are certain; behind them, a log tree may have made single ones so.
    pub(super) groups_certain: usize,
    pub(super) tree: TreeState<'r>,
    open_barriers: Vec<OpenBarrier>,
    /// How many barriers a lying device keeps to itself, and which.
    lies: usize,
    believed: VecDeque<OpenBarrier>,
}

impl<'r> PersistenceGraph<'r> {
    /// Walks the recording once.
    pub fn new(recording: &'r Recording, profile: &'r Profile) -> PersistenceGraph<'r> {
        PersistenceGraph::with_lies(recording, profile, 0)
    }

    /// The same on a device whose last `lies` completed barriers have made nothing durable yet, though it said so.
    pub fn with_lies(
        recording: &'r Recording,
        profile: &'r Profile,
        lies: u32,
    ) -> PersistenceGraph<'r> {
        PersistenceGraph::up_to(recording.trace.end(), recording, profile, lies)
    }

    /// The same of what was recorded before `end`, for crash points up to there: a crash knows nothing of what comes after it,
    /// but for a barrier that fails, which takes in all of the recording. What it could not write may have failed before.
    ///
    /// # Panics
    ///
    /// If `end` lies behind the recording.
    pub fn up_to(
        end: Position,
        recording: &'r Recording,
        profile: &'r Profile,
        lies: u32,
    ) -> PersistenceGraph<'r> {
        let (mut entries, rest) = recording.trace.entries().split_at(end.index());
        let mut end = end;
        let fails = |entry: &Entry| matches!(entry.action, Action::BarrierFailed { .. });
        if rest.iter().any(fails) {
            (entries, end) = (recording.trace.entries(), recording.trace.end());
        }
        let mut graph = PersistenceGraph {
            recording,
            end,
            profile,
            effects: Vec::with_capacity(entries.len()),
            groups: Vec::new(),
            files: BTreeMap::new(),
            directories: BTreeMap::new(),
            groups_certain: 0,
            tree: TreeState::default(),
            open_barriers: Vec::new(),
            lies: lies as usize,
            believed: VecDeque::new(),
        };
        for (entry, index) in entries.iter().zip(0..) {
            graph.add(entry.action, index);
        }
        graph
    }

    /// How many completed barriers the device keeps to itself.
    pub fn lies(&self) -> u32 {
        u32::try_from(self.lies).unwrap_or(u32::MAX)
    }

    fn add(&mut self, action: Action, entry: u32) {
        match action {
            Action::BarrierBegin { kind, inode } => {
                let barrier = self.begin_barrier(kind, inode, entry);
                self.open_barriers.push(barrier);
            }
            Action::BarrierEnd { begin, .. } => {
                if let Some(barrier) = self.take_open(begin) {
                    self.believe(barrier, Position(entry + 1));
                }
            }
            Action::BarrierFailed { begin, pages, .. } => {
                if let Some(barrier) = self.take_open(begin) {
                    self.fail_barrier(&barrier, pages, Position(entry + 1));
                }
            }
            Action::Mark(_) | Action::Refused { .. } => {}
            Action::Write { .. }
            | Action::Truncate { .. }
            | Action::Allocate { .. }
            | Action::PunchHole { .. }
            | Action::ZeroRange { .. } => self.add_content(action, entry),
            namespace => self.add_namespace(namespace, entry),
        }
    }

    fn take_open(&mut self, begin: Position) -> Option<OpenBarrier> {
        let is_it = |open: &OpenBarrier| open.begin == begin.0;
        let open = self.open_barriers.iter().position(is_it)?;
        Some(self.open_barriers.swap_remove(open))
    }

    /// A barrier said that it is complete; on an honest device it is.
    fn believe(&mut self, barrier: OpenBarrier, at: Position) {
        self.believed.push_back(barrier);
        while self.believed.len() > self.lies {
            if let Some(barrier) = self.believed.pop_front() {
                self.complete_barrier(&barrier, at);
            }
        }
    }

    pub(super) fn is_journaled(&self) -> bool {
        self.profile.data.value == DataPath::Journaled
    }

    pub(super) fn push(&mut self, entry: u32, kind: EffectKind, group: Option<u32>) -> u32 {
        let index = self.next_effect();
        self.effects.push(Effect {
            entry,
            kind,
            certain_at: Position::NEVER,
            gone_at: Position::NEVER,
            group,
            needed_by: None,
            shown_by: None,
            failed: false,
        });
        index
    }

    /// An effect on a file: with its group if it is logged, or else pending with its file.
    pub(super) fn push_own(
        &mut self,
        entry: u32,
        inode: Inode,
        kind: EffectKind,
        group: Option<u32>,
    ) -> u32 {
        let effect = self.push(entry, kind, group);
        if group.is_none() {
            self.files.entry(inode).or_default().pending.push(effect);
        } else {
            self.remember_logged(effect);
        }
        effect
    }

    pub(super) fn next_effect(&self) -> u32 {
        u32::try_from(self.effects.len()).expect("fewer than 2^32 effects")
    }

    /// The group of the effects that follow.
    pub(super) fn open_group(&mut self, entry: u32) -> u32 {
        let next = self.next_effect();
        self.groups.push(Group {
            entry,
            first: next,
            end: next,
        });
        u32::try_from(self.groups.len() - 1).expect("fewer groups than effects")
    }

    /// Closes the group that was opened last, if one was.
    pub(super) fn close_group(&mut self, group: Option<u32>) {
        let end = self.next_effect();
        if let (Some(_), Some(last)) = (group, self.groups.last_mut()) {
            last.end = end;
        }
    }

    /// Remembers that the operation changed the inode; `data` if reading the file back needs the change.
    pub(super) fn touch(&mut self, inode: Inode, entry: u32, data: bool) {
        let state = self.files.entry(inode).or_default();
        state.last = Some(entry);
        if data {
            state.last_data = Some(entry);
        }
    }
}
