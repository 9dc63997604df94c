//! How much of what could happen was tried.

use std::fmt::Write as _;

use super::{WIDTH_COLUMNS, escape::printable, grouped, table::INDENT};
use crate::{campaign::ScenarioSummary, run::LegalStates};

/// Where a scenario was tried exhaustively, how far that went, and how many states there are.
pub(super) fn exhaustive(scenario: &ScenarioSummary) -> String {
    let (points, tried) = (scenario.crash_points, scenario.exhaustive_points);
    if tried == 0 {
        return String::new();
    }
    let LegalStates {
        legal_states,
        uncountable_points,
        ..
    } = scenario.legal_states;
    let mut text = format!(
        "{INDENT}exhaustive: {} of {} crash points, {} legal states",
        grouped(tried),
        grouped(points),
        grouped(legal_states)
    );
    if uncountable_points > 0 {
        let _ = write!(
            text,
            ", too many to count at {} more",
            grouped(uncountable_points)
        );
    }
    text + "\n"
}

/// Crash states by the kind of choice that they were drawn as.
pub(super) fn kinds(scenario: &ScenarioSummary) -> String {
    let kinds = scenario.kinds.iter();
    let named = kinds.map(|(kind, count)| format!("{} {}", kind.name(), grouped(*count)));
    listed("states by choice", named.collect())
}

/// Runs by what they went without, and how many of them are violating.
pub(super) fn left_out(scenario: &ScenarioSummary) -> String {
    let without = scenario.left_out.iter();
    let named = without.map(|(feature, count)| {
        let (violating, runs) = (grouped(count.violating_runs), grouped(count.runs));
        format!("{} {violating} of {runs}", printable(feature))
    });
    listed("violating runs without", named.collect())
}

/// A list on as many lines as it takes; nothing for an empty one.
fn listed(title: &str, items: Vec<String>) -> String {
    let mut text = String::new();
    if items.is_empty() {
        return text;
    }
    let mut line = format!("{INDENT}{title}: ");
    let mut separator = "";
    for item in items {
        if line.len() + separator.len() + item.len() > WIDTH_COLUMNS {
            let _ = writeln!(text, "{},", line.trim_end());
            line = INDENT.repeat(2);
            separator = "";
        }
        line = line + separator + &item;
        separator = ", ";
    }
    text + &line + "\n"
}
