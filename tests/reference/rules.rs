//! What a filesystem promises, in the words of the reference, and profiles that tests change.

use tornwrite::profile::{
    CutTail, DataFirst, DataPath, FillSet, FreedBlocks, FreshTear, Growth, MetadataOrder,
    OverwriteTear, Profile, Reach, RenameOver, Rule, TailGrowth, TreeDirectories, TreeRemovals,
    TreeRenames,
};

/// The values of the rules that decide which trees a crash may leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    pub metadata: MetadataOrder,
    pub reach: Reach,
    pub tree_renames: TreeRenames,
    pub tree_directories: TreeDirectories,
    pub tree_removals: TreeRemovals,
    pub growth: Growth,
    pub tail_growth: TailGrowth,
    pub data_first: DataFirst,
    pub cut_tail: CutTail,
    pub data: DataPath,
    pub overwrite_tear: OverwriteTear,
    pub fresh_tear: FreshTear,
    pub rename_over: RenameOver,
}

impl Rules {
    pub fn of(profile: &Profile) -> Rules {
        Rules {
            metadata: profile.metadata.value,
            reach: profile.reach.value,
            tree_renames: profile.tree_renames.value,
            tree_directories: profile.tree_directories.value,
            tree_removals: profile.tree_removals.value,
            growth: profile.growth.value,
            tail_growth: profile.tail_growth.value,
            data_first: profile.data_first.value,
            cut_tail: profile.cut_tail.value,
            data: profile.data.value,
            overwrite_tear: profile.overwrite_tear.value,
            fresh_tear: profile.fresh_tear.value,
            rename_over: profile.rename_over.value,
        }
    }

    pub fn has_log(self) -> bool {
        self.metadata == MetadataOrder::Log
    }

    /// The smallest piece of an overwrite that survives on its own, in bytes.
    pub fn overwrite_unit(self) -> usize {
        match self.overwrite_tear {
            OverwriteTear::Sector => 512,
            OverwriteTear::Block | OverwriteTear::Write => 4096,
        }
    }

    /// The same for the first write of a block.
    pub fn fresh_unit(self) -> usize {
        match self.fresh_tear {
            FreshTear::Sector => 512,
            FreshTear::Block | FreshTear::Write => 4096,
        }
    }
}

/// A rule that a test changed.
pub fn changed<T>(value: T) -> Rule<T> {
    Rule {
        value,
        source: "changed by a test",
    }
}

/// The profile with this name; what was never written shows as zeros, which is the only fill that the reference knows.
pub fn profile(name: &str) -> Profile {
    zeros(Profile::find(name).unwrap())
}

/// The same profile with zeros for what was never written, and blocks that wait for the log before they are used again: of
/// the one and the other the reference knows nothing else.
pub fn zeros(profile: &Profile) -> Profile {
    Profile {
        fill: changed(FillSet::Zero),
        freed_blocks: changed(FreedBlocks::AfterCommit),
        ..*profile
    }
}

/// The same profile with nothing smaller than a block.
pub fn by_block(profile: &Profile) -> Profile {
    let mut whole = *profile;
    if whole.overwrite_tear.value == OverwriteTear::Sector {
        whole.overwrite_tear = changed(OverwriteTear::Block);
    }
    if whole.fresh_tear.value == FreshTear::Sector {
        whole.fresh_tear = changed(FreshTear::Block);
    }
    whole
}
