//! A campaign's results in the formats that other programs read.
//!
//! Guarantees: an export is a function of results that are written down already, byte for byte the same wherever it is made;
//! nothing in it depends on the time that anything took. What a subject wrote cannot leave its place in any of the formats.
//!
//! Deliberately absent: files. The text is handed over, and whoever asked for it writes it.

mod github;
mod junit;
mod markdown;
mod xml;

use super::{finding::sentences, legality::missing};
use crate::{
    campaign::{Finding, ScenarioSummary, Sentences, Status, Summary},
    run::Missing,
};

/// What can be exported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ExportFormat {
    /// The content of `summary.json`.
    Json,
    /// `JUnit` XML, as Jenkins and the actions of GitHub read it.
    Junit,
    /// Markdown that fits the summary of a step on GitHub.
    Markdown,
    /// Annotations of GitHub: workflow commands, a line each.
    Github,
    /// A page for people.
    Html,
}

impl ExportFormat {
    /// All formats.
    pub const ALL: [ExportFormat; 5] = [
        ExportFormat::Json,
        ExportFormat::Junit,
        ExportFormat::Markdown,
        ExportFormat::Github,
        ExportFormat::Html,
    ];

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            ExportFormat::Json => "json",
            ExportFormat::Junit => "junit",
            ExportFormat::Markdown => "markdown",
            ExportFormat::Github => "github",
            ExportFormat::Html => "html",
        }
    }

    /// The format of that name.
    pub fn find(name: &str) -> Option<ExportFormat> {
        ExportFormat::ALL
            .into_iter()
            .find(|format| format.name() == name)
    }
}

/// What the files of a finding say; nothing where they cannot be read, or where it was not explained.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// Why its invariant does not hold.
    pub witness: Option<Sentences>,
    /// The ordering that is missing.
    pub missing: Option<Missing>,
    /// Whether it ended the process that executed it, so that there is nothing to shrink.
    pub died: bool,
}

impl Told {
    /// Both as the blocks that people read.
    pub(super) fn blocks(&self) -> String {
        let witness = self.witness.as_ref();
        let mut text =
            witness.map_or_else(|| "  (its file cannot be read)\n".to_owned(), sentences);
        text += &self.missing.as_ref().map_or_else(String::new, missing);
        text
    }
}

/// A campaign's results.
#[derive(Clone, Copy)]
pub struct Results<'a> {
    /// What was counted.
    pub summary: &'a Summary,
    /// Where the results are, as the user can name it.
    pub folder: &'a str,
    /// What the files of a finding say.
    pub told: &'a dyn Fn(&Finding) -> Told,
    /// Whether a source file is one of the user's, by its path from the root of the repository.
    pub has_source: &'a dyn Fn(&str) -> bool,
}

impl std::fmt::Debug for Results<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Results")
            .field("folder", &self.folder)
            .finish_non_exhaustive()
    }
}

/// Results in a format; nothing of a page, which takes more than that ([`campaign_page`](super::campaign_page)).
pub fn export(format: ExportFormat, results: &Results<'_>) -> Option<String> {
    Some(match format {
        ExportFormat::Json => json(results.summary),
        ExportFormat::Junit => junit::junit(results),
        ExportFormat::Markdown => markdown::markdown(results),
        ExportFormat::Github => github::github(results),
        ExportFormat::Html => return None,
    })
}

/// What `summary.json` holds.
fn json(summary: &Summary) -> String {
    // Our own types can always be written as JSON.
    let text = serde_json::to_string_pretty(summary);
    text.unwrap_or_default() + "\n"
}

impl Results<'_> {
    /// A finding as text: what it is, where, why, what is missing, and how to see it again.
    fn finding(&self, scenario: &ScenarioSummary, finding: &Finding) -> String {
        let head = heading(scenario, finding) + "\n" + &place(scenario);
        let told = (self.told)(finding).blocks();
        let (folder, reproducer) = (self.folder, &finding.reproducer);
        format!("{head}{told}  tornwrite replay {folder}/{reproducer}\n")
    }
}

/// What a finding is, in a line.
pub(super) fn heading(scenario: &ScenarioSummary, finding: &Finding) -> String {
    let Finding {
        id,
        invariant,
        count,
        first_seed,
        ..
    } = finding;
    let runs = super::numbers::counted(*count, "run");
    let word = word(scenario, finding);
    format!("{id}  {word} violation of {invariant} in {runs}, first by seed {first_seed}")
}

/// Where a finding is, as a line.
pub(super) fn place(scenario: &ScenarioSummary) -> String {
    let ScenarioSummary { name, subject, .. } = scenario;
    let on = super::table::on(scenario);
    format!("  Where   {name}: {subject} on {on}\n")
}

/// What is to be thought of a finding.
pub(super) fn word(scenario: &ScenarioSummary, finding: &Finding) -> &'static str {
    let is_new = finding.mark == Some(crate::campaign::Mark::New);
    match scenario.status(finding) {
        Status::Unexpected if is_new => "new, unexpected",
        Status::Unexpected => "unexpected",
        Status::Known => "known",
        Status::Expected => "expected",
    }
}
