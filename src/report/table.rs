//! The table of scenarios.

use std::fmt::Write as _;

use super::{
    Detail, Palette, WIDTH_COLUMNS, grouped,
    numbers::counted,
    space::{exhaustive, kinds, left_out},
};
use crate::{
    campaign::{ScenarioSummary, Summary, Verdict},
    run::Expectation,
};

const HEAD: [&str; 7] = [
    "scenario", "subject", "profile", "runs", "states", "images", "verdict",
];
/// The columns from here to the verdict hold numbers.
const FIRST_NUMBER: usize = 3;
pub(super) const INDENT: &str = "    ";

/// One line for each scenario, and one for what it violated; under it why a verdict is not the
/// expected one.
pub(super) fn table(summary: &Summary, detail: Detail, palette: &Palette) -> String {
    let rows: Vec<[String; 7]> = summary.scenarios.iter().map(cells).collect();
    let width = |column: usize| {
        let cells = rows.iter().map(|row| row[column].chars().count());
        cells.chain([HEAD[column].len()]).max().unwrap_or(0)
    };
    let widths: [usize; 7] = std::array::from_fn(width);
    let mut text = line(&HEAD.map(str::to_owned), &widths, ("", ""));
    for (scenario, row) in summary.scenarios.iter().zip(&rows) {
        let colour = match scenario.verdict {
            Verdict::Expected if scenario.violating_runs == 0 => palette.good,
            Verdict::Expected => palette.found,
            _ => palette.bad,
        };
        text += &line(row, &widths, (colour, palette.end));
        text += &exhaustive(scenario);
        if detail == Detail::Verbose {
            text += &kinds(scenario);
            text += &left_out(scenario);
        }
        text += &violated(scenario);
        text += &unexplained(scenario);
        for reason in &scenario.reasons {
            let _ = writeln!(text, "{INDENT}{}! {reason}{}", palette.bad, palette.end);
        }
    }
    text
}

/// What came of a scenario, in a word or three.
pub(super) fn verdict(scenario: &ScenarioSummary) -> &'static str {
    match scenario.verdict {
        Verdict::Expected if scenario.violating_runs == 0 => "clean",
        Verdict::Expected if scenario.expectation == Expectation::Clean => "known",
        Verdict::Expected => "found, as expected",
        Verdict::Unexpected => "UNEXPECTED",
        Verdict::Unexercised => "NOT EXERCISED",
        Verdict::Inconclusive => "INCONCLUSIVE",
        Verdict::Interrupted => "INTERRUPTED",
        Verdict::Nondeterministic => "NONDETERMINISTIC",
    }
}

fn cells(scenario: &ScenarioSummary) -> [String; 7] {
    [
        scenario.name.clone(),
        scenario.subject.clone(),
        on(scenario),
        grouped(scenario.runs),
        grouped(scenario.states_tried),
        grouped(scenario.distinct_images),
        verdict(scenario).to_owned(),
    ]
}

/// The profile, and the device if it is not honest.
pub(super) fn on(scenario: &ScenarioSummary) -> String {
    let ScenarioSummary {
        profile, device, ..
    } = scenario;
    if device == "honest" {
        profile.clone()
    } else {
        format!("{profile}, {device}")
    }
}

fn line(cells: &[String; 7], widths: &[usize; 7], (colour, end): (&str, &str)) -> String {
    let mut text = String::new();
    let last = cells.len() - 1;
    for (column, (cell, &width)) in cells.iter().zip(widths).enumerate() {
        let _ = match column {
            _ if column == last => write!(text, "{colour}{cell}{end}"),
            FIRST_NUMBER.. => write!(text, "{cell:>width$}  "),
            _ => write!(text, "{cell:width$}  "),
        };
    }
    text.push('\n');
    text
}

/// That some findings are told by what was lost only.
fn unexplained(scenario: &ScenarioSummary) -> String {
    match scenario.unexplained {
        0 => String::new(),
        count => format!(
            "{INDENT}{} not explained: there were too many before\n",
            counted(count, "finding")
        ),
    }
}

/// The violated invariants, each with the number of runs, on as many lines as it takes.
fn violated(scenario: &ScenarioSummary) -> String {
    let mut items: Vec<(&String, u64)> = scenario
        .by_invariant
        .iter()
        .map(|(id, count)| (id, count.violating_runs))
        .filter(|(_, runs)| *runs > 0)
        .collect();
    items.sort_by_key(|(_, runs)| std::cmp::Reverse(*runs));
    let items = items
        .iter()
        .map(|(id, runs)| format!("{id} {}", grouped(*runs)));
    let mut text = String::new();
    let mut line = format!("{INDENT}violated in runs: ");
    let mut is_first = true;
    for item in items {
        if !is_first && line.len() + 2 + item.len() > WIDTH_COLUMNS {
            let _ = writeln!(text, "{line},");
            line = format!("{INDENT}{INDENT}");
            is_first = true;
        }
        line = if is_first {
            line + &item
        } else {
            line + ", " + &item
        };
        is_first = false;
    }
    if !is_first {
        text += &line;
        text.push('\n');
    }
    text
}
