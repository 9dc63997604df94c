//! `docs/profiles.md` says what the profiles say. `TORNWRITE_BLESS=1` writes its generated part anew.
#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
#![expect(
    clippy::disallowed_methods,
    reason = "whoever runs the test says in the environment that the page is to be written"
)]

use std::{fmt::Write as _, fs, path::Path};

use tornwrite::profile::{PROFILES, Profile, Switch};

const MARKER: &str = "<!-- generated from src/profile by tests/profile_docs.rs -->\n";

fn value(profile: &Profile, key: &str) -> (&'static str, &'static str) {
    let mut rules = profile.rules().into_iter();
    let rule = rules.find(|rule| rule.key == key).unwrap();
    (rule.choice.word, rule.source)
}

fn table(text: &mut String) {
    let columns = PROFILES
        .iter()
        .map(|profile| format!(" `{}` |", profile.name));
    let _ = writeln!(text, "| rule |{}", columns.collect::<String>());
    let _ = writeln!(text, "|---|{}", "---|".repeat(PROFILES.len()));
    for switch in Profile::SWITCHES {
        let cells = PROFILES
            .iter()
            .map(|profile| format!(" {} |", value(profile, switch.key).0));
        let _ = writeln!(
            text,
            "| [`{0}`](#{0}) |{1}",
            switch.key,
            cells.collect::<String>()
        );
    }
}

/// Each value with what it means, and each source with the profiles that name it.
fn rule(text: &mut String, switch: &Switch) {
    let _ = writeln!(text, "\n### {}\n", switch.key);
    for choice in switch.values {
        let _ = writeln!(text, "- `{}`: {}", choice.word, choice.meaning);
        let mut sources: Vec<(&str, Vec<&str>)> = Vec::new();
        for profile in PROFILES {
            let (word, source) = value(profile, switch.key);
            if word != choice.word {
                continue;
            }
            match sources.iter_mut().find(|(known, _)| *known == source) {
                Some((_, profiles)) => profiles.push(profile.name),
                None => sources.push((source, vec![profile.name])),
            }
        }
        for (source, profiles) in sources {
            let _ = writeln!(text, "  - `{}`: {source}", profiles.join("`, `"));
        }
    }
}

fn generated() -> String {
    let mut text = "\n## What ships\n\n| profile | |\n|---|---|\n".to_owned();
    for profile in PROFILES {
        let _ = writeln!(text, "| `{}` | {} |", profile.name, profile.summary);
    }
    text += "\n## Every rule of every profile\n\n";
    table(&mut text);
    text += "\n## Rules, values and sources\n\n\
        Sources in brackets: BOB is table 1 of \"All File Systems Are Not Created Equal\" (OSDI 2014); Ferrite is \"Specifying\n\
        and Checking File System Crash-Consistency Models\" (ASPLOS 2016); CuttleFS is table 1 of \"Can Applications Recover\n\
        from fsync Failures?\" (ATC 2020); observed means seen on Linux 6.18, where every block write of the real filesystem\n\
        was recorded and cut. A source that says \"mechanism\" describes how the kernel goes about it, which nobody promises\n\
        to keep.\n";
    for switch in Profile::SWITCHES {
        rule(&mut text, switch);
    }
    text
}

#[test]
fn the_page_of_profiles_says_what_the_profiles_say() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/profiles.md");
    let page = fs::read_to_string(&path).unwrap();
    let (written, found) = page.split_once(MARKER).expect("the marker");
    let expected = generated();
    if std::env::var_os("TORNWRITE_BLESS").is_some() {
        fs::write(&path, format!("{written}{MARKER}{expected}")).unwrap();
        return;
    }
    assert!(
        found == expected,
        "docs/profiles.md is stale: run this test with TORNWRITE_BLESS=1"
    );
}
