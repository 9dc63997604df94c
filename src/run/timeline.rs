//! What happened before a crash, and what became of it: data for reports.

use serde::{Deserialize, Serialize};

use super::{
    MediaFault,
    drawing::{Drawer, Drawing},
    schedule::{Outline, part},
};
use crate::{
    base::Position,
    crash::{ALL_SECTORS, EffectKind, Kept, Window},
    simfs::Recording,
    trace::{Action, FailedPages, Mark, Promise, Report},
    workload::CrashKind,
};

/// Parts of one operation that are told of; of more, the first and the last.
const PARTS_MAX: usize = 32;

/// One life, or one recovery, up to the crash that ended it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timeline {
    /// Which life or recovery.
    pub title: String,
    /// What the crash took.
    pub crash: CrashKind,
    /// The position of the crash.
    pub point: Position,
    /// What the device did to the disk after the crash.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub damage: Option<MediaFault>,
    /// What happened, in order; behind the crash, what never did.
    pub rows: Vec<Row>,
}

/// One entry of the trace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// Its index in the trace.
    pub index: u32,
    /// What was done or said.
    pub text: String,
    /// The file or directory that it is about; empty for what is about none.
    #[serde(default)]
    pub path: String,
    /// Where in the subject's code: file and line.
    pub site: String,
    /// What became of it.
    pub fate: Fate,
    /// What became of its parts, where that differs or says more; of many, the first and the last.
    pub parts: Vec<String>,
    /// What a picture shows of it.
    pub drawing: Drawing,
}

/// What became of an operation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fate {
    /// It was said, not done.
    Said,
    /// It is a barrier.
    Barrier,
    /// It was made to fail, or was told of an earlier failure.
    Failed,
    /// A barrier made it certain: which, and where that completed.
    Durable(String),
    /// It was pending, and survived.
    Kept,
    /// It was pending, and is gone.
    Lost,
    /// It was pending, and survived in part.
    Torn,
    /// It never happened: it lies behind the crash.
    Behind,
}

impl Timeline {
    pub(super) fn new(
        title: String,
        crash: CrashKind,
        window: &Window<'_>,
        selection: &[Kept],
    ) -> Timeline {
        let recording = window.graph.recording;
        let outline = Outline::new(recording, recording.trace.end());
        let drawer = Drawer::new(window, selection);
        let mut slot = 0;
        let mut effect = 0;
        let rows = recording
            .trace
            .entries()
            .iter()
            .zip(0..)
            .map(|(entry, index)| {
                let slots = slot;
                while slot < selection.len() && window.effect(slot).entry == index {
                    slot += 1;
                }
                let effects = effect;
                while window
                    .graph
                    .effects
                    .get(effect)
                    .is_some_and(|effect| effect.entry == index)
                {
                    effect += 1;
                }
                let drawing = drawer.draw(index, effects..effect);
                let fate = if index >= window.point.0 {
                    Fate::Behind
                } else {
                    fate(
                        &entry.action,
                        window,
                        selection,
                        effects..effect,
                        slots..slot,
                    )
                };
                let keeps_parts = matches!(fate, Fate::Torn | Fate::Lost);
                let parts = (slots..slot).filter(|_| keeps_parts);
                Row {
                    index,
                    text: describe_action(&entry.action, &outline, index, recording),
                    path: outline.path(index, &entry.action).unwrap_or_default(),
                    // A mark is made by the harness: its place says nothing of the subject.
                    site: match entry.action {
                        Action::Mark(_) => String::new(),
                        _ => format!("{}:{}", entry.site.file(), entry.site.line()),
                    },
                    fate,
                    parts: some(&parts.collect::<Vec<_>>(), |slot| {
                        describe_part(window, slot, selection[slot])
                    }),
                    drawing,
                }
            });
        let rows = rows.collect();
        Timeline {
            title,
            crash,
            point: window.point,
            damage: None,
            rows,
        }
    }
}

/// The first and the last of many parts, and how many there are between.
fn some(slots: &[usize], describe: impl Fn(usize) -> String) -> Vec<String> {
    let more = slots.len().saturating_sub(PARTS_MAX);
    let (first, rest) = slots.split_at(if more > 0 { PARTS_MAX / 2 } else { slots.len() });
    let between = (more > 0).then(|| format!("… {more} more …"));
    let first = first.iter().map(|slot| describe(*slot));
    let last = rest.iter().skip(more).map(|slot| describe(*slot));
    first.chain(between).chain(last).collect()
}

fn fate(
    action: &Action,
    window: &Window<'_>,
    selection: &[Kept],
    effects: std::ops::Range<usize>,
    slots: std::ops::Range<usize>,
) -> Fate {
    match action {
        Action::Mark(_) => return Fate::Said,
        Action::BarrierBegin { .. } | Action::BarrierEnd { .. } => return Fate::Barrier,
        Action::BarrierFailed { .. } | Action::Refused { .. } => return Fate::Failed,
        _ => {}
    }
    if slots.is_empty() {
        let certain = effects.filter_map(|index| window.graph.effects.get(index));
        let by = certain.map(|effect| effect.certain_at).max();
        return Fate::Durable(by.map_or_else(String::new, |at| barrier(window, at)));
    }
    let survivors = slots.map(|slot| {
        let whole = window.effect(slot).whole();
        (selection[slot].sectors & whole, whole)
    });
    let (mut kept, mut lost) = (false, false);
    for (survivors, whole) in survivors {
        kept |= survivors != 0;
        lost |= survivors != whole;
    }
    match (kept, lost) {
        (true, true) => Fate::Torn,
        (false, _) => Fate::Lost,
        (true, false) => Fate::Kept,
    }
}

/// The barrier that completed right before `at`.
fn barrier(window: &Window<'_>, at: Position) -> String {
    let index = at.0.saturating_sub(1);
    let entry = window.graph.recording.trace.entries().get(index as usize);
    entry.map_or_else(String::new, |entry| {
        format!("{} {index}", entry.action.verb())
    })
}

/// What was done or said, in words.
pub(super) fn describe_action(
    action: &Action,
    outline: &Outline,
    index: u32,
    recording: &Recording,
) -> String {
    match *action {
        Action::Write { offset, bytes, .. } => {
            format!("{}, {} bytes at {offset}", outline.name(index).0, bytes.len)
        }
        Action::Truncate { size, old_size, .. } => {
            format!("{} from {old_size} to {size} bytes", outline.name(index).0)
        }
        Action::Rename { from_name, .. } => {
            let from = recording.trace.bytes(from_name).escape_ascii();
            format!("{} (was {from})", outline.name(index).0)
        }
        Action::BarrierBegin { kind, inode } => {
            format!("{} {} begins", kind.verb(), outline.path_of(inode))
        }
        Action::BarrierEnd { kind, inode, .. } => {
            format!("{} {} completes", kind.verb(), outline.path_of(inode))
        }
        Action::BarrierFailed {
            kind,
            inode,
            pages,
            report,
            ..
        } => {
            let told = match report {
                Report::ThisCall => "fails",
                Report::LaterCall => "fails, and says that it succeeded",
            };
            let left = match pages {
                FailedPages::Cleaned => "pages clean",
                FailedPages::Reverted => "pages back to the old bytes",
                FailedPages::Dirty => "pages as they were",
            };
            format!("{} {} {told}; {left}", kind.verb(), outline.path_of(inode))
        }
        Action::Refused { operation, inode } => {
            let path = inode.map_or("", |inode| outline.path_of(inode));
            format!("{operation} {path} fails").replace("  ", " ")
        }
        Action::Mark(mark) => describe_mark(mark),
        _ => outline.name(index).0,
    }
}

pub(super) fn describe_mark(mark: Mark) -> String {
    match mark {
        Mark::Opened => "recovery is over".to_owned(),
        Mark::Issued(id) => format!("operation {id} is issued"),
        Mark::Acknowledged(id, Promise::Durable) => format!("{id} is acknowledged as durable"),
        Mark::Acknowledged(id, Promise::Buffered) => format!("{id} is acknowledged as buffered"),
        Mark::Failed(id) => format!("operation {id} fails"),
    }
}

fn describe_part(window: &Window<'_>, slot: usize, kept: Kept) -> String {
    let effect = window.effect(slot);
    let part = part(&effect.kind, window);
    let survivors = kept.sectors & effect.whole();
    if let EffectKind::Block(block) = effect.kind {
        let fill = |sector: u32| match kept.fill(sector) {
            crate::profile::Fill::Zero => '.',
            crate::profile::Fill::Stale | crate::profile::Fill::OtherStale => 'S',
            crate::profile::Fill::Garbage => 'G',
        };
        let cell = |sector: u32| match (survivors >> sector & 1, effect.whole() >> sector & 1) {
            (1, _) => '#',
            (_, 1) => fill(sector),
            _ => ' ',
        };
        let bar: String = (0..8).map(cell).collect();
        let new = if block.fresh { ", new" } else { "" };
        return format!("[{bar}] {part}{new}");
    }
    let fate = if kept.sectors & ALL_SECTORS == 0 {
        "lost"
    } else {
        "kept"
    };
    format!("{part} {fate}")
}
