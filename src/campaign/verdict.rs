//! Whether a scenario did what was expected of it.

use serde::{Deserialize, Serialize};

use super::{
    Entry, Mark, Shard,
    summary::{Finding, ScenarioSummary},
};
use crate::run::Expectation;

/// What came of a scenario, or of a campaign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Verdict {
    /// Every expectation is met.
    Expected,
    /// Something unexpected was violated, or something expected was not.
    Unexpected,
    /// Nothing was tried, or something that is checked could never have failed.
    Unexercised,
    /// Fewer runs than are demanded, or kept reproducers that there was no time for.
    Inconclusive,
    /// Somebody ended it before its plan did.
    Interrupted,
    /// The same seed gave something else when it was executed again.
    Nondeterministic,
}

impl Verdict {
    /// Of several scenarios: the one that counts.
    pub fn of(all: &[Verdict]) -> Verdict {
        if all.is_empty() {
            return Verdict::Unexercised;
        }
        let order = [
            Verdict::Nondeterministic,
            Verdict::Unexpected,
            Verdict::Unexercised,
            Verdict::Inconclusive,
        ];
        let first = order.into_iter().find(|verdict| all.contains(verdict));
        first.unwrap_or(Verdict::Expected)
    }
}

/// What is to be thought of a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// It fails its scenario.
    Unexpected,
    /// Its scenario is expected to be clean, and the baseline knows it.
    Known,
    /// Its scenario is expected to find it, or may.
    Expected,
}

impl ScenarioSummary {
    /// What is to be thought of one of its findings.
    pub fn status(&self, finding: &Finding) -> Status {
        let is_known = finding.mark == Some(Mark::Known);
        if self.expectation.allows(&finding.invariant) {
            Status::Expected
        } else if is_known && self.expectation == Expectation::Clean {
            Status::Known
        } else {
            Status::Unexpected
        }
    }
}

/// Judges what was counted; the verdict and why it is not the one to wish for.
///
/// A part of a campaign can say no more than that something was violated which should not be; the rest is for the whole.
pub(super) fn judge(
    entry: &Entry,
    shard: Shard,
    counted: &ScenarioSummary,
) -> (Verdict, Vec<String>) {
    if shard.is_part() {
        let surprises = match entry.expectation {
            Expectation::Clean => surprises(entry, counted),
            _ => Vec::new(),
        };
        let verdict = if surprises.is_empty() {
            Verdict::Expected
        } else {
            Verdict::Unexpected
        };
        return (verdict, surprises);
    }
    // Runs that ended their processes have no crash point, and something to tell.
    let tells_nothing = counted.crash_points == 0 && surprises(entry, counted).is_empty();
    if counted.runs == 0 || tells_nothing {
        let nothing = if counted.runs == 0 {
            "there was no run"
        } else {
            "there was no crash point"
        };
        return (Verdict::Unexercised, vec![nothing.to_owned()]);
    }
    let unexercised = unexercised(entry, counted);
    let too_few = (counted.runs < entry.runs_min)
        .then(|| format!("{} runs are fewer than {}", counted.runs, entry.runs_min));
    let findings = [
        (Verdict::Unexpected, surprises(entry, counted)),
        (Verdict::Unexercised, unexercised),
        (Verdict::Inconclusive, too_few.into_iter().collect()),
    ];
    let found = findings
        .into_iter()
        .find(|(_, reasons)| !reasons.is_empty());
    found.unwrap_or((Verdict::Expected, Vec::new()))
}

fn surprises(entry: &Entry, counted: &ScenarioSummary) -> Vec<String> {
    let mut surprises = Vec::new();
    for id in &entry.invariants {
        let violated = counted
            .by_invariant
            .get(*id)
            .is_some_and(|count| count.violated > 0);
        match (&entry.expectation, violated) {
            (expectation, true) if !expectation.allows(id) && !is_known(counted, id) => {
                let news = news(counted, id);
                surprises.push(format!("{id} was not expected to be violated{news}"));
            }
            (Expectation::Exactly(expected), false) if expected.contains(*id) => {
                surprises.push(format!("{id} was expected to be violated and was not"));
            }
            _ => {}
        }
    }
    if entry.expectation == Expectation::Violations && counted.violating_runs == 0 {
        surprises.push("violations were expected and there was none".to_owned());
    }
    surprises
}

/// Whether the baseline knows all that was found of an invariant, where none is expected to be violated at all.
fn is_known(counted: &ScenarioSummary, id: &str) -> bool {
    let mut found = of(counted, id).peekable();
    let is_known = |finding| counted.status(finding) == Status::Known;
    found.peek().is_some() && found.all(is_known)
}

/// How much of what was found the baseline does not know.
fn news(counted: &ScenarioSummary, id: &str) -> String {
    let all = of(counted, id).count();
    let new = of(counted, id).filter(|finding| finding.mark == Some(Mark::New));
    match (new.count(), all) {
        (0, _) => String::new(),
        (1, 1) => ": its finding is new".to_owned(),
        (new, all) => format!(": {new} of {all} findings are new"),
    }
}

fn of<'c>(counted: &'c ScenarioSummary, id: &str) -> impl Iterator<Item = &'c Finding> {
    let findings = counted.findings.iter();
    findings.filter(move |finding| finding.invariant == id)
}

fn unexercised(entry: &Entry, counted: &ScenarioSummary) -> Vec<String> {
    let idle = entry.invariants.iter().filter(|id| {
        counted
            .by_invariant
            .get(**id)
            .is_none_or(|count| count.exercised == 0)
    });
    let idle = idle.map(|id| format!("{id} was never in a state in which it could have failed"));
    let missed = entry.required.iter().filter_map(|(mark, &least)| {
        let reached = counted.coverage.get(mark).copied().unwrap_or(0);
        (reached < least)
            .then(|| format!("{mark} was reached {reached} times and {least} are required"))
    });
    idle.chain(missed).collect()
}
