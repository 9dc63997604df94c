//! Counts the runs of one scenario, in seed order.

use std::collections::BTreeMap;

use super::{
    Entry, Shard,
    baseline::Baseline,
    findings::Found,
    group::{EXPLAINED_MAX, Group},
    record::{RunRecord, ViolationRecord},
    summary::{InvariantSummary, ScenarioSummary},
    verdict::judge,
};
use crate::{
    base::{Digest, Hasher},
    run::{Coverage, CoverageMark, LegalStates},
};

/// The place of an invariant, and a signature.
pub(super) type Key = (usize, String);

/// What the runs of one entry add up to.
pub(super) struct Tally<'a> {
    entry: &'a Entry,
    counted: ScenarioSummary,
    coverage: Coverage,
    /// By the place of the invariant, and the signature.
    groups: BTreeMap<Key, Group>,
    hasher: Hasher,
    /// Where the first run that does not repeat itself parts.
    parted: Option<String>,
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
            parted: None,
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
                nondeterministic_runs: 0,
                by_invariant: entry.invariants.iter().map(zero).collect(),
                coverage: CoverageMark::ALL.map(|mark| (mark, 0)).into(),
                kinds: BTreeMap::new(),
                left_out: BTreeMap::new(),
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

    /// Counts one run.
    pub(super) fn add(&mut self, run: &RunRecord) {
        self.hasher.digest(run.digest);
        self.coverage.add(&Coverage {
            marks: run.coverage.clone(),
            kinds: run.kinds.clone(),
        });
        let counted = &mut self.counted;
        counted.runs += 1;
        counted.crash_points += run.crash_points;
        counted.states_tried += run.states;
        counted.distinct_images += run.images;
        counted.recoveries += run.recoveries;
        counted.exhaustive_points += run.exhaustive_points;
        counted.legal_states.add(run.legal_states);
        counted.violating_runs += u64::from(!run.violated.is_empty());
        for feature in &run.left_out {
            let without = counted.left_out.entry(feature.clone()).or_default();
            without.runs += 1;
            without.violating_runs += u64::from(!run.violated.is_empty());
        }
        for (id, count) in self.entry.invariants.iter().zip(&run.invariants) {
            let sum = counted.by_invariant.entry((*id).to_owned()).or_default();
            sum.evaluated += count.evaluated;
            sum.exercised += count.exercised;
            sum.violated += count.violated;
            sum.violating_runs += u64::from(count.violated > 0);
            counted.violations += count.violated;
        }
        if let Some(parted) = &run.parted {
            self.counted.nondeterministic_runs += 1;
            self.parted
                .get_or_insert_with(|| format!("seed {} parts from itself: {parted}", run.seed));
        }
        for violation in &run.violated {
            self.group(run, violation);
        }
    }

    fn group(&mut self, run: &RunRecord, violation: &ViolationRecord) {
        let seed = run.seed;
        let ids = &self.entry.invariants;
        let Some(place) = ids.iter().position(|id| *id == violation.invariant) else {
            return;
        };
        let died = run.died.as_ref();
        let is_explained = self.groups.len() < self.explained_max || died.is_some();
        self.groups
            .entry((place, violation.signature.clone()))
            .and_modify(|group| group.add(seed, violation))
            .or_insert_with(|| Group::new(seed, violation, is_explained, died));
    }

    /// The groups, in the order of invariants.
    pub(super) fn groups(&self) -> impl Iterator<Item = (&Key, &Group)> {
        self.groups.iter()
    }

    /// What all that adds up to, with what it was found to be.
    pub(super) fn finish(
        self,
        found: Found,
        shard: Shard,
        baseline: Option<&Baseline>,
    ) -> ScenarioSummary {
        let mut counted = self.counted;
        counted.coverage.extend(self.coverage.marks);
        counted.kinds = self.coverage.kinds;
        counted.findings = found.findings;
        counted.nondeterministic_runs += found.parted.len() as u64;
        let unexplained = self.groups.values().filter(|group| !group.is_explained);
        counted.unexplained = unexplained.count() as u64;
        if let Some(baseline) = baseline {
            baseline.mark(&mut counted.findings);
        }
        counted.digest = self.hasher.finish();
        (counted.verdict, counted.reasons) = judge(self.entry, shard, &counted);
        if let Some(parted) = self.parted.or(found.parted.into_iter().next()) {
            counted.verdict = super::Verdict::Nondeterministic;
            counted.reasons.insert(0, parted);
        }
        counted.met = counted.verdict == super::Verdict::Expected;
        counted
    }
}
