//! What is to be seen again: a reproducer, or the first violation of a scenario by a seed.

use std::path::Path;

use serde::Deserialize;

use super::{exit::Failure, files, select, terminal, workers};
use crate::{
    base::{Digest, SEED_VERSION, Seed},
    campaign::{
        Death, Entry, REPRODUCER_VERSION, Reproducer, Sentences,
        token::{self, TOKEN_CHARACTERS_MAX, TokenError},
    },
    oracle::catalogue,
    run::{EventStoreJob, ListedWorkload, OPERATIONS_SUCCEED, Schedule, run},
    scenario::{InputError, Problem, Scenario},
    workload::{ListedOperations, Operation},
};

/// A reproducer file is at most this large.
const REPRODUCER_BYTES_MAX: u64 = 64 << 20;

/// What all versions of the format have.
#[derive(Deserialize)]
struct Head {
    version: u32,
    seed_version: u32,
}

/// What is to be seen again.
pub(super) struct Target {
    pub(super) scenario: Scenario,
    pub(super) seed: Seed,
    pub(super) invariant: String,
    pub(super) schedule: Schedule,
    /// What is asked in each life, where that is not what the seed draws.
    pub(super) operations: Option<Vec<Vec<Operation>>>,
    found: Found,
    /// What `tornwrite replay` takes to see it again.
    named: String,
}

/// What was found at the time: it takes none of that to see it again.
struct Found {
    tornwrite: String,
    id: String,
    witness: Sentences,
    signature: String,
    image: Digest,
    died: Option<Death>,
}

impl Target {
    fn new(reproducer: Reproducer<Scenario>, named: String) -> Target {
        Target {
            scenario: reproducer.scenario,
            seed: reproducer.seed,
            invariant: reproducer.invariant,
            schedule: reproducer.schedule,
            operations: reproducer.operations.map(|listed| listed.0),
            found: Found {
                tornwrite: reproducer.tornwrite,
                id: reproducer.id,
                witness: reproducer.witness,
                signature: reproducer.signature,
                image: reproducer.image,
                died: reproducer.died,
            },
            named,
        }
    }

    /// All that a file of it holds.
    pub(super) fn reproducer(&self) -> Reproducer<Scenario> {
        let found = &self.found;
        Reproducer {
            version: REPRODUCER_VERSION,
            seed_version: SEED_VERSION,
            tornwrite: found.tornwrite.clone(),
            id: found.id.clone(),
            scenario: self.scenario.clone(),
            seed: self.seed,
            invariant: self.invariant.clone(),
            witness: found.witness.clone(),
            signature: found.signature.clone(),
            schedule: self.schedule.clone(),
            image: found.image,
            died: found.died.clone(),
            operations: self.operations.clone().map(ListedOperations),
        }
    }

    /// The subject, what it is asked to do, and how it is judged.
    pub(super) fn job(&self) -> Result<EventStoreJob, Problem> {
        let mut job = self.scenario.job()?;
        if let Some(operations) = self.operations.clone() {
            job.workload = Box::new(ListedWorkload::new(operations, job.workload));
        }
        Ok(job)
    }

    /// What ended the process that executed its run, if that is what is to be seen.
    pub(super) fn death(&self) -> Option<&Death> {
        self.found.died.as_ref()
    }

    /// Refuses to do with a run that ended its process what takes more than its end.
    pub(super) fn refuse_death(&self, what: &str) -> Result<(), Failure> {
        self.death().map_or(Ok(()), |death| {
            Err(Failure::Usage(format!(
                "{what}: the process that executed the run ended ({death}), and nothing is left to look at; `tornwrite replay {}` \
                 executes it again",
                self.again()
            )))
        })
    }

    /// The finding that it belongs to.
    pub(super) fn id(&self) -> &str {
        &self.found.id
    }

    /// What a command takes to see it again: the token where it is short, or how it was named.
    pub(super) fn again(&self) -> String {
        let token = token::encode(&self.reproducer()).ok();
        let token = token.filter(|token| token.len() <= TOKEN_CHARACTERS_MAX);
        token.unwrap_or_else(|| self.named.clone())
    }
}

/// What the command line names: a reproducer, or a scenario and a seed; nothing if that seed violates nothing.
pub(super) fn named(
    named: (Option<&Path>, Option<&Path>, Option<Seed>),
) -> Result<Option<Target>, Failure> {
    match named {
        (Some(path), ..) => load(path).map(Some),
        (None, Some(path), Some(seed)) => find(path, seed),
        _ => Err(Failure::Usage(
            "expected a file, or a scenario and a seed".to_owned(),
        )),
    }
}

/// Reads a reproducer: a file, or a token in place of one.
pub(super) fn load(path: &Path) -> Result<Target, Failure> {
    let label = path.display().to_string();
    if token::looks_like_one(&label) && !path.exists() {
        return from_token(&label);
    }
    let bytes = files::read(path, REPRODUCER_BYTES_MAX)?;
    let text = String::from_utf8(bytes);
    let text = text.map_err(|_| InputError::whole(&label, "not UTF-8: expected a text file"))?;
    let reproducer = parse(&label, &text)?;
    Ok(Target::new(reproducer, terminal::quoted(&label)))
}

fn from_token(token: &str) -> Result<Target, Failure> {
    let start: String = token.chars().take(16).collect();
    let wrong = |error: TokenError| {
        Failure::Usage(format!("the token {}…: {error}", start.escape_default()))
    };
    let text = token::text(token).map_err(wrong)?;
    let reproducer = parse(&format!("{start}…"), &text)?;
    Ok(Target::new(reproducer, token.to_owned()))
}

/// Reads the text of a reproducer, which may begin with lines of comment.
fn parse(label: &str, text: &str) -> Result<Reproducer<Scenario>, InputError> {
    let json = without_header(text);
    let misread = |error: serde_json::Error| {
        let message = error.to_string();
        let message = message
            .rsplit_once(" at line ")
            .map_or(&*message, |(message, _)| message);
        InputError::at_line(label, text, error.line(), error.column(), message)
    };
    let place = |key: &str| {
        let at = json.find(key).unwrap_or(0);
        at..at + key.len()
    };
    let head: Head = serde_json::from_str(&json).map_err(misread)?;
    for (what, found, expected) in [
        ("version", head.version, REPRODUCER_VERSION),
        ("seed_version", head.seed_version, SEED_VERSION),
    ] {
        if found != expected {
            let span = place(&format!("\"{what}\""));
            let message = format!("{what} {found} is not supported: expected {expected}");
            return Err(InputError::at(label, text, span, &message));
        }
    }
    let mut reproducer: Reproducer<Scenario> = serde_json::from_str(&json).map_err(misread)?;
    let known = reproducer.invariant == OPERATIONS_SUCCEED;
    if let (false, Err(error)) = (known, catalogue::find(&reproducer.invariant)) {
        let span = place("\"invariant\"");
        return Err(InputError::at(label, text, span, &error.to_string()));
    }
    let misplaced = |problem: Problem| {
        let key = problem
            .key
            .last()
            .map_or_else(String::new, |key| format!("\"{key}\""));
        InputError::at(label, text, place(&key), &problem.message)
    };
    reproducer.scenario.check().map_err(misplaced)?;
    reproducer.scenario.resolve().map_err(misplaced)?;
    Ok(reproducer)
}

/// The text with blanks in place of the lines of comment that it begins with, so that every other byte stays where it is.
fn without_header(text: &str) -> String {
    let lines = text.split_inclusive('\n');
    let header = lines.take_while(|line| {
        let line = line.trim_start();
        line.is_empty() || line.starts_with("//")
    });
    let end = header.map(str::len).sum();
    let blank = |byte| if byte == b'\n' { '\n' } else { ' ' };
    let mut json: String = text[..end].bytes().map(blank).collect();
    json.push_str(&text[end..]);
    json
}

/// The first violation of a scenario by a seed, on the first profile that shows one.
fn find(path: &Path, seed: Seed) -> Result<Option<Target>, Failure> {
    let refused = |problem: Problem| Failure::Usage(problem.to_string());
    for scenario in select::load(path)?.by_profile() {
        let label = terminal::quoted(&path.display().to_string());
        let named = format!("--scenario {label} --seed {seed}");
        // What would end this process ends another first.
        let first = workers::alone(&scenario, seed)?;
        if let Some(death) = first.and_then(|run| run.died) {
            let entry = select::entry(&scenario, 0..0)?;
            let reproducer = entry.reproducer_of_death(scenario, seed, &death);
            return Ok(Some(Target::new(reproducer, named)));
        }
        let job = scenario.job().map_err(refused)?;
        let config = scenario.run_config().map_err(refused)?;
        let found = run(&job, &config, seed).violations.into_iter().next();
        if let Some(found) = found {
            let subject = scenario.subject.store.name();
            let entry = Entry::new(&scenario.name, subject, job, config);
            let id = entry.finding(seed, &found);
            let reproducer = entry.reproducer(&id, scenario, seed, &found);
            return Ok(Some(Target::new(reproducer, named)));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_leaves_every_other_byte_where_it_is() {
        let text =
            "// a story of 3 \u{e9}\u{2702}\n\n  // told\n{ \"a\": \"// b\" }\n// no header\n";
        let json = without_header(text);
        assert_eq!(json.len(), text.len());
        assert_eq!(json.lines().count(), text.lines().count());
        assert_eq!(json.trim_start(), "{ \"a\": \"// b\" }\n// no header\n");
        assert_eq!(json.find('{'), text.find('{'));
    }

    #[test]
    fn what_is_wrong_behind_a_header_is_told_with_its_line() {
        let error = parse("r.json", "// one\n// two\n{\n  nothing\n}").unwrap_err();
        assert_eq!((error.line, error.column), (4, 3), "{error}");
        let error = parse("r.json", "// nothing but a header\n").unwrap_err();
        assert!(error.to_string().contains("EOF"), "{error}");
    }
}
