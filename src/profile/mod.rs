//! What a filesystem promises, as data with sources.
//!
//! A [`Profile`] is a plain struct of small enums; each field is a [`Rule`] that carries where it comes from. The crash
//! model is built once and asks the profile; no code knows a filesystem by name. Adding a filesystem is adding a table
//! entry in `table.rs`; a scenario may change single rules of one that is there ([`Profile::with`]).

#[macro_use]
mod switch;
mod device;
mod inline;
mod table;

use std::fmt;

pub use device::{DEVICES, Device, DeviceFault};
pub use inline::SwitchError;
pub use switch::{
    Choice, CutTail, DataFirst, DataPath, Fill, FillSet, FreedBlocks, FreshTear, FsyncFailure,
    Growth, LogFailure, MetadataOrder, OverwriteTear, Reach, RenameOver, Switch, TailGrowth,
    TreeDirectories, TreeRemovals, TreeRenames,
};
pub use table::PROFILES;

/// The tear unit of a device: the smallest piece that it writes as a whole.
pub const SECTOR_BYTES: usize = 512;

/// One promise and where it comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule<T> {
    /// The promise.
    pub value: T,
    /// Why it can be relied on, or why it cannot.
    pub source: &'static str,
}

/// How much a profile takes for granted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Strength {
    /// What documentation and maintainers guarantee.
    Documented,
    /// That, tightened by mechanisms of today's kernel that nobody promises to keep.
    Observed,
}

/// What one filesystem promises about what a power loss leaves behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Profile {
    /// The stable name, as scenarios write it.
    pub name: &'static str,
    /// One line for `list`.
    pub summary: &'static str,
    /// How much it takes for granted.
    pub strength: Strength,
    /// The shipped profile that a scenario made this one from; none for those that ship.
    pub base: Option<&'static str>,
    /// Whether changes of names and lengths become durable in order.
    pub metadata: Rule<MetadataOrder>,
    /// What a completed barrier covers.
    pub reach: Rule<Reach>,
    /// Whether a log tree takes renames of files that it holds with its next write.
    pub tree_renames: Rule<TreeRenames>,
    /// How deep a log tree takes a directory.
    pub tree_directories: Rule<TreeDirectories>,
    /// What fsync of a file does that needs a name removed from another one.
    pub tree_removals: Rule<TreeRemovals>,
    /// When a longer file becomes durable.
    pub growth: Rule<Growth>,
    /// When a file becomes longer on disk within a block that it already has.
    pub tail_growth: Rule<TailGrowth>,
    /// Which bytes must be on disk before a size that shows them.
    pub data_first: Rule<DataFirst>,
    /// When the rest of the block is zeroed in which a file was cut.
    pub cut_tail: Rule<CutTail>,
    /// When blocks that a file gave back are used again.
    pub freed_blocks: Rule<FreedBlocks>,
    /// How bytes get to disk.
    pub data: Rule<DataPath>,
    /// The smallest part of an overwrite that survives on its own.
    pub overwrite_tear: Rule<OverwriteTear>,
    /// The smallest part of a write to new blocks that survives on its own.
    pub fresh_tear: Rule<FreshTear>,
    /// What a rename over an existing file does first.
    pub rename_over: Rule<RenameOver>,
    /// What bytes show that are inside a file and were never written to disk.
    pub fill: Rule<FillSet>,
    /// What a failed fsync leaves behind, and who is told.
    pub fsync_failure: Rule<FsyncFailure>,
    /// What a failed write of the log does.
    pub log_failure: Rule<LogFailure>,
}

/// One rule of a profile in words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RuleText {
    /// The switch.
    pub key: &'static str,
    /// Its value.
    pub choice: Choice,
    /// Where it comes from.
    pub source: &'static str,
}

impl Profile {
    /// The profile with this name.
    pub fn find(name: &str) -> Option<&'static Profile> {
        PROFILES.iter().find(|profile| profile.name == name)
    }

    /// Whether names and lengths become durable in the order of one log.
    pub fn has_log(&self) -> bool {
        self.metadata.value == MetadataOrder::Log
    }

    /// Whether the rest of a block in which a file is cut holds zeros whenever the file is cut.
    pub fn zeroes_before_cutting(&self) -> bool {
        self.cut_tail.value == CutTail::ZerosFirst
    }

    /// The profile of the same filesystem in the other strength, if there is one.
    pub fn sibling(&self) -> Option<&'static Profile> {
        let base = self.name.strip_suffix("-observed");
        match (self.strength, base) {
            (Strength::Observed, Some(base)) => Profile::find(base),
            (Strength::Observed, None) => None,
            (Strength::Documented, _) => Profile::find(&format!("{}-observed", self.name)),
        }
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_profile_has_a_name_of_its_own_and_a_source_for_every_rule() {
        for profile in PROFILES {
            assert_eq!(Profile::find(profile.name), Some(profile));
            for rule in profile.rules() {
                assert!(rule.source.len() > 10, "{profile}: {}", rule.key);
            }
        }
    }

    #[test]
    fn profiles_differ_in_more_than_their_names() {
        for (index, one) in PROFILES.iter().enumerate() {
            for two in &PROFILES[..index] {
                let values = |profile: &Profile| {
                    let rules = profile.rules();
                    rules.map(|rule| (rule.key, rule.choice.word))
                };
                assert_ne!(values(one), values(two), "{one} and {two}");
            }
        }
    }

    #[test]
    fn every_shipped_profile_is_a_possible_mix() {
        for profile in PROFILES {
            assert_eq!(profile.check(), Ok(()), "{profile}");
        }
    }

    #[test]
    fn an_observed_profile_has_a_documented_sibling() {
        for profile in PROFILES
            .iter()
            .filter(|profile| profile.strength == Strength::Observed)
        {
            let sibling = profile.sibling().expect("a documented one");
            assert_eq!(sibling.strength, Strength::Documented);
            assert_eq!(sibling.sibling(), Some(profile));
        }
    }
}
