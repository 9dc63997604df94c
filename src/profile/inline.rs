//! Rules by name: for documentation, and for profiles that a scenario makes from another one.

use super::{
    CutTail, DataFirst, DataPath, FillSet, FreedBlocks, FreshTear, FsyncFailure, Growth,
    LogFailure, MetadataOrder, OverwriteTear, Profile, Reach, RenameOver, Rule, RuleText, Switch,
    TailGrowth, TreeDirectories, TreeRemovals, TreeRenames,
};

/// Why a rule cannot be changed as asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SwitchError {
    /// There is no such rule.
    #[error("unknown rule `{key}`, expected one of {expected}")]
    UnknownKey {
        /// What was asked for.
        key: String,
        /// What there is.
        expected: String,
    },
    /// The rule cannot have this value.
    #[error("unknown value `{value}` of {key}, expected one of {expected}")]
    UnknownValue {
        /// The rule.
        key: &'static str,
        /// What was asked for.
        value: String,
        /// What there is.
        expected: String,
    },
    /// No filesystem can have these rules together.
    #[error("{0}")]
    Impossible(&'static str),
}

/// Whether a mix of rules is possible, and what to say if it is not.
type Possible = (bool, &'static str);

/// Calls `$with!(field Type)` for each rule of a profile.
macro_rules! for_each_rule {
    ($with:ident) => {
        $with! {
            metadata MetadataOrder,
            reach Reach,
            tree_renames TreeRenames,
            tree_directories TreeDirectories,
            tree_removals TreeRemovals,
            growth Growth,
            tail_growth TailGrowth,
            data_first DataFirst,
            cut_tail CutTail,
            freed_blocks FreedBlocks,
            data DataPath,
            overwrite_tear OverwriteTear,
            fresh_tear FreshTear,
            rename_over RenameOver,
            fill FillSet,
            fsync_failure FsyncFailure,
            log_failure LogFailure,
        }
    };
}

macro_rules! define_access {
    ($($field:ident $kind:ident,)+) => {
        impl Profile {
            /// Every switch that a profile has, in order.
            pub const SWITCHES: &'static [Switch] = &[$($kind::SWITCH),+];

            /// The rules in words, in the order of [`Profile::SWITCHES`].
            pub fn rules(&self) -> [RuleText; Profile::SWITCHES.len()] {
                [$(RuleText {
                    key: $kind::SWITCH.key,
                    choice: self.$field.value.choice(),
                    source: self.$field.source,
                }),+]
            }

            fn set(&mut self, key: &str, word: &str, source: &'static str) -> Result<(), SwitchError> {
                $(if key == $kind::SWITCH.key {
                    let value = $kind::find(word).ok_or_else(|| unknown_value(&$kind::SWITCH, word))?;
                    self.$field = Rule { value, source };
                    return Ok(());
                })+
                Err(unknown_key(key))
            }
        }
    };
}

for_each_rule!(define_access);

impl Profile {
    /// The same profile with one rule changed; the mix may be one that no filesystem has, see [`Profile::check`].
    ///
    /// # Errors
    ///
    /// If there is no such rule, or it cannot have this value.
    ///
    /// ```
    /// use tornwrite::profile::{Profile, RenameOver};
    ///
    /// let ext4 = Profile::find("ext4-ordered").expect("a shipped profile");
    /// let noauto = ext4.with("rename_over", "nothing", "mount option noauto_da_alloc")?;
    /// assert_eq!(noauto.rename_over.value, RenameOver::Nothing);
    /// # Ok::<(), tornwrite::profile::SwitchError>(())
    /// ```
    pub fn with(
        &self,
        key: &str,
        word: &str,
        source: &'static str,
    ) -> Result<Profile, SwitchError> {
        let mut changed = *self;
        changed.set(key, word, source)?;
        Ok(changed)
    }

    /// Whether a filesystem can have these rules together.
    ///
    /// # Errors
    ///
    /// Which rules contradict each other.
    pub fn check(&self) -> Result<(), SwitchError> {
        let orders = self.possible_orders();
        let details = self.possible_details();
        match orders
            .iter()
            .chain(&details)
            .find(|(possible, _)| !possible)
        {
            None => Ok(()),
            Some((_, why)) => Err(SwitchError::Impossible(why)),
        }
    }

    /// What must hold between the rules of order, and what to say where it does not.
    fn possible_orders(&self) -> [Possible; 11] {
        let logged = self.has_log();
        let late = self.growth.value == Growth::Late;
        let journaled = self.data.value == DataPath::Journaled;
        let copied = self.data.value == DataPath::CopyOnWrite;
        let first = self.data_first.value;
        [
            (
                logged || self.cut_tail.value == CutTail::Free,
                "cut_tail other than \"free\" needs metadata = \"log\"",
            ),
            (
                !(copied || journaled) || self.cut_tail.value == CutTail::Together,
                "cut_tail other than \"together\" needs data = \"in-place\"",
            ),
            (
                logged && !copied && !journaled
                    || self.freed_blocks.value == FreedBlocks::AfterCommit,
                "freed_blocks = \"at-once\" needs metadata = \"log\" and data = \"in-place\"",
            ),
            (
                logged || matches!(self.reach.value, Reach::Own | Reach::Everything),
                "reach = \"log-prefix\" and \"log-tree\" need metadata = \"log\"",
            ),
            (
                logged == (self.growth.value != Growth::Free),
                "growth = \"free\" goes with metadata = \"unordered\", and nothing else does",
            ),
            (
                logged || first == DataFirst::Nothing,
                "data_first needs metadata = \"log\"",
            ),
            (
                !journaled || (self.growth.value == Growth::Logged && first == DataFirst::All),
                "data = \"journaled\" needs growth = \"logged\" and data_first = \"all\"",
            ),
            (
                !copied || (late && first == DataFirst::All),
                "data = \"copy-on-write\" needs growth = \"late\" and data_first = \"all\"",
            ),
            (
                late || self.tail_growth.value == TailGrowth::LikeOther,
                "tail_growth = \"logged\" needs growth = \"late\"",
            ),
            (
                late || self.rename_over.value == RenameOver::Nothing,
                "rename_over needs growth = \"late\": other sizes have their place",
            ),
            (
                first != DataFirst::All || self.rename_over.value != RenameOver::AllocatesFirst,
                "rename_over = \"allocates-first\" contradicts data_first = \"all\": say \"writes-first\"",
            ),
        ]
    }

    /// What must hold between the rules of tearing, filling and failing.
    fn possible_details(&self) -> [Possible; 7] {
        let logged = self.has_log();
        let late = self.growth.value == Growth::Late;
        let journaled = self.data.value == DataPath::Journaled;
        let copied = self.data.value == DataPath::CopyOnWrite;
        let tree = self.reach.value == Reach::LogTree;
        let first = self.data_first.value;
        [
            (
                copied || self.overwrite_tear.value != OverwriteTear::Write,
                "overwrite_tear = \"write\" needs data = \"copy-on-write\"",
            ),
            (
                !(copied || journaled) || self.overwrite_tear.value != OverwriteTear::Sector,
                "overwrite_tear = \"sector\" needs data = \"in-place\"",
            ),
            (
                (late && logged) || self.fresh_tear.value != FreshTear::Write,
                "fresh_tear = \"write\" needs growth = \"late\"",
            ),
            (
                !(copied || journaled) || self.fresh_tear.value != FreshTear::Sector,
                "fresh_tear = \"sector\" needs data = \"in-place\"",
            ),
            (
                first != DataFirst::All || self.fill.value == FillSet::Zero,
                "fill other than \"zero\" contradicts data_first = \"all\": no gap shows",
            ),
            (
                tree || (self.tree_renames.value == TreeRenames::OwnSync
                    && self.tree_directories.value == TreeDirectories::Entries
                    && self.tree_removals.value == TreeRemovals::Needed),
                "tree_renames, tree_directories and tree_removals need reach = \"log-tree\"",
            ),
            (
                logged != (self.log_failure.value == LogFailure::NoLog),
                "log_failure = \"no-log\" goes with metadata = \"unordered\", and nothing else does",
            ),
        ]
    }
}

fn unknown_key(key: &str) -> SwitchError {
    let keys = Profile::SWITCHES.iter().map(|switch| switch.key);
    SwitchError::UnknownKey {
        key: key.to_owned(),
        expected: quoted(keys),
    }
}

fn unknown_value(switch: &Switch, value: &str) -> SwitchError {
    SwitchError::UnknownValue {
        key: switch.key,
        value: value.to_owned(),
        expected: quoted(switch.values.iter().map(|choice| choice.word)),
    }
}

fn quoted(words: impl Iterator<Item = &'static str>) -> String {
    let words: Vec<String> = words.map(|word| format!("`{word}`")).collect();
    words.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_that_is_not_there_is_named_with_those_that_are() {
        let profile = Profile::find("xfs").unwrap();
        let error = profile.with("grwth", "late", "test").unwrap_err();
        assert!(error.to_string().contains("`growth`"), "{error}");
        let error = profile.with("growth", "early", "test").unwrap_err();
        assert!(error.to_string().contains("`late`"), "{error}");
    }

    #[test]
    fn a_contradiction_is_refused() {
        let ext4 = Profile::find("ext4-ordered").unwrap();
        let mixed = ext4.with("data", "journaled", "test").unwrap();
        assert!(mixed.check().is_err());
    }
}
