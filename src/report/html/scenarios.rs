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
    run::Expectation,
};

/// Rows of a table.
const ROWS_MAX: usize = 500;
const BAR: Pixels = 90;

/// How a scenario came out, as a class and a word.
fn outcome(scenario: &ScenarioSummary) -> (&'static str, &'static str) {
    match scenario.verdict {
        Verdict::Expected if scenario.violating_runs == 0 => ("good", "✓ clean"),
        Verdict::Expected if scenario.expectation == Expectation::Clean => ("found", "✓ known"),
        Verdict::Expected => ("found", "✓ fails as expected"),
        Verdict::Unexpected => ("bad", "✗ UNEXPECTED"),
        Verdict::Unexercised => ("bad", "✗ NOT EXERCISED"),
        Verdict::Inconclusive => ("bad", "? INCONCLUSIVE"),
        Verdict::Interrupted => ("bad", "? INTERRUPTED"),
        Verdict::Nondeterministic => ("bad", "✗ NONDETERMINISTIC"),
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
        ("", "verdict"),
        ("n", "failing runs"),
        ("", ""),
        ("", "profile"),
        ("", "subject"),
        ("n", "runs"),
        ("n", "crash states"),
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
        row.leaf(
            "th",
            &[("scope", &"row"), ("class", &"nowrap")],
            &scenario.name,
        );
        row.element("td", &[], |cell| {
            let (class, word) = outcome(scenario);
            cell.leaf("span", &[("class", &format_args!("badge {class}"))], word);
            for reason in &scenario.reasons {
                cell.leaf("div", &[("class", &"small")], reason);
            }
        });
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
        row.leaf("td", &[], on(scenario));
        row.leaf("td", &[("class", &"nowrap")], &scenario.subject);
        row.leaf("td", &[("class", &"n")], grouped(scenario.runs));
        row.leaf("td", &[("class", &"n")], grouped(scenario.states_tried));
    });
}

/// Scenarios by name, subject and device.
type Groups<'s> = BTreeMap<(&'s str, &'s str, &'s str), Vec<&'s ScenarioSummary>>;

fn groups(summary: &Summary) -> Groups<'_> {
    let mut groups = Groups::new();
    for scenario in &summary.scenarios {
        let ScenarioSummary {
            name,
            subject,
            device,
            ..
        } = scenario;
        let group = groups.entry((name, subject, device)).or_default();
        group.push(scenario);
    }
    groups.retain(|_, scenarios| scenarios.len() > 1);
    groups
}

/// Whether any scenario was run on more than one profile.
pub(super) fn has_comparison(summary: &Summary) -> bool {
    !groups(summary).is_empty()
}

/// A row for each scenario that ran on more than one profile, a column for each profile.
pub(super) fn comparison(body: &mut Markup, summary: &Summary) {
    let groups = groups(summary);
    let all = groups.values().flatten();
    let profiles: BTreeSet<&str> = all.map(|one| one.profile.as_str()).collect();
    let mut heads = vec![("", "scenario"), ("", "device")];
    heads.extend(profiles.iter().map(|profile| ("n", *profile)));
    let caption = "Share of failing runs on each profile";
    page::table(body, caption, &heads, |rows| {
        for ((name, _, device), scenarios) in groups.iter().take(ROWS_MAX) {
            rows.element("tr", &[], |row| {
                row.leaf("th", &[("scope", &"row"), ("class", &"nowrap")], name);
                row.leaf("td", &[("class", &"nowrap")], device);
                for profile in &profiles {
                    match scenarios.iter().find(|one| one.profile == *profile) {
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
