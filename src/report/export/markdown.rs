//! Markdown: the verdict, a table of scenarios, what was found.
//!
//! Guarantees: it stays below [`BYTES_MAX`], cut at whole rows and whole findings, and says how many more there are; what a
//! subject wrote stands in a block of code that it cannot end, or is escaped.
//!
//! Source: "Adding a job summary" of GitHub's documentation for the limit; the specification of GitHub Flavored Markdown for what
//! has a meaning.

use std::fmt::Write as _;

use super::{Results, word};
use crate::{
    campaign::{Comparison, Finding, Gone, ScenarioSummary, Status, Summary, Verdict},
    report::{
        escape::printable,
        grouped,
        numbers::counted,
        table::{on, verdict},
    },
};

/// The summary of a step on GitHub may have 1 MiB.
pub(super) const BYTES_MAX: usize = 1 << 20;
/// Room for the lines that say what was left out.
const RESERVED_BYTES: usize = 4096;
/// Findings that are told in full.
const IN_FULL_MAX: usize = 100;

/// Text that does not grow beyond its limit.
struct Limited(String);

impl Limited {
    fn has_room(&self, item: &str) -> bool {
        self.0.len() + item.len() + RESERVED_BYTES <= BYTES_MAX
    }

    /// Adds items as long as there is room; how many it left out.
    fn extend(&mut self, items: impl Iterator<Item = String>) -> u64 {
        let mut left_out = 0;
        for item in items {
            if left_out == 0 && self.has_room(&item) {
                self.0 += &item;
            } else {
                left_out += 1;
            }
        }
        left_out
    }

    fn more(&mut self, count: u64, thing: &str, folder: &str) {
        if count > 0 {
            let more = counted(count, &format!("more {thing}"));
            let _ = writeln!(
                self.0,
                "\nand {more} in {}",
                code(&format!("{folder}/summary.json"))
            );
        }
    }
}

pub(super) fn markdown(results: &Results<'_>) -> String {
    let Results {
        summary, folder, ..
    } = results;
    let mut text = Limited(head(summary));
    text.0 += "\n| scenario | subject | profile | runs | crash states | violated in runs | verdict |\n\
               |---|---|---|--:|--:|---|---|\n";
    let rows = text.extend(summary.scenarios.iter().map(row));
    text.more(rows, "scenario", folder);
    let (unexpected, others): (Vec<_>, Vec<_>) = summary
        .by_severity()
        .into_iter()
        .partition(|(scenario, finding)| scenario.status(finding) == Status::Unexpected);
    if !unexpected.is_empty() {
        text.0 += "\n## Unexpected\n";
        let told = unexpected.iter().take(IN_FULL_MAX);
        let left_out = text.extend(told.map(|(scenario, finding)| {
            let block = results.finding(scenario, finding);
            format!("\n{}", fenced(block.trim_end()))
        }));
        let more = unexpected.len().saturating_sub(IN_FULL_MAX) as u64;
        text.more(left_out + more, "unexpected finding", folder);
    }
    if !others.is_empty() {
        text.0 += "\n## Expected or known\n\n| id | | invariant | scenario | profile | runs | missing |\n\
                   |---|---|---|---|---|--:|---|\n";
        let left_out = text.extend(others.iter().map(line));
        text.more(left_out, "finding", folder);
    }
    if let Some(baseline) = &summary.baseline {
        compared(&mut text, baseline, folder);
    }
    text.0
}

fn head(summary: &Summary) -> String {
    let sum =
        |count: fn(&ScenarioSummary) -> u64| grouped(summary.scenarios.iter().map(count).sum());
    let verdict = match summary.verdict {
        Verdict::Expected => "as expected",
        Verdict::Unexpected => "not as expected",
        Verdict::Unexercised => "not exercised",
        Verdict::Inconclusive => "inconclusive",
        Verdict::Interrupted => "interrupted",
        Verdict::Nondeterministic => "nondeterministic",
    };
    format!(
        "# tornwrite: {verdict}\n\n{}, {} runs, {} crash states, {} distinct images recovered; seeds {}..{}\n",
        counted(summary.scenarios.len() as u64, "scenario"),
        sum(|scenario| scenario.runs),
        sum(|scenario| scenario.states_tried),
        sum(|scenario| scenario.distinct_images),
        summary.seeds[0],
        summary.seeds[1],
    )
}

fn row(scenario: &ScenarioSummary) -> String {
    let violated = scenario.by_invariant.iter();
    let violated = violated.filter(|(_, count)| count.violating_runs > 0);
    let violated = violated.map(|(id, count)| format!("{id} {}", grouped(count.violating_runs)));
    let violated: Vec<String> = violated.collect();
    let reasons = scenario.reasons.iter().map(|reason| escaped(reason));
    let verdict = [verdict(scenario).to_owned()].into_iter().chain(reasons);
    format!(
        "| {} | {} | {} | {} | {} | {} | {} |\n",
        escaped(&scenario.name),
        escaped(&scenario.subject),
        escaped(&on(scenario)),
        grouped(scenario.runs),
        grouped(scenario.states_tried),
        escaped(&violated.join(", ")),
        verdict.collect::<Vec<_>>().join("<br>"),
    )
}

/// A finding as a row.
fn line((scenario, finding): &(&ScenarioSummary, &Finding)) -> String {
    format!(
        "| {} | {} | {} | {} | {} | {} | {} |\n",
        code(&finding.id),
        word(scenario, finding),
        escaped(&finding.invariant),
        escaped(&scenario.name),
        escaped(&on(scenario)),
        grouped(finding.count),
        escaped(&finding.missing),
    )
}

fn compared(text: &mut Limited, compared: &Comparison, folder: &str) {
    let Comparison {
        new,
        known,
        resolved,
        not_covered,
    } = compared;
    let _ = writeln!(
        text.0,
        "\n## Against the baseline\n\n{} new, {} known, {} resolved, {} not covered",
        grouped(*new),
        grouped(*known),
        grouped(resolved.len() as u64),
        grouped(not_covered.len() as u64),
    );
    let gone = resolved.iter().chain(not_covered);
    if gone.clone().next().is_none() {
        return;
    }
    text.0 += "\n| id | | invariant | scenario |\n|---|---|---|---|\n";
    let row = |gone: &Gone| {
        let became = match &gone.reason {
            Some(reason) => format!("not covered: {}", escaped(reason)),
            None => "resolved".to_owned(),
        };
        let (invariant, scenario) = (escaped(&gone.invariant), escaped(&gone.scenario));
        format!(
            "| {} | {became} | {invariant} | {scenario} |\n",
            code(&gone.id)
        )
    };
    let left_out = text.extend(gone.map(row));
    text.more(left_out, "finding that is gone", folder);
}

/// A block of code, with a fence that is longer than any run of backticks in it.
fn fenced(block: &str) -> String {
    let block = printable(block);
    let runs = block.split(|character| character != '`').map(str::len);
    let fence = "`".repeat(runs.max().unwrap_or(0).max(2) + 1);
    format!("{fence}text\n{block}\n{fence}\n")
}

/// A short text as code within a line; what would end it or its cell is escaped instead.
fn code(text: &str) -> String {
    if text.contains(['`', '|', '\n', '<']) {
        escaped(text)
    } else {
        format!("`{}`", printable(text))
    }
}

/// A text within a line or a cell, in which nothing has a meaning.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in printable(text).chars() {
        match character {
            '\n' | '\t' => escaped.push(' '),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            '@' => escaped.push_str("&#64;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '$' => {
                escaped.push('\\');
                escaped.push(character);
            }
            other => escaped.push(other),
        }
    }
    // A bare address would become a link.
    escaped
        .replace("://", "&#58;//")
        .replace("www.", "www&#46;")
}
