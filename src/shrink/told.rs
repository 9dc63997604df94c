//! A shrunk violation in plain lines, for the output of a test.

use std::{
    collections::BTreeSet,
    fmt::{Debug, Write as _},
};

use super::Shrunk;
use crate::{
    base::Seed,
    run::{Before, CrashChoice, LegalReason},
    workload::CrashKind,
};

/// The largest number of characters of one operation.
const OPERATION_MAX: usize = 240;

/// What is asked in each life, a line each.
pub(super) fn lines<O: Debug>(lives: &[Vec<O>]) -> Vec<Vec<String>> {
    let line = |operation: &O| {
        let mut line = format!("{operation:?}");
        if let Some((end, _)) = line.char_indices().nth(OPERATION_MAX) {
            line.truncate(end);
            line.push_str(" ...");
        }
        line
    };
    let all = lives.iter();
    all.map(|life| life.iter().map(line).collect()).collect()
}

/// All of it.
pub(super) fn told<O>(
    invariant: &str,
    seed: Seed,
    shrunk: &Shrunk<O>,
    operations: &[Vec<String>],
) -> String {
    let profile = shrunk.config.profile;
    let mut text = format!("{invariant} is violated, seed {seed}\n");
    let _ = writeln!(
        text,
        "shrunk from {} to {}, on {profile}",
        shrunk.from, shrunk.to
    );
    for (number, life) in (1..).zip(operations) {
        let _ = writeln!(text, "life {number} of {}", operations.len());
        for operation in life {
            let _ = writeln!(text, "  {operation}");
        }
        if let Some(choice) = shrunk.schedule.crashes.get(number - 1) {
            text += &crash("", choice);
        }
    }
    for choice in &shrunk.schedule.in_recovery {
        text += &crash(" in the recovery from it", choice);
    }
    let witness = &shrunk.witness;
    for (word, sentence) in [
        ("let", &witness.given),
        ("then", &witness.shown),
        ("however", &witness.however),
    ] {
        let _ = writeln!(text, "{word}: {sentence}");
    }
    for sentence in shrunk.missing.sentences() {
        let _ = writeln!(text, "missing: {sentence}");
    }
    for place in places(shrunk) {
        let _ = writeln!(text, "  {place}");
    }
    let reasons = shrunk
        .legality
        .iter()
        .flat_map(|legality| &legality.reasons);
    for sentence in reasons.map(LegalReason::sentence) {
        let _ = writeln!(text, "legal: {sentence}");
    }
    text
}

/// One crash: what it took, where it fell, what was lost.
fn crash(place: &str, choice: &CrashChoice) -> String {
    let what = match choice.kind {
        CrashKind::PowerLoss => "power loss",
        CrashKind::ProcessCrash => "process crash",
    };
    let mut text = format!("  {what}{place}");
    match choice.anchor.after.as_str() {
        "" => text += " before anything was done",
        after => {
            let _ = write!(text, " behind `{after}` (number {})", choice.anchor.nth);
        }
    }
    text.push('\n');
    for lost in &choice.lost {
        let how = if lost.sectors == 0 { "lost" } else { "torn" };
        let _ = writeln!(
            text,
            "    {how}: {} of `{}` (number {})",
            lost.part, lost.operation, lost.nth
        );
    }
    if let Some(media) = &choice.media {
        let _ = writeln!(text, "    after it: {media}");
    }
    text
}

/// The places in the subject's code that the missing orderings are about.
fn places<O>(shrunk: &Shrunk<O>) -> BTreeSet<String> {
    let orderings = shrunk.missing.orderings.iter();
    let named = orderings
        .flat_map(|missing| &missing.one_of)
        .flat_map(|ordering| {
            let later = match &ordering.before {
                Before::Later(later) => Some(later),
                Before::Itself => None,
            };
            [Some(&ordering.lost), later]
        });
    let named = named.flatten().filter(|named| !named.site.is_empty());
    named
        .map(|named| format!("{}: {}", named.text, named.site))
        .collect()
}
