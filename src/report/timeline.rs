//! What happened before a crash, as text.

use std::fmt::Write as _;

use crate::{
    run::{Fate, Row, Timeline},
    workload::CrashKind,
};

/// Entries shown before the crash, at least.
const BEFORE: usize = 24;
/// Entries shown behind it.
const BEHIND: usize = 3;
const FATE_COLUMNS: usize = 22;

/// One life or recovery: each entry near the crash, what covered it, and what became of it.
///
/// Everything that did not survive as a whole is shown, however far back it is.
pub fn timeline(timeline: &Timeline) -> String {
    let crash = timeline
        .rows
        .partition_point(|row| row.fate != Fate::Behind);
    let what = match timeline.crash {
        CrashKind::PowerLoss => "power loss",
        CrashKind::ProcessCrash => "process crash",
    };
    let mut text = format!(
        "{}, ended by {what} at {}\n",
        timeline.title, timeline.point
    );
    let mut skipped = 0;
    for (index, row) in timeline.rows.iter().enumerate().take(crash) {
        if index + BEFORE < crash && !is_telling(row) {
            skipped += 1;
            continue;
        }
        text += &gap(&mut skipped);
        text += &entry(row);
    }
    text += &gap(&mut skipped);
    let _ = writeln!(text, "  {:-^FATE_COLUMNS$}------- {what} -------", "");
    for row in timeline.rows.iter().skip(crash).take(BEHIND) {
        text += &entry(row);
    }
    let behind = timeline.rows.len() - crash;
    if behind > BEHIND {
        let _ = writeln!(text, "  … {} more that never happened", behind - BEHIND);
    }
    text
}

fn is_telling(row: &Row) -> bool {
    matches!(row.fate, Fate::Lost | Fate::Torn)
}

fn gap(skipped: &mut usize) -> String {
    match std::mem::take(skipped) {
        0 => String::new(),
        count => format!("  … {count} left out, all of them durable or without effect\n"),
    }
}

fn entry(row: &Row) -> String {
    let fate = match &row.fate {
        Fate::Said | Fate::Barrier => String::new(),
        Fate::Durable(by) if by.is_empty() => "durable".to_owned(),
        Fate::Durable(by) => format!("durable by {by}"),
        Fate::Kept => "kept".to_owned(),
        Fate::Lost => "LOST".to_owned(),
        Fate::Torn => "TORN".to_owned(),
        Fate::Behind => "never".to_owned(),
    };
    let mut text = format!("  {fate:FATE_COLUMNS$} {:>5}  {}\n", row.index, row.text);
    for part in &row.parts {
        let _ = writeln!(text, "  {:FATE_COLUMNS$}        {part}", "");
    }
    text
}
