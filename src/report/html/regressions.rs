//! What came of kept reproducers.

use super::{markup::Markup, page::table};
use crate::{
    campaign::{RegressionOutcome, RegressionSummary, Summary},
    report::numbers::counted,
};

/// Kept reproducers that have a row.
const ROWS_MAX: usize = 500;

pub(super) fn regressions(body: &mut Markup, summary: &Summary) {
    let all = &summary.regressions;
    let failing = all.iter().filter(|one| one.outcome.is_failure()).count() as u64;
    let caption = format!(
        "{} replayed before anything new; {}",
        counted(all.len() as u64, "kept reproducer"),
        match failing {
            0 => "none of them counts against the campaign".to_owned(),
            some => format!("{some} of them must not fail, and did"),
        }
    );
    let heads = [
        ("", "outcome"),
        ("", "reproducer"),
        ("", "kept for"),
        ("", "why"),
    ];
    // What has to be looked at comes first.
    let (bad, rest): (Vec<_>, Vec<_>) = all.iter().partition(|one| one.outcome.is_failure());
    table(body, &caption, &heads, |rows| {
        for one in bad.into_iter().chain(rest).take(ROWS_MAX) {
            row(rows, one);
        }
    });
    super::bytes::cut_off_in(
        body,
        all.len(),
        ROWS_MAX,
        "kept reproducers",
        "summary.json",
    );
}

fn row(rows: &mut Markup, one: &RegressionSummary) {
    let (class, word) = match one.outcome {
        RegressionOutcome::Fixed => ("good", "✓ fixed"),
        RegressionOutcome::FoundAsExpected => ("found", "✓ fails as expected"),
        RegressionOutcome::StillFails => ("bad", "✗ STILL FAILS"),
        RegressionOutcome::Stale => ("found", "? stale"),
    };
    rows.element("tr", &[], |row| {
        row.element("td", &[], |cell| {
            cell.leaf("span", &[("class", &format_args!("badge {class}"))], word);
        });
        row.element("th", &[("scope", &"row")], |cell| {
            cell.leaf("code", &[("title", &one.file)], &one.name);
        });
        row.leaf(
            "td",
            &[],
            format_args!("{} in {}", one.invariant, one.scenario),
        );
        row.leaf("td", &[], &one.reason);
    });
}
