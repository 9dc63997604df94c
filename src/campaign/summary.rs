//! `summary.json`: what a campaign counted, without anything that depends on the machine.

use std::{cmp::Reverse, collections::BTreeMap};

use serde::{Deserialize, Serialize};

use super::Verdict;
use crate::{
    base::{Digest, SEED_VERSION},
    oracle::catalogue::{INVARIANTS, Invariant},
    run::{CoverageMark, Expectation, Kind, LegalStates},
};

/// The version of the format.
pub const SUMMARY_VERSION: u32 = 1;

/// A campaign.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// The version of the format.
    pub version: u32,
    /// The version of what a seed means.
    pub seed_version: u32,
    /// From the smallest seed to the one behind the largest.
    pub seeds: [u64; 2],
    /// The verdict on all scenarios.
    pub verdict: Verdict,
    /// Each scenario on each profile and device, in the order of the plan.
    pub scenarios: Vec<ScenarioSummary>,
}

/// One scenario on one profile and one device.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ScenarioSummary {
    /// The scenario's name.
    pub name: String,
    /// What was under test.
    pub subject: String,
    /// The profile.
    pub profile: String,
    /// The device.
    pub device: String,
    /// Runs that were counted.
    pub runs: u64,
    /// Positions at which crash states were tried.
    pub crash_points: u64,
    /// Crash states tried.
    pub states_tried: u64,
    /// Different disks among them, within each run.
    pub distinct_images: u64,
    /// Recoveries of the subject.
    pub recoveries: u64,
    /// Positions at which every crash state was tried.
    pub exhaustive_points: u64,
    /// How many crash states there are at the points of exhaustive mode.
    #[serde(default)]
    pub legal_states: LegalStates,
    /// Recoveries in which an invariant did not hold, summed over invariants.
    pub violations: u64,
    /// Runs in which any invariant did not hold.
    pub violating_runs: u64,
    /// What each invariant said.
    pub by_invariant: BTreeMap<String, InvariantSummary>,
    /// Crash states by what they showed.
    pub coverage: BTreeMap<CoverageMark, u64>,
    /// Crash states by the kind of choice that they were drawn as.
    pub kinds: BTreeMap<Kind, u64>,
    /// What was found, the weakest broken guarantee first.
    pub findings: Vec<Finding>,
    /// A hash over the digests of the runs in seed order.
    pub digest: Digest,
    /// What was expected.
    pub expectation: Expectation,
    /// Whether that came true.
    pub met: bool,
    /// What came of it.
    pub verdict: Verdict,
    /// Why that is not "expected".
    pub reasons: Vec<String>,
}

/// What one invariant said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvariantSummary {
    /// Recoveries on which it had something to say.
    pub evaluated: u64,
    /// Those in which it could have failed.
    pub exercised: u64,
    /// Those in which it did.
    pub violated: u64,
    /// Runs in which it did.
    pub violating_runs: u64,
}

/// Violations that are one and the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// Stable across machines and edits.
    pub id: String,
    /// The violated invariant.
    pub invariant: String,
    /// Runs that found it.
    pub count: u64,
    /// The first of them.
    pub first_seed: u64,
    /// The file that replays it, within the campaign's folder.
    pub reproducer: String,
    /// What became of which operations.
    pub signature: String,
}

impl ScenarioSummary {
    /// Whether a finding is no surprise.
    pub fn expects(&self, finding: &Finding) -> bool {
        self.expectation.allows(&finding.invariant)
    }
}

impl Summary {
    /// All findings: what was not expected first; then by the guarantee that broke, the weakest first; then by count.
    pub fn by_severity(&self) -> Vec<(&ScenarioSummary, &Finding)> {
        let scenarios = self.scenarios.iter();
        let mut all: Vec<_> = scenarios
            .flat_map(|scenario| scenario.findings.iter().map(move |one| (scenario, one)))
            .collect();
        let strength = |finding: &Finding| {
            let is_it = |known: &Invariant| known.id == finding.invariant;
            INVARIANTS.iter().position(is_it).unwrap_or(0)
        };
        all.sort_by_key(|(scenario, finding)| {
            let is_expected = scenario.expects(finding);
            (is_expected, strength(finding), Reverse(finding.count))
        });
        all
    }

    pub(super) fn new(seeds: [u64; 2], scenarios: Vec<ScenarioSummary>) -> Summary {
        let verdicts: Vec<Verdict> = scenarios.iter().map(|scenario| scenario.verdict).collect();
        Summary {
            version: SUMMARY_VERSION,
            seed_version: SEED_VERSION,
            seeds,
            verdict: Verdict::of(&verdicts),
            scenarios,
        }
    }
}
