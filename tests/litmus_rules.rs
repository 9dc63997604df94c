//! Every rule of every profile carries weight: some litmus script notices when it is flipped.
//!
//! Verified: for each profile, each rule, and each other value that the rule may have beside the others, at least one
//! script has other outcomes. The few flips that change no disk are listed with their reason.
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
#![allow(
    clippy::print_stdout,
    reason = "the number of flips is part of the result"
)]

mod scripts;

use std::collections::BTreeSet;

use scripts::{outcomes, scripts};
use tornwrite::{
    litmus::Script,
    profile::{PROFILES, Profile, Reach},
};

/// Why the whole rule means nothing for the outcomes of a profile.
fn is_silent(profile: &Profile, key: &str) -> bool {
    // What fails after a failed write of the log is no outcome of a crash: tests/fsyncgate.rs.
    key == "log_failure" || key.starts_with("tree_") && profile.reach.value != Reach::LogTree
}

/// Why no script notices this flip.
fn reason(profile: &Profile, key: &str, word: &str) -> Option<&'static str> {
    let is = |beside: (&str, &str)| {
        let mut rules = profile.rules().into_iter();
        rules.any(|rule| (rule.key, rule.choice.word) == beside)
    };
    let fits = |inert: &&Inert| inert.key == key && inert.word == word && is(inert.beside);
    INERT.iter().find(fits).map(|inert| inert.why)
}

/// A value of a rule that means nothing beside a value of another rule.
struct Inert {
    key: &'static str,
    word: &'static str,
    beside: (&'static str, &'static str),
    why: &'static str,
}

const INERT: &[Inert] = &[
    Inert {
        key: "fsync_failure",
        word: "clean-new-later",
        beside: ("fsync_failure", "clean-new"),
        why: "the disk is the same, and only who is told differs: tests/fsyncgate.rs",
    },
    Inert {
        key: "fsync_failure",
        word: "clean-new",
        beside: ("fsync_failure", "clean-new-later"),
        why: "the disk is the same, and only who is told differs: tests/fsyncgate.rs",
    },
    Inert {
        key: "fsync_failure",
        word: "any",
        beside: ("growth", "logged"),
        why: "what the others leave is among what clean pages leave, since the length is in the log",
    },
    Inert {
        key: "fsync_failure",
        word: "clean-old",
        beside: ("data", "journaled"),
        why: "bytes are in the log, so that write-back that fails takes nothing back",
    },
    Inert {
        key: "fill",
        word: "zero-or-stale",
        beside: ("data_first", "new-blocks"),
        why: "no length shows a new block without its bytes",
    },
    Inert {
        key: "fill",
        word: "any",
        beside: ("data_first", "new-blocks"),
        why: "no length shows a new block without its bytes",
    },
    Inert {
        key: "tail_growth",
        word: "logged",
        beside: ("data", "copy-on-write"),
        why: "the old last block is copied to a new one, so no growth stays within a block",
    },
];

/// Whether a script tells the two apart.
fn notices(script: &Script, profile: &Profile, flipped: &Profile) -> bool {
    let Some(listed) = script.allowed(profile.name) else {
        return false;
    };
    outcomes(script, flipped).is_some_and(|derived| {
        let derived: BTreeSet<&str> = derived.iter().map(String::as_str).collect();
        derived != listed
    })
}

#[test]
fn some_script_notices_every_flip_of_a_rule() {
    let scripts = scripts();
    let (mut noticed, mut explained) = (0, 0);
    let mut unnoticed = Vec::new();
    for profile in PROFILES {
        for rule in profile.rules() {
            if is_silent(profile, rule.key) {
                continue;
            }
            let switch = Profile::SWITCHES
                .iter()
                .find(|switch| switch.key == rule.key);
            for choice in switch.unwrap().values {
                let (key, word) = (rule.key, choice.word);
                if word == rule.choice.word {
                    continue;
                }
                let flipped = profile.with(key, word, "flipped by a test").unwrap();
                if flipped.check().is_err() {
                    continue;
                }
                if scripts
                    .iter()
                    .any(|(_, script)| notices(script, profile, &flipped))
                {
                    noticed += 1;
                } else if reason(profile, key, word).is_some() {
                    explained += 1;
                } else {
                    unnoticed.push(format!("{profile}: {key} = {} -> {word}", rule.choice.word));
                }
            }
        }
    }
    println!("{noticed} flips of a rule are noticed by a script, {explained} are explained");
    assert!(unnoticed.is_empty(), "{unnoticed:#?}");
}
