//! What is wrong with a scenario is told with its place and what was probably meant.

use super::{SCENARIO_BYTES_MAX, Scenario};
use crate::{
    profile::Profile,
    run::{Expectation, FaultKind},
    store::OptionValue,
};

const LEAST: &str = "version = 1\n[subject]\nstore = \"wal\"\n";

fn parse(text: &str) -> Result<Scenario, String> {
    Scenario::parse("s.toml", "s", text.as_bytes()).map_err(|error| error.to_string())
}

/// The first line of the error, with `tail` behind the shortest good scenario.
fn error(tail: &str) -> String {
    let text = format!("{LEAST}{tail}");
    let error = parse(&text).expect_err(tail);
    error.lines().next().unwrap_or_default().to_owned()
}

#[test]
fn what_is_left_out_has_its_default_and_is_written_out() {
    let scenario = parse(LEAST).unwrap();
    assert_eq!(scenario.name, "s");
    assert_eq!(scenario.check.expect, Expectation::Clean);
    assert_eq!(
        scenario.subject.options["sync"],
        OptionValue::from("always")
    );
    assert_eq!(scenario.crash.profiles[0].name, "ext4-ordered");
    let ids: Vec<_> = scenario
        .check
        .invariants
        .iter()
        .map(|known| known.id)
        .collect();
    assert!(
        !ids.contains(&"legal-history") && ids.contains(&"durable-ack"),
        "{ids:?}"
    );
}

#[test]
fn the_resolved_form_reads_back_as_the_same_scenario() {
    let tail = "[crash]\nprofile = [\"sequential\", \"posix-minimum\"]\n[workload]\nread = \"1/8\"\n\
        payload_bytes = 7\n[check]\nexpect = [\"durable-ack\"]\nrequire = { torn-tail = 1 }\n";
    let scenario = parse(&format!("{LEAST}{tail}")).unwrap();
    let json = serde_json::to_string(&scenario).unwrap();
    assert_eq!(
        serde_json::from_str::<Scenario>(&json).unwrap(),
        scenario,
        "{json}"
    );
    assert_eq!(scenario.by_profile().count(), 2);
}

#[test]
fn an_unknown_key_is_shown_with_the_nearest_one() {
    let text = format!("{LEAST}[workload]\nbatchez = 3\n");
    let error = parse(&text).unwrap_err();
    let mut lines = error.lines();
    let first = "s.toml:5:1: unknown key `batchez`; the nearest is `batches`";
    assert_eq!(lines.next(), Some(first));
    assert_eq!(lines.next(), Some("  |"));
    assert_eq!(lines.next(), Some("5 | batchez = 3"));
    let marked = lines.next().unwrap();
    assert!(
        marked.starts_with("  | ^^^^^^^ expected kind, accounts, "),
        "{marked}"
    );
}

/// What is added to the shortest good scenario, and how the error begins.
const MISTAKES: &[(&str, &str)] = &[
    (
        "[workload]\naccounts = \"x\"\n",
        "5:12: invalid type: string \"x\", expected u32",
    ),
    (
        "[workload]\naccounts = 0\n",
        "5:12: accounts = 0 is out of range: expected 2 to",
    ),
    (
        "[workload]\ntransfers_per_batch = \"4..=1\"\n",
        "5:23: `4..=1` is no range: expected",
    ),
    (
        "[workload]\nread = \"0.5\"\n",
        "5:8: `0.5` is no ratio: expected",
    ),
    (
        "[workload]\nkind = \"bnk\"\n",
        "5:8: unknown value `bnk`; the nearest is `bank-tr",
    ),
    (
        "[crash]\nkind = \"powr-loss\"\n",
        "5:8: unknown value `powr-loss`; the nearest is `power",
    ),
    (
        "[crash]\nprofile = \"ext5\"\n",
        "5:11: unknown profile `ext5`; the nearest is `ext2",
    ),
    (
        "[crash]\ndevice = \"bit-rod\"\n",
        "5:10: unknown device `bit-rod`; the nearest is `bit-rot",
    ),
    (
        "[crash]\ndevice = [\"honest\", \"honest\"]\n",
        "5:10: `honest` is there twice",
    ),
    (
        "[crash]\nkind = \"process-crash\"\ndevice = \"lying\"\n",
        "6:10: the device `lying` shows after a power loss only",
    ),
    (
        "[crash]\nlives = 0\n",
        "5:9: lives = 0 is out of range: expected 1 to 1000",
    ),
    (
        "[crash]\nkind = \"process-then-power\"\nlives = 3\n",
        "6:9: lives = 3 does not fit",
    ),
    (
        "[crash]\nprofile = []\n",
        "5:11: an empty list: expected at least one name",
    ),
    (
        "[check]\ninvariants = [\"atomic-btach\"]\n",
        "5:15: unknown invariant `atomic-btach`; the",
    ),
    (
        "[check]\nexpect = \"cleen\"\n",
        "5:10: unknown value `cleen`; the nearest is `clean`",
    ),
    (
        "[check]\nexpect = [\"durable-akc\"]\n",
        "5:10: unknown invariant `durable-akc`; the nea",
    ),
    (
        "[check]\nrequire = { torntail = 1 }\n",
        "5:13: unknown value `torntail`; the nearest is",
    ),
    (
        "[budget]\nruns = 10\nruns_min = 20\n",
        "6:12: runs_min = 20 is out of range: expected",
    ),
    (
        "[subjekt]\n",
        "4:2: unknown key `subjekt`; the nearest is `subject`",
    ),
    (
        "options = { sync = \"never\" }\n",
        "4:20: wal takes no sync = \"never\": expected",
    ),
    (
        "options = { sink = \"none\" }\n",
        "4:20: wal has no option `sink`; it has sync",
    ),
    (
        "[faults]\nfsync_failure = \"clean-mew\"\n",
        "5:17: unknown behaviour `clean-mew`; the nearest is `clean-new`",
    ),
    (
        "[faults]\nfsync_failure = \"clean-new\"\n",
        "5:17: no barrier is made to fail: expected fsync",
    ),
    (
        "[faults]\nfsync = \"3/2\"\n",
        "5:9: `3/2` is no ratio: expected two whole",
    ),
    (
        "[faults]\nat = 3\n",
        "5:6: at without error: expected the error",
    ),
    (
        "[faults]\nerror = \"eio\"\n",
        "5:9: error without at: expected the number",
    ),
    (
        "[faults]\nat = 0\nerror = \"eio\"\n",
        "5:6: at = 0 is no operation: they count from 1",
    ),
    (
        "[faults]\nat = 1\nerror = \"enosp\"\n",
        "6:9: unknown value `enosp`; the nearest is `enospc`",
    ),
    (
        "[faults]\neintr = 1\n",
        "5:9: what is always interrupted never ends",
    ),
    (
        "[faults]\nlog_failure = \"1/9\"\n[crash]\nprofile = [\"xfs\", \"ext2\"]\n",
        "5:15: `ext2` has no log that could fail",
    ),
    (
        "[crash]\nprofile = { base = \"ext5\" }\n",
        "5:20: unknown profile `ext5`; the nearest is `ext2`",
    ),
    (
        "[crash]\nprofile = { base = \"xfs\", grwth = \"late\" }\n",
        "5:27: unknown rule `grwth`; the nearest is `growth`",
    ),
    (
        "[crash]\nprofile = [\"xfs\", { base = \"xfs\", growth = \"lat\" }]\n",
        "5:44: unknown value `lat`; the nearest is `late`",
    ),
    (
        "[crash]\nprofile = { growth = \"late\" }\n",
        "5:11: missing key `base`",
    ),
    (
        "[crash]\nprofile = { base = \"xfs\", data = \"journaled\" }\n",
        "5:11: cut_tail other than \"together\" needs data",
    ),
    (
        "[crash]\nprofile = { base = \"xfs\", name = \"ext2\" }\n",
        "5:34: `ext2` is a shipped profile",
    ),
    ("x = = 1\n", "4:5: "),
];

#[test]
fn a_profile_may_be_made_from_another_and_is_written_out_with_all_its_rules() {
    let tail = "[crash]\nprofile = [\"xfs\", { base = \"ext4-ordered\", rename_over = \"nothing\", fill = \"zero\" }]\n";
    let scenario = parse(&format!("{LEAST}{tail}")).unwrap();
    let made = scenario.crash.profiles[1];
    assert_eq!(made.name, "ext4-ordered+rename_over=nothing");
    assert_eq!(made.rename_over.source, "set by the scenario");
    let base = Profile::find("ext4-ordered").unwrap();
    assert_eq!(
        made.fill, base.fill,
        "what is as in the base keeps its source"
    );
    assert!(scenario.by_profile().all(|one| one.run_config().is_ok()));
    let json = serde_json::to_value(&scenario).unwrap();
    let written = &json["crash"]["profile"][1];
    for rule in made.rules() {
        assert_eq!(written[rule.key], rule.choice.word, "{written}");
    }
    assert_eq!(serde_json::from_value::<Scenario>(json).unwrap(), scenario);
}

#[test]
fn a_written_profile_does_not_follow_its_base() {
    let tail = "[crash]\nprofile = { base = \"ext4-ordered\", name = \"mine\", fill = \"zero-or-stale\" }\n";
    let scenario = parse(&format!("{LEAST}{tail}")).unwrap();
    let mut json = serde_json::to_value(&scenario).unwrap();
    // As if the base had come to promise less since.
    json["crash"]["profile"]["base"] = "ext4-noauto".into();
    let again: Scenario = serde_json::from_value(json).unwrap();
    let values = |scenario: &Scenario| scenario.crash.profiles[0].rules().map(|rule| rule.choice);
    assert_eq!(values(&again), values(&scenario));
    assert_eq!(again.crash.profiles[0].name, "mine");
}

#[test]
fn every_mistake_has_a_place_and_says_what_was_expected() {
    for (tail, expected) in MISTAKES {
        let error = error(tail);
        let expected = format!("s.toml:{expected}");
        assert!(
            error.starts_with(&expected),
            "{tail:?} gives\n{error}, not\n{expected}"
        );
    }
}

#[test]
fn what_is_not_built_is_refused() {
    let cases = [(
        "program = { run = [\"bank\"] }\n",
        "4:11: a subject that is a program",
    )];
    for (tail, expected) in cases {
        let error = error(tail);
        let expected = format!("s.toml:{expected} is not supported by this version");
        assert!(
            error.starts_with(&expected),
            "{tail:?} gives\n{error}, not\n{expected}"
        );
    }
}

#[test]
fn injected_errors_are_taken_as_they_are_written() {
    let faultless = "[faults]\nfsync = \"0\"\nenospc = 0\nfsync_failure = \"profile\"\n";
    let scenario = parse(&format!("{LEAST}{faultless}")).unwrap();
    assert!(scenario.run_config().unwrap().faults.is_none());
    let written = "[faults]\nfsync = \"1/50\"\nfsync_failure = \"clean-old\"\nat = 7\nerror = \"short-write\"\n";
    let scenario = parse(&format!("{LEAST}{written}")).unwrap();
    let faults = scenario.run_config().unwrap().faults;
    assert_eq!(
        faults.fdatasync, faults.fsync,
        "what is left out is as fsync"
    );
    assert_eq!(faults.at, Some((7, FaultKind::ShortWrite)));
    let resolved = serde_json::to_value(&scenario).unwrap();
    let again: Scenario = serde_json::from_value(resolved).unwrap();
    assert_eq!(again, scenario);
}

#[test]
fn a_file_that_is_no_scenario_at_all_is_refused() {
    let refused = |bytes: &[u8]| {
        let error = Scenario::parse("s.toml", "s", bytes)
            .unwrap_err()
            .to_string();
        error.lines().next().unwrap_or_default().to_owned()
    };
    assert_eq!(refused(b""), "s.toml:1:1: missing key `version`");
    let newer = "s.toml:1:11: version 9 is not supported: expected 1";
    assert_eq!(refused(b"version = 9\nnew = true\n"), newer);
    let binary = refused(b"version = 1\n# \xff\xfe");
    assert_eq!(binary, "s.toml:2:3: not UTF-8: expected a text file");
    let long = vec![b'#'; usize::try_from(SCENARIO_BYTES_MAX).unwrap() + 1];
    assert!(refused(&long).starts_with("s.toml:1:1: 1048577 bytes are too many"));
    assert_eq!(
        refused(b"version = 1\n"),
        "s.toml:1:1: missing key `subject`"
    );
}

#[test]
fn a_long_line_is_cut_around_the_mistake() {
    let text = format!(
        "{LEAST}# é\n[workload]\n  batchez = \"{}\"\n",
        "x".repeat(5000)
    );
    let error = parse(&text).unwrap_err();
    assert!(
        error.lines().all(|line| line.chars().count() < 250),
        "{error}"
    );
    assert!(error.starts_with("s.toml:6:3: "), "{error}");
}
