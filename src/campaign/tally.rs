//! Counts the runs of one scenario, in seed order.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{
    Entry,
    reproducer::finding_id,
    summary::{Finding, InvariantSummary, ScenarioSummary},
    verdict::judge,
};
use crate::{
    base::{Digest, Hasher},
    run::{Coverage, CoverageMark, LegalStates, RunOutcome, Violation},
};

/// A finished run: a line of `runs.ndjson`.
#[derive(Debug, Serialize)]
pub(super) struct RunLine<'a> {
    scenario: &'a str,
    subject: &'a str,
    profile: &'a str,
    device: &'a str,
    seed: u64,
    digest: Digest,
    states: u64,
    images: u64,
    violated: Vec<&'static str>,
}

impl<'a> RunLine<'a> {
    pub(super) fn new(entry: &'a Entry, outcome: &RunOutcome) -> RunLine<'a> {
        let violated = outcome
            .violations
            .iter()
            .map(|violation| violation.invariant);
        RunLine {
            scenario: &entry.name,
            subject: &entry.subject,
            profile: &entry.profile,
            device: &entry.device,
            seed: outcome.seed.0,
            digest: outcome.digest,
            states: outcome.states_tried,
            images: outcome.distinct_images,
            violated: violated.collect(),
        }
    }
}

/// What the runs of one entry add up to.
pub(super) struct Tally<'a> {
    entry: &'a Entry,
    counted: ScenarioSummary,
    coverage: Coverage,
    /// By the place of the invariant, and the signature.
    findings: BTreeMap<(usize, String), Finding>,
    hasher: Hasher,
}

impl<'a> Tally<'a> {
    pub(super) fn new(entry: &'a Entry) -> Tally<'a> {
        let zero = |id: &&str| ((*id).to_owned(), InvariantSummary::default());
        Tally {
            entry,
            coverage: Coverage::default(),
            findings: BTreeMap::new(),
            hasher: Hasher::new(),
            counted: ScenarioSummary {
                name: entry.name.clone(),
                subject: entry.subject.clone(),
                profile: entry.profile.clone(),
                device: entry.device.clone(),
                runs: 0,
                crash_points: 0,
                states_tried: 0,
                distinct_images: 0,
                recoveries: 0,
                exhaustive_points: 0,
                legal_states: LegalStates::default(),
                violations: 0,
                violating_runs: 0,
                by_invariant: entry.invariants.iter().map(zero).collect(),
                coverage: CoverageMark::ALL.map(|mark| (mark, 0)).into(),
                kinds: BTreeMap::new(),
                findings: Vec::new(),
                digest: Digest::default(),
                expectation: entry.expectation.clone(),
                met: false,
                verdict: super::Verdict::Unexercised,
                reasons: Vec::new(),
            },
        }
    }

    pub(super) fn violating_runs(&self) -> u64 {
        self.counted.violating_runs
    }

    /// Counts one run; what it is the first to find.
    pub(super) fn add<'o>(&mut self, outcome: &'o RunOutcome) -> Vec<(&Finding, &'o Violation)> {
        self.hasher.digest(outcome.digest);
        self.coverage.add(&outcome.coverage);
        let counted = &mut self.counted;
        counted.runs += 1;
        counted.crash_points += outcome.crash_points;
        counted.states_tried += outcome.states_tried;
        counted.distinct_images += outcome.distinct_images;
        counted.recoveries += outcome.recoveries;
        counted.exhaustive_points += outcome.exhaustive_points;
        counted.legal_states.add(outcome.legal_states);
        counted.violating_runs += u64::from(outcome.is_violating());
        for (id, count) in self.entry.invariants.iter().zip(&outcome.invariants) {
            let sum = counted.by_invariant.entry((*id).to_owned()).or_default();
            sum.evaluated += count.evaluated;
            sum.exercised += count.exercised;
            sum.violated += count.violated;
            sum.violating_runs += u64::from(count.violated > 0);
            counted.violations += count.violated;
        }
        let is_new: Vec<_> = outcome
            .violations
            .iter()
            .map(|found| self.find(outcome, found))
            .collect();
        let new = is_new
            .into_iter()
            .zip(&outcome.violations)
            .filter_map(|(key, found)| Some((self.findings.get(&key?)?, found)));
        new.collect()
    }

    /// Counts a finding; its key if it is the first of its kind.
    fn find(&mut self, outcome: &RunOutcome, found: &Violation) -> Option<(usize, String)> {
        let place = self
            .entry
            .invariants
            .iter()
            .position(|id| *id == found.invariant)?;
        let key = (place, found.signature.clone());
        if let Some(known) = self.findings.get_mut(&key) {
            known.count += 1;
            return None;
        }
        let id = finding_id(self.entry, found);
        let finding = Finding {
            reproducer: format!("violations/{id}/reproducer.json"),
            id,
            invariant: found.invariant.to_owned(),
            count: 1,
            first_seed: outcome.seed.0,
            signature: found.signature.clone(),
        };
        self.findings.insert(key.clone(), finding);
        Some(key)
    }

    pub(super) fn finish(self) -> ScenarioSummary {
        let mut counted = self.counted;
        counted.coverage.extend(self.coverage.marks);
        counted.kinds = self.coverage.kinds;
        counted.findings = self.findings.into_values().collect();
        counted.digest = self.hasher.finish();
        (counted.verdict, counted.reasons) = judge(self.entry, &counted);
        counted.met = counted.verdict == super::Verdict::Expected;
        counted
    }
}
