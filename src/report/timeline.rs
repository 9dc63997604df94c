//! A timeline as plain text: what was done before the crash, and what became of it.
//!
//! Fates are words and shapes first, so that it reads without colour. What is lost, and that before which it should have
//! been durable, are joined by a bracket at the left. What does not matter is folded, and counted.

use std::{collections::BTreeMap, fmt::Write as _};

use super::{
    focus::Focus,
    lanes::{lanes, shape},
    layout::{Layout, fold, packed, printable},
    numbers::counted,
};
use crate::{
    run::{Fate, Row, Timeline},
    workload::CrashKind,
};

/// Entries behind the crash that are shown.
const BEHIND: usize = 2;

/// Columns of what became of an entry, at most.
const FATE_COLUMNS_MAX: usize = 24;
/// Columns before the text of an entry: bracket, index, shape.
const START_COLUMNS: usize = 10;

/// What the shapes mean.
const SHAPES: [&str; 7] = [
    "█ durable",
    "▓ pending, survived",
    "▒ torn",
    "░ lost",
    "│ barrier",
    "✗ failed",
    "· said",
];

/// What the cells of a sector bar mean.
const SECTORS: [&str; 4] = [
    "sectors: # survived",
    ". lost (zeros or old bytes)",
    "S lost (stale bytes)",
    "G lost (garbage)",
];

/// What the shapes mean, and the bars where there are some.
pub(super) fn legend(timelines: &[Timeline], layout: &Layout) -> String {
    let mut rows = timelines.iter().flat_map(|timeline| &timeline.rows);
    let has_bars = rows.any(|row| row.parts.iter().any(|part| part.starts_with('[')));
    let sectors = if has_bars { &SECTORS[..] } else { &[] };
    let mut text = String::new();
    for items in [&SHAPES[..], sectors] {
        let lines = packed(items, "  ", layout.width - 2);
        text += &layout.lines("  ", &lines, layout.palette.dim);
    }
    text
}

/// Renders one life or recovery.
pub(super) fn timeline(timeline: &Timeline, focus: &Focus, layout: &Layout) -> String {
    let rows = timeline.rows.len();
    let (before, behind) = timeline.rows.split_at(timeline.point.index().min(rows));
    let shown = focus.shown(before);
    let seen = before.iter().zip(&shown).filter(|(_, shown)| **shown);
    let seen = seen.map(|(row, _)| row).chain(behind.iter().take(BEHIND));
    let drawing = Drawing::new(seen, focus, layout);
    let kind = word(timeline.crash);
    // What the device did comes after the crash.
    let (name, after) = timeline
        .title
        .split_once("; ")
        .unwrap_or((&timeline.title, ""));
    let title = format!("{name}: {kind} at position {}", timeline.point);
    let mut text = layout.wrap("", &title);
    text += &lanes(before, &shown, focus, layout);
    let mut folded = Folded::default();
    for (row, shown) in before.iter().zip(shown) {
        if shown {
            text += &drawing.folded(&std::mem::take(&mut folded));
            text += &drawing.row(row);
        } else {
            folded.add(row);
        }
    }
    text += &drawing.folded(&folded);
    let cut = format!("  ✂ ── {kind} ");
    let rest = layout.width.saturating_sub(cut.chars().count());
    let _ = writeln!(text, "{cut}{}", "─".repeat(rest));
    if !after.is_empty() {
        let lines = fold(after, layout.width - 8);
        text += &layout.lines("      ! ", &lines, layout.palette.bad);
    }
    for row in behind.iter().take(BEHIND) {
        text += &drawing.row(row);
    }
    if let Some(more @ 1..) = behind.len().checked_sub(BEHIND) {
        let more = counted_entries(more as u64);
        let line = format!("        … {more} that never happened");
        text += &layout.coloured(layout.palette.dim, &line);
        text.push('\n');
    }
    text
}

/// A life in which nothing was lost that matters, in one line.
pub(super) fn idle(timeline: &Timeline, layout: &Layout) -> String {
    let kind = word(timeline.crash);
    let entries = counted_entries(u64::from(timeline.point.0));
    let line = format!(
        "{}: {kind} after {entries}; nothing was lost",
        timeline.title
    );
    layout.wrap("", &line)
}

fn word(crash: CrashKind) -> &'static str {
    match crash {
        CrashKind::PowerLoss => "power loss",
        CrashKind::ProcessCrash => "process crash",
    }
}

fn counted_entries(number: u64) -> String {
    match number {
        1 => "1 entry".to_owned(),
        _ => counted(number, "entrie"),
    }
}

/// Entries that are not shown, by what became of them.
#[derive(Default)]
struct Folded {
    kinds: BTreeMap<(u8, &'static str), u64>,
    last: u32,
}

impl Folded {
    fn add(&mut self, row: &Row) {
        let kind = match row.fate {
            Fate::Durable(_) => (0, "durable"),
            Fate::Kept => (1, "pending and survived"),
            Fate::Torn => (2, "TORN"),
            Fate::Lost => (3, "LOST"),
            Fate::Failed => (4, "FAILED"),
            Fate::Barrier => (5, "of barriers"),
            Fate::Said => (6, "said"),
            Fate::Behind => (7, "behind the crash"),
        };
        *self.kinds.entry(kind).or_default() += 1;
        self.last = row.index;
    }

    fn text(&self) -> Option<String> {
        let count = self.kinds.values().sum();
        let kinds = self
            .kinds
            .iter()
            .map(|((_, kind), count)| format!("{count} {kind}"));
        let kinds: Vec<String> = kinds.collect();
        (count > 0).then(|| format!("… {}: {}", counted_entries(count), kinds.join(", ")))
    }
}

struct Drawing<'t> {
    focus: &'t Focus,
    layout: &'t Layout,
    text_columns: usize,
    fate_columns: usize,
}

impl<'t> Drawing<'t> {
    fn new<'r>(
        seen: impl Iterator<Item = &'r Row>,
        focus: &'t Focus,
        layout: &'t Layout,
    ) -> Drawing<'t> {
        let width = |text: &str| text.chars().count();
        let [mut text_columns, mut fate_columns] = [16, 8];
        for row in seen {
            text_columns = text_columns.max(width(&row.text));
            fate_columns = fate_columns.max(width(&fate(&row.fate)));
        }
        let fate_columns = fate_columns.min(FATE_COLUMNS_MAX);
        let room = layout
            .width
            .saturating_sub(START_COLUMNS + 2 + fate_columns);
        Drawing {
            focus,
            layout,
            text_columns: text_columns.min(room.max(16)),
            fate_columns,
        }
    }

    /// The bracket beside an entry, and below it.
    fn bracket(&self, index: u32) -> (&'static str, &'static str) {
        match self.focus.bracket {
            Some((start, end)) if index == start && start == end => (" ", " "),
            Some((start, _)) if index == start => ("┌", "│"),
            Some((_, end)) if index == end => ("└", " "),
            Some((start, end)) if start < index && index < end => {
                let is_named = self.focus.labels.contains_key(&index);
                (if is_named { "├" } else { "│" }, "│")
            }
            _ => (" ", " "),
        }
    }

    fn start(&self, bracket: &str, rest: &str) -> String {
        let bracket = match bracket {
            " " => " ".to_owned(),
            bracket => self.layout.coloured(self.layout.palette.bad, bracket),
        };
        format!("{bracket}{rest}")
    }

    fn folded(&self, folded: &Folded) -> String {
        let Some(text) = folded.text() else {
            return String::new();
        };
        let dim = self.layout.palette.dim;
        let lines = fold(&text, self.layout.width - 8);
        let (_, below) = self.bracket(folded.last);
        let start = self.start(below, "       ");
        self.layout.lines(&start, &lines, dim)
    }

    fn row(&self, row: &Row) -> String {
        let palette = self.layout.palette;
        let (shape, bad) = shape(&row.fate, self.layout);
        let colour = if row.fate == Fate::Behind {
            palette.dim
        } else {
            bad
        };
        let fate = fate(&row.fate);
        let (beside, below) = self.bracket(row.index);
        let start = format!("{:>6} {shape} ", row.index);
        let mut text = self.start(beside, &start);
        let label = self.label(row);
        let site = shortest(short(&row.site), self.site_room());
        let what = fold(&row.text, self.text_columns);
        for (number, line) in what.iter().enumerate() {
            if number > 0 {
                text += &self.start(below, &" ".repeat(START_COLUMNS - 1));
            }
            text += line;
            if number + 1 < what.len() {
                text.push('\n');
            }
        }
        let mut column = START_COLUMNS + what.last().map_or(0, |line| line.chars().count());
        let mut put = |text: &mut String, at: usize, what: &str, colour: &str| {
            let at = at.max(column + 2);
            let end = at + what.chars().count();
            if what.is_empty() || end > self.layout.width {
                return what.is_empty();
            }
            *text += &" ".repeat(at - column);
            *text += &self.layout.coloured(colour, what);
            column = end;
            true
        };
        let at = START_COLUMNS + self.text_columns + 2;
        put(&mut text, at, &fate, colour);
        let at = if fate.is_empty() {
            at
        } else {
            at + self.fate_columns + 2
        };
        let is_labelled = fate.is_empty() && put(&mut text, at, &label, palette.bad);
        let is_placed = put(&mut text, at, site, palette.dim);
        text.push('\n');
        let mut add = |line: &str, colour: &str| {
            let lines = fold(line, self.layout.width - START_COLUMNS - 2);
            let start = self.start(below, &" ".repeat(START_COLUMNS + 1));
            text += &self.layout.lines(&start, &lines, colour);
        };
        if !is_labelled && !label.is_empty() {
            add(&label, palette.bad);
        }
        if !is_placed && !label.is_empty() {
            add(site, palette.dim);
        }
        text + &self.parts(row, below)
    }

    /// Columns that are left for a place in the subject's code.
    fn site_room(&self) -> usize {
        let used = START_COLUMNS + self.text_columns + 2 + self.fate_columns + 2;
        self.layout.width.saturating_sub(used)
    }

    fn label(&self, row: &Row) -> String {
        let labels = self.focus.labels.get(&row.index);
        labels.map_or_else(String::new, |labels| format!("◀ {}", labels.join("; ")))
    }

    /// Parts of an entry, as many on a line as fit. Of what is lost as a whole they say nothing new, unless something else
    /// is in its place.
    fn parts(&self, row: &Row, below: &str) -> String {
        let is_told = |part: &String| {
            part.split(']')
                .next()
                .is_some_and(|bar| bar.contains(['S', 'G']))
        };
        let is_pointed_at = self.focus.labels.contains_key(&row.index);
        if row.fate == Fate::Lost && !is_pointed_at && !row.parts.iter().any(is_told) {
            return String::new();
        }
        let parts: Vec<String> = row.parts.iter().map(|part| printable(part)).collect();
        let lines = packed(&parts, "   ", self.layout.width - START_COLUMNS - 2);
        let start = self.start(below, &" ".repeat(START_COLUMNS + 1));
        self.layout.lines(&start, &lines, "")
    }
}

/// What became of an entry, in words.
fn fate(fate: &Fate) -> String {
    match fate {
        Fate::Said => String::new(),
        Fate::Barrier => "barrier".to_owned(),
        Fate::Failed => "FAILED".to_owned(),
        Fate::Durable(by) => format!("durable by {by}"),
        Fate::Kept => "pending, survived".to_owned(),
        Fate::Lost => "LOST".to_owned(),
        Fate::Torn => "TORN".to_owned(),
        Fate::Behind => "never happened".to_owned(),
    }
}

/// A path without as many of its first folders as it takes to fit.
fn shortest(site: &str, room: usize) -> &str {
    let mut shown = site;
    while shown.chars().count() > room {
        match shown.split_once('/') {
            Some((_, rest)) => shown = rest,
            None => return site,
        }
    }
    shown
}

/// The end of a path: what tells files of one crate apart.
pub(super) fn short(site: &str) -> &str {
    site.rfind("src/")
        .map_or(site, |start| &site[start + "src/".len()..])
}
