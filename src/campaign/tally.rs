//! Counts the runs of one scenario, in seed order.

use std::collections::{BTreeMap, btree_map};

use serde::Serialize;

use super::{
    Entry,
    baseline::Baseline,
    group::{EXPLAINED_MAX, Group},
    reproducer::finding_id,
    summary::{Finding, InvariantSummary, ScenarioSummary},
    verdict::judge,
};
use crate::{
    base::{Digest, Hasher, Seed},
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

/// The place of an invariant, and a signature.
pub(super) type Key = (usize, String);

/// A violation that is to be written down at once.
pub(super) struct News<'o> {
    /// The finding that it is if it is not explained.
    pub(super) id: String,
    pub(super) found: &'o Violation,
    /// Whether it will be explained; otherwise this is the smallest of its kind so far.
    pub(super) is_explained: bool,
}

/// What the runs of one entry add up to.
pub(super) struct Tally<'a> {
    entry: &'a Entry,
    counted: ScenarioSummary,
    coverage: Coverage,
    /// By the place of the invariant, and the signature.
    groups: BTreeMap<Key, Group>,
    hasher: Hasher,
    /// Groups that are explained.
    explained_max: usize,
}

impl<'a> Tally<'a> {
    pub(super) fn new(entry: &'a Entry) -> Tally<'a> {
        Tally::explaining(entry, EXPLAINED_MAX)
    }

    /// Of which no more than `explained_max` groups are explained.
    pub(super) fn explaining(entry: &'a Entry, explained_max: usize) -> Tally<'a> {
        let zero = |id: &&str| ((*id).to_owned(), InvariantSummary::default());
        Tally {
            entry,
            explained_max,
            coverage: Coverage::default(),
            groups: BTreeMap::new(),
            hasher: Hasher::new(),
            counted: ScenarioSummary {
                name: entry.name.clone(),
                subject: entry.subject.clone(),
                profile: entry.profile.clone(),
                device: entry.device.clone(),
                mode: entry.mode,
                seeds: [entry.seeds.start, entry.seeds.end],
                configuration: entry.configuration,
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
                unexplained: 0,
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

    /// Counts one run; what of it is to be written down at once.
    pub(super) fn add<'o>(&mut self, outcome: &'o RunOutcome) -> Vec<News<'o>> {
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
        let found = outcome.violations.iter();
        found
            .filter_map(|violation| self.find(outcome.seed, violation))
            .collect()
    }

    fn find<'o>(&mut self, seed: Seed, found: &'o Violation) -> Option<News<'o>> {
        let ids = &self.entry.invariants;
        let place = ids.iter().position(|id| *id == found.invariant)?;
        let news = |is_explained: bool| News {
            id: finding_id(self.entry, found.invariant, &found.signature),
            found,
            is_explained,
        };
        let explained = self.groups.len() < self.explained_max;
        match self.groups.entry((place, found.signature.clone())) {
            btree_map::Entry::Vacant(free) => {
                free.insert(Group::new(seed, found, explained));
                Some(news(explained))
            }
            btree_map::Entry::Occupied(mut known) => {
                let group = known.get_mut();
                let is_smaller = group.add(seed, found);
                (is_smaller && group.kept.is_none()).then(|| news(false))
            }
        }
    }

    /// The groups, in the order of invariants.
    pub(super) fn groups(&self) -> impl Iterator<Item = (&Key, &Group)> {
        self.groups.iter()
    }

    /// What all that adds up to, with what it was found to be.
    pub(super) fn finish(
        self,
        findings: Vec<Finding>,
        baseline: Option<&Baseline>,
    ) -> ScenarioSummary {
        let mut counted = self.counted;
        counted.coverage.extend(self.coverage.marks);
        counted.kinds = self.coverage.kinds;
        counted.findings = findings;
        let unexplained = self.groups.values().filter(|group| group.kept.is_none());
        counted.unexplained = unexplained.count() as u64;
        if let Some(baseline) = baseline {
            baseline.mark(&mut counted.findings);
        }
        counted.digest = self.hasher.finish();
        (counted.verdict, counted.reasons) = judge(self.entry, &counted);
        counted.met = counted.verdict == super::Verdict::Expected;
        counted
    }
}
