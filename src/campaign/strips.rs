//! `strips.json`: for each scenario, where in its trace the crashes are that it does not survive.

use serde::{Deserialize, Serialize};

use crate::run::Strip;

/// The version of the format.
pub const STRIPS_VERSION: u32 = 1;

/// The strips of a campaign.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Strips {
    /// The version of the format.
    pub version: u32,
    /// The largest number of states that one strip may cost.
    pub states_max: u64,
    /// One for each scenario in the order of the summary; nothing where there is none.
    pub scenarios: Vec<Option<Strip>>,
}

impl Strips {
    /// Strips in the current format.
    pub fn new(states_max: u64, scenarios: Vec<Option<Strip>>) -> Strips {
        Strips {
            version: STRIPS_VERSION,
            states_max,
            scenarios,
        }
    }

    /// The strip of the scenario at a place of the summary.
    pub fn of(&self, scenario: usize) -> Option<&Strip> {
        self.scenarios.get(scenario)?.as_ref()
    }
}
