//! What is known does not fail, what is new does, and what was not tried again is not called resolved.

use super::{
    Baseline, Comparison, Entry, Limits, Mark, Status, Summary, Verdict,
    tests::{Counter, against, campaign, entry},
};
use crate::{
    base::Digest,
    run::{Expectation, Mode},
};

fn recorded(entry: Entry) -> Baseline {
    let (summary, _) = campaign(entry, Limits::NONE);
    let recorded = Baseline::record(&summary);
    let text = serde_json::to_string(&recorded).unwrap();
    assert_eq!(Baseline::parse(&text).unwrap(), recorded);
    let from_summary = Baseline::parse(&serde_json::to_string(&summary).unwrap());
    assert_eq!(from_summary.unwrap(), recorded, "a summary will do as well");
    recorded
}

fn compared(entry: Entry, baseline: &Baseline) -> (Summary, Comparison) {
    let (summary, _) = against(entry, Limits::NONE, Some(baseline));
    let comparison = summary.baseline.clone().unwrap();
    (summary, comparison)
}

#[test]
fn what_is_known_does_not_fail_a_scenario_that_is_expected_to_be_clean() {
    let baseline = recorded(entry(Counter::Panicking));
    let (summary, comparison) = compared(entry(Counter::Panicking), &baseline);
    let scenario = &summary.scenarios[0];
    assert_eq!(summary.verdict, Verdict::Expected, "{:?}", scenario.reasons);
    assert!(scenario.met && scenario.violating_runs > 0);
    for finding in &scenario.findings {
        assert_eq!(finding.mark, Some(Mark::Known));
        assert_eq!(scenario.status(finding), Status::Known);
    }
    assert_eq!(comparison.known, scenario.findings.len() as u64);
    assert_eq!((comparison.new, comparison.resolved.len()), (0, 0));
}

#[test]
fn what_is_new_fails() {
    let baseline = recorded(entry(Counter::Careful));
    let (summary, comparison) = compared(entry(Counter::Panicking), &baseline);
    assert_eq!(summary.verdict, Verdict::Unexpected);
    assert!(comparison.new > 0 && comparison.known == 0);
    let reason = &summary.scenarios[0].reasons[0];
    assert!(reason.ends_with("new"), "{reason}");
}

#[test]
fn expectations_that_name_violations_stay_as_they_are() {
    let baseline = recorded(entry(Counter::Panicking));
    let mut other = entry(Counter::Panicking);
    other.expectation = Expectation::Exactly(["operations-succeed".to_owned()].into());
    let (summary, _) = compared(other, &baseline);
    // Known, and still not what is expected.
    assert_eq!(summary.verdict, Verdict::Unexpected);
    let reason = &summary.scenarios[0].reasons[0];
    assert!(
        reason.starts_with("recovery-succeeds was not expected to be violated"),
        "{reason}"
    );
    let mut same = entry(Counter::Panicking);
    same.expectation = Expectation::Violations;
    assert_eq!(compared(same, &baseline).0.verdict, Verdict::Expected);
}

#[test]
fn what_is_gone_after_all_was_tried_again_is_resolved() {
    let baseline = recorded(entry(Counter::Panicking));
    let (summary, comparison) = compared(entry(Counter::Careful), &baseline);
    assert_eq!(summary.verdict, Verdict::Expected);
    assert!(!comparison.resolved.is_empty());
    assert_eq!(comparison.not_covered, []);
    let mut more = entry(Counter::Careful);
    more.seeds = 0..30;
    assert_eq!(
        compared(more, &baseline).1.not_covered,
        [],
        "more seeds are no fewer"
    );
}

#[test]
fn what_is_gone_because_it_was_not_tried_is_not_covered() {
    let baseline = recorded(entry(Counter::Panicking));
    let careful = |change: fn(&mut Entry)| {
        let mut entry = entry(Counter::Careful);
        change(&mut entry);
        let (_, comparison) = compared(entry, &baseline);
        assert_eq!(comparison.resolved, []);
        comparison.not_covered[0].reason.clone().unwrap()
    };
    assert_eq!(
        careful(|entry| entry.seeds = 5..24),
        "the seeds 5..24 are not all of 5..25"
    );
    assert_eq!(
        careful(|entry| entry.seeds = 6..40),
        "the seeds 6..40 are not all of 5..25"
    );
    assert_eq!(
        careful(|entry| entry.name = "renamed".to_owned()),
        "counting did not run"
    );
    let other = careful(|entry| entry.profile = "xfs".to_owned());
    assert!(
        other.starts_with("counting did not run with subject counter on "),
        "{other}"
    );
    assert_eq!(
        careful(|entry| entry.mode = Mode::Exhaustive),
        "the mode is another"
    );
    let changed = careful(|entry| entry.configuration = Digest(7));
    assert!(
        changed.starts_with("the scenario is not what it was")
            || changed.contains("are fewer than"),
        "{changed}"
    );
}

#[test]
fn a_campaign_that_ended_early_or_tried_less_covers_less() {
    let mut baseline = serde_json::to_value(recorded(entry(Counter::Panicking))).unwrap();
    let then = &mut baseline["scenarios"][0];
    let (runs, states) = (then["runs"].clone(), then["states_tried"].clone());
    let reason = |baseline: &serde_json::Value| {
        let baseline = Baseline::parse(&baseline.to_string()).unwrap();
        let (_, comparison) = compared(entry(Counter::Careful), &baseline);
        comparison.not_covered[0].reason.clone().unwrap()
    };
    baseline["scenarios"][0]["runs"] = 21.into();
    assert_eq!(reason(&baseline), "20 runs are fewer than 21");
    baseline["scenarios"][0]["runs"] = runs;
    baseline["scenarios"][0]["states_tried"] = 1_000_000.into();
    assert!(reason(&baseline).ends_with("crash states are fewer than 1000000"));
    baseline["scenarios"][0]["states_tried"] = states;
    baseline["scenarios"][0]["crash_points"] = 1_000_000.into();
    assert!(reason(&baseline).ends_with("crash points are fewer than 1000000"));
    baseline["seed_version"] = 1.into();
    assert!(reason(&baseline).starts_with("seeds mean something else"));
}

#[test]
fn a_file_that_is_no_baseline_is_refused() {
    let good = serde_json::to_string(&recorded(entry(Counter::Careful))).unwrap();
    let refused = |text: &str| Baseline::parse(text).unwrap_err().to_string();
    assert!(refused("{").contains("EOF"));
    assert!(refused("[]").contains("line 1 column"));
    for foreign in [
        "{}",
        "{\"version\":1}",
        "{\"format\":\"other\",\"version\":1}",
    ] {
        assert!(refused(foreign).starts_with("this is no baseline"));
    }
    let later = good.replacen("\"version\":1", "\"version\":9", 1);
    assert_eq!(
        refused(&later),
        "baseline version 9 is not supported: expected 1"
    );
    assert!(refused(&good.replace("\"mode\"", "\"mood\"")).contains("mood"));
}
