//! The report that a terminal shows.

use std::fmt::Write as _;

use super::{
    Palette, Told,
    export::{heading, place},
    finding::hung,
    grouped,
    numbers::counted,
    regressions::{self, regressions},
    table::table,
};
use crate::campaign::{Comparison, Finding, ScenarioSummary, Status, Summary, Verdict};

/// Unexpected findings that are told in full; the folder has all.
const FINDINGS_MAX: usize = 10;

/// What stands before a finding that is gone.
const GONE_COLUMNS: usize = "  not covered  V-0123456789ab  ".len();

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
    /// What the files of a finding say.
    pub told: &'a dyn Fn(&Finding) -> Told,
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
    let mut text = regressions(summary, human.detail, &human.palette);
    if human.detail > Detail::Quiet && !summary.scenarios.is_empty() {
        text += &table(summary, human.detail, &human.palette);
        text.push('\n');
    }
    let all = summary.by_severity();
    let of = |status: Status| {
        let of = all.iter().copied();
        of.filter(|(scenario, finding)| scenario.status(finding) == status)
            .collect::<Vec<_>>()
    };
    let known = of(Status::Known);
    match human.detail {
        Detail::Quiet => {}
        Detail::Normal => text += &(human.examples(summary) + &human.in_short(&known)),
        Detail::Verbose => {
            text += &human.in_full(&of(Status::Expected), "expected");
            text += &human.in_full(&known, "known");
        }
    }
    text += &human.in_full(&of(Status::Unexpected), "unexpected");
    if let Some(compared) = &summary.baseline {
        text += &human.compared(compared);
    }
    text + &human.verdict(summary)
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

    /// What the baseline knows, a line each.
    fn in_short(&self, findings: &[(&ScenarioSummary, &Finding)]) -> String {
        if findings.is_empty() {
            return String::new();
        }
        let mut text = "Known, by the baseline:\n".to_owned();
        for (scenario, finding) in findings.iter().take(FINDINGS_MAX) {
            let Finding { id, invariant, .. } = finding;
            let runs = counted(finding.count, "run");
            let _ = writeln!(text, "  {id}  {}: {invariant} in {runs}", scenario.name);
        }
        self.more(&mut text, findings.len(), "known finding");
        text + "\n"
    }

    fn in_full(&self, findings: &[(&ScenarioSummary, &Finding)], word: &str) -> String {
        let mut text = String::new();
        for (scenario, finding) in findings.iter().take(FINDINGS_MAX) {
            text += &self.finding(scenario, finding);
        }
        let told = text.len();
        self.more(&mut text, findings.len(), &format!("{word} finding"));
        if text.len() > told {
            text.push('\n');
        }
        text
    }

    /// How many things there are beside those that are told.
    fn more(&self, text: &mut String, count: usize, thing: &str) {
        if let Some(more @ 1..) = count.checked_sub(FINDINGS_MAX) {
            let more = counted(more as u64, &format!("more {thing}"));
            let _ = writeln!(text, "{more} in {}/summary.json", self.folder);
        }
    }

    fn finding(&self, scenario: &ScenarioSummary, finding: &Finding) -> String {
        let Palette {
            bad, found, end, ..
        } = self.palette;
        let colour = match scenario.status(finding) {
            Status::Unexpected => bad,
            Status::Known | Status::Expected => found,
        };
        let heading = heading(scenario, finding);
        let (id, rest) = heading.split_once(' ').unwrap_or((&heading, ""));
        let mut text = format!("{colour}{id}{end} {rest}\n{}", place(scenario));
        let told = (self.told)(finding);
        text += &told.blocks();
        let reproducer = &finding.reproducer;
        let commands: &[&str] = if told.died {
            &["replay"]
        } else {
            &["replay", "shrink"]
        };
        for command in commands {
            let _ = writeln!(text, "  tornwrite {command} {}/{reproducer}", self.folder);
        }
        text.push('\n');
        text
    }

    /// How it compares with the baseline, and what is gone.
    fn compared(&self, compared: &Comparison) -> String {
        let Palette { good, bad, end, .. } = self.palette;
        let Comparison {
            new,
            known,
            resolved,
            not_covered,
        } = compared;
        let mut text = format!(
            "baseline: {} new, {} known, {} resolved, {} not covered\n",
            grouped(*new),
            grouped(*known),
            grouped(resolved.len() as u64),
            grouped(not_covered.len() as u64)
        );
        for gone in resolved.iter().take(FINDINGS_MAX) {
            let word = format!("  {good}resolved{end}     {}  ", gone.id);
            let said = format!("{}: {}", gone.scenario, gone.invariant);
            text += &hung(&word, GONE_COLUMNS, &said);
        }
        self.more(&mut text, resolved.len(), "resolved finding");
        for gone in not_covered.iter().take(FINDINGS_MAX) {
            let word = format!("  {bad}not covered{end}  {}  ", gone.id);
            let reason = gone.reason.as_deref().unwrap_or_default();
            let said = format!("{}: {}: {reason}", gone.scenario, gone.invariant);
            text += &hung(&word, GONE_COLUMNS, &said);
        }
        self.more(&mut text, not_covered.len(), "finding that is not covered");
        text + "\n"
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
        let all = all + &regressions::count(summary);
        let Palette { good, bad, end, .. } = self.palette;
        let verdict = match summary.verdict {
            Verdict::Expected => format!("{good}as expected{end}: {all}{}", known(summary)),
            Verdict::Unexpected => format!("{bad}NOT AS EXPECTED{end}: {not_met} of {all}"),
            Verdict::Unexercised
                if summary.scenarios.is_empty() && summary.regressions.is_empty() =>
            {
                format!("{bad}NOTHING SELECTED{end}")
            }
            Verdict::Unexercised => format!("{bad}NOT EXERCISED{end}: {not_met} of {all}"),
            Verdict::Inconclusive => format!("{bad}INCONCLUSIVE{end}: {not_met} of {all}"),
            Verdict::Nondeterministic => format!("{bad}NONDETERMINISTIC{end}: {not_met} of {all}"),
            Verdict::Interrupted => format!("{bad}INTERRUPTED{end}: {all}; --resume goes on"),
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

/// How much is as expected only because the baseline knows it.
fn known(summary: &Summary) -> String {
    let findings = summary.by_severity();
    let known = findings.iter();
    let known = known.filter(|(scenario, finding)| scenario.status(finding) == Status::Known);
    match known.count() as u64 {
        0 => String::new(),
        count => format!(", but for {}", counted(count, "known finding")),
    }
}
