//! What came of kept reproducers, a line each.

use std::fmt::Write as _;

use super::{Detail, Palette, WIDTH_COLUMNS, finding::wrap_to, numbers::counted};
use crate::campaign::{RegressionOutcome, RegressionSummary, Summary};

const INDENT: &str = "                 ";

/// A line for each kept reproducer, and what is to be done about those that fail; nothing if there are none.
pub(super) fn regressions(summary: &Summary, detail: Detail, palette: &Palette) -> String {
    let is_told = |kept: &&RegressionSummary| {
        let is_bad = matches!(
            kept.outcome,
            RegressionOutcome::StillFails | RegressionOutcome::Stale
        );
        is_bad || detail > Detail::Quiet
    };
    let lines: String = summary
        .regressions
        .iter()
        .filter(is_told)
        .map(|kept| line(kept, palette))
        .collect();
    if lines.is_empty() {
        return lines;
    }
    format!("regressions\n{lines}\n")
}

fn line(kept: &RegressionSummary, palette: &Palette) -> String {
    let (word, colour) = match kept.outcome {
        RegressionOutcome::Fixed => ("fixed", palette.good),
        RegressionOutcome::FoundAsExpected => ("as expected", palette.found),
        RegressionOutcome::StillFails => ("STILL FAILS", palette.bad),
        RegressionOutcome::Stale => ("stale", palette.found),
    };
    let text = format!("{}: {}", kept.name, kept.reason);
    let told = wrap_to(INDENT, "", &text, WIDTH_COLUMNS);
    let mut text = format!("  {colour}{word:<13}{}  {}", palette.end, told.trim_start());
    if kept.outcome.is_failure() {
        let _ = writeln!(text, "{INDENT}tornwrite replay {}", kept.file);
    }
    text
}

/// How many there are, for the line of the verdict; nothing if there are none.
pub(super) fn count(summary: &Summary) -> String {
    let kept = summary.regressions.len() as u64;
    if kept == 0 {
        return String::new();
    }
    let with = |wanted: RegressionOutcome, word: &str| {
        let all = summary.regressions.iter();
        match all.filter(|kept| kept.outcome == wanted).count() {
            0 => None,
            count => Some(format!("{count} {word}")),
        }
    };
    let apart = [
        with(RegressionOutcome::StillFails, "still failing"),
        with(RegressionOutcome::Stale, "stale"),
    ];
    let apart: Vec<String> = apart.into_iter().flatten().collect();
    let kept = counted(kept, "regression");
    if apart.is_empty() {
        format!(", {kept}")
    } else {
        format!(", {kept} ({})", apart.join(", "))
    }
}
