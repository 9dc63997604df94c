//! The effects of a recording: what each does to the disk, and what must be there before it.

use std::collections::{BTreeMap, BTreeSet};

use tornwrite::{
    image::Inode,
    profile::DataPath,
    simfs::Recording,
    trace::{Action, FailedPages},
};

use super::{
    blocks::Block,
    disk::{Change, Disk},
    names::NameChange,
    reach,
    rules::Rules,
};

/// Why one effect goes after another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// Structure that no recovery breaks: binds what is certain too.
    Needs,
    /// A later version of the same thing contains the earlier one: as `Needs`, also if the earlier write failed.
    Version,
    /// The log: binds what is pending, and what is certain only where a barrier commits the log.
    Order,
}

#[derive(Clone, Copy, Debug)]
pub struct Edge {
    pub to: usize,
    pub why: Why,
}

/// A failed barrier that took an effect out of the reach of later ones.
#[derive(Clone, Copy, Debug)]
pub struct Failure {
    pub begin: usize,
    pub at: usize,
}

/// Something that a crash keeps or loses as a whole.
#[derive(Clone, Debug, Default)]
pub struct Effect {
    /// The index of its operation in the trace.
    pub entry: usize,
    pub changes: Vec<Change>,
    pub edges: Vec<Edge>,
    /// Whether it has a place in the log.
    pub logged: bool,
    /// What it means for names, if it changes any.
    pub name: Option<NameChange>,
    /// The blocks that it writes.
    pub blocks: BTreeSet<(Inode, usize)>,
    /// Whether it is the first version of a new block.
    pub fresh: bool,
    /// The position from which on it cannot be lost.
    pub certain_at: Option<usize>,
    /// The position from which on it cannot survive.
    pub gone_at: Option<usize>,
    pub failures: Vec<Failure>,
}

impl Effect {
    /// The file whose content or length it changes.
    pub fn file(&self) -> Option<Inode> {
        self.changes.iter().find_map(Change::file)
    }

    fn is_gone(&self, point: usize) -> bool {
        self.gone_at.is_some_and(|at| at <= point)
    }
}

/// Whether an edge counts at a point: nothing waits for bytes whose writing failed, but later versions of them. Write-back
/// may have failed long before the barrier that says so.
pub fn counts(effects: &[Effect], edge: Edge, point: usize) -> bool {
    let to = &effects[edge.to];
    !to.is_gone(point) && (edge.why == Why::Version || to.failures.is_empty())
}

pub struct Builder<'r> {
    pub recording: &'r Recording,
    pub rules: Rules,
    pub effects: Vec<Effect>,
    pub blocks: BTreeMap<(Inode, usize), Block>,
    pub last_size: BTreeMap<Inode, usize>,
    pub last_name: BTreeMap<(Inode, Vec<u8>), usize>,
    /// The effect that makes each new directory.
    pub made: BTreeMap<Inode, usize>,
    /// The effects since the blocks of a file were last given back.
    pub versions: BTreeMap<(Inode, usize), Vec<usize>>,
    /// What the running program sees: write-back takes whole units from here.
    pub live: Disk,
    pub entry: usize,
    /// For each write, whether it allocated a block.
    pub allocated: Vec<bool>,
    /// The files in the log tree.
    pub in_tree: BTreeSet<Inode>,
}

/// The disk before the recording, and the effects in program order.
pub fn effects_of(recording: &Recording, rules: Rules) -> (Disk, Vec<Effect>) {
    let entries = recording.trace.entries();
    let mut builder = Builder {
        recording,
        rules,
        effects: Vec::new(),
        blocks: BTreeMap::new(),
        last_size: BTreeMap::new(),
        last_name: BTreeMap::new(),
        made: BTreeMap::new(),
        versions: BTreeMap::new(),
        live: Disk::new(&recording.base),
        entry: 0,
        allocated: vec![false; entries.len()],
        in_tree: BTreeSet::new(),
    };
    builder.allocate_base();
    for (entry, recorded) in entries.iter().enumerate() {
        builder.entry = entry;
        builder.operation(recorded.action);
    }
    let mut base = Disk::new(&recording.base);
    for entry in entries {
        match entry.action {
            Action::CreateDirectory { inode, .. } => base.add_directory(inode),
            Action::Symlink { inode, target, .. } => {
                base.add_symlink(inode, recording.trace.bytes(target));
            }
            _ => {}
        }
    }
    (base, builder.effects)
}

pub fn bytes(number: u64) -> usize {
    usize::try_from(number).unwrap()
}

impl Builder<'_> {
    fn operation(&mut self, action: Action) {
        match action {
            Action::Write {
                inode,
                offset,
                bytes: span,
                old_size,
            } => {
                let content = self.recording.trace.bytes(span).to_vec();
                self.write(inode, bytes(offset), &content, bytes(old_size));
            }
            Action::Truncate {
                inode,
                size,
                old_size,
            } => self.truncate(inode, bytes(size), size < old_size),
            Action::Allocate {
                inode,
                offset,
                len,
                size,
                old_size,
            } => {
                self.reserve(inode, bytes(offset)..bytes(offset + len));
                if size > old_size {
                    self.set_size(inode, bytes(size));
                }
            }
            Action::PunchHole { inode, offset, len } => {
                self.zero(inode, bytes(offset)..bytes(offset + len));
            }
            Action::ZeroRange {
                inode,
                offset,
                len,
                size,
                old_size,
            } => {
                self.zero(inode, bytes(offset)..bytes(offset + len));
                if size > old_size {
                    self.set_size(inode, bytes(size));
                }
                self.reserve(inode, bytes(offset)..bytes(offset + len));
            }
            Action::BarrierEnd { kind, inode, begin } => {
                reach::barrier(self, kind, inode, begin.index());
            }
            Action::BarrierFailed {
                kind,
                inode,
                begin,
                pages,
                ..
            } => {
                let tried = reach::tries(self, kind, inode, begin.index());
                self.failed(&tried, pages, begin.index());
            }
            Action::BarrierBegin { .. } | Action::Mark(_) | Action::Refused { .. } => {}
            _ => self.names(action),
        }
    }

    /// Adds an effect; one in the log goes after all that are there already.
    pub fn push(&mut self, changes: Vec<Change>, mut edges: Vec<Edge>, logged: bool) -> usize {
        if logged {
            edges.extend(self.log_before(self.entry + 1));
        }
        self.effects.push(Effect {
            entry: self.entry,
            changes,
            edges,
            logged,
            ..Effect::default()
        });
        self.effects.len() - 1
    }

    /// The log of the operations before an entry, as what must be there first.
    pub fn log_before(&self, entry: usize) -> Vec<Edge> {
        let indexed = self.effects.iter().enumerate();
        let logged = indexed.filter(|(_, effect)| effect.logged && effect.entry < entry);
        let edges = logged.map(|(to, _)| Edge {
            to,
            why: Why::Order,
        });
        edges.collect()
    }

    pub fn is_certain(&self, effect: usize) -> bool {
        self.effects[effect].certain_at.is_some()
    }

    /// A barrier on `files` failed.
    fn failed(&mut self, files: &BTreeSet<Inode>, pages: FailedPages, begin: usize) {
        let at = self.entry + 1;
        let journaled = self.rules.data == DataPath::Journaled;
        let entries: Vec<usize> = self.effects.iter().map(|effect| effect.entry).collect();
        let clean: Vec<bool> = self
            .effects
            .iter()
            .map(|e| reach::is_clean(self, e, begin))
            .collect();
        for (effect, clean) in self.effects.iter_mut().zip(clean) {
            let tried = !clean
                && effect.file().is_some_and(|file| files.contains(&file))
                && effect.entry < begin
                && effect.certain_at.is_none()
                && effect.gone_at.is_none();
            match pages {
                FailedPages::Cleaned if tried && !effect.blocks.is_empty() => {
                    effect.failures.push(Failure { begin, at });
                    if effect.logged {
                        leave_log(effect, &entries);
                    }
                }
                // A journal holds all that the pages showed.
                FailedPages::Reverted if tried && !effect.logged && !journaled => {
                    effect.gone_at = Some(at);
                }
                _ => {}
            }
        }
        if pages == FailedPages::Reverted {
            for &file in files {
                self.revert(file);
            }
        }
    }
}

/// Bytes in the log that could not be written to their place are no part of it any more: what is left of its order is that
/// of a write without a journal.
fn leave_log(effect: &mut Effect, entries: &[usize]) {
    effect.logged = false;
    let (entry, fresh) = (effect.entry, effect.fresh);
    effect
        .edges
        .retain(|edge| edge.why != Why::Order || fresh && entries[edge.to] < entry);
}

pub fn edges(to: impl IntoIterator<Item = usize>, why: Why) -> Vec<Edge> {
    to.into_iter().map(|to| Edge { to, why }).collect()
}
