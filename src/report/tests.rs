//! What people read fits their screens and says what it means without colours.

use std::collections::BTreeMap;

use super::{Detail, Human, Palette, WIDTH_COLUMNS, campaign, grouped};
use crate::{
    base::Digest,
    campaign::{Finding, InvariantSummary, ScenarioSummary, Sentences, Summary, Verdict},
    run::{Expectation, LegalStates},
};

fn scenario(verdict: Verdict, violated: &[&str]) -> ScenarioSummary {
    let count = InvariantSummary {
        violating_runs: 1234,
        violated: 5678,
        ..Default::default()
    };
    let finding = |id: &&str| Finding {
        id: "V-0123456789ab".to_owned(),
        invariant: (*id).to_owned(),
        count: 12,
        first_seed: 3,
        reproducer: "violations/V-0123456789ab/reproducer.json".to_owned(),
        signature: String::new(),
    };
    ScenarioSummary {
        name: "wal-note-truncate-in-place".to_owned(),
        subject: "wal-note".to_owned(),
        profile: "posix-minimum".to_owned(),
        device: "honest".to_owned(),
        runs: 100_000,
        crash_points: 1,
        states_tried: 1_000_000,
        distinct_images: 999_999,
        recoveries: 1,
        exhaustive_points: 0,
        legal_states: LegalStates::default(),
        violations: 1,
        violating_runs: violated.len() as u64,
        by_invariant: violated
            .iter()
            .map(|id| ((*id).to_owned(), count))
            .collect(),
        coverage: BTreeMap::new(),
        kinds: BTreeMap::new(),
        findings: violated.iter().map(finding).collect(),
        digest: Digest::default(),
        expectation: if verdict == Verdict::Expected && !violated.is_empty() {
            Expectation::Violations
        } else {
            Expectation::Clean
        },
        met: verdict == Verdict::Expected,
        verdict,
        reasons: match verdict {
            Verdict::Expected => Vec::new(),
            _ => vec!["this is why".to_owned()],
        },
    }
}

fn told(scenario: ScenarioSummary, detail: Detail) -> String {
    let summary = Summary {
        version: 1,
        seed_version: 1,
        seeds: [0, 1],
        verdict: scenario.verdict,
        scenarios: vec![scenario],
    };
    let sentence = "batch #3 was acknowledged as durable ".repeat(7);
    let witness = |_: &Finding| {
        Some(Sentences {
            given: sentence.clone(),
            shown: "recovery showed nothing".to_owned(),
            however: "it had to".to_owned(),
        })
    };
    let folder = "reports/scenarios-0-1";
    campaign(
        &summary,
        &Human {
            detail,
            palette: Palette::PLAIN,
            folder,
            witness: &witness,
        },
    )
}

const ALL: [&str; 4] = [
    "atomic-batch",
    "balanced-transfers",
    "durable-ack",
    "recovery-succeeds",
];

#[test]
fn it_fits_the_screen() {
    for verdict in [Verdict::Expected, Verdict::Unexpected, Verdict::Unexercised] {
        for detail in [Detail::Quiet, Detail::Normal, Detail::Verbose] {
            for line in told(scenario(verdict, &ALL), detail).lines() {
                assert!(line.chars().count() <= WIDTH_COLUMNS, "{line}");
            }
        }
    }
}

#[test]
fn an_unexpected_violation_is_told_in_full_with_the_command_to_see_it_again() {
    let text = told(
        scenario(Verdict::Unexpected, &["durable-ack"]),
        Detail::Quiet,
    );
    assert!(text.contains("unexpected violation of durable-ack in 12 runs, first by seed 3"));
    for word in [
        "  Let     batch #3",
        "  Then    recovery showed",
        "  However it had to",
    ] {
        assert!(text.contains(word), "{text}");
    }
    let file = "reports/scenarios-0-1/violations/V-0123456789ab/reproducer.json";
    let commands = format!("\n  tornwrite replay {file}\n  tornwrite shrink {file}\n\n");
    assert!(text.contains(&commands), "{text}");
}

#[test]
fn expected_and_unexpected_look_different_without_colours() {
    let verdict = |verdict, violated: &[&str]| {
        let text = told(scenario(verdict, violated), Detail::Normal);
        text.lines()
            .nth(1)
            .unwrap_or_default()
            .rsplit("  ")
            .next()
            .unwrap_or_default()
            .to_owned()
    };
    assert_eq!(verdict(Verdict::Expected, &[]), "clean");
    assert_eq!(verdict(Verdict::Expected, &ALL), "found, as expected");
    assert_eq!(verdict(Verdict::Unexpected, &ALL), "UNEXPECTED");
    assert_eq!(verdict(Verdict::Unexercised, &[]), "NOT EXERCISED");
}

#[test]
fn what_is_expected_takes_a_line_each() {
    let normal = told(scenario(Verdict::Expected, &ALL), Detail::Normal);
    assert_eq!(
        normal.matches("V-0123456789ab").count(),
        ALL.len(),
        "{normal}"
    );
    assert!(!normal.contains("However"));
    assert!(told(scenario(Verdict::Expected, &ALL), Detail::Verbose).contains("However"));
}

#[test]
fn thousands_are_separated() {
    let numbers = [0, 999, 1000, 1_000_000].map(grouped);
    assert_eq!(numbers, ["0", "999", "1,000", "1,000,000"]);
}
