//! How a campaign compares with its baseline.

use super::{bytes::cut_off_in, markup::Markup, page::table};
use crate::{
    campaign::{Comparison, Gone},
    report::grouped,
};

/// Findings of the baseline that have a row.
const ROWS_MAX: usize = 500;

pub(super) fn baseline(body: &mut Markup, compared: &Comparison) {
    let Comparison {
        new,
        known,
        resolved,
        not_covered,
    } = compared;
    let words = format_args!(
        "{} new, {} known, {} resolved, {} not covered.",
        grouped(*new),
        grouped(*known),
        grouped(resolved.len() as u64),
        grouped(not_covered.len() as u64)
    );
    body.leaf("p", &[], words);
    if resolved.is_empty() && not_covered.is_empty() {
        return;
    }
    let heads = [
        ("", ""),
        ("", "finding"),
        ("", "violated"),
        ("", "scenario"),
        ("", "what was missing"),
        ("", "why it may still be there"),
    ];
    let open = not_covered
        .iter()
        .map(|gone| (gone, ("bad", "? not covered")));
    let done = resolved.iter().map(|gone| (gone, ("good", "✓ resolved")));
    table(
        body,
        "Findings of the baseline that were not found again",
        &heads,
        |rows| {
            for (gone, outcome) in open.chain(done).take(ROWS_MAX) {
                row(rows, gone, outcome);
            }
        },
    );
    let all = resolved.len() + not_covered.len();
    cut_off_in(body, all, ROWS_MAX, "findings", "summary.json");
}

fn row(rows: &mut Markup, gone: &Gone, (class, word): (&str, &str)) {
    rows.element("tr", &[], |row| {
        row.element("td", &[], |cell| {
            cell.leaf("span", &[("class", &format_args!("badge {class}"))], word);
        });
        row.element("th", &[("scope", &"row"), ("class", &"nowrap")], |cell| {
            cell.leaf("code", &[], &gone.id);
        });
        row.leaf("td", &[], &gone.invariant);
        let device = match gone.device.as_str() {
            "honest" => String::new(),
            other => format!(", {other}"),
        };
        let place = format_args!("{} on {}{device}", gone.scenario, gone.profile);
        row.leaf("td", &[], place);
        row.leaf("td", &[("class", &"small")], &gone.missing);
        row.leaf(
            "td",
            &[("class", &"small")],
            gone.reason.as_deref().unwrap_or_default(),
        );
    });
}
