//! `tornwrite explain`: documentation of one name, from where it is written down.
//!
//! Nothing is said twice: rules and devices come from their tables, an invariant from the head of its file, exit codes and
//! words from the documents that list them.

use std::fmt::Write as _;

use serde::Serialize;

use super::{
    args::{ExplainArguments, Format},
    exit::{Exit, Failure},
    terminal,
};
use crate::{
    oracle::catalogue::INVARIANTS,
    profile::{DEVICES, PROFILES, Profile, RuleText, Strength},
};

const EXIT_CODES: &str = include_str!("../../docs/exit-codes.md");
const ARCHITECTURE: &str = include_str!("../../ARCHITECTURE.md");

/// How wide a line may be.
const WIDTH: usize = 100;

/// How many of the nearest names are told to somebody who asked for one that is not there.
const NEAREST: usize = 3;

/// One name that can be explained.
#[derive(Clone, Debug, Serialize)]
struct Topic {
    name: String,
    kind: &'static str,
    /// Paragraphs; one that begins with two spaces is indented throughout.
    text: Vec<String>,
}

pub(super) fn explain(args: &ExplainArguments) -> Result<Exit, Failure> {
    let topics = topics();
    let Some(name) = &args.name else {
        terminal::print(&overview(&topics))?;
        return Ok(Exit::Met);
    };
    let found: Vec<&Topic> = topics.iter().filter(|topic| topic.name == *name).collect();
    if found.is_empty() {
        return Err(Failure::Usage(unknown(name, &topics)));
    }
    let text = match args.format {
        Format::Human => found
            .iter()
            .map(|topic| page(topic))
            .collect::<Vec<_>>()
            .join("\n"),
        Format::Json => serde_json::to_string_pretty(&found)
            .map(|json| json + "\n")
            .map_err(|error| Failure::Results(format!("failed to write JSON: {error}")))?,
    };
    terminal::print(&text)?;
    Ok(Exit::Met)
}

fn topics() -> Vec<Topic> {
    let profiles = PROFILES.iter().map(profile);
    let rules = Profile::SWITCHES.iter().map(|switch| Topic {
        name: switch.key.to_owned(),
        kind: "rule",
        text: switch
            .values
            .iter()
            .map(|choice| format!("  {}: {}", choice.word, choice.meaning))
            .chain([rule_users(switch.key)])
            .collect(),
    });
    let devices = DEVICES.iter().map(|device| Topic {
        name: device.name.to_owned(),
        kind: "device",
        text: vec![
            device.summary.to_owned(),
            format!("Source: {}", device.source),
        ],
    });
    let invariants = INVARIANTS.iter().map(|known| Topic {
        name: known.id.to_owned(),
        kind: "invariant",
        text: paragraphs(&known.documentation()),
    });
    let driver = Topic {
        name: crate::run::OPERATIONS_SUCCEED.to_owned(),
        kind: "invariant",
        text: vec![
            "The subject does not fail where nothing was made to fail and nothing had crashed since it was opened. \
             Every run checks it."
                .to_owned(),
        ],
    };
    let codes = rows(EXIT_CODES, "code").map(|(name, text)| Topic {
        name,
        kind: "exit code",
        text: vec![text],
    });
    let words = rows(ARCHITECTURE, "word").flat_map(|(names, text)| {
        let names: Vec<String> = names.split(", ").map(str::to_owned).collect();
        names.into_iter().map(move |name| Topic {
            name,
            kind: "word",
            text: vec![text.clone()],
        })
    });
    profiles
        .chain(devices)
        .chain(rules)
        .chain(invariants)
        .chain([driver])
        .chain(codes)
        .chain(words)
        .collect()
}

fn profile(profile: &Profile) -> Topic {
    let mut text = vec![format!("{}.", profile.summary)];
    text.extend(profile.rules().iter().map(|rule| {
        format!(
            "  {} = {}: {}. Source: {}",
            rule.key, rule.choice.word, rule.choice.meaning, rule.source
        )
    }));
    if let Some(sibling) = profile.sibling() {
        let differs = |(one, two): &(RuleText, RuleText)| one.choice != two.choice;
        let pairs = profile.rules().into_iter().zip(sibling.rules());
        let rules: Vec<&str> = pairs.filter(differs).map(|(one, _)| one.key).collect();
        let rules = rules.join(", ");
        text.push(match profile.strength {
            Strength::Documented => {
                format!(
                    "`{sibling}` is tighter, by mechanisms that nobody promises to keep: {rules}."
                )
            }
            Strength::Observed => {
                format!("It differs from what is documented, `{sibling}`, in: {rules}.")
            }
        });
    }
    Topic {
        name: profile.name.to_owned(),
        kind: "profile",
        text,
    }
}

/// Which profiles have which value of a rule.
fn rule_users(key: &str) -> String {
    let mut users: Vec<(&str, Vec<&str>)> = Vec::new();
    for profile in PROFILES {
        let rules = profile.rules();
        let rule = rules.iter().find(|rule| rule.key == key);
        let word = rule.map_or("", |rule| rule.choice.word);
        match users.iter_mut().find(|(known, _)| *known == word) {
            Some((_, names)) => names.push(profile.name),
            None => users.push((word, vec![profile.name])),
        }
    }
    let users = users
        .iter()
        .map(|(word, names)| format!("{word}: {}", names.join(", ")));
    format!("Profiles with {}.", users.collect::<Vec<_>>().join("; "))
}

/// The rows of the table in a document whose first column has this title.
fn rows<'d>(document: &'d str, title: &str) -> impl Iterator<Item = (String, String)> + use<'d> {
    let head = format!("| {title} |");
    let table = document
        .lines()
        .skip_while(move |line| !line.starts_with(&head));
    let rows = table.skip(2).take_while(|line| line.starts_with('|'));
    rows.filter_map(|line| {
        let mut cells = line.trim_matches('|').split('|').map(str::trim);
        Some((cells.next()?.to_owned(), cells.next()?.to_owned()))
    })
}

/// Paragraphs of a text in which an empty line parts them.
fn paragraphs(text: &str) -> Vec<String> {
    let joined = text
        .split("\n\n")
        .map(|part| part.split_whitespace().collect::<Vec<_>>());
    joined
        .filter(|words| !words.is_empty())
        .map(|words| words.join(" "))
        .collect()
}

fn page(topic: &Topic) -> String {
    let mut page = format!("{} ({})\n", topic.name, topic.kind);
    for paragraph in &topic.text {
        let indent = if paragraph.starts_with("  ") { 4 } else { 0 };
        page.push('\n');
        page.push_str(&wrap(paragraph.trim_start(), indent));
    }
    page
}

/// Breaks a text between words; the first line of an indented one stands out by two columns.
fn wrap(text: &str, indent: usize) -> String {
    let mut lines = String::new();
    let mut line = " ".repeat(indent.saturating_sub(2));
    let mut is_empty = true;
    for word in text.split_whitespace() {
        if !is_empty && line.chars().count() + 1 + word.chars().count() > WIDTH {
            lines.push_str(&line);
            lines.push('\n');
            line = " ".repeat(indent);
            is_empty = true;
        }
        if !is_empty {
            line.push(' ');
        }
        line.push_str(word);
        is_empty = false;
    }
    lines + &line + "\n"
}

fn overview(topics: &[Topic]) -> String {
    let mut text = String::from("What can be explained:\n");
    let mut kinds: Vec<&str> = topics.iter().map(|topic| topic.kind).collect();
    kinds.dedup();
    for kind in kinds {
        let of_kind = topics.iter().filter(|topic| topic.kind == kind);
        let names: Vec<&str> = of_kind.map(|topic| topic.name.as_str()).collect();
        // Writing to a string cannot fail.
        let _ = write!(text, "\n{kind}:\n{}", wrap(&names.join(", "), 4));
    }
    text
}

fn unknown(name: &str, topics: &[Topic]) -> String {
    let mut near: Vec<&Topic> = topics.iter().collect();
    near.sort_by_key(|topic| strsim::damerau_levenshtein(&topic.name, name));
    let near: Vec<String> = near
        .iter()
        .take(NEAREST)
        .map(|topic| format!("`{}` ({})", topic.name, topic.kind))
        .collect();
    format!(
        "there is nothing called `{name}` to explain; the nearest are {}; `tornwrite explain` lists all",
        near.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_topic_says_something_and_has_a_name_of_its_own_within_its_kind() {
        let topics = topics();
        for (index, topic) in topics.iter().enumerate() {
            assert!(
                topic.text.iter().all(|text| text.trim().len() > 5),
                "{topic:?}"
            );
            let same = |other: &&Topic| other.name == topic.name && other.kind == topic.kind;
            assert!(
                !topics[..index].iter().any(|other| same(&other)),
                "{topic:?}"
            );
        }
        for kind in [
            "profile",
            "device",
            "rule",
            "invariant",
            "exit code",
            "word",
        ] {
            assert!(
                topics.iter().filter(|topic| topic.kind == kind).count() > 4,
                "{kind}"
            );
        }
    }

    #[test]
    fn an_invariant_says_what_it_leaves_out() {
        for topic in topics().iter().filter(|topic| topic.kind == "invariant") {
            let text = topic.text.join(" ");
            assert!(
                topic.name == crate::run::OPERATIONS_SUCCEED || text.contains("Deliberately"),
                "{text}"
            );
        }
    }

    #[test]
    fn lines_are_not_too_long() {
        for topic in topics() {
            let page = page(&topic);
            assert!(
                page.lines().all(|line| line.chars().count() <= WIDTH),
                "{page}"
            );
        }
    }

    #[test]
    fn every_exit_code_of_the_process_is_documented() {
        for exit in [
            Exit::Met,
            Exit::Harness,
            Exit::Input,
            Exit::Unexercised,
            Exit::Violation,
            Exit::Stale,
            Exit::Inconclusive,
        ] {
            let code = (exit as u8).to_string();
            assert!(
                rows(EXIT_CODES, "code").any(|(name, _)| name == code),
                "{code}"
            );
        }
    }
}
