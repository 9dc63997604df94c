//! What is done to the content of files: blocks, lengths, and blocks given back.

use std::ops::Range;

use tornwrite::{
    image::Inode,
    profile::{DataFirst, DataPath, FreshTear, Growth, OverwriteTear, TailGrowth},
};

use super::{
    disk::Change,
    effects::{Builder, Edge, Why, edges},
};

pub const BLOCK: usize = 4096;

/// What is known of one block that a file has.
#[derive(Clone, Debug, Default)]
pub struct Block {
    /// Reserved before it was written.
    pub reserved: bool,
    /// Whether bytes were written to it since it came to be.
    pub written: bool,
    /// The effects that are its first version.
    pub first: Vec<usize>,
}

/// One write, while its pieces become effects.
pub struct Write {
    inode: Inode,
    old_size: usize,
    /// What goes before a late effect of this write.
    log: Vec<Edge>,
    /// The effects so far of bytes that a longer length shows, each with whether it is the first on its block.
    parts: Vec<(usize, bool)>,
    /// The effect that all new blocks share, if they do.
    fresh: Option<usize>,
    /// The same for overwrites.
    over: Option<usize>,
}

impl Builder<'_> {
    pub fn allocate_base(&mut self) {
        let base = &self.recording.base;
        for inode in base.inodes() {
            let Some(file) = base.file(inode) else {
                continue;
            };
            let size = usize::try_from(file.size_bytes()).unwrap();
            for block in (0..size.div_ceil(BLOCK)).filter(|&block| file.has_page(block as u64)) {
                let known = Block {
                    written: true,
                    ..Block::default()
                };
                self.blocks.insert((inode, block), known);
            }
        }
    }

    pub fn write(&mut self, inode: Inode, offset: usize, bytes: &[u8], old_size: usize) {
        let mut write = Write {
            inode,
            old_size,
            log: self.log_before(self.entry),
            parts: Vec::new(),
            fresh: None,
            over: None,
        };
        let mut at = offset;
        let end = offset + bytes.len();
        while at < end {
            let until = end.min((at / BLOCK + 1) * BLOCK);
            let on_disk = self.is_on_disk((inode, at / BLOCK));
            self.piece(&mut write, at, &bytes[at - offset..until - offset]);
            if until > old_size {
                self.grow(&write, until, on_disk);
            }
            at = until;
        }
    }

    /// A write of zeros over what is there, which shows nothing new.
    pub fn zeros(&self, inode: Inode) -> Write {
        Write {
            inode,
            old_size: usize::MAX,
            log: self.log_before(self.entry),
            parts: Vec::new(),
            fresh: None,
            over: None,
        }
    }

    /// Whether a block was written, and that is certain.
    fn is_on_disk(&self, key: (Inode, usize)) -> bool {
        self.blocks.get(&key).is_some_and(|block| {
            block.written && block.first.iter().all(|&first| self.is_certain(first))
        })
    }

    /// The part of a write within one block.
    pub fn piece(&mut self, write: &mut Write, offset: usize, bytes: &[u8]) {
        let key = (write.inode, offset / BLOCK);
        let known = self.blocks.get(&key).cloned();
        let allocates = known.is_none();
        self.allocated[self.entry] |= allocates;
        let mut block = known.unwrap_or_default();
        let fresh = !block.written;
        let pending = !fresh && !self.is_on_disk(key);
        self.live.apply(&Change::Bytes {
            inode: write.inode,
            offset,
            bytes: bytes.to_vec(),
        });
        let unit = self.unit(fresh, pending);
        for unit in self.units(unit, key, offset..offset + bytes.len(), fresh) {
            let mut before = edges(self.versions_of(key, &unit), Why::Version);
            if pending && self.rules.has_log() {
                before.extend(self.after_first(&block));
            }
            let effect = self.bytes_effect(write, unit, before, fresh);
            self.effects[effect].blocks.insert(key);
            self.effects[effect].fresh = fresh;
            // A length needs the bytes that it shows, not those of the same write below the old one.
            if key.1 >= write.old_size / BLOCK {
                write.parts.push((effect, fresh));
            }
            self.versions.entry(key).or_default().push(effect);
            if fresh && !block.first.contains(&effect) {
                block.first.push(effect);
            }
        }
        block.written = true;
        self.blocks.insert(key, block);
    }

    /// What a write to a block needs whose first version is pending: that version, or the log that it is waiting for where
    /// its sectors come one by one.
    fn after_first(&self, block: &Block) -> Vec<Edge> {
        if self.rules.fresh_tear != FreshTear::Sector {
            return edges(block.first.iter().copied(), Why::Version);
        }
        let firsts = block.first.iter().map(|&first| &self.effects[first]);
        let all = firsts.flat_map(|first| first.edges.iter().copied());
        all.filter(|edge| edge.why == Why::Order).collect()
    }

    /// The smallest piece of a write to a block that survives on its own.
    fn unit(&self, fresh: bool, pending: bool) -> usize {
        let [new, old] = [self.rules.fresh_unit(), self.rules.overwrite_unit()];
        if self.rules.data == DataPath::Journaled {
            BLOCK
        } else if fresh {
            new
        } else if pending {
            // It may be part of what the block's first write-back writes, or come after it.
            old.min(new)
        } else {
            old
        }
    }

    /// The units that a write to a block puts on disk: the first write-back of a new block writes all of it, any other the
    /// units that were written to.
    fn units(
        &self,
        unit: usize,
        (inode, block): (Inode, usize),
        written: Range<usize>,
        fresh: bool,
    ) -> Vec<Range<usize>> {
        // Zeros on what was never anything else are no effect.
        let used = self.live.used(inode);
        let starts = (block * BLOCK..(block + 1) * BLOCK).step_by(unit);
        let touched = starts.filter(|&at| {
            let is_written = at < written.end && written.start < at + unit;
            is_written || fresh && at < used
        });
        touched.map(|at| at..at + unit).collect()
    }

    /// The versions so far of a part of a block.
    fn versions_of(&self, key: (Inode, usize), unit: &Range<usize>) -> Vec<usize> {
        let all = self.versions.get(&key).cloned().unwrap_or_default();
        let overlaps = |effect: &usize| {
            let changes = &self.effects[*effect].changes;
            changes.iter().any(|change| {
                matches!(change, Change::Bytes { offset, bytes, .. }
                    if *offset < unit.end && unit.start < offset + bytes.len())
            })
        };
        all.into_iter().filter(overlaps).collect()
    }

    /// The effect that puts a unit on disk, one of its own or one that the write's units share.
    fn bytes_effect(
        &mut self,
        write: &mut Write,
        unit: Range<usize>,
        mut before: Vec<Edge>,
        fresh: bool,
    ) -> usize {
        let change = Change::Bytes {
            inode: write.inode,
            offset: unit.start,
            bytes: self.live.read(write.inode, unit.start, unit.len()),
        };
        let journaled = self.rules.data == DataPath::Journaled;
        let late = fresh || self.rules.data == DataPath::CopyOnWrite;
        if late && !journaled && self.rules.has_log() {
            before.extend(&write.log);
            before.extend(self.logged_of(write.inode));
        }
        let (tied, shared) = if fresh {
            (self.rules.fresh_tear == FreshTear::Write, &mut write.fresh)
        } else {
            let tied = self.rules.overwrite_tear == OverwriteTear::Write;
            (tied, &mut write.over)
        };
        if let (true, Some(effect)) = (tied, *shared) {
            before.retain(|edge| edge.to != effect);
            self.effects[effect].changes.push(change);
            self.effects[effect].edges.extend(before);
            return effect;
        }
        let effect = self.push(vec![change], before, journaled);
        *shared = Some(effect);
        effect
    }

    /// Growth to a border between blocks, or to the end of the write; `on_disk` tells of the block just written.
    fn grow(&mut self, write: &Write, size: usize, on_disk: bool) {
        let inode = write.inode;
        let tail = on_disk
            && !write.old_size.is_multiple_of(BLOCK)
            && size <= write.old_size.next_multiple_of(BLOCK);
        let logged = match self.rules.growth {
            Growth::Logged => true,
            Growth::Late => tail && self.rules.tail_growth == TailGrowth::Logged,
            Growth::Free => false,
        };
        let first: Vec<usize> = match self.rules.data_first {
            DataFirst::Nothing => Vec::new(),
            DataFirst::NewBlocks => {
                let new = write.parts.iter().filter(|(_, first)| *first);
                new.map(|(effect, _)| *effect).collect()
            }
            DataFirst::All => write.parts.iter().map(|(effect, _)| *effect).collect(),
        };
        let mut before = edges(first, Why::Needs);
        if !logged {
            before.extend(edges(self.last_size(inode), Why::Version));
            if self.rules.has_log() {
                before.extend(&write.log);
                before.extend(self.logged_of(inode));
            }
        }
        let effect = self.push(vec![Change::Size { inode, size }], before, logged);
        if self.rules.data == DataPath::Journaled {
            // The bytes and the length of one block are one step of the log.
            if let Some((bytes, _)) = write.parts.last() {
                self.effects[*bytes].edges.push(Edge {
                    to: effect,
                    why: Why::Order,
                });
            }
        }
    }

    /// The logged changes of a file, as what no later length and no block that they made a new one can be without.
    fn logged_of(&self, inode: Inode) -> Vec<Edge> {
        let indexed = self.effects.iter().enumerate();
        let found = indexed.filter(|(_, effect)| {
            effect.logged && effect.entry < self.entry && effect.file() == Some(inode)
        });
        edges(found.map(|(index, _)| index), Why::Needs)
    }

    /// The last change of the length that can survive.
    fn last_size(&self, inode: Inode) -> Option<usize> {
        self.effects.iter().rposition(|effect| {
            effect.gone_at.is_none() && effect.changes.iter().any(|change| change.sizes(inode))
        })
    }

    /// A length that is set as such, not by a write.
    pub fn set_size(&mut self, inode: Inode, size: usize) -> usize {
        let change = Change::Size { inode, size };
        if self.rules.has_log() {
            return self.push(vec![change], Vec::new(), true);
        }
        let before = edges(self.last_size(inode), Why::Version);
        self.push(vec![change], before, false)
    }
}
