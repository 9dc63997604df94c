//! The explicit choices of one run: what a reproducer holds.
//!
//! A choice names operations by verb, path and n-th occurrence rather than by position, so that it can be laid onto the trace
//! of a changed subject.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::MediaFault;
use crate::{
    base::{Digest, Position},
    crash::{EffectKind, Kept, Window},
    image::Inode,
    simfs::{InjectedError, Recording},
    trace::{Action, Entry, Mark, Paths, Promise, Trace},
    workload::CrashKind,
};

/// All choices that led to a violation.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Schedule {
    /// The crash that ended each life, in order.
    pub crashes: Vec<CrashChoice>,
    /// Crashes inside the recovery from the last of them, outermost first.
    pub in_recovery: Vec<CrashChoice>,
    /// The errors that were injected into each life, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<Vec<InjectedError>>,
    /// The errors that were injected into the recovery from the last crash.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors_in_recovery: Vec<InjectedError>,
}

/// One crash: where, and what survived.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CrashChoice {
    /// What the crash took.
    pub kind: CrashKind,
    /// Where in the trace it fell.
    pub point: Position,
    /// The same place, told by the operations before it.
    pub anchor: Anchor,
    /// Of a process crash: the pages of the write in flight that had landed.
    pub pages_in_flight: u64,
    /// The pending effects that did not survive as a whole; all others did.
    pub lost: Vec<KeptEffect>,
    /// What the device did to the disk after the crash.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media: Option<MediaFault>,
    /// The digest of the disk that recovery met.
    pub image: Digest,
    /// The digest of the trace before the crash.
    pub trace: Digest,
    /// The operations before the crash, a word and a path each.
    pub operations: Vec<String>,
}

/// A place in a trace, told by operations.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Anchor {
    /// The last operation before the place ("write log/1.wal"); empty at the start.
    pub after: String,
    /// Which operation of that description, counted from 1.
    pub nth: u32,
    /// Marks (issues and acknowledgements) between that operation and the place.
    pub marks: u32,
    /// Halves of barriers between the last of those marks and the place.
    pub then: u32,
    /// Promises that something is durable, from the start to the place.
    #[serde(default)]
    pub acknowledged: u32,
}

/// Whether an entry is the promise that something is durable.
pub(super) fn is_promise(entry: &Entry) -> bool {
    let Action::Mark(mark) = entry.action else {
        return false;
    };
    matches!(mark, Mark::Acknowledged(_, Promise::Durable))
}

/// A pending effect that did not survive as a whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeptEffect {
    /// The operation ("write log/1.wal").
    pub operation: String,
    /// Which operation of that description, counted from 1.
    pub nth: u32,
    /// Which of its effects ("block 3", "size 8192", "name log/1.wal").
    pub part: String,
    /// Sectors that survived, one bit each, the first lowest.
    pub sectors: u8,
    /// What each lost sector of a new block shows: two bits each; 0 zeros, 1 stale, 2 garbage, 3 other stale bytes.
    pub fills: u16,
}

/// The operations of a recording that change the filesystem, each with its description and its count.
#[derive(Debug)]
pub(super) struct Outline {
    /// By index in the trace.
    names: BTreeMap<u32, (String, u32)>,
    /// The last names of inodes.
    paths: BTreeMap<Inode, String>,
}

impl Outline {
    /// Describes the operations before `end`.
    pub(super) fn new(recording: &Recording, end: Position) -> Outline {
        let mut paths = Paths::new(&recording.base, &recording.trace);
        let mut counts: BTreeMap<String, u32> = BTreeMap::new();
        let mut names = BTreeMap::new();
        let mut last_paths = BTreeMap::new();
        let entries = recording.trace.entries();
        for (index, entry) in (0_u32..).zip(entries).take(end.index()) {
            if let Some(inode) = entry.action.inode() {
                paths.advance(Position(index + 1));
                last_paths.insert(inode, paths.get(inode).to_string());
            }
            if entry.action.is_change() {
                let path = describe_path(&entry.action, recording, &paths);
                let name = format!("{} {path}", entry.action.verb());
                let count = counts.entry(name.clone()).or_default();
                *count += 1;
                names.insert(index, (name, *count));
            }
        }
        Outline {
            names,
            paths: last_paths,
        }
    }

    /// The description of the operation at an index of the trace, with its count.
    pub(super) fn name(&self, entry: u32) -> (String, u32) {
        self.names.get(&entry).cloned().unwrap_or_default()
    }

    /// Which of the operations stands at an index of the trace, counted from 1.
    pub(super) fn number(&self, entry: u32) -> usize {
        self.names.range(..=entry).count()
    }

    /// The last path of an inode.
    pub(super) fn path_of(&self, inode: Inode) -> &str {
        self.paths.get(&inode).map_or("", String::as_str)
    }

    /// The path that the operation at an index is about, if it is about one.
    pub(super) fn path(&self, entry: u32, action: &Action) -> Option<String> {
        if action.is_change() {
            let (name, _) = self.name(entry);
            let path = name.strip_prefix(action.verb()).unwrap_or(&name);
            return Some(path.trim_start().to_owned());
        }
        let path = self.path_of(action.inode()?);
        Some(if path.is_empty() { "/" } else { path }.to_owned())
    }

    /// The descriptions in order.
    pub(super) fn operations(&self) -> Vec<String> {
        self.names.values().map(|(name, _)| name.clone()).collect()
    }

    /// Where an operation is, by its description and count.
    pub(super) fn find(&self, name: &str, nth: u32) -> Option<u32> {
        let found = self
            .names
            .iter()
            .find(|(_, (this, count))| this == name && *count == nth);
        found.map(|(index, _)| *index)
    }

    fn anchor(&self, point: Position, trace: &Trace) -> Anchor {
        let last = self.names.range(..point.0).next_back();
        let start = last.map_or(0, |(index, _)| *index as usize + 1);
        let before = &trace.entries()[..point.index()];
        let between = &before[start..];
        let is_mark = |entry: &&Entry| matches!(entry.action, Action::Mark(_));
        let behind_marks = between
            .iter()
            .rev()
            .take_while(|entry| !is_mark(entry))
            .count();
        let count = |count: usize| u32::try_from(count).expect("fewer entries than 2^32");
        let (after, nth) = last.map(|(_, name)| name.clone()).unwrap_or_default();
        let marks = count(between.iter().filter(is_mark).count());
        Anchor {
            after,
            nth,
            marks,
            then: count(behind_marks),
            acknowledged: count(before.iter().filter(|entry| is_promise(entry)).count()),
        }
    }
}

/// The path that an operation is about: of a name, that name.
fn describe_path(action: &Action, recording: &Recording, paths: &Paths<'_>) -> String {
    match *action {
        Action::Create {
            directory, name, ..
        }
        | Action::CreateDirectory {
            directory, name, ..
        }
        | Action::Link {
            directory, name, ..
        }
        | Action::Unlink {
            directory, name, ..
        }
        | Action::RemoveDirectory {
            directory, name, ..
        }
        | Action::Rename {
            to: directory,
            to_name: name,
            ..
        } => paths
            .child(directory, recording.trace.bytes(name))
            .to_string(),
        _ => action
            .inode()
            .map_or_else(String::new, |inode| paths.get(inode).to_string()),
    }
}

impl CrashChoice {
    /// Puts a choice into words.
    pub(super) fn describe(
        window: &Window<'_>,
        selection: &[Kept],
        pages_in_flight: u64,
        kind: CrashKind,
        image: Digest,
    ) -> CrashChoice {
        let recording = window.graph.recording;
        let outline = Outline::new(recording, window.point);
        let mut before = recording.trace.clone();
        before.truncate(window.point);
        let lost = selection.iter().enumerate().filter_map(|(slot, &kept)| {
            let effect = window.effect(slot);
            let survives = kept.sectors & effect.whole() == effect.whole();
            (!survives).then(|| {
                let (operation, nth) = outline.name(effect.entry);
                let part = part(&effect.kind, window);
                KeptEffect {
                    operation,
                    nth,
                    part,
                    sectors: kept.sectors,
                    fills: kept.fills(),
                }
            })
        });
        CrashChoice {
            kind,
            point: window.point,
            anchor: outline.anchor(window.point, &recording.trace),
            pages_in_flight,
            lost: lost.collect(),
            media: None,
            image,
            trace: before.digest(),
            operations: outline.operations(),
        }
    }
}

/// Which effect of its operation this is, in words.
pub(super) fn part(kind: &EffectKind, window: &Window<'_>) -> String {
    match kind {
        EffectKind::Name { name, target, .. } => {
            let name = window.graph.recording.trace.bytes(*name).escape_ascii();
            format!(
                "{} {name}",
                if target.is_some() {
                    "entry"
                } else {
                    "no entry"
                }
            )
        }
        EffectKind::Size { size, .. } => format!("size {size}"),
        EffectKind::Cut { size, .. } => format!("cut {size}"),
        EffectKind::Hole { start, end, .. } => format!("hole {start} to {end}"),
        EffectKind::Block(block) => format!("block {}", block.block),
    }
}
