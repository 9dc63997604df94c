//! A timeline as plain text: what was done near the crash, and what became of it.
//!
//! The legend stands above it; fates are words first, so that it reads without colour.

use std::fmt::Write as _;

use crate::{
    run::{Fate, Row, Timeline},
    workload::CrashKind,
};

/// Entries before the crash that are always shown.
const NEAR: usize = 14;
/// Entries behind the crash that are shown.
const BEHIND: usize = 3;
/// Pending operations that are shown; of more, the ones nearest to the crash.
const PENDING_MAX: usize = 40;

const LEGEND: &str = "  each sector: # survived   . lost, zeros or old bytes   S lost, stale bytes   G lost, garbage";

/// Renders one life or recovery, at most 100 columns wide where names allow it.
pub fn render_timeline(timeline: &Timeline) -> String {
    let mut text = String::new();
    let kind = match timeline.crash {
        CrashKind::PowerLoss => "power loss",
        CrashKind::ProcessCrash => "process crash",
    };
    line(
        &mut text,
        &format!("{}: {kind} at position {}", timeline.title, timeline.point),
    );
    line(&mut text, LEGEND);
    let (before, behind) = timeline
        .rows
        .split_at(timeline.point.index().min(timeline.rows.len()));
    let shown = shown_rows(before);
    let mut hidden = 0;
    for (row, shown) in before.iter().zip(shown) {
        if shown {
            fold(&mut text, std::mem::take(&mut hidden), "before");
            render_row(&mut text, row);
        } else {
            hidden += 1;
        }
    }
    fold(&mut text, hidden, "before");
    let cut = format!("  ✂ ── {kind} ");
    line(
        &mut text,
        &format!(
            "{cut}{}",
            "─".repeat(96_usize.saturating_sub(cut.chars().count()))
        ),
    );
    behind
        .iter()
        .take(BEHIND)
        .for_each(|row| render_row(&mut text, row));
    fold(
        &mut text,
        behind.len().saturating_sub(BEHIND),
        "that never happened",
    );
    text
}

fn shown_rows(rows: &[Row]) -> Vec<bool> {
    let is_pending = |row: &Row| matches!(row.fate, Fate::Kept | Fate::Lost | Fate::Torn);
    let near = rows.len().saturating_sub(NEAR);
    let mut pending = 0;
    let mut shown: Vec<bool> = rows
        .iter()
        .enumerate()
        .rev()
        .map(|(index, row)| {
            pending += usize::from(is_pending(row));
            let is_near = pending <= PENDING_MAX && (is_pending(row) || row.fate == Fate::Failed);
            index >= near || is_near
        })
        .collect();
    shown.reverse();
    shown
}

fn fold(text: &mut String, hidden: usize, which: &str) {
    if hidden > 0 {
        let entries = if hidden == 1 { "entry" } else { "entries" };
        line(text, &format!("        … {hidden} {entries} {which}"));
    }
}

fn render_row(text: &mut String, row: &Row) {
    let (mark, fate) = match &row.fate {
        Fate::Said => ("·", String::new()),
        Fate::Barrier => ("│", "barrier".to_owned()),
        Fate::Failed => ("✗", "FAILED".to_owned()),
        Fate::Durable(by) => ("█", format!("durable by {by}")),
        Fate::Kept => ("▓", "pending, survived".to_owned()),
        Fate::Lost => ("░", "LOST".to_owned()),
        Fate::Torn => ("▒", "TORN".to_owned()),
        Fate::Behind => (" ", "never happened".to_owned()),
    };
    let Row {
        index,
        text: what,
        site,
        ..
    } = row;
    let site = short(site);
    line(
        text,
        &format!("  {index:>5} {mark} {what:<46} {fate:<18} {site}"),
    );
    for part in &row.parts {
        line(text, &format!("            {part}"));
    }
}

/// The end of a path: what tells files of one crate apart.
pub(super) fn short(site: &str) -> &str {
    site.rfind("src/")
        .map_or(site, |start| &site[start + "src/".len()..])
}

fn line(text: &mut String, line: &str) {
    // Writing to a String cannot fail.
    let _ = writeln!(text, "{}", line.trim_end());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{base::Position, run::Drawing};

    fn row(index: u32, fate: Fate) -> Row {
        let text = format!("write log, 10 bytes at {index}");
        Row {
            index,
            text,
            site: "/x/src/store/wal.rs:7".to_owned(),
            fate,
            parts: Vec::new(),
            drawing: Drawing::default(),
        }
    }

    #[test]
    fn far_durable_entries_are_folded_and_pending_ones_are_not() {
        let durable = || Fate::Durable("fsync 99".to_owned());
        let mut rows: Vec<Row> = (0..40).map(|index| row(index, durable())).collect();
        rows[3].fate = Fate::Lost;
        rows.extend((40..50).map(|index| row(index, Fate::Behind)));
        let crash = CrashKind::PowerLoss;
        let timeline = Timeline {
            title: "life 1".to_owned(),
            crash,
            point: Position(40),
            damage: None,
            rows,
        };
        let text = render_timeline(&timeline);
        assert!(
            text.contains("      3 ░ write log, 10 bytes at 3"),
            "{text}"
        );
        assert!(
            text.contains("… 3 entries before") && text.contains("… 22 entries before"),
            "{text}"
        );
        assert!(
            text.contains("store/wal.rs:7") && !text.contains("/x/"),
            "{text}"
        );
        assert!(text.contains("… 7 entries that never happened"), "{text}");
        assert!(
            text.lines().all(|line| line.chars().count() <= 100),
            "{text}"
        );
    }
}
