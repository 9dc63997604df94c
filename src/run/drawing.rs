//! What a picture shows of a trace: where each entry is, and what became of each of its sectors.
//!
//! Deliberately absent: coordinates and colours, which are the report's.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::{
    base::Position,
    crash::{BlockEffect, EffectKind, Kept, Window},
    image::Inode,
    profile::Fill,
    trace::{Action, Mark, Paths, Promise},
};

/// What a picture shows of one entry of a trace.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Drawing {
    /// The file that it is about, by its last path in this trace, or the directory, which ends in a slash; empty for what is
    /// about none.
    pub lane: String,
    /// What it is.
    pub shape: Shape,
    /// The blocks that it writes, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub blocks: Vec<DrawnBlock>,
    /// Its other effects: names, lengths, what is cut.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pieces: Vec<DrawnPiece>,
}

/// What an entry is to a picture.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "kebab-case")]
pub enum Shape {
    /// Nothing that is drawn.
    #[default]
    Nothing,
    /// Bytes at an offset of a file.
    Bytes {
        /// The first byte.
        offset: u64,
        /// How many.
        length_bytes: u64,
    },
    /// A change of names, lengths or blocks.
    Change {
        /// The word for it.
        verb: String,
    },
    /// A barrier begins.
    Begin {
        /// The word for it.
        verb: String,
        /// The entry with which it ends, well or not.
        end: Option<u32>,
    },
    /// A barrier is complete.
    End {
        /// The entry with which it began.
        begin: u32,
        /// The entries of which it made something certain.
        covers: Vec<u32>,
    },
    /// A barrier failed.
    FailedBarrier {
        /// The entry with which it began.
        begin: u32,
    },
    /// An operation was made to fail.
    Refused {
        /// The word for it.
        verb: String,
    },
    /// An operation of the workload was handed to the subject.
    Issued,
    /// The subject promised something.
    Acknowledged {
        /// Of which operation of the workload.
        operation: u32,
        /// Whether it promised that it survives a power loss.
        durable: bool,
    },
    /// The subject gave up an operation of the workload.
    GaveUp,
    /// Recovery is over.
    Opened,
}

/// What became of one block of a write, sector by sector.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DrawnBlock {
    /// Its number on the file's grid.
    pub block: u64,
    /// A character for each sector: `=` certain, `#` pending and survived, `.` lost with the old bytes there, `0` lost and
    /// zeros, `S` lost and stale bytes, `G` lost and garbage, `-` never written, space for no part of the write.
    pub sectors: String,
}

/// What became of an effect that has no sectors.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DrawnPiece {
    /// Which: "size 8192", "entry wal.log".
    pub what: String,
    /// What became of it, as of a sector: `=`, `#`, `.` or `-`.
    pub fate: char,
}

/// Draws the entries of one trace.
pub(super) struct Drawer<'w> {
    window: &'w Window<'w>,
    selection: &'w [Kept],
    lanes: Vec<String>,
    /// By the entry with which a barrier began.
    ends: BTreeMap<u32, u32>,
    /// By the entry with which a barrier ended.
    covers: BTreeMap<u32, BTreeSet<u32>>,
}

impl<'w> Drawer<'w> {
    pub(super) fn new(window: &'w Window<'w>, selection: &'w [Kept]) -> Drawer<'w> {
        let trace = &window.graph.recording.trace;
        let mut ends = BTreeMap::new();
        for (index, entry) in (0_u32..).zip(trace.entries()) {
            if let Some(begin) = begin_of(&entry.action) {
                ends.insert(begin, index);
            }
        }
        let mut covers: BTreeMap<u32, BTreeSet<u32>> = BTreeMap::new();
        for effect in &window.graph.effects {
            if effect.certain_at != Position::NEVER && effect.certain_at.0 > 0 {
                let end = covers.entry(effect.certain_at.0 - 1).or_default();
                end.insert(effect.entry);
            }
        }
        Drawer {
            window,
            selection,
            lanes: lanes(window),
            ends,
            covers,
        }
    }

    /// What is drawn of the entry `index`, of which `effects` are the effects in the graph.
    pub(super) fn draw(&self, index: u32, effects: std::ops::Range<usize>) -> Drawing {
        let entry = self.window.graph.recording.trace.entries()[index as usize];
        let mut drawing = Drawing {
            lane: self.lanes[index as usize].clone(),
            shape: self.shape(&entry.action, index),
            ..Drawing::default()
        };
        for effect in effects {
            match self.window.graph.effects[effect].kind {
                EffectKind::Block(block) => drawing.blocks.push(DrawnBlock {
                    block: u64::from(block.block),
                    sectors: self.sectors(effect, &block),
                }),
                kind => drawing.pieces.push(DrawnPiece {
                    what: super::schedule::part(&kind, self.window),
                    fate: self.fate(effect),
                }),
            }
        }
        drawing
    }

    fn shape(&self, action: &Action, index: u32) -> Shape {
        let verb = action.verb().to_owned();
        match *action {
            Action::Write { offset, bytes, .. } => Shape::Bytes {
                offset,
                length_bytes: u64::from(bytes.len),
            },
            Action::BarrierBegin { .. } => Shape::Begin {
                verb,
                end: self.ends.get(&index).copied(),
            },
            Action::BarrierEnd { begin, .. } => Shape::End {
                begin: begin.0,
                covers: self
                    .covers
                    .get(&index)
                    .map_or_else(Vec::new, |covered| covered.iter().copied().collect()),
            },
            Action::BarrierFailed { begin, .. } => Shape::FailedBarrier { begin: begin.0 },
            Action::Refused { operation, .. } => Shape::Refused {
                verb: operation.to_string(),
            },
            Action::Mark(Mark::Opened) => Shape::Opened,
            Action::Mark(Mark::Issued(_)) => Shape::Issued,
            Action::Mark(Mark::Acknowledged(id, promise)) => Shape::Acknowledged {
                operation: id.0,
                durable: promise == Promise::Durable,
            },
            Action::Mark(Mark::Failed(_)) => Shape::GaveUp,
            _ => Shape::Change { verb },
        }
    }

    /// What survives of an effect, if it was pending.
    fn kept(&self, effect: usize) -> Option<Kept> {
        let index = u32::try_from(effect).ok()?;
        let slot = self.window.pending.binary_search(&index).ok()?;
        self.selection.get(slot).copied()
    }

    fn fate(&self, index: usize) -> char {
        let effect = &self.window.graph.effects[index];
        let is_certain = effect.certain_at <= self.window.point;
        match self.kept(index) {
            _ if effect.entry >= self.window.point.0 => '-',
            Some(kept) if kept.sectors != 0 => '#',
            None if is_certain => '=',
            // A failed barrier may have taken back what is neither pending nor certain.
            _ => '.',
        }
    }

    fn sectors(&self, index: usize, block: &BlockEffect) -> String {
        let effect = &self.window.graph.effects[index];
        let kept = self.kept(index);
        let whole = match (self.fate(index), kept) {
            (fate @ ('-' | '='), _) | (fate, None) => Some(fate),
            _ => None,
        };
        let cell = |sector: u32| match (effect.whole() >> sector & 1, whole, kept) {
            (0, ..) => ' ',
            (_, Some(fate), _) => fate,
            (_, None, Some(kept)) if kept.sectors >> sector & 1 == 1 => '#',
            (_, None, Some(kept)) if block.fresh => match kept.fill(sector) {
                Fill::Zero => '0',
                Fill::Stale | Fill::OtherStale => 'S',
                Fill::Garbage => 'G',
            },
            _ => '.',
        };
        (0..8).map(cell).collect()
    }
}

fn begin_of(action: &Action) -> Option<u32> {
    match action {
        // They name the position in front of their beginning, which is its index.
        Action::BarrierEnd { begin, .. } | Action::BarrierFailed { begin, .. } => Some(begin.0),
        _ => None,
    }
}

/// The lane of each entry.
fn lanes(window: &Window<'_>) -> Vec<String> {
    let recording = window.graph.recording;
    let mut paths = Paths::new(&recording.base, &recording.trace);
    let mut files: BTreeMap<Inode, String> = BTreeMap::new();
    let mut directories = Vec::new();
    for (index, entry) in (1_u32..).zip(recording.trace.entries()) {
        paths.advance(Position(index));
        if let Some(inode) = entry.action.inode() {
            files.insert(inode, paths.get(inode).to_string());
        }
        directories.push(directory_of(&entry.action).map(|directory| {
            let path = paths.get(directory).to_string();
            format!("{}/", path.trim_end_matches('/'))
        }));
    }
    let entries = recording.trace.entries().iter().zip(directories);
    let lanes = entries.map(|(entry, directory)| {
        let file = entry.action.inode().and_then(|inode| files.get(&inode));
        directory.unwrap_or_else(|| file.cloned().unwrap_or_default())
    });
    lanes.collect()
}

/// The directory whose entries an action is about.
fn directory_of(action: &Action) -> Option<Inode> {
    match *action {
        Action::Create { directory, .. }
        | Action::CreateDirectory { directory, .. }
        | Action::Symlink { directory, .. }
        | Action::Link { directory, .. }
        | Action::Unlink { directory, .. }
        | Action::RemoveDirectory { directory, .. }
        | Action::Rename { to: directory, .. }
        | Action::Exchange { to: directory, .. } => Some(directory),
        Action::BarrierBegin { kind, inode }
        | Action::BarrierEnd { kind, inode, .. }
        | Action::BarrierFailed { kind, inode, .. } => {
            (kind == crate::trace::BarrierKind::FsyncDirectory).then_some(inode)
        }
        _ => None,
    }
}
