//! `reproducer.json`: one violation, with everything that it takes to see it again.

use serde::{Deserialize, Serialize};

use super::{Death, Entry};
use crate::{
    base::{Digest, Hasher, SEED_VERSION, Seed},
    oracle::Witness,
    profile::Device,
    run::{Schedule, Violation},
    workload::ListedOperations,
};

/// The version of the format.
pub const REPRODUCER_VERSION: u32 = 1;

/// A violation; `S` is the resolved scenario, of which a campaign knows no more than that it can be
/// written down.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reproducer<S> {
    /// The version of the format.
    pub version: u32,
    /// The version of what a seed means.
    pub seed_version: u32,
    /// The version of this crate that found it.
    pub tornwrite: String,
    /// The finding that it belongs to.
    pub id: String,
    /// The scenario with nothing left to a default, on one profile and one device.
    pub scenario: S,
    /// The seed of the run.
    pub seed: Seed,
    /// The violated invariant.
    pub invariant: String,
    /// Why it does not hold.
    pub witness: Sentences,
    /// What became of which operations.
    pub signature: String,
    /// What is asked in each life; what the seed draws if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operations: Option<ListedOperations>,
    /// The choices that led there.
    pub schedule: Schedule,
    /// The digest of the disk that was recovered.
    pub image: Digest,
    /// What ended the process that executed the run, if that is the violation: then it has no choices, and it takes the whole
    /// run to see it again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub died: Option<Death>,
}

/// A witness as it is written down.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sentences {
    /// The acknowledged history.
    #[serde(rename = "let")]
    pub given: String,
    /// What recovery showed.
    #[serde(rename = "then")]
    pub shown: String,
    /// Why no legal history gives that.
    pub however: String,
}

impl From<&Witness> for Sentences {
    fn from(witness: &Witness) -> Sentences {
        Sentences {
            given: witness.given.clone(),
            shown: witness.shown.clone(),
            however: witness.however.clone(),
        }
    }
}

impl From<Sentences> for Witness {
    fn from(sentences: Sentences) -> Witness {
        Witness {
            given: sentences.given,
            shown: sentences.shown,
            however: sentences.however,
        }
    }
}

impl Entry {
    /// What executes a run of this entry again that ended its process; `scenario` is what the entry was made from.
    pub fn reproducer_of_death<S>(&self, scenario: S, seed: Seed, death: &Death) -> Reproducer<S> {
        let invariant = self.invariants[death.invariant(&self.invariants)];
        let signature = death.signature();
        Reproducer {
            version: REPRODUCER_VERSION,
            seed_version: SEED_VERSION,
            tornwrite: env!("CARGO_PKG_VERSION").to_owned(),
            id: finding_id(self, invariant, &signature),
            scenario,
            seed,
            invariant: invariant.to_owned(),
            witness: death.sentences(),
            signature,
            operations: None,
            schedule: Schedule::default(),
            image: Digest::default(),
            died: Some(death.clone()),
        }
    }

    /// What replays a violation that was found by a run of this entry; `scenario` is what the entry was made from, and `id` the
    /// finding that it belongs to.
    pub fn reproducer<S>(
        &self,
        id: &str,
        scenario: S,
        seed: Seed,
        found: &Violation,
    ) -> Reproducer<S> {
        Reproducer {
            version: REPRODUCER_VERSION,
            seed_version: SEED_VERSION,
            tornwrite: env!("CARGO_PKG_VERSION").to_owned(),
            id: id.to_owned(),
            scenario,
            seed,
            invariant: found.invariant.to_owned(),
            witness: Sentences::from(&found.witness),
            signature: found.signature.clone(),
            operations: None,
            schedule: found.schedule.clone(),
            image: found.image,
            died: None,
        }
    }
}

/// A finding's id: 12 hexadecimal digits over what no machine and no edit of the subject changes.
///
/// `missing` is what its violations miss, or else their signature. The scenario, the profile and the device are part of it: each
/// finding has a reproducer of its own. An honest device adds nothing.
pub(super) fn finding_id(entry: &Entry, invariant: &str, missing: &str) -> String {
    let mut hasher = Hasher::new();
    let (name, subject, profile) = (&*entry.name, &*entry.subject, &*entry.profile);
    for text in [invariant, name, subject, profile, missing] {
        hasher.bytes(text.as_bytes());
    }
    if entry.device != Device::honest().name {
        hasher.bytes(entry.device.as_bytes());
    }
    format!("V-{:012x}", hasher.finish().0 >> 80)
}
