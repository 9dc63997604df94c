//! `campaign.json`: what a campaign was asked to do, whole or in parts, so that it can be resumed and its parts joined.

use serde::{Deserialize, Serialize};

use super::{Limits, Plan, Shard};
use crate::base::SEED_VERSION;

/// The version of the format.
pub const CAMPAIGN_VERSION: u32 = 1;

/// What a campaign was asked to do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Description {
    /// The version of the format.
    pub version: u32,
    /// The version of this crate.
    pub tornwrite: String,
    /// The version of what a seed means.
    pub seed_version: u32,
    /// Which part of the campaign; nothing if it is the whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shard: Option<Shard>,
    /// When it ends early.
    pub limits: Limits,
    /// The kept reproducers that are replayed first, by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub regressions: Vec<String>,
    /// What is run, in the order of results.
    pub scenarios: Vec<Described>,
}

/// A scenario and its seeds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Described {
    /// The first seed, and the one behind the last.
    pub seeds: [u64; 2],
    /// The scenario with nothing left to a default.
    pub scenario: serde_json::Value,
}

impl Description {
    pub(super) fn new(plan: &Plan, shard: Shard, limits: Limits) -> Description {
        let scenarios = plan.entries.iter().map(|entry| Described {
            seeds: [entry.seeds.start, entry.seeds.end],
            scenario: entry.resolved.clone(),
        });
        let kept = plan.regressions.iter();
        let kept = kept.map(|known| known.kept.name.clone());
        Description {
            version: CAMPAIGN_VERSION,
            tornwrite: env!("CARGO_PKG_VERSION").to_owned(),
            seed_version: SEED_VERSION,
            shard: shard.is_part().then_some(shard),
            limits,
            regressions: kept.collect(),
            scenarios: scenarios.collect(),
        }
    }

    /// Which part of the campaign it is.
    pub fn shard(&self) -> Shard {
        self.shard.unwrap_or(Shard::WHOLE)
    }

    /// What differs first from another campaign, in words; nothing if they are the same but for the shard.
    pub(super) fn difference(&self, other: &Description) -> Option<String> {
        let versions = [
            ("format", self.version, other.version),
            ("seed version", self.seed_version, other.seed_version),
        ];
        for (what, ours, theirs) in versions {
            if ours != theirs {
                return Some(format!("its {what} is {theirs} and not {ours}"));
            }
        }
        if self.tornwrite != other.tornwrite {
            let (ours, theirs) = (&self.tornwrite, &other.tornwrite);
            return Some(format!("it was made by tornwrite {theirs} and not {ours}"));
        }
        if self.limits != other.limits {
            return Some("it ends early in another way (--max-violations, --fail-fast)".to_owned());
        }
        if self.regressions != other.regressions {
            return Some("it replays other kept reproducers first".to_owned());
        }
        if self.scenarios.len() != other.scenarios.len() {
            let (ours, theirs) = (self.scenarios.len(), other.scenarios.len());
            return Some(format!("it has {theirs} scenarios and not {ours}"));
        }
        let pairs = self.scenarios.iter().zip(&other.scenarios);
        let mut pairs = pairs.filter(|(ours, theirs)| ours != theirs);
        pairs.next().map(|(ours, theirs)| ours.difference(theirs))
    }
}

impl Described {
    fn name(&self) -> &str {
        self.scenario["name"].as_str().unwrap_or("without a name")
    }

    fn difference(&self, other: &Described) -> String {
        let name = self.name();
        if name != other.name() {
            return format!(
                "it has the scenario {} in the place of {name}",
                other.name()
            );
        }
        if self.seeds != other.seeds {
            let ([a, b], [c, d]) = (self.seeds, other.seeds);
            return format!("its scenario {name} has the seeds {c}..{d} and not {a}..{b}");
        }
        format!("its scenario {name} has another content")
    }
}
