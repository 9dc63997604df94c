//! `tornwrite explain`
//!
//! Everything told here is data that stands elsewhere: the table of profiles, the devices, the headers of the invariants,
//! the exit codes, the glossary.

use std::fmt::Write as _;

use serde::Serialize;

use super::{
    args::{ExplainArguments, Format},
    exit::{Exit, Failure, MEANINGS},
    glossary::GLOSSARY,
    list, terminal,
};
use crate::{
    oracle::catalogue::INVARIANTS,
    profile::{DEVICES, PROFILES, Profile, Strength, Switch},
    run::CoverageMark,
};

/// A rule of a profile is told by three paragraphs under its key.
#[derive(Debug, Serialize)]
struct RuleTold {
    rule: &'static str,
    value: &'static str,
    meaning: &'static str,
    source: &'static str,
}

/// What is known of one name.
#[derive(Debug, Serialize)]
struct Topic {
    kind: &'static str,
    name: String,
    summary: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    paragraphs: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    rules: Vec<RuleTold>,
}

pub(super) fn explain(args: &ExplainArguments) -> Result<Exit, Failure> {
    let topics = topics();
    let Some(name) = &args.name else {
        let text = match args.format {
            Format::Human => contents(&topics, terminal::width()),
            Format::Json => list::json(&topics)?,
        };
        terminal::print(&text)?;
        return Ok(Exit::Met);
    };
    // A name may be both a term and something else.
    let found: Vec<&Topic> = topics.iter().filter(|topic| topic.is(name)).collect();
    if found.is_empty() {
        return Err(unknown(name, &topics));
    }
    let text = match args.format {
        Format::Json => list::json(&found)?,
        Format::Human => {
            let width = terminal::width();
            let told = found.iter().map(|topic| topic.told(width));
            told.collect::<Vec<_>>().join("\n")
        }
    };
    terminal::print(&text)?;
    Ok(Exit::Met)
}

fn topics() -> Vec<Topic> {
    let mut topics: Vec<Topic> = PROFILES.iter().map(profile).collect();
    topics.extend(DEVICES.iter().map(|device| Topic {
        paragraphs: vec![format!("Source: {}", device.source)],
        ..Topic::new("device", device.name, device.summary)
    }));
    topics.extend(INVARIANTS.iter().map(|invariant| {
        let mut paragraphs = invariant.documentation();
        paragraphs.push(if invariant.is_default {
            "Checked where a scenario names no invariants.".to_owned()
        } else {
            "Checked only where a scenario names it.".to_owned()
        });
        Topic {
            paragraphs,
            ..Topic::new("invariant", invariant.id, invariant.summary)
        }
    }));
    topics.extend(Profile::SWITCHES.iter().map(rule));
    topics.extend(CoverageMark::ALL.iter().map(|mark| Topic {
        paragraphs: vec![format!(
            "Counted by crash states, under `coverage` in summary.json. A scenario demands it with require = {{ {mark} = 1 }}."
        )],
        ..Topic::new("coverage mark", &mark.to_string(), mark.meaning())
    }));
    topics.extend(MEANINGS.iter().map(|(exit, meaning)| {
        let code = (*exit as u8).to_string();
        Topic::new("exit code", &code, meaning)
    }));
    topics.extend(
        GLOSSARY
            .iter()
            .map(|(words, meaning)| Topic::new("term", words, meaning)),
    );
    topics
}

fn profile(profile: &Profile) -> Topic {
    let strength = match profile.strength {
        Strength::Documented => {
            "Strength: documented, what documentation and maintainers guarantee."
        }
        Strength::Observed => {
            "Strength: observed, tightened by mechanisms of today's kernel that nobody promises to keep."
        }
    };
    let mut paragraphs = vec![strength.to_owned()];
    if let Some(sibling) = profile.sibling() {
        let pairs = profile.rules().into_iter().zip(sibling.rules());
        let apart = pairs.filter(|(own, other)| own.choice.word != other.choice.word);
        let apart: Vec<String> = apart
            .map(|(own, other)| match profile.strength {
                Strength::Observed => format!(
                    "{} = {} (there {})",
                    own.key, own.choice.word, other.choice.word
                ),
                Strength::Documented => format!(
                    "{} = {} (here {})",
                    own.key, other.choice.word, own.choice.word
                ),
            })
            .collect();
        let how = match profile.strength {
            Strength::Observed => "Differs from",
            Strength::Documented => "Tightened by",
        };
        paragraphs.push(format!("{how} {sibling} in: {}.", apart.join("; ")));
    }
    let rules = profile.rules().into_iter().map(|rule| RuleTold {
        rule: rule.key,
        value: rule.choice.word,
        meaning: rule.choice.meaning,
        source: rule.source,
    });
    Topic {
        paragraphs,
        rules: rules.collect(),
        ..Topic::new("profile", profile.name, profile.summary)
    }
}

/// A switch of profiles: each of its values, with the profiles that have it.
fn rule(switch: &Switch) -> Topic {
    let has = |profile: &&Profile, word: &str| {
        let mut rules = profile.rules().into_iter();
        rules.any(|rule| rule.key == switch.key && rule.choice.word == word)
    };
    let told = switch.values.iter().map(|choice| {
        let profiles = PROFILES.iter().filter(|profile| has(profile, choice.word));
        let names: Vec<&str> = profiles.map(|profile| profile.name).collect();
        let on = if names.is_empty() {
            "No shipped profile has it".to_owned()
        } else {
            format!("On {}", names.join(", "))
        };
        format!(
            "{} = \"{}\": {}. {on}.",
            switch.key, choice.word, choice.meaning
        )
    });
    let mut paragraphs: Vec<String> = told.collect();
    paragraphs.push(format!(
        "`tornwrite explain PROFILE` names the source of its choice. A scenario makes another with profile = {{ base = \
         \"ext4-ordered\", {} = \"{}\" }}.",
        switch.key, switch.values[0].word
    ));
    Topic {
        paragraphs,
        ..Topic::new("rule", switch.key, switch.summary)
    }
}

impl Topic {
    fn new(kind: &'static str, name: &str, summary: &str) -> Topic {
        Topic {
            kind,
            name: name.to_owned(),
            summary: summary.to_owned(),
            paragraphs: Vec::new(),
            rules: Vec::new(),
        }
    }

    /// The names that it goes by: a term may have several.
    fn names(&self) -> impl Iterator<Item = &str> {
        self.name.split(", ")
    }

    fn is(&self, name: &str) -> bool {
        self.names()
            .any(|known| known.eq_ignore_ascii_case(name.trim()))
    }

    fn told(&self, width: usize) -> String {
        let mut text = format!("{} ({})\n", self.name, self.kind);
        wrap(&mut text, &self.summary, 2, width);
        for paragraph in &self.paragraphs {
            text.push('\n');
            wrap(&mut text, paragraph, 2, width);
        }
        for rule in &self.rules {
            let _ = write!(text, "\n  {} = \"{}\"\n", rule.rule, rule.value);
            wrap(&mut text, rule.meaning, 6, width);
            wrap(&mut text, &format!("source: {}", rule.source), 6, width);
        }
        text
    }
}

/// What can be explained, kind by kind.
fn contents(topics: &[Topic], width: usize) -> String {
    let mut text = String::new();
    for group in topics.chunk_by(|one, next| one.kind == next.kind) {
        let names: Vec<&str> = group.iter().flat_map(Topic::names).collect();
        let _ = writeln!(text, "{}s:", group[0].kind);
        wrap(&mut text, &names.join(", "), 2, width);
    }
    text
}

fn wrap(text: &mut String, paragraph: &str, indent: usize, width: usize) {
    let mut column = 0;
    for word in paragraph.split_whitespace() {
        let length = word.chars().count();
        if column > 0 && column + 1 + length > width {
            text.push('\n');
            column = 0;
        }
        if column == 0 {
            let _ = write!(text, "{:indent$}{word}", "");
            column = indent + length;
        } else {
            text.push(' ');
            text.push_str(word);
            column += 1 + length;
        }
    }
    text.push('\n');
}

fn unknown(name: &str, topics: &[Topic]) -> Failure {
    let mut near: Vec<(usize, &str)> = topics
        .iter()
        .flat_map(Topic::names)
        .map(|known| (strsim::damerau_levenshtein(known, name), known))
        .collect();
    near.sort_unstable();
    near.dedup();
    let near: Vec<String> = near
        .iter()
        .take(3)
        .map(|(_, name)| format!("`{name}`"))
        .collect();
    Failure::Usage(format!(
        "nothing is known of `{name}`; the nearest are {}. Expected a profile, a device, an invariant, a rule of profiles, \
         a coverage mark, an exit code or a term: `tornwrite explain` lists them",
        near.join(", ")
    ))
}
