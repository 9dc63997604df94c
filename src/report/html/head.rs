//! What a page says of a violation before its evidence.

use std::collections::BTreeSet;

use crate::campaign::{Reproducer, Sentences};

/// Operations of one range that are taken as named.
const NAMED_MAX: u32 = 1000;

/// What is known of a violation besides what its replay shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageHead {
    /// The finding that it belongs to.
    pub id: String,
    /// The violated invariant.
    pub invariant: String,
    /// The scenario.
    pub scenario: String,
    /// What was under test.
    pub subject: String,
    /// The profile.
    pub profile: String,
    /// The device.
    pub device: String,
    /// The seed.
    pub seed: u64,
    /// Lives of the run up to the violation.
    pub lives: usize,
    /// Why the invariant does not hold.
    pub witness: Sentences,
    /// What became of which operations.
    pub signature: String,
    /// The version of this crate that found it.
    pub tornwrite: String,
    /// The version of what a seed means.
    pub seed_version: u32,
    /// The digest of the disk that was recovered.
    pub image: String,
    /// The file that replays it, as the user can name it.
    pub reproducer: String,
}

impl PageHead {
    /// The head of what a reproducer holds; `path` is where that is.
    pub fn new(reproducer: &Reproducer<serde_json::Value>, path: &str) -> PageHead {
        let text = |keys: &[&str]| {
            let found = keys
                .iter()
                .try_fold(&reproducer.scenario, |value, key| value.get(key));
            let word = found.and_then(serde_json::Value::as_str);
            word.unwrap_or("?").to_owned()
        };
        PageHead {
            id: reproducer.id.clone(),
            invariant: reproducer.invariant.clone(),
            scenario: text(&["name"]),
            subject: text(&["subject", "store"]),
            profile: text(&["crash", "profile"]),
            device: text(&["crash", "device"]),
            seed: reproducer.seed.0,
            lives: reproducer.schedule.crashes.len(),
            witness: reproducer.witness.clone(),
            signature: reproducer.signature.clone(),
            tornwrite: reproducer.tornwrite.clone(),
            seed_version: reproducer.seed_version,
            image: reproducer.image.to_string(),
            reproducer: path.to_owned(),
        }
    }

    /// The operations that were acknowledged and are gone, as far as the sentences name them.
    pub(super) fn gone(&self) -> BTreeSet<u32> {
        gone(&self.invariant, &self.witness)
    }

    /// What broke, for those who do not know the words.
    pub fn headline(&self) -> String {
        let subject = &self.subject;
        let what = match self.invariant.as_str() {
            "durable-ack" => "lost what it had acknowledged as durable",
            "atomic-batch" => "shows a part of something that is all or nothing",
            "balanced-transfers" => "shows money that came from nowhere or went nowhere",
            "no-overdraft" => "shows an account below zero",
            "no-phantom" => "shows something that nobody asked for",
            "gone-stays-gone" => "brings back what an earlier recovery had given up",
            "seen-stays-seen" => "lost what an earlier recovery had shown",
            "prefix-order" => "lost something and kept what came after it",
            "gapless-sequence" => "shows a gap in its numbering",
            "recovery-succeeds" => "cannot be opened any more",
            "recovery-idempotent" => "shows something else each time it is opened",
            "forward-progress" => "cannot go on working after it recovered",
            "detects-corruption" => "takes damaged bytes for good ones",
            "legal-history" => "shows a state that no order of operations gives",
            "operations-succeed" => "failed although nothing had been made to fail",
            other => return format!("{subject} violates {other} after a crash"),
        };
        format!("{subject} {what}")
    }
}

/// The operations that were acknowledged and are gone, as far as the sentences name them.
pub(super) fn gone(invariant: &str, witness: &Sentences) -> BTreeSet<u32> {
    if invariant == "durable-ack" {
        named(&witness.however)
    } else {
        BTreeSet::new()
    }
}

/// The operations that a sentence names: "#2", "#4..#6".
fn named(sentence: &str) -> BTreeSet<u32> {
    let mut named = BTreeSet::new();
    let mut last: Option<u32> = None;
    for (place, _) in sentence.match_indices('#') {
        let digits = &sentence[place + 1..];
        let end = digits.find(|character: char| !character.is_ascii_digit());
        let Ok(number) = digits[..end.unwrap_or(digits.len())].parse::<u32>() else {
            continue;
        };
        match last {
            Some(first)
                if sentence[..place].ends_with("..")
                    && (first..=first.saturating_add(NAMED_MAX)).contains(&number) =>
            {
                named.extend(first..=number);
            }
            _ => {
                named.insert(number);
            }
        }
        last = Some(number);
    }
    named
}

/// What became of which operations, cut off where it is long.
pub(super) fn lost(signature: &str) -> String {
    let signature = signature.trim_end();
    match signature.strip_suffix(':') {
        Some(place) => format!("{place}: nothing lost at the last crash"),
        None => super::svg::head(signature, 140),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_names_operations_one_by_one_and_in_ranges() {
        let numbers = |sentence| named(sentence).into_iter().collect::<Vec<_>>();
        assert_eq!(numbers("#2 was acknowledged"), [2]);
        assert_eq!(numbers("#0..#2, #5 and #7..#8 were"), [0, 1, 2, 5, 7, 8]);
        assert_eq!(
            numbers("# #x #9..#3 #0..#4000000000 #99999999999"),
            [0, 3, 9, 4_000_000_000]
        );
    }
}
