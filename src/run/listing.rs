//! The recorded traces of a replay, entry by entry, for those who want the bytes.
//!
//! Deliberately absent: fates. What became of an operation is for [`Timeline`](super::Timeline).

use serde::Serialize;

use super::{
    Replay, Schedule, Subject,
    disk::{describe, hex},
    legality::Stage,
    schedule::Outline,
    timeline::describe_action,
};
use crate::{
    base::Position,
    crash::{Frontier, PersistenceGraph},
    image::FileContent,
    trace::Action,
    vfs::Path,
};

/// How many bytes of each write a listing has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListedBytes {
    /// None, and nothing decoded.
    Nothing,
    /// Up to this many.
    UpTo(u64),
    /// All of them.
    All,
}

/// One recorded trace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TraceListing {
    /// Which life or recovery.
    pub title: String,
    /// The number of the life that it is, or that its recovery follows, from 1.
    pub life: u32,
    /// The index of the first entry behind the crash; nothing if no crash ended it.
    pub crash: Option<u32>,
    /// The errors that were injected.
    pub errors: Vec<String>,
    /// What happened, in order; behind the crash, what never did.
    pub entries: Vec<ListedEntry>,
}

/// One entry of a trace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ListedEntry {
    /// Its index in the trace.
    pub index: u32,
    /// What it is ("write", "fsync begins", "mark").
    pub kind: String,
    /// The file or directory that it is about; nothing for what is about none.
    pub path: Option<String>,
    /// Of a range: its first byte.
    pub offset: Option<u64>,
    /// Of a range: its length in bytes.
    pub length_bytes: Option<u64>,
    /// What was done or said, in words.
    pub text: String,
    /// Where in the subject's code; nothing for what the harness says.
    pub site: Option<String>,
    /// Whether it lies before the crash.
    pub happened: bool,
    /// The first bytes that were written, in hexadecimal, if they were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes: Option<String>,
    /// How many more bytes there are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes_more: Option<u64>,
    /// What the subject says of the records that begin in what was written.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub records: Vec<String>,
}

/// The traces of a replay, in the order of its timelines.
pub fn listings<S: Subject>(
    subject: &S,
    replay: &Replay,
    schedule: &Schedule,
    bytes: ListedBytes,
) -> Vec<TraceListing> {
    let crashed = replay.stages.iter().map(|stage| (stage, true));
    let uncrashed = replay.uncrashed.iter().map(|stage| (stage, false));
    let mut life = 0;
    let mut listings = Vec::new();
    for (stage, is_crashed) in crashed.chain(uncrashed) {
        let is_life = stage.title.starts_with("life");
        life += u32::from(is_life);
        let errors = match is_life {
            true => schedule.errors.get(life as usize - 1),
            // Errors are injected into the first recovery only.
            false if stage.title.starts_with("recovery 1 ") => Some(&schedule.errors_in_recovery),
            false => None,
        };
        let errors = errors.into_iter().flatten();
        listings.push(TraceListing {
            title: stage.title.clone(),
            life,
            crash: is_crashed.then_some(stage.point.0),
            errors: errors
                .map(|error| format!("{}, number {}: {}", error.operation, error.nth, error.what))
                .collect(),
            entries: Lister::new(subject, stage, bytes).entries(),
        });
    }
    listings
}

struct Lister<'l, S> {
    subject: &'l S,
    stage: &'l Stage,
    outline: Outline,
    bytes: ListedBytes,
}

impl<'l, S: Subject> Lister<'l, S> {
    fn new(subject: &'l S, stage: &'l Stage, bytes: ListedBytes) -> Lister<'l, S> {
        Lister {
            subject,
            stage,
            outline: Outline::new(&stage.recording, stage.recording.trace.end()),
            bytes,
        }
    }

    fn entries(&self) -> Vec<ListedEntry> {
        let recording = &self.stage.recording;
        let graph = PersistenceGraph::with_lies(recording, self.stage.profile, self.stage.lies);
        let mut frontier = Frontier::new(&graph);
        let entries = (0..).zip(recording.trace.entries());
        let listed = entries.map(|(index, entry)| {
            let mut listed = self.entry(index, &entry.action);
            if !matches!(entry.action, Action::Mark(_)) {
                listed.site = Some(format!("{}:{}", entry.site.file(), entry.site.line()));
            }
            let written = match entry.action {
                Action::Write { inode, bytes, .. } => Some((inode, bytes)),
                _ => None,
            };
            if let Some((inode, span)) = written
                && self.bytes != ListedBytes::Nothing
            {
                let written = recording.trace.bytes(span);
                self.show_bytes(&mut listed, written);
                let window = frontier.window(Position(index + 1));
                let image = window.image(&window.everything());
                if let Some(file) = image.file(inode) {
                    self.show_records(&mut listed, file);
                }
            }
            listed
        });
        listed.collect()
    }

    fn entry(&self, index: u32, action: &Action) -> ListedEntry {
        let (offset, length_bytes) = range(action).unzip();
        let suffix = match action {
            Action::BarrierBegin { .. } => " begins",
            Action::BarrierEnd { .. } => " completes",
            Action::BarrierFailed { .. } => " fails",
            _ => "",
        };
        ListedEntry {
            index,
            kind: format!("{}{suffix}", action.verb()),
            path: self.outline.path(index, action),
            offset,
            length_bytes,
            text: describe_action(action, &self.outline, index, &self.stage.recording),
            site: None,
            happened: index < self.stage.point.0,
            bytes: None,
            bytes_more: None,
            records: Vec::new(),
        }
    }

    fn show_bytes(&self, listed: &mut ListedEntry, written: &[u8]) {
        let shown = match self.bytes {
            ListedBytes::UpTo(most) => usize::try_from(most).unwrap_or(usize::MAX),
            ListedBytes::Nothing | ListedBytes::All => usize::MAX,
        };
        let shown = &written[..shown.min(written.len())];
        listed.bytes = Some(hex(shown));
        listed.bytes_more = Some((written.len() - shown.len()) as u64);
    }

    /// The records that begin in the range that was written, as the file is right behind the write.
    fn show_records(&self, listed: &mut ListedEntry, file: &FileContent) {
        let start = listed.offset.unwrap_or(0);
        let written = start..start + listed.length_bytes.unwrap_or(0);
        let path = listed.path.as_deref().unwrap_or_default();
        let records = describe(self.subject, Path::from(path), file);
        let begins = |line: &&String| {
            let offset = line.split_whitespace().next().map(str::parse);
            offset.is_none_or(|offset| offset.is_ok_and(|offset| written.contains(&offset)))
        };
        listed.records = records.lines().iter().filter(begins).cloned().collect();
    }
}

/// The range of bytes that an operation is about.
fn range(action: &Action) -> Option<(u64, u64)> {
    match *action {
        Action::Write { offset, bytes, .. } => Some((offset, u64::from(bytes.len))),
        Action::Allocate { offset, len, .. }
        | Action::PunchHole { offset, len, .. }
        | Action::ZeroRange { offset, len, .. } => Some((offset, len)),
        _ => None,
    }
}
