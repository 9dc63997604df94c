//! One finding: what makes violations one, and what is said of all of them.

use super::{
    Entry, finding_id,
    group::Group,
    summary::{Finding, SignatureCount},
};
use crate::{
    base::Seed,
    run::{Evidence, Violation},
};

impl Entry {
    /// The id of the finding that a violation belongs to, which was found by this seed.
    pub fn finding(&self, seed: Seed, violation: &Violation) -> String {
        let evidence = (self.explain)(seed, violation);
        let missing = what_is_missing(&evidence, &violation.signature);
        finding_id(self, violation.invariant, &missing)
    }
}

/// What makes it one finding with others: what is missing, or else its signature; without what was lost in vain, if it happens
/// though everything survives.
pub(super) fn what_is_missing(evidence: &Evidence, signature: &str) -> String {
    let Some(missing) = &evidence.missing else {
        return signature.to_owned();
    };
    let identity = missing.identity();
    let in_vain = missing.complete && missing.orderings.is_empty();
    match signature.split_once(": ") {
        _ if !identity.is_empty() => identity,
        Some((place @ ("in work" | "in recovery"), _)) if in_vain => {
            format!("{place}: nothing, it happens though everything survives")
        }
        _ => signature.to_owned(),
    }
}

pub(super) fn new_finding(entry: &Entry, place: usize, missing: &str, signature: &str) -> Finding {
    let invariant = entry.invariants[place];
    let id = finding_id(entry, invariant, missing);
    Finding {
        reproducer: format!("violations/{id}/reproducer.json"),
        id,
        invariant: invariant.to_owned(),
        count: 0,
        first_seed: u64::MAX,
        missing: missing.to_owned(),
        signature: signature.to_owned(),
        signatures: Vec::new(),
        mark: None,
    }
}

/// Adds a group to its finding: a run finds no more than one violation of an invariant, so that none is counted twice.
pub(super) fn count(finding: &mut Finding, signature: &str, group: &Group) {
    finding.count += group.count;
    if group.first_seed < finding.first_seed {
        finding.first_seed = group.first_seed;
        signature.clone_into(&mut finding.signature);
    }
    finding.signatures.push(SignatureCount {
        signature: signature.to_owned(),
        count: group.count,
        first_seed: group.first_seed,
    });
}
