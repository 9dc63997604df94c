//! Every litmus script against the crash model.
//!
//! Verified: for each script and each profile, the crash model derives exactly the outcomes that the script lists. With
//! `TORNWRITE_BLESS=1` in the environment the lists are written anew instead: read the difference before you keep it.
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
#![allow(
    clippy::print_stdout,
    reason = "the number of sets is part of the result"
)]

mod scripts;

use std::{collections::BTreeSet, env, fmt::Write as _, fs};

use scripts::{all_outcomes, scripts};
use tornwrite::{
    litmus::{Outcomes, STEP_WORDS, Script, Who},
    profile::{PROFILES, Profile},
};

fn difference(script: &Script, profile: &str, derived: &BTreeSet<String>) -> String {
    let mut text = String::new();
    let Some(listed) = script.allowed(profile) else {
        return format!("{} {profile}: no set is listed\n", script.name);
    };
    for outcome in derived
        .iter()
        .filter(|outcome| !listed.contains(outcome.as_str()))
    {
        writeln!(text, "{} {profile}: {outcome} is not listed", script.name).unwrap();
    }
    for outcome in listed.iter().filter(|outcome| !derived.contains(**outcome)) {
        writeln!(text, "{} {profile}: {outcome} is not possible", script.name).unwrap();
    }
    text
}

#[test]
fn every_script_lists_exactly_the_outcomes_of_every_profile() {
    #[expect(clippy::disallowed_methods, reason = "a test may be told to write")]
    let bless = env::var_os("TORNWRITE_BLESS").is_some();
    let mut wrong = String::new();
    let mut stated = 0;
    let scripts = scripts();
    for (path, script) in &scripts {
        let (sets, unlisted) = all_outcomes(script);
        stated += sets.len();
        if bless {
            let text = fs::read_to_string(path).unwrap();
            let outcomes = Outcomes::of(&sets, unlisted);
            fs::write(path, Script::with_outcomes(&text, &outcomes)).unwrap();
            continue;
        }
        for (profile, derived) in &sets {
            wrong.push_str(&difference(script, profile, derived));
        }
        if script.outcomes.unlisted != unlisted {
            let listed = &script.outcomes.unlisted;
            writeln!(
                wrong,
                "{}: unlisted are {unlisted:?}, not {listed:?}",
                script.name
            )
            .unwrap();
        }
    }
    println!(
        "{} scripts, {} profiles: {stated} scripts x profiles with an outcome set",
        scripts.len(),
        PROFILES.len()
    );
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn scripts_name_profiles_that_there_are() {
    for (path, script) in scripts() {
        let outcomes = &script.outcomes;
        let named = outcomes.allowed.values().flat_map(Who::names);
        for name in named.chain(&outcomes.unlisted) {
            assert!(Profile::find(name).is_some(), "{}: {name}", path.display());
        }
    }
}

#[test]
fn the_documentation_names_every_step() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/litmus.md");
    let text = fs::read_to_string(path).unwrap();
    for step in STEP_WORDS {
        let line = format!(
            "| `{}` | {} | {} |\n",
            step.word, step.arguments, step.meaning
        );
        assert!(text.contains(&line), "{line}");
    }
}
