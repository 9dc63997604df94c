//! What a kept reproducer tells those who open its file: lines of comment before the JSON.

use super::finding::wrap_to;
use crate::{
    campaign::{Reproducer, Sentences},
    run::Missing,
    scenario::Scenario,
};

/// The columns that a line of comment fits in.
const COMMENT_COLUMNS: usize = 96;

/// The story of a violation as lines that begin with `//`: what was found where and by which seed, the three sentences, and
/// what was missing, if that is known.
pub fn story(reproducer: &Reproducer<Scenario>, missing: Option<&Missing>) -> String {
    let Reproducer {
        scenario,
        seed,
        invariant,
        tornwrite,
        seed_version,
        id,
        ..
    } = reproducer;
    let mut text = comment(
        "",
        &format!(
            "{}: {invariant} of {}{} was violated by seed {seed}.",
            scenario.name,
            scenario.subject.store.name(),
            on(scenario)
        ),
    );
    text += &comment("", &scenario.description);
    text += "//\n";
    let Sentences {
        given,
        shown,
        however,
    } = &reproducer.witness;
    for (word, sentence) in [("Let", given), ("Then", shown), ("However", however)] {
        text += &comment(&format!("{word:<8}"), sentence);
    }
    let missing = missing.map(Missing::sentences).unwrap_or_default();
    let words = std::iter::once("Missing").chain(std::iter::repeat(""));
    for (word, sentence) in words.zip(&missing) {
        text += &comment(&format!("{word:<8}"), sentence);
    }
    text += "//\n";
    text += &comment(
        "",
        &format!(
            "Finding {id} of tornwrite {tornwrite}, seed version {seed_version}; `tornwrite replay` takes this file."
        ),
    );
    text
}

/// On which profile, and on which device if it is not honest.
fn on(scenario: &Scenario) -> String {
    let profile = scenario.crash.profiles.first();
    let device = scenario.crash.devices.first();
    let device = device.filter(|device| !device.is_honest());
    let names = profile.map(ToString::to_string).into_iter();
    let names: Vec<String> = names.chain(device.map(ToString::to_string)).collect();
    format!(" on {}", names.join(", "))
}

/// Lines of comment, with what a terminal would obey spelt out; nothing for nothing.
fn comment(word: &str, text: &str) -> String {
    if text.is_empty() {
        return String::new();
    }
    let spell = |c: char| match c {
        ' ' | '\n' => c.to_string(),
        c if c.is_control() => c.escape_default().to_string(),
        c => c.to_string(),
    };
    let text: String = text.chars().map(spell).collect();
    wrap_to(&format!("// {word}"), "// ", &text, COMMENT_COLUMNS)
}
