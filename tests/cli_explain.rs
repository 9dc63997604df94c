//! Documentation in the terminal, and profiles that a scenario makes, as a user meets them.
#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod program;

use std::{fs, path::Path};

use tornwrite::{
    oracle::catalogue::INVARIANTS,
    profile::{DEVICES, PROFILES, Profile},
    run::CoverageMark,
};

use program::tornwrite;

/// The exit code, and what was said on standard output and error.
fn explain(arguments: &[&str]) -> (i32, String, String) {
    let output = tornwrite(Path::new("."), &[&["explain"], arguments].concat());
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (
        output.status.code().unwrap(),
        text(output.stdout),
        text(output.stderr),
    )
}

#[test]
fn everything_that_has_a_name_is_explained() {
    let (exit, listed, _) = explain(&[]);
    assert_eq!(exit, 0);
    let names = PROFILES.iter().map(|profile| profile.name);
    let names = names.chain(DEVICES.iter().map(|device| device.name));
    for name in names.chain(INVARIANTS.iter().map(|known| known.id)) {
        assert!(listed.contains(name), "{name} is not in\n{listed}");
    }
    let marks = CoverageMark::ALL.map(|mark| mark.to_string());
    let rules = Profile::SWITCHES.iter().map(|switch| switch.key.to_owned());
    for name in rules.chain(marks) {
        assert!(listed.contains(&name), "{name} is not in\n{listed}");
    }
    for name in [
        "xfs",
        "lying",
        "atomic-batch",
        "103",
        "130",
        "crash point",
        "torn",
        "rename_over",
        "torn-tail",
    ] {
        let (exit, text, _) = explain(&[name]);
        assert_eq!(exit, 0, "{name}");
        assert!(
            text.lines().all(|line| line.chars().count() <= 96),
            "{text}"
        );
    }
}

/// The text on one line, wherever it was wrapped.
fn unwrapped(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn a_profile_is_explained_rule_by_rule_and_with_its_sibling() {
    let (_, text, _) = explain(&["ext4-ordered"]);
    let text = unwrapped(&text);
    assert!(text.contains("rename_over = \"allocates-first\""), "{text}");
    assert!(text.contains("source: auto_da_alloc starts"), "{text}");
    assert!(
        text.contains("Tightened by ext4-ordered-observed in: "),
        "{text}"
    );
    let (_, text, _) = explain(&["ext4-ordered-observed"]);
    let text = unwrapped(&text);
    assert!(text.contains("Differs from ext4-ordered in: "), "{text}");
    let (_, json, _) = explain(&["ext4-ordered", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json[0]["kind"], "profile");
    assert_eq!(
        json[0]["rules"].as_array().unwrap().len(),
        Profile::SWITCHES.len()
    );
}

#[test]
fn a_rule_is_explained_with_the_profiles_that_have_each_of_its_values() {
    let (_, text, _) = explain(&["rename_over"]);
    let text = unwrapped(&text);
    assert!(
        text.starts_with("rename_over (rule) What a rename over an existing file"),
        "{text}"
    );
    for profile in PROFILES {
        assert!(text.contains(profile.name), "{profile}: {text}");
    }
    assert!(
        text.contains("rename_over = \"allocates-first\": "),
        "{text}"
    );
}

#[test]
fn exit_codes_and_coverage_marks_are_told() {
    for (code, word) in [("102", "nondeterminism"), ("130", "interrupted")] {
        let (exit, text, _) = explain(&[code]);
        let text = unwrapped(&text);
        assert_eq!(exit, 0);
        assert!(text.contains(word), "{text}");
    }
    let (_, text, _) = explain(&["torn-tail"]);
    assert!(
        text.contains("torn-tail (coverage mark)") && text.contains("some sectors survived"),
        "{text}"
    );
}

#[test]
fn an_unknown_name_is_answered_with_the_nearest() {
    let (exit, out, error) = explain(&["ext4-orderd"]);
    assert_eq!((exit, out.as_str()), (2, ""));
    assert!(error.contains("the nearest are `ext4-ordered`"), "{error}");
    assert!(
        error.contains("a profile, a device, an invariant"),
        "{error}"
    );
}

#[test]
fn a_violation_on_a_profile_that_a_scenario_made_comes_back_from_its_reproducer() {
    let directory = tempfile::tempdir().unwrap();
    let scenario = "version = 1\n[subject]\nstore = \"ndjson\"\n[workload]\nbatches = 6\n[crash]\nlives = 1\n\
        in_recovery = 0\nstates_per_run = 8\n\
        profile = { base = \"ext4-ordered\", name = \"mine\", fill = \"zero-or-stale\" }\n\
        [check]\ninvariants = [\"durable-ack\"]\nexpect = [\"durable-ack\"]\n[budget]\nruns = 10\n";
    fs::write(directory.path().join("s.toml"), scenario).unwrap();
    let output = tornwrite(directory.path(), &["run", "s.toml", "--out", "out"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let found = fs::read_dir(directory.path().join("out/violations")).unwrap();
    let found = found.map(|entry| entry.unwrap().path().join("reproducer.json"));
    let reproducer = found.last().unwrap();
    let text = fs::read_to_string(&reproducer).unwrap();
    assert!(
        text.contains("\"tail_growth\""),
        "all rules are written out: {text}"
    );
    fs::remove_file(directory.path().join("s.toml")).unwrap();
    let output = tornwrite(directory.path(), &["replay", reproducer.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(100), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains(" · mine"), "{text}");
}
