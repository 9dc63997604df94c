//! `summary.json`: what a campaign counted, without anything that depends on the machine.

use std::{cmp::Reverse, collections::BTreeMap};

use serde::{Deserialize, Serialize};

use super::{
    RegressionSummary, Shard, Status, Task, Verdict,
    baseline::{Comparison, Mark},
    regression::Replayed,
};
use crate::{
    base::{Digest, SEED_VERSION},
    oracle::catalogue::INVARIANTS,
    run::{CoverageMark, Expectation, Kind, LegalStates, Mode},
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
    /// Which part of the campaign it is, counted from 0, and of how many; nothing if it is the whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shard: Option<Shard>,
    /// The verdict on all scenarios.
    pub verdict: Verdict,
    /// What came of the kept reproducers, by name.
    #[serde(default)]
    pub regressions: Vec<RegressionSummary>,
    /// Each scenario on each profile and device, in the order of the plan.
    pub scenarios: Vec<ScenarioSummary>,
    /// How that compares with a baseline, where one was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub baseline: Option<Comparison>,
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
    /// Which crash states were tried.
    pub mode: Mode,
    /// The seeds that were to be gone through, from the first to the one behind the last.
    pub seeds: [u64; 2],
    /// A fingerprint of all that the runs depend on but the seeds.
    pub configuration: Digest,
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
    /// Runs that were executed twice and did not do the same.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub nondeterministic_runs: u64,
    /// What each invariant said.
    pub by_invariant: BTreeMap<String, InvariantSummary>,
    /// Crash states by what they showed.
    pub coverage: BTreeMap<CoverageMark, u64>,
    /// Crash states by the kind of choice that they were drawn as.
    pub kinds: BTreeMap<Kind, u64>,
    /// Runs by what they went without; only with swarm.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub left_out: BTreeMap<String, LeftOut>,
    /// What was found, the weakest broken guarantee first, then the most frequent.
    pub findings: Vec<Finding>,
    /// Findings that were not explained, since there were too many before: each is one signature.
    pub unexplained: u64,
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

/// The runs that went without one thing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOut {
    /// How many there are.
    pub runs: u64,
    /// Those in which any invariant did not hold.
    pub violating_runs: u64,
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
    /// The ordering that is missing, without what differs between its violations; what became of which operations where that
    /// says more.
    pub missing: String,
    /// What became of which operations in the first violation.
    pub signature: String,
    /// Each such thing that was seen, with how often and first by which seed.
    pub signatures: Vec<SignatureCount>,
    /// Whether the baseline knows it, where one was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mark: Option<Mark>,
}

/// Violations of a finding in which the same became of the same operations.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignatureCount {
    /// What became of which operations.
    pub signature: String,
    /// Runs that found it.
    pub count: u64,
    /// The first of them.
    pub first_seed: u64,
}

impl ScenarioSummary {
    /// Whether a finding is no surprise.
    pub fn expects(&self, finding: &Finding) -> bool {
        self.status(finding) != Status::Unexpected
    }

    /// Which guarantee broke: the weakest that ships first, then the user's own.
    fn severity(&self, finding: &Finding) -> (usize, usize) {
        let of_same = |first: &Finding| first.invariant == finding.invariant;
        let mut known = INVARIANTS.iter();
        let known = known.position(|known| known.id == finding.invariant);
        let own = || self.findings.iter().position(of_same).unwrap_or(0);
        known.map_or_else(|| (INVARIANTS.len(), own()), |place| (place, 0))
    }
}

impl Summary {
    /// All findings with their scenarios: what fails its scenario first; then by the guarantee that broke, the weakest first;
    /// then by count.
    ///
    /// Invariants of the user's own come in the order of their scenario, behind those that ship.
    pub fn by_severity(&self) -> Vec<(&ScenarioSummary, &Finding)> {
        let scenarios = self.scenarios.iter();
        let mut all: Vec<_> = scenarios
            .flat_map(|scenario| scenario.findings.iter().map(move |one| (scenario, one)))
            .collect();
        all.sort_by_key(|(scenario, finding)| {
            let is_expected = scenario.expects(finding);
            (
                is_expected,
                scenario.severity(finding),
                Reverse(finding.count),
            )
        });
        all
    }

    pub(super) fn new(
        task: &Task<'_>,
        replayed: Replayed,
        scenarios: Vec<ScenarioSummary>,
    ) -> Summary {
        let regressions = replayed.summaries;
        let kept = regressions.iter().filter_map(|kept| kept.outcome.verdict());
        let unreplayed = (!replayed.is_complete).then_some(Verdict::Inconclusive);
        let verdicts = scenarios.iter().map(|scenario| scenario.verdict);
        let verdicts: Vec<Verdict> = verdicts.chain(kept).chain(unreplayed).collect();
        let baseline = task.baseline.map(|baseline| baseline.compare(&scenarios));
        Summary {
            version: SUMMARY_VERSION,
            seed_version: SEED_VERSION,
            seeds: task.plan.seeds(),
            shard: task.shard.is_part().then_some(task.shard),
            verdict: Verdict::of(&verdicts),
            regressions,
            scenarios,
            baseline,
        }
    }

    /// Whether nothing was run: of more shards than runs, some have nothing to do.
    pub fn is_idle(&self) -> bool {
        self.regressions.is_empty() && self.scenarios.iter().all(|scenario| scenario.runs == 0)
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}
