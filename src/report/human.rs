//! The report that a terminal shows.

use std::fmt::Write as _;

use super::{
    Palette,
    finding::sentences,
    grouped,
    numbers::counted,
    table::{on, table},
};
use crate::campaign::{Finding, ScenarioSummary, Sentences, Summary, Verdict};

/// Unexpected findings that are told in full; the folder has all.
const FINDINGS_MAX: usize = 10;

/// How much is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Detail {
    /// What went wrong, and the verdict.
    Quiet,
    /// That, the table, and a line for each thing that was found as expected.
    Normal,
    /// That, and everything that was found in full.
    Verbose,
}

/// A campaign's report for people.
pub struct Human<'a> {
    /// How much is told.
    pub detail: Detail,
    /// In which colours.
    pub palette: Palette,
    /// Where the results are, as the user can name it.
    pub folder: &'a str,
    /// Why a finding's invariant does not hold; nothing if its file cannot be read.
    pub witness: &'a dyn Fn(&Finding) -> Option<Sentences>,
}

impl std::fmt::Debug for Human<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Human")
            .field("detail", &self.detail)
            .finish_non_exhaustive()
    }
}

/// Tells of a campaign.
pub fn campaign(summary: &Summary, human: &Human<'_>) -> String {
    let mut text = String::new();
    if human.detail > Detail::Quiet {
        text += &table(summary, human.detail, &human.palette);
        text.push('\n');
    }
    let (expected, unexpected): (Vec<_>, Vec<_>) = findings(summary)
        .partition(|(scenario, finding)| scenario.expectation.allows(&finding.invariant));
    match human.detail {
        Detail::Quiet => {}
        Detail::Normal => text += &human.examples(summary),
        Detail::Verbose => text += &human.in_full(&expected, "expected"),
    }
    text += &human.in_full(&unexpected, "unexpected");
    text + &human.verdict(summary)
}

fn findings(summary: &Summary) -> impl Iterator<Item = (&ScenarioSummary, &Finding)> {
    let scenarios = summary.scenarios.iter();
    scenarios.flat_map(|scenario| {
        scenario
            .findings
            .iter()
            .map(move |finding| (scenario, finding))
    })
}

impl Human<'_> {
    /// Of everything that was found as expected, the most frequent finding of each invariant.
    fn examples(&self, summary: &Summary) -> String {
        let mut text = String::new();
        for scenario in &summary.scenarios {
            for id in scenario
                .by_invariant
                .keys()
                .filter(|id| scenario.expectation.allows(id))
            {
                let found = scenario
                    .findings
                    .iter()
                    .filter(|finding| finding.invariant == *id);
                let Some(example) = found.max_by_key(|finding| finding.count) else {
                    continue;
                };
                let (name, seed) = (&scenario.name, example.first_seed);
                let _ = writeln!(text, "  {}  {name}: {id}, first by seed {seed}", example.id);
            }
        }
        if text.is_empty() {
            return text;
        }
        let folder = self.folder;
        format!(
            "Found as expected, the most frequent of each kind; to see one again:\n  \
             tornwrite replay {folder}/violations/<id>/reproducer.json\n{text}\n"
        )
    }

    fn in_full(&self, findings: &[(&ScenarioSummary, &Finding)], word: &str) -> String {
        let mut text = String::new();
        for (scenario, finding) in findings.iter().take(FINDINGS_MAX) {
            text += &self.finding(scenario, finding, word);
        }
        if let Some(more @ 1..) = findings.len().checked_sub(FINDINGS_MAX) {
            let more = counted(more as u64, &format!("more {word} finding"));
            let _ = writeln!(text, "{more} in {}/summary.json\n", self.folder);
        }
        text
    }

    fn finding(&self, scenario: &ScenarioSummary, finding: &Finding, word: &str) -> String {
        let Finding {
            id,
            invariant,
            count,
            first_seed,
            reproducer,
            ..
        } = finding;
        let Palette {
            bad, found, end, ..
        } = self.palette;
        let colour = if word == "expected" { found } else { bad };
        let runs = counted(*count, "run");
        let ScenarioSummary { name, subject, .. } = scenario;
        let profile = on(scenario);
        let mut text = format!(
            "{colour}{id}{end}  {word} violation of {invariant} in {runs}, first by seed \
             {first_seed}\n  \
             Where   {name}: {subject} on {profile}\n"
        );
        match (self.witness)(finding) {
            Some(witness) => text += &sentences(&witness),
            None => text += "  (its file cannot be read)\n",
        }
        for command in ["replay", "shrink"] {
            let _ = writeln!(text, "  tornwrite {command} {}/{reproducer}", self.folder);
        }
        text.push('\n');
        text
    }

    fn verdict(&self, summary: &Summary) -> String {
        let sum =
            |count: fn(&ScenarioSummary) -> u64| grouped(summary.scenarios.iter().map(count).sum());
        let not_met = summary
            .scenarios
            .iter()
            .filter(|scenario| !scenario.met)
            .count() as u64;
        let all = counted(summary.scenarios.len() as u64, "scenario");
        let Palette { good, bad, end, .. } = self.palette;
        let verdict = match summary.verdict {
            Verdict::Expected => format!("{good}as expected{end}: {all}"),
            Verdict::Unexpected => format!("{bad}NOT AS EXPECTED{end}: {not_met} of {all}"),
            Verdict::Unexercised if summary.scenarios.is_empty() => {
                format!("{bad}NOTHING SELECTED{end}")
            }
            Verdict::Unexercised => format!("{bad}NOT EXERCISED{end}: {not_met} of {all}"),
            Verdict::Inconclusive => format!("{bad}INCONCLUSIVE{end}: {not_met} of {all}"),
        };
        format!(
            "{verdict}\n{} runs, {} crash states, {} distinct images recovered\nresults: {}\n",
            sum(|scenario| scenario.runs),
            sum(|scenario| scenario.states_tried),
            sum(|scenario| scenario.distinct_images),
            self.folder,
        )
    }
}
