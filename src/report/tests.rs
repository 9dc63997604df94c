//! What people read fits their screens and says what it means without colours.

use std::collections::BTreeMap;

use super::{Detail, Human, Palette, Told, WIDTH_COLUMNS, campaign, grouped};
use crate::{
    base::Digest,
    campaign::{
        Finding, InvariantSummary, RegressionOutcome, RegressionSummary, ScenarioSummary,
        Sentences, Summary, Verdict,
    },
    run::{Expectation, LegalStates, Mode},
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
        missing: String::new(),
        signature: String::new(),
        signatures: Vec::new(),
        mark: None,
    };
    ScenarioSummary {
        name: "wal-note-truncate-in-place".to_owned(),
        subject: "wal-note".to_owned(),
        profile: "posix-minimum".to_owned(),
        device: "honest".to_owned(),
        mode: Mode::Sampled,
        seeds: [0, 100_000],
        configuration: Digest::default(),
        runs: 100_000,
        crash_points: 1,
        states_tried: 1_000_000,
        distinct_images: 999_999,
        recoveries: 1,
        exhaustive_points: 0,
        legal_states: LegalStates::default(),
        violations: 1,
        violating_runs: violated.len() as u64,
        nondeterministic_runs: 0,
        by_invariant: violated
            .iter()
            .map(|id| ((*id).to_owned(), count))
            .collect(),
        coverage: BTreeMap::new(),
        kinds: BTreeMap::new(),
        left_out: BTreeMap::new(),
        findings: violated.iter().map(finding).collect(),
        unexplained: 0,
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
        shard: None,
        verdict: scenario.verdict,
        regressions: Vec::new(),
        scenarios: vec![scenario],
        baseline: None,
    };
    let sentence = "batch #3 was acknowledged as durable ".repeat(7);
    let told = |_: &Finding| Told {
        witness: Some(Sentences {
            given: sentence.clone(),
            shown: "recovery showed nothing".to_owned(),
            however: "it had to".to_owned(),
        }),
        missing: None,
        died: false,
    };
    let folder = "reports/scenarios-0-1";
    campaign(
        &summary,
        &Human {
            detail,
            palette: Palette::PLAIN,
            folder,
            told: &told,
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

fn with_regressions(detail: Detail) -> String {
    let outcomes = [
        (
            RegressionOutcome::Fixed,
            "a barrier now makes certain: block 7 of write wal/000001.log (by fsync 14 of wal/000001.log)",
        ),
        (
            RegressionOutcome::FoundAsExpected,
            "durable-ack is violated",
        ),
        (
            RegressionOutcome::StillFails,
            "durable-ack is violated; it was kept for atomic-batch",
        ),
        (
            RegressionOutcome::Stale,
            "operation 1 was `create others` and is `create numbers`",
        ),
    ];
    let kept = outcomes.map(|(outcome, reason)| RegressionSummary {
        name: "wal-note-behind-torn-tail-durable-ack-V-0123456789ab".to_owned(),
        file: "scenarios/regressions/r.json".to_owned(),
        scenario: "wal-note-behind-torn-tail".to_owned(),
        invariant: "durable-ack".to_owned(),
        outcome,
        reason: reason.to_owned(),
    });
    let summary = Summary {
        version: 1,
        seed_version: 1,
        shard: None,
        baseline: None,
        seeds: [0, 1],
        verdict: Verdict::Unexpected,
        regressions: kept.into(),
        scenarios: vec![scenario(Verdict::Expected, &[])],
    };
    campaign(
        &summary,
        &Human {
            detail,
            palette: Palette::PLAIN,
            folder: "reports/scenarios-0-1",
            told: &|_| Told::default(),
        },
    )
}

#[test]
fn kept_reproducers_stand_above_the_table_and_count_in_the_verdict() {
    let text = with_regressions(Detail::Normal);
    let (regressions, rest) = text
        .split_once("\n\nscenario ")
        .expect("a table behind them");
    for word in ["fixed ", "as expected ", "STILL FAILS ", "stale "] {
        assert!(
            regressions.contains(&format!("\n  {word}")),
            "{word}: {text}"
        );
    }
    let verdict = "\nNOT AS EXPECTED: 0 of 1 scenario, 4 regressions (1 still failing, 1 stale)\n";
    assert!(rest.contains(verdict), "{text}");
    assert!(
        text.lines()
            .all(|line| line.chars().count() <= WIDTH_COLUMNS),
        "{text}"
    );
    let quiet = with_regressions(Detail::Quiet);
    assert!(
        quiet.contains("\n  STILL FAILS ") && quiet.contains("\n  stale "),
        "{quiet}"
    );
    assert!(
        !quiet.contains("\n  fixed ") && !quiet.contains("\n  as expected "),
        "{quiet}"
    );
}

#[test]
fn thousands_are_separated() {
    let numbers = [0, 999, 1000, 1_000_000].map(grouped);
    assert_eq!(numbers, ["0", "999", "1,000", "1,000,000"]);
}
