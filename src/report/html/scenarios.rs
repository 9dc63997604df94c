//! Scenarios as a table, and the same scenario on several profiles side by side.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    markup::Markup,
    page,
    svg::{Area, Pixels, rectangle},
};
use crate::{
    campaign::{ScenarioSummary, Summary, Verdict},
    report::{grouped, table::on},
};

/// Rows of a table.
const ROWS_MAX: usize = 500;
const BAR: Pixels = 90;

/// How a scenario came out, as a class and a word.
fn outcome(scenario: &ScenarioSummary) -> (&'static str, &'static str) {
    match scenario.verdict {
        Verdict::Expected if scenario.violating_runs == 0 => ("good", "✓ clean"),
        Verdict::Expected => ("found", "✓ found, as expected"),
        Verdict::Unexpected => ("bad", "✗ UNEXPECTED"),
        Verdict::Unexercised => ("bad", "✗ NOT EXERCISED"),
        Verdict::Inconclusive => ("bad", "? INCONCLUSIVE"),
    }
}

/// A share in words: no rounding to nothing or to all.
pub(super) fn share(part: u64, all: u64) -> String {
    match (part, all) {
        (_, 0) => "–".to_owned(),
        (0, _) => "0".to_owned(),
        (part, all) if part == all => "100 %".to_owned(),
        (part, all) => {
            let permille = u128::from(part) * 1000 / u128::from(all);
            match permille {
                0..=9 => "< 1 %".to_owned(),
                991.. => "> 99 %".to_owned(),
                _ => format!("{} %", permille / 10),
            }
        }
    }
}

/// A share as a bar: solid if it is not as expected, striped if it is.
fn bar(into: &mut Markup, scenario: &ScenarioSummary) {
    let (part, all) = (scenario.violating_runs, scenario.runs);
    let size: super::markup::Attributes<'_> =
        &[("width", &BAR), ("height", &12), ("aria-hidden", &"true")];
    let length = u128::from(part) * u128::from(BAR.unsigned_abs()) / u128::from(all.max(1));
    let length = Pixels::try_from(length).unwrap_or(BAR);
    // What happened at all can be seen.
    let length = if part > 0 { length.max(3) } else { 0 };
    into.element("svg", size, |svg| {
        rectangle(svg, "track", Area::new(0, 0, BAR, 12));
        let class = if scenario.met { "bar found" } else { "bar bad" };
        rectangle(svg, class, Area::new(0, 0, length, 12));
    });
}

/// All scenarios, those that are not as expected first.
pub(super) fn table(body: &mut Markup, summary: &Summary) {
    let heads = [
        ("", "scenario"),
        ("", "subject"),
        ("", "profile"),
        ("n", "runs"),
        ("n", "crash states"),
        ("n", "failing runs"),
        ("", ""),
        ("", "verdict"),
    ];
    let (good, bad): (Vec<_>, Vec<_>) = summary.scenarios.iter().partition(|one| one.met);
    let caption = format!(
        "{} scenarios on their profiles; a striped bar was expected to fail, a solid one was not",
        summary.scenarios.len()
    );
    page::table(body, &caption, &heads, |rows| {
        for scenario in bad.iter().chain(&good).take(ROWS_MAX) {
            row(rows, scenario);
        }
    });
    if let Some(more @ 1..) = summary.scenarios.len().checked_sub(ROWS_MAX) {
        body.leaf(
            "p",
            &[("class", &"dim")],
            format_args!("{more} more scenarios are in summary.json."),
        );
    }
}

fn row(rows: &mut Markup, scenario: &ScenarioSummary) {
    rows.element("tr", &[], |row| {
        row.leaf("th", &[("scope", &"row")], &scenario.name);
        row.leaf("td", &[], &scenario.subject);
        row.leaf("td", &[], on(scenario));
        row.leaf("td", &[("class", &"n")], grouped(scenario.runs));
        row.leaf("td", &[("class", &"n")], grouped(scenario.states_tried));
        let failing = format_args!(
            "{} ({})",
            grouped(scenario.violating_runs),
            share(scenario.violating_runs, scenario.runs)
        );
        if scenario.violating_runs == 0 {
            row.leaf("td", &[("class", &"n dim")], 0);
        } else {
            row.leaf("td", &[("class", &"n")], failing);
        }
        row.element("td", &[], |cell| bar(cell, scenario));
        row.element("td", &[], |cell| {
            let (class, word) = outcome(scenario);
            cell.leaf("span", &[("class", &format_args!("badge {class}"))], word);
            for reason in &scenario.reasons {
                cell.leaf("div", &[("class", &"small")], reason);
            }
        });
    });
}

type Groups<'s> = BTreeMap<(&'s str, &'s str), Vec<&'s ScenarioSummary>>;

fn groups(summary: &Summary) -> Groups<'_> {
    let mut groups = Groups::new();
    for scenario in &summary.scenarios {
        let key = (scenario.name.as_str(), scenario.subject.as_str());
        groups.entry(key).or_default().push(scenario);
    }
    groups.retain(|_, scenarios| scenarios.len() > 1);
    groups
}

/// Whether any scenario was run in more than one place.
pub(super) fn has_comparison(summary: &Summary) -> bool {
    !groups(summary).is_empty()
}

/// A row for each scenario that ran in more than one place, a column for each place.
pub(super) fn comparison(body: &mut Markup, summary: &Summary) {
    let groups = groups(summary);
    let places: BTreeSet<String> = groups.values().flatten().map(|one| on(one)).collect();
    let mut heads = vec![("", "scenario")];
    heads.extend(places.iter().map(|place| ("n", place.as_str())));
    let caption = "Share of failing runs, by profile and device";
    page::table(body, caption, &heads, |rows| {
        for ((name, subject), scenarios) in groups.iter().take(ROWS_MAX) {
            rows.element("tr", &[], |row| {
                row.leaf(
                    "th",
                    &[("scope", &"row")],
                    format_args!("{name} ({subject})"),
                );
                for place in &places {
                    let here = scenarios.iter().find(|one| on(one) == *place);
                    match here {
                        None => row.leaf("td", &[("class", &"n dim")], "·"),
                        Some(one) => cell(row, one),
                    }
                }
            });
        }
    });
    if let Some(more @ 1..) = groups.len().checked_sub(ROWS_MAX) {
        let words = format_args!("{more} more scenarios are in summary.json.");
        body.leaf("p", &[("class", &"dim")], words);
    }
}

fn cell(row: &mut Markup, scenario: &ScenarioSummary) {
    row.element("td", &[("class", &"n")], |cell| {
        if scenario.violating_runs == 0 {
            let (class, word) = outcome(scenario);
            cell.leaf("span", &[("class", &format_args!("badge {class}"))], word);
            return;
        }
        cell.text(share(scenario.violating_runs, scenario.runs));
        bar(cell, scenario);
        let violated = scenario.by_invariant.iter();
        for (id, _) in violated.filter(|(_, count)| count.violated > 0) {
            cell.leaf("div", &[("class", &"small dim")], id);
        }
    });
}
