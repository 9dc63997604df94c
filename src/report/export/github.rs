//! Annotations of GitHub: an error for each unexpected finding, at the place in the code whose effect was lost.
//!
//! GitHub shows ten errors of a step. So there are at most nine, and the tenth says how many more there are.
//!
//! Source: "Workflow commands for GitHub Actions", and `command.ts` of its toolkit for what is escaped.

use std::fmt::Write as _;

use super::{Results, heading};
use crate::{
    campaign::{Finding, ScenarioSummary, Status, Verdict},
    report::escape::printable,
    run::Missing,
};

/// Annotations beside the one that says how many more there are.
const ANNOTATIONS_MAX: usize = 9;

pub(super) fn github(results: &Results<'_>) -> String {
    let all = results.summary.by_severity().into_iter();
    let all: Vec<(&ScenarioSummary, &Finding)> = all
        .filter(|(scenario, finding)| scenario.status(finding) == Status::Unexpected)
        .collect();
    let others: Vec<String> = results.summary.scenarios.iter().flat_map(others).collect();
    let room = ANNOTATIONS_MAX.saturating_sub(others.len().min(1));
    let mut lines: Vec<String> = all
        .iter()
        .take(room)
        .map(|(scenario, finding)| annotation(results, scenario, finding))
        .collect();
    let count = all.len() + others.len();
    lines.extend(others);
    lines.truncate(ANNOTATIONS_MAX);
    if let Some(more @ 1..) = count.checked_sub(lines.len()) {
        let said = format!("and {more} more in {}/summary.json", results.folder);
        lines.push(command(&[("title", "tornwrite")], &said));
    }
    lines.concat()
}

/// Why a scenario fails that no finding tells of.
fn others(scenario: &ScenarioSummary) -> Vec<String> {
    let found = |reason: &str| {
        let mut findings = scenario.findings.iter();
        findings.any(|finding| {
            let is_unexpected = scenario.status(finding) == Status::Unexpected;
            is_unexpected && reason.split(' ').next() == Some(&finding.invariant)
        })
    };
    let untold = scenario.reasons.iter().filter(|reason| !found(reason));
    let untold: Vec<&str> = untold.map(String::as_str).collect();
    if untold.is_empty() || scenario.verdict == Verdict::Expected {
        return Vec::new();
    }
    let title = format!("tornwrite: {}", scenario.name);
    vec![command(&[("title", &title)], &untold.join("\n"))]
}

fn annotation(results: &Results<'_>, scenario: &ScenarioSummary, finding: &Finding) -> String {
    let told = (results.told)(finding);
    let title = format!("tornwrite: {} of {}", finding.invariant, scenario.name);
    let mut properties = vec![("title", title.as_str())];
    let site = told.missing.as_ref().and_then(site);
    if let Some((file, line)) = site.filter(|(file, _)| (results.has_source)(file)) {
        properties.extend([("file", file), ("line", line)]);
    }
    let heading = heading(scenario, finding);
    let mut said = heading + "\n";
    if let Some(witness) = &told.witness {
        let sentences = [&witness.given, &witness.shown, &witness.however];
        for (word, sentence) in ["Let", "Then", "However"].into_iter().zip(sentences) {
            let _ = writeln!(said, "{word} {sentence}");
        }
    }
    for sentence in told.missing.iter().flat_map(Missing::sentences) {
        let _ = writeln!(said, "Missing {sentence}");
    }
    let (folder, reproducer) = (results.folder, &finding.reproducer);
    let _ = write!(said, "tornwrite replay {folder}/{reproducer}");
    command(&properties, &said)
}

/// The file and the line of the first operation whose effect was lost.
fn site(missing: &Missing) -> Option<(&str, &str)> {
    let mut orderings = missing.orderings.iter().flat_map(|missing| &missing.one_of);
    let site = orderings.find(|ordering| !ordering.lost.site.is_empty())?;
    site.lost.site.rsplit_once(':')
}

fn command(properties: &[(&str, &str)], message: &str) -> String {
    let properties = properties
        .iter()
        .map(|(key, value)| format!("{key}={}", property(value)));
    let properties: Vec<String> = properties.collect();
    format!("::error {}::{}\n", properties.join(","), data(message))
}

/// What is escaped in a message.
fn data(text: &str) -> String {
    let text = text.replace('%', "%25");
    printable(&text.replace('\r', "%0D").replace('\n', "%0A"))
}

/// What is escaped in a property.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
