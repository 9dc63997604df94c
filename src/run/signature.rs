//! What two violations have in common as far as it is known without executing them again.
//!
//! Violations of one signature are explained together: what they miss makes them a finding, in [`identity`](super::Missing::identity).

use super::{CrashChoice, Schedule};

/// The signature of a violation with these choices.
pub fn finding_signature(schedule: &Schedule) -> String {
    match (schedule.in_recovery.last(), schedule.crashes.last()) {
        (Some(last), _) => signature(last, true),
        (None, Some(last)) => signature(last, false),
        (None, None) => "in work".to_owned(),
    }
}

/// Which operations lost something, or what a device damaged, numbers left out.
pub(super) fn signature(choice: &CrashChoice, in_recovery: bool) -> String {
    if let Some(fault) = &choice.media {
        return format!("after a crash: {}", without_numbers(&fault.kind()));
    }
    let mut lost: Vec<String> = choice
        .lost
        .iter()
        .map(|effect| {
            let part = effect.part.split(' ').next().unwrap_or_default();
            let torn = if effect.sectors == 0 { "lost" } else { "torn" };
            format!("{torn} {part} of {}", without_numbers(&effect.operation))
        })
        .collect();
    lost.sort_unstable();
    lost.dedup();
    let place = if in_recovery {
        "in recovery"
    } else {
        "in work"
    };
    format!("{place}: {}", lost.join(", "))
}

/// A text with each run of digits replaced, so that the n-th segment is any segment.
pub(super) fn without_numbers(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '0'..='9' if plain.ends_with('N') => {}
            '0'..='9' => plain.push('N'),
            other => plain.push(other),
        }
    }
    plain
}
