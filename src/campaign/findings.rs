//! From groups to findings: each group is explained once, and those that miss the same are one.
//!
//! ```text
//! groups (by signature) ─► explain the first of each ─► findings (by what is missing) ─► explain the smallest of each
//! ```
//!
//! Guarantees:
//! - What a group misses is what its violation of the lowest seed misses; all else is a sum or a minimum, so that findings of
//!   shards can be joined.
//! - The reproducer of a finding is its smallest violation, if that one misses the same when it is explained itself; otherwise
//!   the smallest of those that made it a finding. The evidence beside it is of the same violation.
//! - Files are written as soon as a finding is known, and each as a whole.

use std::{collections::BTreeMap, ops::ControlFlow};

use super::{
    Entry, Folder, Observer, Plan, finding_id,
    group::{Group, Sized},
    pool,
    summary::{Finding, SignatureCount},
    tally::Tally,
};
use crate::{
    base::Seed,
    run::{Evidence, Violation},
    vfs::VfsResult,
};

/// The place of the invariant, and what is missing.
type Key = (usize, String);

/// Violations that miss the same.
struct Merged {
    finding: Finding,
    /// The size of the violation whose files are written.
    written: Sized,
    /// A smaller one by its signature, of which it is not known yet what it misses.
    smaller: Option<(Sized, String)>,
}

/// Explains what was found by each tally, and writes it down; the findings of each.
pub(super) fn explain(
    plan: &Plan,
    tallies: &[Tally<'_>],
    jobs: usize,
    folder: &Folder,
    observer: &mut dyn Observer,
) -> VfsResult<Vec<Vec<Finding>>> {
    let mut merged: Vec<BTreeMap<Key, Merged>> =
        plan.entries.iter().map(|_| BTreeMap::new()).collect();
    first_of_each_group(plan, tallies, jobs, folder, observer, &mut merged)?;
    smallest_of_each_finding(plan, jobs, folder, observer, &mut merged)?;
    let mut findings = Vec::new();
    for ((merged, tally), entry) in merged.into_iter().zip(tallies).zip(&plan.entries) {
        let explained = merged.into_iter();
        let mut found: Vec<(usize, Finding)> = explained
            .map(|((place, _), merged)| (place, merged.finding))
            .collect();
        for ((place, signature), group) in tally.groups().filter(|(_, group)| !group.is_explained) {
            let mut finding = new_finding(entry, *place, signature, signature);
            count(&mut finding, signature, group);
            let violation = again(entry, *place, signature, group.smallest.1);
            write(
                folder,
                entry,
                &finding.id,
                group.smallest.1,
                &violation,
                None,
            )?;
            found.push((*place, finding));
        }
        findings.push(in_order(found));
    }
    Ok(findings)
}

/// The violation of a group that this seed finds, by running it again.
///
/// # Panics
///
/// If it finds none: the subject is not deterministic.
fn again(entry: &Entry, place: usize, signature: &str, seed: u64) -> Violation {
    let invariant = entry.invariants[place];
    let outcome = (entry.run)(Seed(seed));
    let is_it = |violation: &Violation| {
        violation.invariant == invariant && violation.signature == signature
    };
    outcome
        .violations
        .into_iter()
        .find(is_it)
        .unwrap_or_else(|| {
            panic!(
                "seed {seed} of {} found {invariant} violated, and not again",
                entry.name
            )
        })
}

/// A violation that was executed again, and what it shows.
fn explained(entry: &Entry, place: usize, signature: &str, seed: u64) -> (Violation, Evidence) {
    let violation = again(entry, place, signature, seed);
    let evidence = (entry.explain)(Seed(seed), &violation);
    (violation, evidence)
}

/// The weakest broken guarantee first, then the most frequent.
fn in_order(mut findings: Vec<(usize, Finding)>) -> Vec<Finding> {
    findings.sort_by(|(place, one), (other_place, other)| {
        let by_count = other.count.cmp(&one.count);
        let by_id = one.id.cmp(&other.id);
        place.cmp(other_place).then(by_count).then(by_id)
    });
    findings.into_iter().map(|(_, finding)| finding).collect()
}

/// A group that is to be explained, with the number of its entry.
type Unexplained<'t> = (usize, &'t Key, &'t Group);

fn first_of_each_group(
    plan: &Plan,
    tallies: &[Tally<'_>],
    jobs: usize,
    folder: &Folder,
    observer: &mut dyn Observer,
    merged: &mut [BTreeMap<Key, Merged>],
) -> VfsResult<()> {
    let groups = tallies.iter().enumerate().flat_map(|(number, tally)| {
        let groups = tally.groups().filter(|(_, group)| group.is_explained);
        groups.map(move |(key, group)| (number, key, group))
    });
    let groups: Vec<Unexplained<'_>> = groups.collect();
    let work = |unit: u64| {
        let (number, (place, signature), group) = groups[index(unit)];
        explained(&plan.entries[number], *place, signature, group.first_seed)
    };
    let consume = |unit: u64, (violation, evidence): (Violation, Evidence)| {
        let (number, (place, signature), group) = groups[index(unit)];
        let entry = &plan.entries[number];
        let missing = what_is_missing(&evidence, signature);
        let size = group.first;
        let key = (*place, missing);
        let known = merged[number].get_mut(&key);
        let is_smaller = known.as_ref().is_none_or(|known| size < known.written);
        let known = match known {
            Some(known) => known,
            None => merged[number].entry(key.clone()).or_insert(Merged {
                finding: new_finding(entry, *place, &key.1, signature),
                written: size,
                smaller: None,
            }),
        };
        count(&mut known.finding, signature, group);
        if is_smaller {
            known.written = size;
            let (id, seed) = (&known.finding.id, group.first_seed);
            write(folder, entry, id, seed, &violation, Some(&evidence))?;
        }
        let best = known.smaller.as_ref();
        if best.is_none_or(|(best, _)| group.smallest < *best) {
            known.smaller = Some((group.smallest, signature.clone()));
        }
        observer.explained(number);
        Ok(ControlFlow::Continue(()))
    };
    pool::in_order(groups.len() as u64, jobs, work, consume)
}

fn smallest_of_each_finding(
    plan: &Plan,
    jobs: usize,
    folder: &Folder,
    observer: &mut dyn Observer,
    merged: &mut [BTreeMap<Key, Merged>],
) -> VfsResult<()> {
    let all = merged.iter().enumerate();
    let all = all.flat_map(|(number, merged)| merged.iter().map(move |entry| (number, entry)));
    let smaller = all.filter_map(|(number, (key, merged))| {
        let (sized, signature) = merged.smaller.as_ref()?;
        let is_smaller = *sized < merged.written;
        is_smaller.then_some((number, key, &merged.finding.id, sized.1, signature))
    });
    let smaller: Vec<(usize, &Key, &String, u64, &String)> = smaller.collect();
    let work = |unit: u64| {
        let (number, (place, _), _, seed, signature) = smaller[index(unit)];
        explained(&plan.entries[number], *place, signature, seed)
    };
    let consume = |unit: u64, (violation, evidence): (Violation, Evidence)| {
        let (number, (_, missing), id, seed, signature) = smaller[index(unit)];
        if what_is_missing(&evidence, signature) == *missing {
            let entry = &plan.entries[number];
            write(folder, entry, id, seed, &violation, Some(&evidence))?;
        }
        observer.explained(number);
        Ok(ControlFlow::Continue(()))
    };
    pool::in_order(smaller.len() as u64, jobs, work, consume)
}

fn index(unit: u64) -> usize {
    usize::try_from(unit).expect("units count the elements of a vector")
}

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
fn what_is_missing(evidence: &Evidence, signature: &str) -> String {
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

fn new_finding(entry: &Entry, place: usize, missing: &str, signature: &str) -> Finding {
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
fn count(finding: &mut Finding, signature: &str, group: &Group) {
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

fn write(
    folder: &Folder,
    entry: &Entry,
    id: &str,
    seed: u64,
    violation: &Violation,
    evidence: Option<&Evidence>,
) -> VfsResult<()> {
    folder.write_finding(
        &entry.reproducer(id, &entry.resolved, Seed(seed), violation),
        evidence,
    )
}
