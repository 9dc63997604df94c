//! The effects of a recording: what each does to the disk, and what must be there before it.

use std::collections::BTreeMap;

use tornwrite::{
    image::Inode,
    simfs::Recording,
    trace::{Action, Span},
};

use super::{
    disk::{Change, Disk},
    reach,
    rules::{Order, Rules},
};

const BLOCK: usize = 4096;

/// Something that a crash keeps or loses as a whole.
#[derive(Clone, Debug, Default)]
pub struct Effect {
    /// The index of its operation in the trace.
    pub entry: usize,
    pub changes: Vec<Change>,
    /// The effects that are on disk whenever this one is; all of them earlier.
    pub needs: Vec<usize>,
    /// Whether it has a place in the log.
    pub logged: bool,
    /// The position from which on it cannot be lost.
    pub certain_at: Option<usize>,
}

/// What became of one block of a file.
#[derive(Clone, Debug, Default)]
struct Block {
    /// The effects that allocate it, if no barrier has made the file durable since.
    fresh: Vec<usize>,
}

pub struct Builder<'r> {
    pub recording: &'r Recording,
    pub rules: Rules,
    pub effects: Vec<Effect>,
    blocks: BTreeMap<(Inode, usize), Block>,
    last_unit: BTreeMap<(Inode, usize), usize>,
    last_size: BTreeMap<Inode, usize>,
    last_name: BTreeMap<(Inode, Vec<u8>), usize>,
    /// What the running program sees: write-back takes whole sectors from here.
    live: Disk,
    entry: usize,
    /// For each write, whether it allocated a block.
    pub allocated: Vec<bool>,
}

/// The disk before the recording, and the effects in program order.
pub fn effects_of(recording: &Recording, rules: Rules) -> (Disk, Vec<Effect>) {
    let entries = recording.trace.entries();
    let mut builder = Builder {
        recording,
        rules,
        effects: Vec::new(),
        blocks: BTreeMap::new(),
        last_unit: BTreeMap::new(),
        last_size: BTreeMap::new(),
        last_name: BTreeMap::new(),
        live: Disk::new(&recording.base, []),
        entry: 0,
        allocated: vec![false; entries.len()],
    };
    builder.allocate_base();
    for (entry, recorded) in entries.iter().enumerate() {
        builder.entry = entry;
        builder.operation(recorded.action);
    }
    let later = entries.iter().filter_map(|entry| match entry.action {
        Action::CreateDirectory { inode, .. } => Some(inode),
        _ => None,
    });
    (Disk::new(&recording.base, later), builder.effects)
}

impl Builder<'_> {
    fn allocate_base(&mut self) {
        let base = &self.recording.base;
        for inode in base.inodes() {
            let Some(file) = base.file(inode) else {
                continue;
            };
            let size = usize::try_from(file.size_bytes()).unwrap();
            for block in (0..size.div_ceil(BLOCK)).filter(|&block| file.has_page(block as u64)) {
                self.blocks.insert((inode, block), Block::default());
            }
        }
    }

    fn operation(&mut self, action: Action) {
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
            | Action::Link {
                directory,
                name,
                inode,
            } => {
                self.names(vec![(directory, name, Some(inode))], Vec::new());
            }
            Action::Unlink {
                directory, name, ..
            }
            | Action::RemoveDirectory {
                directory, name, ..
            } => {
                self.names(vec![(directory, name, None)], Vec::new());
            }
            Action::Rename {
                from,
                from_name,
                to,
                to_name,
                inode,
                replaced,
            } => {
                let halves = vec![(from, from_name, None), (to, to_name, Some(inode))];
                let first = replaced.map_or(Vec::new(), |_| self.sizes_of(inode));
                self.names(halves, first);
            }
            Action::Write {
                inode,
                offset,
                bytes,
                old_size,
            } => {
                let offset = usize::try_from(offset).unwrap();
                let old_size = usize::try_from(old_size).unwrap();
                self.write(inode, offset, bytes, old_size);
            }
            Action::Truncate {
                inode,
                size,
                old_size,
            } => {
                let size = usize::try_from(size).unwrap();
                self.truncate(inode, size, size < usize::try_from(old_size).unwrap());
            }
            Action::BarrierEnd { kind, inode, begin } => {
                reach::barrier(self, kind, inode, begin.index(), self.entry + 1);
                self.settle(inode);
            }
            Action::BarrierBegin { .. } | Action::Mark(_) => {}
        }
    }

    /// A barrier made the file durable: what is allocated is initialised.
    fn settle(&mut self, inode: Inode) {
        let blocks = self.blocks.range_mut((inode, 0)..=(inode, usize::MAX));
        blocks.for_each(|(_, block)| block.fresh.clear());
    }

    fn push(&mut self, changes: Vec<Change>, mut needs: Vec<usize>, logged: bool) -> usize {
        if self.rules.order == Order::Sequential {
            needs = self.effects.len().checked_sub(1).into_iter().collect();
        } else if logged {
            needs.extend(self.log_end());
        }
        self.effects.push(Effect {
            entry: self.entry,
            changes,
            needs,
            logged,
            certain_at: None,
        });
        self.effects.len() - 1
    }

    /// The last effect in the log so far; it stands for all before it.
    fn log_end(&self) -> Option<usize> {
        self.effects.iter().rposition(|effect| effect.logged)
    }

    fn has_log(&self) -> bool {
        self.rules.order == Order::Ordered
    }

    fn names(&mut self, parts: Vec<(Inode, Span, Option<Inode>)>, first: Vec<usize>) {
        let parts = parts.into_iter().map(|(directory, name, target)| {
            let name = self.recording.trace.bytes(name).to_vec();
            (directory, name, target)
        });
        let changes = parts.map(|(directory, name, target)| Change::Name {
            directory,
            name,
            target,
        });
        let changes: Vec<Change> = changes.collect();
        if self.rules.order != Order::Minimum {
            self.push(changes, first, self.has_log());
            return;
        }
        for change in changes {
            let Change::Name {
                directory, name, ..
            } = &change
            else {
                continue;
            };
            let key = (*directory, name.clone());
            let previous = self.last_name.get(&key).copied();
            let effect = self.push(vec![change], previous.into_iter().collect(), false);
            self.last_name.insert(key, effect);
        }
    }

    /// All changes of the length of a file so far.
    fn sizes_of(&self, inode: Inode) -> Vec<usize> {
        let is_size =
            |change: &Change| matches!(change, Change::Size { inode: of, .. } if *of == inode);
        let indexed = self.effects.iter().enumerate();
        let found = indexed.filter(|(_, effect)| effect.changes.iter().any(is_size));
        found.map(|(index, _)| index).collect()
    }

    fn write(&mut self, inode: Inode, offset: usize, bytes: Span, old_size: usize) {
        let bytes = self.recording.trace.bytes(bytes).to_vec();
        let mut at = offset;
        let end = offset + bytes.len();
        while at < end {
            let until = end.min((at / BLOCK + 1) * BLOCK);
            let piece = &bytes[at - offset..until - offset];
            if self.rules.order == Order::Sequential {
                let mut changes = vec![bytes_at(inode, at, piece)];
                if until > old_size {
                    changes.push(Change::Size { inode, size: until });
                }
                self.push(changes, Vec::new(), false);
            } else {
                self.block(inode, at, piece);
                if until > old_size {
                    self.grow(inode, until);
                }
            }
            at = until;
        }
    }

    /// Growth to a border between blocks, or to the end of the write.
    fn grow(&mut self, inode: Inode, size: usize) {
        let mut needs: Vec<usize> = self.last_size.get(&inode).copied().into_iter().collect();
        if self.has_log() {
            needs.extend(self.log_end());
        }
        let effect = self.push(vec![Change::Size { inode, size }], needs, false);
        self.last_size.insert(inode, effect);
    }

    /// A write within one block.
    fn block(&mut self, inode: Inode, offset: usize, bytes: &[u8]) {
        let key = (inode, offset / BLOCK);
        let known = self.blocks.get(&key).cloned();
        let is_new = known.is_none();
        self.allocated[self.entry] |= is_new;
        let mut block = known.unwrap_or_default();
        let unit = if is_new {
            self.rules.fresh_unit
        } else {
            self.rules.overwrite_unit
        };
        self.live.apply(&bytes_at(inode, offset, bytes));
        let end = offset + bytes.len();
        // The first write-back of a new block writes all of it, any other the units that were written to.
        let first = key.1 * BLOCK;
        let written = |at: usize| at < end && offset < at + unit;
        // Zeros on what was never anything else are no effect.
        let used = self.live.used(inode);
        for at in (first..first + BLOCK).step_by(unit) {
            let zeroed = is_new && at < used;
            if !written(at) && !zeroed {
                continue;
            }
            // A version contains the one before.
            let earlier = self.last_unit.get(&(inode, at));
            let mut needs: Vec<usize> = earlier.copied().into_iter().collect();
            if self.has_log() && is_new {
                needs.extend(self.log_end());
            } else if self.has_log() {
                needs.extend(&block.fresh);
            }
            let unit = bytes_at(inode, at, &self.live.read(inode, at, unit));
            let effect = self.push(vec![unit], needs, false);
            self.last_unit.insert((inode, at), effect);
            if is_new {
                block.fresh.push(effect);
            }
        }
        self.blocks.insert(key, block);
    }

    fn truncate(&mut self, inode: Inode, size: usize, down: bool) {
        let length = Change::Size { inode, size };
        let cut = Change::Cut { inode, size };
        if self.rules.order == Order::Minimum {
            let previous = self.last_size.get(&inode).copied();
            let effect = self.push(vec![length], previous.into_iter().collect(), false);
            self.last_size.insert(inode, effect);
            if down {
                // A shorter length does not need its cut, but no cut goes without its length.
                self.push(vec![cut.clone()], vec![effect], false);
            }
        } else {
            let changes = if down {
                vec![length, cut.clone()]
            } else {
                vec![length]
            };
            self.push(changes, Vec::new(), self.has_log());
            self.last_size.remove(&inode);
        }
        if down {
            self.live.apply(&cut);
            // Blocks behind the new length are allocated anew when they are written again.
            self.blocks
                .retain(|&(of, block), _| of != inode || block * BLOCK < size);
        }
    }
}

fn bytes_at(inode: Inode, offset: usize, bytes: &[u8]) -> Change {
    Change::Bytes {
        inode,
        offset,
        bytes: bytes.to_vec(),
    }
}
