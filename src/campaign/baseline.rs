//! What an earlier campaign found: which findings are known, which are new, and what became of the ones that are gone.
//!
//! Guarantees: a known finding that is gone counts as resolved only if its scenario went through all the seeds of the baseline,
//! under the same configuration, and looked at the same invariant. Otherwise it is *not covered*, with the first reason why:
//! coverage does not quietly evaporate.
//!
//! Deliberately absent: a judgement of a fix. That a finding is not found again by the same seeds is no proof that the bug is
//! gone; `replay` of its reproducer says what the subject makes of that very disk.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::summary::{Finding, SUMMARY_VERSION, ScenarioSummary, Summary};
use crate::{
    base::{Digest, SEED_VERSION},
    run::Mode,
};

/// The version of a recorded baseline.
pub const BASELINE_VERSION: u32 = 1;

/// What a recorded baseline calls itself, so that no other file is taken for one.
const FORMAT: &str = "tornwrite-baseline";

/// What is known of an earlier campaign.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Baseline {
    format: String,
    version: u32,
    seed_version: u32,
    scenarios: Vec<KnownScenario>,
    #[serde(skip)]
    ids: BTreeSet<String>,
}

/// A scenario of an earlier campaign: how far it went, and what it found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KnownScenario {
    name: String,
    subject: String,
    profile: String,
    device: String,
    mode: Mode,
    seeds: [u64; 2],
    configuration: Digest,
    runs: u64,
    crash_points: u64,
    states_tried: u64,
    findings: Vec<KnownFinding>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KnownFinding {
    id: String,
    invariant: String,
    missing: String,
    count: u64,
    first_seed: u64,
}

/// Whether a finding is in the baseline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mark {
    /// It is not.
    New,
    /// It is: it does not fail a scenario that is expected to be clean.
    Known,
}

/// How a campaign compares with its baseline.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Comparison {
    /// Findings that the baseline does not have.
    pub new: u64,
    /// Findings that it has.
    pub known: u64,
    /// Findings of the baseline that are gone, though all was tried that was tried then.
    pub resolved: Vec<Gone>,
    /// Findings of the baseline that are gone because not all of that was tried.
    pub not_covered: Vec<Gone>,
}

/// A finding of the baseline that was not found again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gone {
    /// Its id.
    pub id: String,
    /// The invariant that was violated.
    pub invariant: String,
    /// The scenario that found it.
    pub scenario: String,
    /// What was under test.
    pub subject: String,
    /// The profile.
    pub profile: String,
    /// The device.
    pub device: String,
    /// What was missing.
    pub missing: String,
    /// Why it may still be there, if not all was tried.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Why a file is no baseline.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BaselineError {
    /// It is no JSON, or lacks something.
    #[error("{0}")]
    Malformed(#[from] serde_json::Error),
    /// It is of another version.
    #[error("{what} {found} is not supported: expected {expected}")]
    Version {
        /// The version of what.
        what: &'static str,
        /// The version that it has.
        found: u32,
        /// The one that is known.
        expected: u32,
    },
    /// It is something else.
    #[error("this is no baseline: expected a file of --record-baseline, or a summary.json")]
    Foreign,
}

/// What tells the two kinds of files apart.
#[derive(Deserialize)]
struct Head {
    format: Option<String>,
    version: Option<u32>,
    verdict: Option<serde_json::Value>,
}

impl Baseline {
    /// What a campaign found.
    pub fn record(summary: &Summary) -> Baseline {
        Baseline {
            format: FORMAT.to_owned(),
            version: BASELINE_VERSION,
            seed_version: summary.seed_version,
            scenarios: summary.scenarios.iter().map(KnownScenario::new).collect(),
            ids: BTreeSet::new(),
        }
        .with_ids()
    }

    /// Reads a recorded baseline or a `summary.json`.
    pub fn parse(text: &str) -> Result<Baseline, BaselineError> {
        let head: Head = serde_json::from_str(text)?;
        let (what, expected) = match (&head.format, &head.verdict) {
            (Some(format), None) if format == FORMAT => ("baseline version", BASELINE_VERSION),
            (None, Some(_)) => ("summary version", SUMMARY_VERSION),
            _ => return Err(BaselineError::Foreign),
        };
        let found = head.version.ok_or(BaselineError::Foreign)?;
        if found != expected {
            return Err(BaselineError::Version {
                what,
                found,
                expected,
            });
        }
        if head.format.is_some() {
            let baseline: Baseline = serde_json::from_str(text)?;
            return Ok(baseline.with_ids());
        }
        Ok(Baseline::record(&serde_json::from_str(text)?))
    }

    fn with_ids(mut self) -> Baseline {
        let findings = self.scenarios.iter().flat_map(|known| &known.findings);
        self.ids = findings.map(|finding| finding.id.clone()).collect();
        self
    }

    /// Marks what was found.
    pub(super) fn mark(&self, findings: &mut [Finding]) {
        for finding in findings {
            let is_known = self.ids.contains(&finding.id);
            finding.mark = Some(if is_known { Mark::Known } else { Mark::New });
        }
    }

    /// Compares with what was found, which is marked.
    pub(super) fn compare(&self, scenarios: &[ScenarioSummary]) -> Comparison {
        let findings = || scenarios.iter().flat_map(|scenario| &scenario.findings);
        let marked = |mark| {
            findings()
                .filter(|finding| finding.mark == Some(mark))
                .count() as u64
        };
        let here: BTreeSet<&str> = findings().map(|finding| finding.id.as_str()).collect();
        let ran: BTreeMap<[&str; 4], &ScenarioSummary> =
            scenarios.iter().map(|now| (key_of(now), now)).collect();
        let mut compared = Comparison {
            new: marked(Mark::New),
            known: marked(Mark::Known),
            ..Comparison::default()
        };
        for known in &self.scenarios {
            let now = ran.get(&known.key()).copied();
            let gone = known.findings.iter();
            for gone in gone.filter(|finding| !here.contains(finding.id.as_str())) {
                let reason = match now {
                    Some(now) => self.not_covered(known, now, &gone.invariant),
                    None => Some(known.did_not_run(scenarios)),
                };
                let list = if reason.is_some() {
                    &mut compared.not_covered
                } else {
                    &mut compared.resolved
                };
                list.push(known.gone(gone, reason));
            }
        }
        compared
    }

    /// Why a finding that is gone may still be there.
    fn not_covered(
        &self,
        then: &KnownScenario,
        now: &ScenarioSummary,
        invariant: &str,
    ) -> Option<String> {
        let [first, end] = then.seeds;
        let [first_now, end_now] = now.seeds;
        let is_same = then.configuration == now.configuration;
        // A fix may leave fewer states to try, but hardly less than half; in exhaustive mode it leaves fewer by far.
        let half = |then: u64| if is_same { then.div_ceil(2) } else { then };
        let is_sampled = now.mode == Mode::Sampled;
        let count = now.by_invariant.get(invariant);
        if self.seed_version != SEED_VERSION {
            return Some(format!(
                "seeds mean something else: version {SEED_VERSION}, and the baseline has {}",
                self.seed_version
            ));
        }
        if first_now > first || end_now < end {
            return Some(format!(
                "the seeds {first_now}..{end_now} are not all of {first}..{end}"
            ));
        }
        if now.runs < then.runs {
            return Some(format!("{} runs are fewer than {}", now.runs, then.runs));
        }
        if now.mode != then.mode {
            return Some("the mode is another".to_owned());
        }
        if count.is_none_or(|count| count.exercised == 0) {
            return Some(format!("{invariant} was not looked at"));
        }
        if is_sampled && now.states_tried < half(then.states_tried) {
            let (now, then) = (now.states_tried, then.states_tried);
            return Some(format!("{now} crash states are fewer than {then}"));
        }
        if now.crash_points < half(then.crash_points) {
            let (now, then) = (now.crash_points, then.crash_points);
            return Some(format!("{now} crash points are fewer than {then}"));
        }
        (!is_same).then(|| {
            "the scenario is not what it was: another subject, workload, crash or fault".to_owned()
        })
    }
}

fn key_of(scenario: &ScenarioSummary) -> [&str; 4] {
    let ScenarioSummary {
        name,
        subject,
        profile,
        device,
        ..
    } = scenario;
    [name, subject, profile, device]
}

impl KnownScenario {
    fn new(scenario: &ScenarioSummary) -> KnownScenario {
        let finding = |finding: &Finding| KnownFinding {
            id: finding.id.clone(),
            invariant: finding.invariant.clone(),
            missing: finding.missing.clone(),
            count: finding.count,
            first_seed: finding.first_seed,
        };
        KnownScenario {
            name: scenario.name.clone(),
            subject: scenario.subject.clone(),
            profile: scenario.profile.clone(),
            device: scenario.device.clone(),
            mode: scenario.mode,
            seeds: scenario.seeds,
            configuration: scenario.configuration,
            runs: scenario.runs,
            crash_points: scenario.crash_points,
            states_tried: scenario.states_tried,
            findings: scenario.findings.iter().map(finding).collect(),
        }
    }

    fn key(&self) -> [&str; 4] {
        [&self.name, &self.subject, &self.profile, &self.device]
    }

    /// Why there is no such scenario any more.
    fn did_not_run(&self, scenarios: &[ScenarioSummary]) -> String {
        let name = &self.name;
        if scenarios.iter().any(|now| now.name == *name) {
            let [_, subject, profile, device] = self.key();
            format!("{name} did not run with subject {subject} on {profile}, device {device}")
        } else {
            format!("{name} did not run")
        }
    }

    fn gone(&self, finding: &KnownFinding, reason: Option<String>) -> Gone {
        Gone {
            id: finding.id.clone(),
            invariant: finding.invariant.clone(),
            scenario: self.name.clone(),
            subject: self.subject.clone(),
            profile: self.profile.clone(),
            device: self.device.clone(),
            missing: finding.missing.clone(),
            reason,
        }
    }
}
