//! A script.

use std::collections::BTreeSet;

use super::{Outcomes, Step};

/// The smallest part of an overwrite that the outcomes tell apart, where the profile tears overwrites by sector.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Grid {
    /// Blocks of 4096 bytes: few enough outcomes to list.
    #[default]
    Block,
    /// Sectors of 512 bytes, as the profile says.
    Sector,
}

/// Where the crash may fall.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// Anywhere in the program, or after it.
    Anywhere,
    /// After the last step has returned.
    AfterAck,
}

/// A small program and what a crash may leave of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Script {
    /// The name of the file without its extension.
    pub name: String,
    /// What the script asks and where it comes from: the comment at its head.
    pub about: String,
    /// How fine the outcomes are.
    pub grid: Grid,
    /// Whether new blocks may show whatever the profile allows; otherwise they show zeros.
    pub fills: bool,
    /// What is done first and made durable.
    pub setup: Vec<Step>,
    /// What runs before and around the crash.
    pub program: Vec<Step>,
    /// Where the crash may fall.
    pub when: When,
    /// What it may leave.
    pub outcomes: Outcomes,
}

impl Script {
    /// The outcomes that a profile allows; `None` if the script does not list them.
    pub fn allowed(&self, profile: &str) -> Option<BTreeSet<&str>> {
        self.outcomes.set(profile)
    }

    /// Whether only a simulated filesystem can run it.
    pub fn is_simulated_only(&self) -> bool {
        let steps = self.setup.iter().chain(&self.program);
        let mut steps = steps.filter(|step| matches!(step, Step::FsyncFails(_)));
        steps.next().is_some()
    }

    /// The text of this script with other outcomes; everything before them stays as it is.
    ///
    /// # Panics
    ///
    /// If the text is not that of a script.
    pub fn with_outcomes(text: &str, outcomes: &Outcomes) -> String {
        let lines: Vec<&str> = text.lines().collect();
        let heading = lines.iter().position(|line| line.starts_with("outcomes"));
        let heading = heading.expect("a script has a line with `outcomes`");
        let mut written = lines[..=heading].join("\n");
        written.push('\n');
        written.push_str(&outcomes.to_string());
        written
    }
}
