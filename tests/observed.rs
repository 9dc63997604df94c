//! What real filesystems were seen to leave behind, against the sets of the litmus scripts.
//!
//! Verified: every outcome in the two golden files is allowed by the profile of its filesystem in both
//! strengths. Printed: how much each profile allows that was never seen. That is no error: the programs last milliseconds
//! and were written back once, after their last step, while a profile must hold for write-back at any moment.
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
#![allow(clippy::print_stdout, reason = "the looseness is part of the result")]

mod scripts;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

use scripts::scripts;
use tornwrite::{
    litmus::{Script, Who},
    profile::{FillSet, Profile},
};

/// Seen without journal, and allowed by no profile: the inode table, which says that blocks hold data, was not written by
/// the barrier, so data that had been durable read as zeros. A barrier that does not keep its word is the device
/// `lying`; a profile must not say so.
const BROKEN_BARRIERS: [(&str, &str); 2] = [
    ("append_nosync", "f=0*6000"),
    ("append_syncfs", "f=A*5000+B*3192+0*1808"),
];

/// The first measurement, from which the rules were made, and the newest one of the calibration tool.
const GOLDEN: [&str; 2] = ["observed-linux-6.18.txt", "calibrated-linux-6.18.44.txt"];

/// One observation: an outcome of a script on some filesystems.
struct Observed {
    script: String,
    outcome: String,
    filesystems: BTreeSet<String>,
}

fn golden() -> Vec<Observed> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden");
    let read = |name: &&str| fs::read_to_string(format!("{folder}/{name}")).unwrap();
    let text: String = GOLDEN.iter().map(read).collect();
    let mut script = String::new();
    let mut all = Vec::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let Some(entry) = line.strip_prefix("  ") else {
            line.clone_into(&mut script);
            continue;
        };
        let (outcome, filesystems) = entry.rsplit_once(": ").unwrap();
        all.push(Observed {
            script: script.clone(),
            outcome: outcome.to_owned(),
            filesystems: Who::parse(filesystems).unwrap().names().clone(),
        });
    }
    all
}

/// The profiles that stand for a filesystem, in both strengths.
fn profiles(filesystem: &str) -> Vec<&'static Profile> {
    if filesystem == "ext4-nojournal" {
        return ["ext2", "posix-minimum"]
            .map(|name| Profile::find(name).unwrap())
            .to_vec();
    }
    let documented = Profile::find(filesystem).unwrap();
    std::iter::once(documented)
        .chain(documented.sibling())
        .collect()
}

/// The outcome as a script lists it: bytes of a deleted file may show where zeros may, if the profile says so.
fn without_stale(outcome: &str, script: &Script, profile: &Profile) -> String {
    // A script with fills lists such bytes itself.
    if script.fills || profile.fill.value == FillSet::Zero {
        return outcome.to_owned();
    }
    // Runs of zeros beside each other would be one.
    assert!(
        !outcome.contains("0*") || !outcome.contains("S*"),
        "{outcome}"
    );
    outcome.replace("S*", "0*")
}

#[test]
fn every_outcome_that_was_seen_is_allowed_in_both_strengths() {
    let scripts: BTreeMap<String, Script> = scripts()
        .into_iter()
        .map(|(_, script)| (script.name.clone(), script))
        .collect();
    let mut wrong = Vec::new();
    let mut checked = 0;
    // Of each profile: what was seen of what is listed for the same scripts.
    let mut seen: BTreeMap<(&str, &str), BTreeSet<String>> = BTreeMap::new();
    for observed in golden() {
        let script = &scripts[&observed.script];
        for profile in observed.filesystems.iter().flat_map(|name| profiles(name)) {
            let outcome = without_stale(&observed.outcome, script, profile);
            if BROKEN_BARRIERS.contains(&(&script.name, &outcome)) {
                continue;
            }
            let Some(allowed) = script.allowed(profile.name) else {
                continue;
            };
            checked += 1;
            let is_allowed = allowed.contains(outcome.as_str());
            if !is_allowed {
                wrong.push(format!("{} {profile}: {outcome}", script.name));
            }
            let key = (profile.name, script.name.as_str());
            seen.entry(key).or_default().insert(outcome);
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    let mut looseness: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for ((profile, script), outcomes) in &seen {
        let sums = looseness.entry(profile).or_default();
        sums.0 += outcomes.len();
        sums.1 += scripts[*script].allowed(profile).unwrap().len();
    }
    for (profile, (seen, allowed)) in looseness {
        println!(
            "{profile}: {allowed} allowed, {seen} of them seen, {} never",
            allowed - seen
        );
    }
    println!("{checked} outcomes x profiles, none forbidden");
}

#[test]
fn what_a_broken_barrier_left_is_allowed_nowhere() {
    for (name, outcome) in BROKEN_BARRIERS {
        let script = scripts::script(name);
        assert!(
            golden()
                .iter()
                .any(|seen| seen.script == name && seen.outcome == outcome)
        );
        let allowed = script.allowed("posix-minimum").unwrap();
        assert!(!allowed.contains(outcome), "{name}: {outcome}");
    }
}
